package org.heliostat.core.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.heliostat.hal.Host;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VmThreadTest {
  @TempDir private Path tasks;
  private final Host host = mock(Host.class);

  private void thread(String number, String name) throws IOException {
    Files.createDirectories(tasks.resolve(number));
    Files.writeString(tasks.resolve(number).resolve("comm"), name + "\n");
  }

  @Test
  void theThreadThatStopsAllOthersIsFoundByItsName() throws Exception {
    // it has ended since the list was made
    Files.createDirectories(tasks.resolve("99"));
    thread("100", "java");
    thread("101", "VM Thread");
    thread("102", "VM Periodic Tas");
    when(host.schedule(101, 20)).thenReturn(new Host.Answer(true, "fifo 20"));
    assertThat(VmThread.schedule(host, tasks, 20)).isEqualTo(new Host.Answer(true, "fifo 20"));
  }

  @Test
  void aHostThatDoesNotShowItSaysWhy() throws Exception {
    thread("100", "java");
    assertThat(VmThread.schedule(host, tasks, 20).text()).contains("no thread of that name");
    assertThat(VmThread.schedule(host, tasks.resolve("none"), 20).granted()).isFalse();
    Files.createDirectories(tasks.resolve("gone"));
    assertThat(VmThread.schedule(host, tasks, 20).granted()).isFalse();
  }

  @Test
  void thisJvmHasOne() {
    Host real = mock(Host.class);
    when(real.schedule(org.mockito.ArgumentMatchers.anyInt(), org.mockito.ArgumentMatchers.eq(7)))
        .thenReturn(new Host.Answer(true, "fifo 7"));
    assertThat(VmThread.schedule(real, Path.of("/proc/self/task"), 7).text()).isEqualTo("fifo 7");
  }
}

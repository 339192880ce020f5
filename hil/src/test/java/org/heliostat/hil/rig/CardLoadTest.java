package org.heliostat.hil.rig;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.heliostat.hil.rig.WorldLayout.Card;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CardLoadTest {
  private static final long MS = 1_000_000L;

  @TempDir private Path folder = Path.of("");
  private final Processes processes = mock(Processes.class);
  private World world = TestWorld.none();

  @BeforeEach
  void makeWorld() throws IOException {
    world = TestWorld.in(folder, 2);
  }

  private void process(long pid, long cpuNanos, long started) {
    when(processes.usage(pid)).thenReturn(Optional.of(new Processes.Usage(cpuNanos, started)));
  }

  @Test
  void followsTheProcessorTimeOfTheHolder() {
    CardLoad load = new CardLoad(world, processes, 1);
    assertThat(load.sample(0)).isZero();
    assertThat(load.holder()).isZero();
    world.set(1, Card.HOLDERS, 0, 77);
    for (long tick = 0; tick <= 20; tick++) {
      process(77, tick * 25 * MS, 5);
      double share = load.sample(tick * 50 * MS);
      if (tick > 0) {
        assertThat(share).isCloseTo(0.5, within(1e-9));
      }
    }
    assertThat(load.holder()).isEqualTo(77);
    // many threads are still one card
    process(77, 9_000 * MS, 5);
    assertThat(load.sample(1_050 * MS)).isEqualTo(1);
  }

  @Test
  void fallsBackToNothingWithinHalfASecond() {
    CardLoad load = new CardLoad(world, processes, 0);
    world.set(0, Card.HOLDERS, 0, 77);
    for (long tick = 0; tick <= 20; tick++) {
      process(77, tick * 50 * MS, 5);
      load.sample(tick * 50 * MS);
    }
    double share = 1;
    for (long tick = 21; tick <= 31; tick++) {
      share = load.sample(tick * 50 * MS);
    }
    assertThat(share).isZero();
  }

  @Test
  void clearsTheDeadAndThoseWhoseIdHasGoneToAnother() {
    CardLoad load = new CardLoad(world, processes, 0);
    world.set(0, Card.HOLDERS, 0, 77);
    world.set(0, Card.HOLDERS, 3, 78);
    process(77, 0, 5);
    process(78, 0, 6);
    load.sample(0);
    assertThat(load.holder()).isEqualTo(77);
    when(processes.usage(77)).thenReturn(Optional.empty());
    load.sample(50 * MS);
    assertThat(world.get(0, Card.HOLDERS, 0)).isZero();
    assertThat(load.holder()).isEqualTo(78);
    process(78, 0, 7);
    load.sample(100 * MS);
    assertThat(world.get(0, Card.HOLDERS, 3)).isZero();
    assertThat(load.holder()).isZero();
  }

  @Test
  void readsProcessesOfLinux() {
    LinuxProcesses linux = new LinuxProcesses(Path.of("/proc"));
    assertThat(linux.usage(ProcessHandle.current().pid()))
        .hasValueSatisfying(
            usage -> {
              assertThat(usage.cpuNanos()).isPositive();
              assertThat(usage.started()).isPositive();
            });
    assertThat(linux.usage(Long.MAX_VALUE)).isEmpty();
    assertThat(linux.kill(Long.MAX_VALUE)).isFalse();
  }

  @Test
  void seesTheFilesThatAProcessHasOpen() throws IOException {
    LinuxProcesses linux = new LinuxProcesses(Path.of("/proc"));
    long self = ProcessHandle.current().pid();
    Path file = Files.writeString(folder.resolve("frame-7.raw"), "samples");
    assertThat(linux.hasOpen(self, "/frame-7.raw")).isFalse();
    try (FileChannel open = FileChannel.open(file)) {
      assertThat(open.isOpen()).isTrue();
      assertThat(linux.hasOpen(self, "/frame-7.raw")).isTrue();
      assertThat(linux.hasOpen(self, "/frame-8.raw")).isFalse();
    }
    assertThat(linux.hasOpen(self, "/frame-7.raw")).isFalse();
    assertThat(linux.hasOpen(Long.MAX_VALUE, "")).isFalse();
  }
}

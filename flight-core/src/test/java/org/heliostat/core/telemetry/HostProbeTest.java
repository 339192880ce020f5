package org.heliostat.core.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import org.heliostat.core.ManualClock;
import org.heliostat.core.file.Disk;
import org.heliostat.core.file.HungDisk;
import org.heliostat.protocol.HostStatus;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostProbeTest {
  /** Long enough for any machine to ask a file system for its room. */
  private static final long AMPLE = 60_000_000_000L;

  @TempDir Path folder;
  private final ManualClock clock = new ManualClock();

  private void proc(String load, String memory) throws Exception {
    Files.writeString(folder.resolve("loadavg"), load);
    Files.writeString(folder.resolve("meminfo"), memory);
  }

  @Test
  void readsTheHostNowAndThen() throws Exception {
    proc("0.52 0.41 0.30 1/234 5678\n", "MemTotal: 4000 kB\nMemAvailable:    2048 kB\n");
    HostProbe probe = new HostProbe(folder, folder, new Disk("test", 1, AMPLE), clock);
    HostStatus status = probe.status().orElseThrow();
    assertThat(status.getLoadAverage()).isEqualTo(0.52f);
    assertThat(status.getMemoryAvailableBytes()).isEqualTo(2048 * 1024);
    assertThat(status.getDiskBytes()).isEqualTo(Files.getFileStore(folder).getTotalSpace());
    assertThat(status.getDiskFreeBytes()).isBetween(1L, status.getDiskBytes());
    proc("3.00 0.41 0.30 1/234 5678\n", "");
    assertThat(probe.status().orElseThrow().getLoadAverage()).isEqualTo(0.52f);
    clock.advance(HostProbe.PERIOD_NANOS);
    assertThat(probe.status().orElseThrow().getLoadAverage()).isEqualTo(3);
    assertThat(probe.status().orElseThrow().hasMemoryAvailableBytes()).isFalse();
  }

  @Test
  void ofADiskThatHangsTheRoomIsAbsentAlone() throws Exception {
    proc("0.52 0.41 0.30 1/234 5678\n", "MemAvailable: 2048 kB\n");
    CountDownLatch answer = new CountDownLatch(1);
    try {
      HostProbe probe = new HostProbe(folder, folder, HungDisk.until(answer), clock);
      HostStatus status = probe.status().orElseThrow();
      assertThat(status.hasDiskFreeBytes()).isFalse();
      assertThat(status.hasMemoryAvailableBytes()).isTrue();
    } finally {
      answer.countDown();
    }
  }

  @Test
  void whatDoesNotReadIsAbsent() throws Exception {
    proc("none", "MemAvailable: many kB\n");
    Disk disk = new Disk("test", 1, AMPLE);
    assertThat(new HostProbe(folder, folder.resolve("gone"), disk, clock).status()).isEmpty();
    assertThat(new HostProbe(folder.resolve("no"), folder.resolve("gone"), disk, clock).status())
        .isEmpty();
  }
}

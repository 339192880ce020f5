package org.heliostat.core.telemetry;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.heliostat.core.file.Disk;
import org.heliostat.core.time.MissionClock;
import org.heliostat.protocol.HostStatus;

/**
 * How the computer fares that the flight process runs on: from {@code /proc}
 * (Documentation/filesystems/proc.rst), and the room in the file system of the data folder, looked
 * at every {@value #PERIOD_NANOS} ns of host time. Of a disk that hangs the room is absent, and
 * asking for it takes no longer than the deadline of the disk. One thread.
 */
final class HostProbe {
  static final long PERIOD_NANOS = 10_000_000_000L;

  /** Telemetry waits no longer for the disk than this. */
  static final long DEADLINE_NANOS = 200_000_000L;

  private static final int MOST_BYTES = 4096;
  private static final String AVAILABLE = "MemAvailable:";

  private final Path proc;
  private final Path data;
  private final Disk disk;
  private final MissionClock clock;
  private Optional<HostStatus> last = Optional.empty();
  private long next;

  /**
   * Nothing is looked at yet.
   *
   * @param proc {@code /proc}
   * @param data the folder whose file system counts
   */
  HostProbe(Path proc, Path data, Disk disk, MissionClock clock) {
    this.proc = proc;
    this.data = data;
    this.disk = disk;
    this.clock = clock;
    this.next = clock.hostNanos();
  }

  /** The newest look; nothing where nothing could be read. */
  Optional<HostStatus> status() {
    long now = clock.hostNanos();
    if (now - next >= 0) {
      next = now + PERIOD_NANOS;
      HostStatus status = look();
      last =
          status.equals(HostStatus.getDefaultInstance()) ? Optional.empty() : Optional.of(status);
    }
    return last;
  }

  private HostStatus look() {
    HostStatus.Builder status = HostStatus.newBuilder();
    try {
      String load = read("loadavg");
      status.setLoadAverage(Float.parseFloat(load.substring(0, Math.max(0, load.indexOf(' ')))));
    } catch (IOException | NumberFormatException e) {
      // it stays absent
    }
    try {
      for (String line : read("meminfo").split("\n", -1)) {
        if (line.startsWith(AVAILABLE)) {
          String kib = line.substring(AVAILABLE.length()).replace("kB", "").strip();
          status.setMemoryAvailableBytes(Long.parseLong(kib) * 1024);
        }
      }
    } catch (IOException | NumberFormatException e) {
      // it stays absent
    }
    try {
      Room room = disk.get(this::room);
      status.setDiskFreeBytes(room.free()).setDiskBytes(room.all());
    } catch (IOException e) {
      // it stays absent; that the disk hangs is said by its probe
    }
    return status.build();
  }

  private record Room(long free, long all) {}

  private Room room() throws IOException {
    FileStore store = Files.getFileStore(data);
    return new Room(store.getUsableSpace(), store.getTotalSpace());
  }

  private String read(String file) throws IOException {
    try (InputStream stream = Files.newInputStream(proc.resolve(file))) {
      return new String(stream.readNBytes(MOST_BYTES), StandardCharsets.US_ASCII);
    }
  }
}

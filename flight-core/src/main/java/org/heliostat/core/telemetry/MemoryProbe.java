package org.heliostat.core.telemetry;

import java.io.IOException;
import java.io.InputStream;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import org.heliostat.core.time.MissionClock;
import org.heliostat.protocol.MemoryStatus;

/**
 * What the flight process costs, from {@code Runtime} and {@code /proc/self}
 * (Documentation/filesystems/proc.rst), looked at every {@value #PERIOD_NANOS} ns of host time.
 * Collections are asked of the JVM's management beans, which cost 2 MB and some 30 ms once, so not
 * before {@value #BEANS_NANOS} ns. One thread.
 */
final class MemoryProbe {
  static final long PERIOD_NANOS = 10_000_000_000L;
  static final long BEANS_NANOS = 30_000_000_000L;

  private static final int MOST_BYTES = 16_384;

  /** USER_HZ, which Linux shows to every process whatever its own tick is. */
  private static final double TICKS_PER_SECOND = 100;

  // counted from 0 behind the name in brackets: fields 14 and 15 of proc_pid_stat(5)
  private static final int USER_TICKS = 11;
  private static final int SYSTEM_TICKS = 12;

  private final Path proc;
  private final MissionClock clock;
  private final long start;
  private MemoryStatus last = MemoryStatus.getDefaultInstance();
  private long next;

  MemoryProbe(Path proc, MissionClock clock) {
    this.proc = proc;
    this.clock = clock;
    this.start = clock.hostNanos();
    this.next = start;
  }

  /** The newest look. */
  MemoryStatus status() {
    long now = clock.hostNanos();
    if (now - next >= 0) {
      next = now + PERIOD_NANOS;
      last = look(now - start >= BEANS_NANOS);
    }
    return last;
  }

  private MemoryStatus look(boolean beans) {
    Runtime runtime = Runtime.getRuntime();
    MemoryStatus.Builder status =
        MemoryStatus.newBuilder()
            .setHeapUsedBytes(runtime.totalMemory() - runtime.freeMemory())
            .setHeapCommittedBytes(runtime.totalMemory());
    String text = read("status");
    line(text, "VmRSS:").ifPresent(kib -> status.setResidentBytes(kib * 1024));
    line(text, "VmLck:").ifPresent(kib -> status.setLocked(kib > 0));
    line(text, "Threads:").ifPresent(count -> status.setThreads((int) count));
    String stat = read("stat");
    String[] fields = stat.substring(stat.lastIndexOf(')') + 1).strip().split(" ", -1);
    if (fields.length > SYSTEM_TICKS) {
      try {
        long ticks = Long.parseLong(fields[USER_TICKS]) + Long.parseLong(fields[SYSTEM_TICKS]);
        status.setCpuSeconds((float) (ticks / TICKS_PER_SECOND));
      } catch (NumberFormatException e) {
        // another kernel's: the value stays absent
      }
    }
    if (beans) {
      long collections = 0;
      long millis = 0;
      for (GarbageCollectorMXBean bean : ManagementFactory.getGarbageCollectorMXBeans()) {
        collections += Math.max(0, bean.getCollectionCount());
        millis += Math.max(0, bean.getCollectionTime());
      }
      status.setCollections(collections).setCollectionSeconds(millis / 1000f);
    }
    return status.build();
  }

  private String read(String file) {
    try (InputStream stream = Files.newInputStream(proc.resolve(file))) {
      return new String(stream.readNBytes(MOST_BYTES), StandardCharsets.US_ASCII);
    } catch (IOException e) {
      // a host without it: the values stay absent
      return "";
    }
  }

  private static OptionalLong line(String text, String name) {
    for (String line : text.split("\n", -1)) {
      if (line.startsWith(name)) {
        String digits = line.substring(name.length()).replace("kB", "").strip();
        try {
          return OptionalLong.of(Long.parseLong(digits));
        } catch (NumberFormatException e) {
          return OptionalLong.empty();
        }
      }
    }
    return OptionalLong.empty();
  }
}

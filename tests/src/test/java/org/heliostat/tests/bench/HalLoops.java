package org.heliostat.tests.bench;

import com.sun.jna.Memory;
import com.sun.management.OperatingSystemMXBean;
import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.heliostat.hal.Board;
import org.heliostat.hal.ComputeCard;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.Polled;
import org.heliostat.hal.Sweep;
import org.heliostat.hal.os.NativeLibc;
import org.heliostat.hal.os.SystemLibrary;
import org.heliostat.protocol.DeviceConfig;
import org.heliostat.protocol.Mission;
import org.heliostat.protocol.TextFiles;

/**
 * What is measured in processor time, over whole sweeps, in a process of its own: {@code poll} of a
 * mission's devices, {@code cards} of many cards, {@code slow} with calls that take long and a card
 * that hangs. Prints {@code name value} lines.
 */
final class HalLoops {
  private static final OperatingSystemMXBean SYSTEM =
      (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private static final int ROUNDS = 11;

  private HalLoops() {}

  public static void main(String[] arguments) throws Exception {
    try (Board board = Board.open()) {
      switch (arguments[0]) {
        case "poll" -> poll(board, arguments[1]);
        case "cards" -> cards(board, Integer.parseInt(arguments[1]));
        case "slow" -> slow(board, Integer.parseInt(arguments[1]));
        default -> throw new IllegalArgumentException(arguments[0]);
      }
    }
    System.exit(0);
  }

  private static void poll(Board board, String missionFile) throws Exception {
    Mission mission =
        TextFiles.read(java.nio.file.Path.of(missionFile), Mission.getDefaultInstance()).message();
    List<Polled<?>> cards = new ArrayList<>();
    List<Polled<?>> sensors = new ArrayList<>();
    for (DeviceConfig device : mission.getDevicesList()) {
      if (device.getDriver().equals("spool")
          || device.getDriver().equals("watchdog")
          || device.getDriver().equals("rtc")
          || device.getDriver().equals("adxl345")) {
        // no sensors; and one whose samples take longer to come than sweeps follow each other here
        continue;
      }
      Polled<?> opened =
          board.device(
              Polled.class, device.getName(), device.getDriver(), device.getParametersMap());
      if (opened instanceof ComputeCard && cards.size() < 4) {
        cards.add(opened);
      } else if (!(opened instanceof ComputeCard) && answers(opened) && sensors.size() < 20) {
        sensors.add(opened);
      }
    }
    List<Polled<?>> all = new ArrayList<>(cards);
    all.addAll(sensors);
    System.out.println("devices " + all.size());
    try (Sweep sweep = new Sweep(all, 4, System::nanoTime)) {
      // the kernel counts processor time in ticks of 10 ms: a round must be many of them
      int polls = 2_000;
      double[] cpu = new double[ROUNDS];
      double[] bare = new double[ROUNDS];
      SystemLibrary libc = NativeLibc.load();
      Memory time = new Memory(16);
      for (int warm = 0; warm < 6; warm++) {
        int unused = sweeps(sweep, polls);
        unused = calls(libc, time, 100_000);
      }
      for (int round = 0; round < ROUNDS; round++) {
        long start = SYSTEM.getProcessCpuTime();
        int fresh = sweeps(sweep, polls);
        cpu[round] = (SYSTEM.getProcessCpuTime() - start) / 1e6 / polls;
        if (fresh != all.size()) {
          throw new IllegalStateException("only " + fresh + " of " + all.size() + " are fresh");
        }
        long bareStart = SYSTEM.getProcessCpuTime();
        int unused = calls(libc, time, 1_000_000);
        bare[round] = (SYSTEM.getProcessCpuTime() - bareStart) / 1_000_000.0;
      }
      System.out.println("poll_cpu_ms " + median(cpu));
      System.out.println("bare_call_ns " + median(bare));
      long[] ids = threads();
      long[] before = THREADS.getThreadAllocatedBytes(ids);
      int counted = 20_000;
      int unused = sweeps(sweep, counted);
      long[] after = THREADS.getThreadAllocatedBytes(ids);
      long allocated = 0;
      for (int i = 0; i < ids.length; i++) {
        allocated += Math.max(0, after[i] - before[i]);
      }
      // the two looks at the counters allocate their own arrays on this thread
      System.out.println(
          "poll_bytes " + Math.max(0, allocated - lookBytes(ids)) / (double) counted);
    }
  }

  /** What asking for the counters allocates by itself. */
  private static long lookBytes(long[] ids) {
    long me = Thread.currentThread().getId();
    long before = THREADS.getThreadAllocatedBytes(me);
    long[] unused = THREADS.getThreadAllocatedBytes(ids);
    return THREADS.getThreadAllocatedBytes(me) - before + unused.length * 0L;
  }

  /** The sweep's threads and this one. */
  private static long[] threads() {
    List<Long> ids = new ArrayList<>();
    ids.add(Thread.currentThread().getId());
    for (Thread thread : Thread.getAllStackTraces().keySet()) {
      if (thread.getName().startsWith("sweep-")) {
        ids.add(thread.getId());
      }
    }
    return ids.stream().mapToLong(Long::longValue).toArray();
  }

  private static boolean answers(Polled<?> device) {
    for (int attempt = 0; attempt < 3; attempt++) {
      try {
        device.poll();
        return true;
      } catch (HardwareFault e) {
        // a receiver may have had no time to say something
      }
    }
    return false;
  }

  private static int sweeps(Sweep sweep, int count) {
    int fresh = 0;
    for (int i = 0; i < count; i++) {
      fresh = sweep.run(System.nanoTime() + 2_000_000_000L);
    }
    return fresh;
  }

  private static int calls(SystemLibrary libc, Memory time, int count) {
    int sum = 0;
    for (int i = 0; i < count; i++) {
      sum += libc.clock_gettime(1, time);
    }
    return sum;
  }

  private static void cards(Board board, int count) throws HardwareFault {
    List<ComputeCard> cards = open(board, count);
    try (Sweep sweep = new Sweep(cards, 4, System::nanoTime)) {
      double[] cpu = new double[7];
      for (int warm = 0; warm < 3; warm++) {
        int unused = sweep.run(System.nanoTime() + 60_000_000_000L);
      }
      for (int round = 0; round < cpu.length; round++) {
        long start = SYSTEM.getProcessCpuTime();
        int fresh = sweep.run(System.nanoTime() + 60_000_000_000L);
        cpu[round] = (SYSTEM.getProcessCpuTime() - start) / 1e9;
        if (fresh != count) {
          throw new IllegalStateException("only " + fresh + " of " + count + " are fresh");
        }
      }
      System.out.println("cards_cpu_s " + median(cpu));
    }
  }

  private static void slow(Board board, int count) throws HardwareFault {
    List<ComputeCard> cards = open(board, count);
    try (Sweep sweep = new Sweep(cards, 16, System::nanoTime)) {
      for (int round = 0; round < 3; round++) {
        long start = System.nanoTime();
        int fresh = sweep.run(start + 1_900_000_000L);
        double seconds = (System.nanoTime() - start) / 1e9;
        int stale = 0;
        for (int i = 0; i < count; i++) {
          stale += sweep.fault(i).isPresent() ? 1 : 0;
        }
        System.out.println(
            String.format(Locale.ROOT, "slow_%d %.4f %d %d", round, seconds, fresh, stale));
      }
    }
  }

  private static List<ComputeCard> open(Board board, int count) throws HardwareFault {
    List<ComputeCard> cards = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      cards.add(
          board.device(
              ComputeCard.class, "card" + i, "nvml", Map.of("index", Integer.toString(i))));
    }
    return cards;
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}

package org.heliostat.tests.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.heliostat.tests.bench.BenchReport.Row;

/** What the core services cost, each beside its peer in the same run. */
final class CoreBench {
  /** Measures a service and adds its rows. */
  private interface Rows {
    void add(Path home, BenchReport report) throws IOException, InterruptedException;
  }

  private static final Map<String, Rows> PARTS = new LinkedHashMap<>();

  static {
    PARTS.put("bus", CoreBench::bus);
    PARTS.put("recorder", CoreBench::recorder);
    PARTS.put("flight", FlightRows::idle);
    PARTS.put("rate-group", FlightRows::load);
  }

  private CoreBench() {}

  /**
   * Measures.
   *
   * @param part one of the parts alone; empty for all of them
   */
  static void run(Path home, BenchReport report, String part)
      throws IOException, InterruptedException {
    for (Map.Entry<String, Rows> one : PARTS.entrySet()) {
      if (part.isEmpty() || part.equals(one.getKey())) {
        one.getValue().add(home, report);
      }
    }
  }

  /** What can be measured alone. */
  static Set<String> parts() {
    return PARTS.keySet();
  }

  private static void bus(Path home, BenchReport report) throws IOException, InterruptedException {
    Map<String, String> found =
        Loops.run(
            Loops.flightFlags(home),
            Map.of(),
            BusLoops.class,
            "throughput",
            "wake",
            "same",
            "flood");
    String how = "median of 15 rounds of 1,000,000 messages of 64 B, in turns, lossless; ";
    double one = Loops.number(found, "bus_1");
    report.add(
        Row.atLeast(
            "bus, one publisher to one subscriber, beside a queue of the JDK",
            one,
            "msg/s",
            Loops.number(found, "blocking_1"),
            3,
            how + "ArrayBlockingQueue; aim 2,000,000 msg/s"));
    report.add(
        Row.atLeast(
            "bus, one publisher to one subscriber, beside a bare queue",
            one,
            "msg/s",
            Loops.number(found, "bare_1"),
            0.5,
            how + "JCTools' MpscArrayQueue; aim 2,000,000 msg/s"));
    report.add(
        Row.atLeast(
            "bus, one publisher to three subscribers",
            Loops.number(found, "bus_3"),
            "msg/s",
            Loops.number(found, "blocking_3"),
            3,
            how + "three ArrayBlockingQueues; aim 3,000,000 deliveries/s"));
    String woken = "median of 15 rounds of 2,000 wake-ups in turns; bare park and unpark; aim ";
    report.add(
        Row.atMost(
            "bus, wake-up of another thread, half of them within",
            Loops.number(found, "wake_p50_us"),
            "us",
            Loops.number(found, "park_p50_us"),
            1.2,
            woken + "20 us"));
    report.add(
        Row.atMost(
            "bus, wake-up of another thread, 99 of 100 within",
            Loops.number(found, "wake_p99_us"),
            "us",
            Loops.number(found, "park_p99_us"),
            1.2,
            woken + "80 us"));
    report.add(
        new Row(
            "bus, publish and take on one thread",
            Loops.number(found, "same_rate"),
            "msg/s",
            Double.NaN,
            Double.NaN,
            "median of 15 rounds of 4,000,000; aim 10,000,000 msg/s"));
    report.add(
        new Row(
            "bus, allocated for a message",
            Loops.number(found, "same_bytes"),
            "B",
            Double.NaN,
            0,
            "over 60,000,000 messages"));
    report.add(
        new Row(
            "bus, flooded: messages neither taken nor counted as dropped",
            Loops.number(found, "flood_wrong"),
            "msg",
            Double.NaN,
            0,
            found.getOrDefault("flood_dropped", "?")
                + " of 9,000,000 dropped, three slow subscribers"));
    report.add(
        new Row(
            "bus, flooded: times that the publisher waited",
            Loops.number(found, "flood_waits"),
            "",
            Double.NaN,
            0,
            "by the JVM's own count; it published "
                + found.getOrDefault("flood_rate", "?")
                + " msg/s"));
  }

  private static void recorder(Path home, BenchReport report)
      throws IOException, InterruptedException {
    Path folder = home.resolve("target/bench/recorder");
    Map<String, String> found =
        Loops.run(Loops.flightFlags(home), Map.of(), RecorderLoops.class, folder.toString());
    String how = "median of 41 rounds in turns, beside bare writes to a file of full length; ";
    report.add(
        Row.atLeast(
            "recorder, durable records of 1 KiB, one a force",
            Loops.number(found, "record_1"),
            "rec/s",
            Loops.number(found, "bare_1"),
            0.9,
            how + "100 records a round, fdatasync after each"));
    report.add(
        Row.atLeast(
            "recorder, durable records of 1 KiB, 64 a force",
            Loops.number(found, "record_64"),
            "rec/s",
            Loops.number(found, "bare_64"),
            0.9,
            how + "20 forces a round, 64 records or writes each, by one caller"));
    report.add(
        new Row(
            "recorder, durable records of 1 KiB by 64 threads",
            Loops.number(found, "threads_64"),
            "rec/s",
            Loops.number(found, "bare_64"),
            Double.NaN,
            how + "as many as come together share a force; each thread is put to sleep and woken"));
  }
}

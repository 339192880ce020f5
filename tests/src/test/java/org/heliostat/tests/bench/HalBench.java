package org.heliostat.tests.bench;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.heliostat.hil.rig.BenchmarkWorld;
import org.heliostat.hil.rig.MissionTime;
import org.heliostat.tests.bench.BenchReport.Row;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** What the HAL costs, against the rig's drop-ins and worlds that stand still. */
final class HalBench {
  private static final int MANY = 10_000;
  private static final int SLOW = 64;

  private HalBench() {}

  static void run(Path home, BenchReport report) throws Exception {
    Path folder = Files.createDirectories(home.resolve("target/bench/worlds"));
    Path natives = home.resolve("hil/target/native");
    Path four = still(folder.resolve("four"), 7, 0, false);
    calls(natives, four, report);
    poll(home, natives, four, report);
    Path many = still(folder.resolve("many"), MANY, 0, false);
    Map<String, String> cards = loops(natives, many, "cards", Integer.toString(MANY));
    report.add(
        new Row(
            "sweep of 10,000 NVML cards, processor time",
            Double.parseDouble(cards.getOrDefault("cards_cpu_s", "NaN")),
            "s",
            Double.NaN,
            1,
            "median of 7 sweeps on 4 threads, every card fresh"));
    slow(folder, natives, report);
  }

  private static Path still(Path file, int cards, long delayMicros, boolean hang)
      throws IOException {
    Files.deleteIfExists(file);
    BenchmarkWorld world =
        BenchmarkWorld.make(
            file,
            new MissionTime(
                System.nanoTime(),
                1_000_000_000_000L,
                System.currentTimeMillis() * 1_000_000L,
                1_000_000),
            cards);
    world.nvmlDelayMicros(delayMicros);
    world.hang(hang);
    return file;
  }

  private static void calls(Path natives, Path world, BenchReport report) throws Exception {
    Collection<RunResult> results =
        new Runner(
                new OptionsBuilder()
                    .include(HalCalls.class.getSimpleName())
                    .forks(1)
                    .verbosity(VerboseMode.SILENT)
                    .warmupIterations(3)
                    .warmupTime(TimeValue.seconds(1))
                    .measurementIterations(5)
                    .measurementTime(TimeValue.seconds(1))
                    .jvm(launcher(world))
                    .jvmArgs(properties(natives).toArray(new String[0]))
                    .build())
            .run();
    Map<String, Double> nanos = new HashMap<>();
    for (RunResult result : results) {
      String name = result.getParams().getBenchmark();
      nanos.put(name.substring(name.lastIndexOf('.') + 1), result.getPrimaryResult().getScore());
    }
    double clock = nanos.getOrDefault("bareClock", Double.NaN);
    double nvml = nanos.getOrDefault("bareNvml", Double.NaN);
    report.add(row("bare call of libc (clock_gettime), direct mapping", clock, Double.NaN));
    report.add(row("bare call of NVML (power), direct mapping", nvml, clock));
    report.add(row("poll of an INA226", nanos.getOrDefault("powerMonitor", Double.NaN), clock));
    report.add(row("poll of an LM75", nanos.getOrDefault("thermometer", Double.NaN), clock));
    report.add(row("poll of an NVML card", nanos.getOrDefault("card", Double.NaN), nvml));
  }

  private static Row row(String metric, double value, double reference) {
    return new Row(metric, value, "ns", reference, Double.NaN, "JMH, 5 iterations of 1 s");
  }

  private static void poll(Path home, Path natives, Path world, BenchReport report)
      throws IOException, InterruptedException {
    Map<String, String> found =
        loops(
            natives,
            world,
            "poll",
            home.resolve("payload-ai/target/image/missions/default.textproto").toString());
    int devices = Integer.parseInt(found.getOrDefault("devices", "0"));
    if (devices != 24) {
      throw new IllegalStateException(devices + " devices answer, 4 cards and 20 sensors should");
    }
    report.add(
        new Row(
            "full poll of 4 cards and 20 sensors, processor time",
            Double.parseDouble(found.getOrDefault("poll_cpu_ms", "NaN")),
            "ms",
            Double.parseDouble(found.getOrDefault("bare_call_ns", "NaN")) / 1e6,
            1,
            "median of 11 rounds of 2,000 sweeps, interleaved with bare calls; all threads"));
    report.add(
        new Row(
            "full poll of 4 cards and 20 sensors, allocated",
            Double.parseDouble(found.getOrDefault("poll_bytes", "NaN")),
            "B",
            Double.NaN,
            0,
            "over 20,000 sweeps, all threads of the sweep and its caller"));
  }

  private static void slow(Path folder, Path natives, BenchReport report)
      throws IOException, InterruptedException {
    Path slow = still(folder.resolve("slow"), SLOW, 5_000, true);
    Map<String, String> found = loops(natives, slow, "slow", Integer.toString(SLOW));
    for (int round = 0; round < 3; round++) {
      String[] words = found.getOrDefault("slow_" + round, "NaN 0 0").split(" ", -1);
      report.add(
          new Row(
              "sweep " + (round + 1) + " of 64 cards, 5 ms a call, one hangs",
              Double.parseDouble(words[0]),
              "s",
              Double.NaN,
              2,
              words[1] + " fresh, " + words[2] + " stale, 16 threads"));
      report.add(
          new Row(
              "cards that are not fresh in sweep " + (round + 1),
              Double.parseDouble(words[2]),
              "cards",
              Double.NaN,
              1,
              "the one that hangs, and nobody else"));
    }
  }

  private static Map<String, String> loops(Path natives, Path world, String... arguments)
      throws IOException, InterruptedException {
    return Loops.run(
        properties(natives),
        Map.of("HELIOSTAT_RIG_WORLD", world.toString()),
        HalLoops.class,
        arguments);
  }

  private static List<String> properties(Path natives) {
    return List.of(
        "-XX:+IgnoreUnrecognizedVMOptions",
        "--enable-native-access=ALL-UNNAMED",
        "-Djna.tmpdir=" + natives.resolveSibling("tmp"),
        "-Dheliostat.libc=" + natives.resolve("libheliostat_rig_libc.so"),
        "-Dheliostat.nvml=" + natives.resolve("libnvidia-ml.so.1"));
  }

  /** JMH passes no environment to its forks: a launcher that sets the world. */
  private static String launcher(Path world) throws IOException {
    Path script = world.resolveSibling("java-" + world.getFileName());
    Files.writeString(
        script,
        "#!/bin/sh\nexport HELIOSTAT_RIG_WORLD='%s'\nexec '%s' \"$@\"\n"
            .formatted(
                world,
                System.getProperty("java.home")
                    + File.separator
                    + "bin"
                    + File.separator
                    + "java"));
    Files.setPosixFilePermissions(
        script, java.nio.file.attribute.PosixFilePermissions.fromString("rwx------"));
    return script.toString();
  }
}

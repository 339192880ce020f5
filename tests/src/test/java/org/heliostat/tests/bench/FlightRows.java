package org.heliostat.tests.bench;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.heliostat.protocol.Noop;
import org.heliostat.protocol.SetField;
import org.heliostat.protocol.Telecommand;
import org.heliostat.tests.bench.BenchReport.Row;

/** What only a whole flight can show: its start, its memory, its commands and its rate groups. */
final class FlightRows {
  private static final int STARTS = 3;
  private static final int ROUNDS = 8;
  private static final int COMMANDS_A_ROUND = 50;
  private static final int PLAIN_A_ROUND = 10;
  private static final int WARM_UP = 5_000;
  private static final int MESSAGE_BYTES = 64;
  private static final double LOAD_SECONDS = 600;
  private static final String BEGINS = "first housekeeping ([0-9.]+) s after";

  private FlightRows() {}

  static void idle(Path home, BenchReport report) throws IOException, InterruptedException {
    try (BenchFlight flight = BenchFlight.start(home, "bench-idle", 2)) {
      List<String> unused = flight.awaitLog("(WORKER_STARTED)", 2);
      memory(flight, report);
      commands(flight, report);
      start(home, flight, report);
    }
  }

  private static void memory(BenchFlight flight, BenchReport report)
      throws IOException, InterruptedException {
    TimeUnit.SECONDS.sleep(30);
    report.add(
        new Row(
            "resident memory of the flight process, payload idle",
            BenchFlight.residentMegabytes(flight.flight()),
            "MB",
            Double.NaN,
            100,
            "30 s after its workers are ready"));
  }

  private static void commands(BenchFlight flight, BenchReport report)
      throws IOException, InterruptedException {
    Telecommand noop = Telecommand.newBuilder().setNoop(Noop.getDefaultInstance()).build();
    double[] ours = new double[ROUNDS * COMMANDS_A_ROUND];
    double[] bare = new double[ROUNDS * COMMANDS_A_ROUND];
    double[] plain = new double[ROUNDS * PLAIN_A_ROUND];
    Path run = flight.runFolder();
    String broker = "tcp://" + Files.readString(run.resolve("broker.address")).strip();
    String link = "tcp://127.0.0.1:" + Files.readString(run.resolve("link.port")).strip();
    try (PahoExchange exchange = new PahoExchange(broker, link, "bench", MESSAGE_BYTES, true);
        PahoExchange asItComes = new PahoExchange(broker, link, "plain", MESSAGE_BYTES, false)) {
      for (int i = 0; i < WARM_UP; i++) {
        // both, until their compilers rest
        long unused = flight.command(noop) + exchange.run();
      }
      for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < COMMANDS_A_ROUND; i++) {
          ours[round * COMMANDS_A_ROUND + i] = flight.command(noop) / 1e6;
        }
        for (int i = 0; i < COMMANDS_A_ROUND; i++) {
          bare[round * COMMANDS_A_ROUND + i] = exchange.run() / 1e6;
        }
        for (int i = 0; i < PLAIN_A_ROUND; i++) {
          plain[round * PLAIN_A_ROUND + i] = asItComes.run() / 1e6;
        }
      }
    }
    String how =
        "400 of a NOOP in rounds of 50, in turns with a bare Paho exchange of as many messages"
            + " over the same broker and link, without Nagle's algorithm on both; ";
    report.add(
        Row.atMost(
            "command, ground to app to completed on ground, half of them within",
            Loops.median(ours),
            "ms",
            Loops.median(bare),
            2,
            how + "aim 5 ms"));
    report.add(
        Row.atLeast(
            "command, ground to app to completed on ground, one after the other",
            1e3 / Arrays.stream(ours).average().orElse(Double.NaN),
            "1/s",
            1e3 / Arrays.stream(bare).average().orElse(Double.NaN),
            0.7,
            how + "rate"));
    String plainly = "the same, beside Paho as it comes, with Nagle's algorithm";
    report.add(
        Row.atMost(
            "command, half of them within, beside Paho's own sockets",
            Loops.median(ours),
            "ms",
            Loops.median(plain),
            2,
            plainly));
    report.add(
        Row.atLeast(
            "command, one after the other, beside Paho's own sockets",
            1e3 / Arrays.stream(ours).average().orElse(Double.NaN),
            "1/s",
            1e3 / Arrays.stream(plain).average().orElse(Double.NaN),
            0.7,
            plainly));
  }

  private static void start(Path home, BenchFlight flight, BenchReport report)
      throws IOException, InterruptedException {
    List<Double> bare = new ArrayList<>();
    for (int i = 0; i < STARTS; i++) {
      int before = flight.log(BEGINS).size();
      boolean killed = flight.flight().destroyForcibly();
      int starts = flight.awaitLog(BEGINS, before + (killed ? 1 : 0)).size();
      // the next start is not to share the processors with this one
      List<String> unused = flight.awaitLog("(core/OPERATIONAL)", starts);
      bare.add(bareStart(home));
    }
    List<Double> starts = flight.log(BEGINS).stream().map(Double::parseDouble).toList();
    List<Double> ours = starts.subList(1, starts.size());
    report.add(
        Row.atMost(
            "process start to first housekeeping on the bus",
            median(ours),
            "s",
            median(bare),
            3,
            "median of 3 of a mission that flew before, in turns with a bare JVM that parses one"
                + " protobuf message; aim 0.7 s"));
    report.add(
        new Row(
            "the same, first boot of a mission file: its text is read and checked",
            starts.get(0),
            "s",
            Double.NaN,
            Double.NaN,
            "once, in a data folder that is made then"));
  }

  private static double bareStart(Path home) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(Loops.flightFlags(home));
    command.addAll(
        List.of("-cp", System.getProperty("java.class.path"), BareStart.class.getName()));
    long start = System.nanoTime();
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    byte[] said = process.getInputStream().readNBytes(7);
    double seconds = (System.nanoTime() - start) / 1e9;
    if (process.waitFor() != 0 || said.length < 7) {
      throw new IOException("the bare JVM failed");
    }
    return seconds;
  }

  private static double median(List<Double> values) {
    return Loops.median(values.stream().mapToDouble(Double::doubleValue).toArray());
  }

  static void load(Path home, BenchReport report) throws IOException, InterruptedException {
    try (BenchFlight flight = BenchFlight.start(home, "bench-load", 100_000)) {
      List<String> unused = flight.awaitLog("(STANDBY -> PAYLOAD)", 1);
      long setTook =
          flight.command(
              Telecommand.newBuilder()
                  .setSetField(
                      SetField.newBuilder()
                          .setTable("housekeeping")
                          .setField("sets.services.period_seconds")
                          .setValue("10"))
                  .build());
      System.out.printf("telemetry of the services each 10 s, set in %.1f ms%n", setTook / 1e6);
      JsonObject before = tenHertz(flight);
      boolean fifo = before.get("scheduling").getAsString().startsWith("fifo");
      Map<String, String> loop = loop(home, fifo);
      TimeUnit.SECONDS.sleep(15);
      JsonObject after = tenHertz(flight);
      String how =
          String.format(
              java.util.Locale.ROOT,
              "10 minutes, both cards at work, %s cycles, %s; a C loop beside it, of the same"
                  + " scheduling, %s cycles, worst %s us, missed %s; aim 5 ms",
              after.get("cycles").getAsLong(),
              after.get("scheduling").getAsString(),
              loop.get("cycles"),
              loop.get("worst_us"),
              loop.get("missed"));
      report.add(
          Row.atMost(
              "rate group of 10 Hz under full load, 99.9 of 100 cycles late by at most",
              after.get("late_p999_milliseconds").getAsDouble(),
              "ms",
              Loops.number(loop, "p999_us") / 1e3,
              2,
              how));
      report.add(
          new Row(
              "rate group of 10 Hz under full load, missed cycles",
              after.get("overruns").getAsDouble(),
              "",
              Double.NaN,
              0,
              how));
    }
  }

  private static JsonObject tenHertz(BenchFlight flight) throws IOException, InterruptedException {
    for (int i = 0; i < 100; i++) {
      if (flight.newest("rate_groups").isPresent()) {
        for (JsonElement group : flight.newest("rate_groups").get().getAsJsonArray("rate_groups")) {
          if (group.getAsJsonObject().get("name").getAsString().equals("ten_hertz")) {
            return group.getAsJsonObject();
          }
        }
      }
      TimeUnit.SECONDS.sleep(1);
    }
    throw new IOException("no telemetry of rate groups");
  }

  private static Map<String, String> loop(Path home, boolean fifo)
      throws IOException, InterruptedException {
    Path program = home.resolve("target/bench/rate_loop");
    run(
        "cc",
        "-O2",
        "-o",
        program.toString(),
        home.resolve("tests/src/test/native/rate_loop.c").toString());
    Map<String, String> values = new HashMap<>();
    for (String line :
        run(program.toString(), "10", Double.toString(LOAD_SECONDS), fifo ? "20" : "0")
            .split("\n", -1)) {
      int space = line.indexOf(' ');
      if (space > 0) {
        values.put(line.substring(0, space), line.substring(space + 1).strip());
      }
    }
    return values;
  }

  private static String run(String... command) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException(command[0] + " failed");
    }
    return said;
  }
}

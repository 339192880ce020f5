package org.heliostat.tests.bench;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.heliostat.hil.ground.OperatorFrames;
import org.heliostat.protocol.OperatorReply;
import org.heliostat.protocol.OperatorRequest;
import org.heliostat.protocol.Stage;
import org.heliostat.protocol.Telecommand;
import org.jspecify.annotations.Nullable;

/** A flight at speed 1, as a user would start it, with its own files below {@code target/bench}. */
final class BenchFlight implements AutoCloseable {
  private static final long DEADLINE_NANOS = 90_000_000_000L;
  private static final long LOOK_MILLIS = 20;

  private final Process process;
  private final Path out;
  private @Nullable SocketChannel desk;

  private BenchFlight(Process process, Path out) {
    this.process = process;
    this.out = out;
  }

  static BenchFlight start(Path home, String scenario, int frames) throws IOException {
    Path out = home.resolve("target/bench/flights/" + scenario);
    remove(out);
    Files.createDirectories(out.getParent());
    ProcessBuilder builder =
        new ProcessBuilder(
            home.resolve("fly").toString(),
            "mission",
            "--speed",
            "1",
            "--frame-count",
            Integer.toString(frames),
            "--scenario",
            home.resolve("tests/src/test/scenarios/" + scenario + ".textproto").toString(),
            "--out",
            out.toString());
    builder
        .redirectErrorStream(true)
        .redirectOutput(home.resolve("target/bench/flights/" + scenario + ".txt").toFile());
    return new BenchFlight(builder.start(), out);
  }

  private static void remove(Path folder) throws IOException {
    if (Files.exists(folder)) {
      try (Stream<Path> all = Files.walk(folder)) {
        for (Path path : all.sorted(java.util.Comparator.reverseOrder()).toList()) {
          Files.delete(path);
        }
      }
    }
  }

  /** Matches of a pattern in the log of the flight process, of all its starts. */
  List<String> log(String pattern) throws IOException {
    Path log = out.resolve("logs/flight.log");
    return Files.exists(log)
        ? Pattern.compile(pattern)
            .matcher(Files.readString(log))
            .results()
            .map(match -> match.group(1))
            .toList()
        : List.of();
  }

  /** Waits until there are so many matches. */
  List<String> awaitLog(String pattern, int count) throws IOException, InterruptedException {
    long start = System.nanoTime();
    while (System.nanoTime() - start < DEADLINE_NANOS) {
      List<String> found = log(pattern);
      if (found.size() >= count) {
        return found;
      }
      if (process.waitFor(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
        break;
      }
    }
    throw new IOException("the flight never said " + pattern + "; see " + out);
  }

  /** The flight process. */
  ProcessHandle flight() throws IOException {
    return process
        .descendants()
        .filter(
            one ->
                Stream.of(one.info().arguments().orElse(new String[0]))
                    .anyMatch("org.heliostat.core.Main"::equals))
        .filter(ProcessHandle::isAlive)
        .findFirst()
        .orElseThrow(() -> new IOException("no flight process; see " + out));
  }

  /** Resident memory of a process in MB. */
  static double residentMegabytes(ProcessHandle process) throws IOException {
    Matcher matcher =
        Pattern.compile("VmRSS:\\s+(\\d+) kB")
            .matcher(Files.readString(Path.of("/proc", Long.toString(process.pid()), "status")));
    if (!matcher.find()) {
      throw new IOException("process " + process.pid() + " is gone");
    }
    return Long.parseLong(matcher.group(1)) / 1e3;
  }

  /** Folder of the flight's sockets. */
  Path runFolder() throws IOException {
    return Path.of(description().get("socket").getAsString()).resolveSibling("");
  }

  private JsonObject description() throws IOException {
    return JsonParser.parseString(Files.readString(out.resolve("flight.json"))).getAsJsonObject();
  }

  /**
   * A command from the desk of the ground station to its end, on one connection; host time in ns.
   */
  long command(Telecommand command) throws IOException {
    if (desk == null) {
      desk =
          SocketChannel.open(
              UnixDomainSocketAddress.of(Path.of(description().get("socket").getAsString())));
    }
    long start = System.nanoTime();
    OperatorFrames.write(
        desk,
        OperatorRequest.newBuilder()
            .setOperator("bench")
            .setTelecommand(command)
            .setWaitSeconds(30)
            .build()
            .toByteArray());
    while (true) {
      OperatorReply reply = OperatorReply.parseFrom(OperatorFrames.read(desk));
      if (reply.hasError() || reply.getReport().getStage() == Stage.FAILED) {
        throw new IOException("the command failed: " + reply);
      }
      if (reply.getReport().getStage() == Stage.COMPLETED) {
        return System.nanoTime() - start;
      }
    }
  }

  private void closeDesk() {
    try {
      if (desk != null) {
        desk.close();
      }
    } catch (IOException e) {
      // the flight ends anyway
    }
  }

  /** The newest packet of telemetry that has a field. */
  Optional<JsonObject> newest(String field) throws IOException {
    try (Stream<String> lines = Files.lines(out.resolve("telemetry.jsonl"))) {
      return lines
          .filter(line -> line.contains('"' + field + '"') && line.endsWith("}"))
          .reduce((earlier, later) -> later)
          .map(line -> JsonParser.parseString(line).getAsJsonObject());
    }
  }

  @Override
  public void close() {
    closeDesk();
    process.children().forEach(ProcessHandle::destroy);
    process.destroy();
    try {
      if (!process.waitFor(40, TimeUnit.SECONDS)) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

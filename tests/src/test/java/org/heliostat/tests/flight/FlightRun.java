package org.heliostat.tests.flight;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** One run of {@code ./fly}, its output in a file of its own, bounded in time. */
final class FlightRun implements AutoCloseable {
  /** The root of the project; Surefire starts tests in their module. */
  static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

  private static final long DEADLINE_SECONDS = 150;

  private final Process process;
  private final Path output;
  private final Path out;

  private FlightRun(Process process, Path output, Path out) {
    this.process = process;
    this.output = output;
    this.out = out;
  }

  /** Starts {@code ./fly} with these arguments; a flight leaves its files in {@code folder/out}. */
  static FlightRun start(Path folder, Map<String, String> environment, String... arguments)
      throws IOException {
    Path out = folder.resolve("out");
    Path output = folder.resolve("output.txt");
    // a build that a script runs in the background has interrupts ignored, and so would its flights
    List<String> command =
        new ArrayList<>(List.of("env", "--default-signal=INT", ROOT.resolve("fly").toString()));
    command.addAll(List.of(arguments));
    if (!command.contains("command")
        && !command.contains("rig")
        && !command.contains("keys")
        && !command.contains("upload")) {
      command.addAll(List.of("--out", out.toString()));
    }
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(output.toFile()))
            .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
    // what is tested is what this build has made
    builder.environment().put("HELIOSTAT_BUILD", "no");
    builder
        .environment()
        .put("JAVA_TOOL_OPTIONS", "-Djava.io.tmpdir=" + System.getProperty("java.io.tmpdir"));
    builder.environment().putAll(environment);
    return new FlightRun(builder.start(), output, out);
  }

  /** Runs {@code ./fly} to its end. */
  static FlightRun run(Path folder, String... arguments) throws IOException, InterruptedException {
    FlightRun run = start(folder, Map.of(), arguments);
    int unused = run.exitCode();
    return run;
  }

  /** Waits for the end. */
  int exitCode() throws InterruptedException {
    if (!process.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS)) {
      close();
      throw new AssertionError("no end within " + DEADLINE_SECONDS + " s: " + output());
    }
    return process.exitValue();
  }

  String output() {
    try {
      return Files.readString(output);
    } catch (IOException e) {
      return "no output: " + e;
    }
  }

  Path out() {
    return out;
  }

  Process process() {
    return process;
  }

  JsonObject summary() throws IOException {
    return JsonParser.parseString(Files.readString(out.resolve("summary.json"))).getAsJsonObject();
  }

  /** A number of the summary by the names on the way to it. */
  double number(String... path) throws IOException {
    JsonElement at = summary();
    for (String name : path) {
      at = at.getAsJsonObject().get(name);
    }
    return at.getAsDouble();
  }

  /** Names of the checks that did not pass. */
  Set<String> failedChecks() throws IOException {
    JsonArray checks = summary().getAsJsonArray("checks");
    return checks.asList().stream()
        .map(JsonElement::getAsJsonObject)
        .filter(check -> !check.get("passed").getAsBoolean())
        .map(check -> check.get("name").getAsString() + ": " + check.get("detail").getAsString())
        .collect(Collectors.toSet());
  }

  /** All lines of a JSON-lines file of the flight. */
  List<JsonObject> lines(String name) throws IOException {
    try (Stream<String> lines = Files.lines(out.resolve(name))) {
      return lines.map(line -> JsonParser.parseString(line).getAsJsonObject()).toList();
    }
  }

  /** Waits until the output holds a match of a pattern. */
  void awaitOutput(String pattern) throws InterruptedException {
    Pattern wanted = Pattern.compile(pattern);
    long start = System.nanoTime();
    while (!wanted.matcher(output()).find()) {
      if (process.waitFor(50, TimeUnit.MILLISECONDS)
          || System.nanoTime() - start > DEADLINE_SECONDS * 1_000_000_000L) {
        throw new AssertionError("the output never said \"" + pattern + "\": " + output());
      }
    }
  }

  /** The run-time folder of a flight that is under way. */
  Path runFolder() throws IOException {
    JsonObject flight =
        JsonParser.parseString(Files.readString(out.resolve("flight.json"))).getAsJsonObject();
    return Path.of(flight.get("socket").getAsString()).resolveSibling("");
  }

  /** Processes that the flight has started and that are alive. */
  List<ProcessHandle> processes() {
    return process.descendants().filter(ProcessHandle::isAlive).toList();
  }

  @Override
  public void close() {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }
}

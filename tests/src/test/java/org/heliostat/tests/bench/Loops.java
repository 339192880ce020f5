package org.heliostat.tests.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Runs what is measured in a process of its own, and reads the {@code name value} lines it prints.
 */
final class Loops {
  private static final int LONGEST_SECONDS = 300;

  private Loops() {}

  /** How the flight process's JVM is started: the argument files of the image. */
  static List<String> flightFlags(Path home) {
    Path image = home.resolve("payload-ai/target/image");
    return List.of("@" + image.resolve("jvm.options"), "@" + image.resolve("flight.options"));
  }

  /** Words of each line by its first one. */
  static Map<String, String> run(
      List<String> flags, Map<String, String> environment, Class<?> main, String... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(flags);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().putAll(environment);
    builder.redirectError(ProcessBuilder.Redirect.INHERIT);
    Process process = builder.start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (!process.waitFor(LONGEST_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
      process.destroyForcibly();
      throw new IOException("the loops failed: " + said);
    }
    Map<String, String> values = new HashMap<>();
    for (String line : said.split("\n", -1)) {
      int space = line.indexOf(' ');
      if (space > 0) {
        values.put(line.substring(0, space), line.substring(space + 1).strip());
      }
    }
    return values;
  }

  /** A figure that the loops printed; NaN where they did not, which passes no bar. */
  static double number(Map<String, String> values, String name) {
    return Double.parseDouble(values.getOrDefault(name, "NaN"));
  }

  static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}

package org.heliostat.tests.bench;

import java.nio.file.Path;

/**
 * {@code ./fly bench NAME}: benchmarks, each beside its peer or limit measured in the same run,
 * interleaved, medians. Exit codes: 0 every bar held, 1 one did not, 2 wrong use.
 */
public final class Bench {
  private Bench() {}

  /** Runs the benchmark that is named. */
  public static void main(String[] arguments) throws Exception {
    if (arguments.length != 1 || !arguments[0].equals("hal")) {
      System.err.println("usage: fly bench hal");
      System.exit(2);
    }
    Path home = Path.of(System.getProperty("heliostat.home", "."));
    BenchReport report = new BenchReport(arguments[0]);
    HalBench.run(home, report);
    report.write(home.resolve("target/bench"));
    System.out.println(home.resolve("target/bench").resolve(arguments[0] + ".json"));
    System.exit(report.passed() ? 0 : 1);
  }
}

package org.heliostat.tests.bench;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * {@code ./fly bench NAME}: benchmarks, each beside its peer or limit measured in the same run,
 * interleaved, medians. Exit codes: 0 every bar held, 1 one did not, 2 wrong use.
 */
public final class Bench {
  private Bench() {}

  private static String usage() {
    return "usage: fly bench hal"
        + System.lineSeparator()
        + "       fly bench core ["
        + String.join("|", CoreBench.parts())
        + "]"
        + System.lineSeparator()
        + "       fly bench link ["
        + String.join("|", LinkBench.parts())
        + "]";
  }

  private static Set<String> partsOf(String name) {
    return switch (name) {
      case "core" -> CoreBench.parts();
      case "link" -> LinkBench.parts();
      default -> Set.of();
    };
  }

  /** Runs the benchmark that is named. */
  public static void main(String[] arguments) throws Exception {
    if (arguments.length == 1 && List.of("-h", "--help").contains(arguments[0])) {
      System.out.println(usage());
      return;
    }
    String part = arguments.length == 2 ? arguments[1] : "";
    if (arguments.length < 1
        || arguments.length > 2
        || !List.of("hal", "core", "link").contains(arguments[0])
        || (!part.isEmpty() && !partsOf(arguments[0]).contains(part))) {
      System.err.println(usage());
      System.exit(2);
    }
    Path home = Path.of(System.getProperty("heliostat.home", "."));
    BenchReport report = new BenchReport(arguments[0]);
    if (arguments[0].equals("hal")) {
      HalBench.run(home, report);
    } else if (arguments[0].equals("core")) {
      CoreBench.run(home, report, part);
    } else {
      LinkBench.run(home, report, part);
    }
    report.write(home.resolve("target/bench"));
    System.out.println(home.resolve("target/bench").resolve(arguments[0] + ".json"));
    System.exit(report.passed() ? 0 : 1);
  }
}

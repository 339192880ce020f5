package org.heliostat.tests.bench;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Rows of figures, each beside what it is compared with; as a table and as {@code NAME.json}. */
final class BenchReport {
  private static final Gson PRETTY =
      new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create();

  /**
   * One figure.
   *
   * @param reference the peer or limit, measured in the same run; NaN for none
   * @param bar what the figure may be at most, or must be at least, in its unit; NaN for a figure
   *     without one
   * @param atLeast which of the two
   * @param note what was done
   */
  record Row(
      String metric,
      double value,
      String unit,
      double reference,
      double bar,
      boolean atLeast,
      String note) {
    Row(String metric, double value, String unit, double reference, double bar, String note) {
      this(metric, value, unit, reference, bar, false, note);
    }

    /** More is better: the figure must be at least so many times the reference. */
    static Row atLeast(
        String metric, double value, String unit, double reference, double times, String note) {
      return new Row(metric, value, unit, reference, known(reference) * times, true, note);
    }

    /** Less is better: the figure may be at most so many times the reference. */
    static Row atMost(
        String metric, double value, String unit, double reference, double times, String note) {
      return new Row(metric, value, unit, reference, known(reference) * times, false, note);
    }

    private static double known(double reference) {
      if (Double.isNaN(reference)) {
        throw new IllegalStateException("the reference was not measured");
      }
      return reference;
    }

    boolean passed() {
      return Double.isNaN(bar) || (atLeast ? value >= bar : value <= bar);
    }
  }

  private final String name;
  private final List<Row> rows = new ArrayList<>();

  BenchReport(String name) {
    this.name = name;
  }

  void add(Row row) {
    rows.add(row);
    System.out.printf(
        Locale.ROOT,
        "%-62s %12.4g %-8s %s%s %s%n",
        row.metric(),
        row.value(),
        row.unit(),
        Double.isNaN(row.reference())
            ? ""
            : String.format(
                Locale.ROOT, "x%.2f of %.4g ", row.value() / row.reference(), row.reference()),
        Double.isNaN(row.bar())
            ? ""
            : String.format(
                Locale.ROOT, "(%s %.4g)", row.atLeast() ? "at least" : "bar", row.bar()),
        row.passed() ? "" : "FAILED");
  }

  boolean passed() {
    return rows.stream().allMatch(Row::passed);
  }

  void write(Path folder) throws IOException {
    JsonArray list = new JsonArray();
    for (Row row : rows) {
      JsonObject json = new JsonObject();
      json.addProperty("metric", row.metric());
      json.addProperty("value", row.value());
      json.addProperty("unit", row.unit());
      if (!Double.isNaN(row.reference())) {
        json.addProperty("reference", row.reference());
        json.addProperty("ratio", row.value() / row.reference());
      }
      if (!Double.isNaN(row.bar())) {
        json.addProperty("bar", row.bar());
        json.addProperty("bar_is", row.atLeast() ? "at_least" : "at_most");
      }
      json.addProperty("passed", row.passed());
      json.addProperty("note", row.note());
      list.add(json);
    }
    JsonObject report = new JsonObject();
    report.addProperty("name", name);
    report.addProperty("passed", passed());
    report.addProperty("taken", Instant.now().toString());
    report.addProperty("java", System.getProperty("java.runtime.version"));
    report.addProperty("processors", Runtime.getRuntime().availableProcessors());
    report.add("rows", list);
    Files.createDirectories(folder);
    Path partial = folder.resolve(name + ".json.partial");
    Files.writeString(partial, PRETTY.toJson(report) + "\n");
    Files.move(partial, folder.resolve(name + ".json"), StandardCopyOption.ATOMIC_MOVE);
  }
}

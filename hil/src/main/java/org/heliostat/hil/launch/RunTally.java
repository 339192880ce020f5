package org.heliostat.hil.launch;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.heliostat.hil.report.JsonFiles;

/** Adds up the parts of a campaign whose runs are kills of the flight process, or cuts of power. */
final class RunTally {
  private static final int SHOWN = 3;

  private final String what;
  private final List<String> known;
  private final int wanted;
  private final Map<String, Integer> outcomes = new TreeMap<>();
  private final Map<String, Long> seen = new TreeMap<>();
  private final JsonArray flights = new JsonArray();
  private boolean failed;
  private int runs;
  private String last = "";

  /**
   * Of a campaign.
   *
   * @param what its runs are, for people
   * @param known outcomes beside {@code violated} and {@code not_flown}
   */
  RunTally(String what, List<String> known, int wanted) {
    this.what = what;
    this.known = known;
    this.wanted = wanted;
  }

  /**
   * Adds what a flight has left.
   *
   * @param planned runs
   * @param code of its process, for people
   */
  void add(String name, int planned, long seed, Path folder, int code) {
    JsonObject row = new JsonObject();
    row.addProperty("name", name);
    row.addProperty("seed", seed);
    row.addProperty("runs", planned);
    Optional<JsonObject> summary = JsonFiles.object(folder.resolve("summary.json"));
    if (summary.isEmpty()) {
      outcomes.merge("not_flown", planned, Integer::sum);
      runs += planned;
      row.addProperty("outcome", "not_flown");
      row.addProperty("why", "exit code " + code + "; see " + folder + ".log");
      flights.add(row);
      last = "not flown  " + name + ": " + JsonFiles.text(row, "why");
      return;
    }
    boolean good = summary.get().get("passed").getAsBoolean();
    failed |= !good;
    row.addProperty("outcome", good ? "passed" : "failed");
    row.add("duration_seconds", summary.get().get("duration"));
    for (JsonObject run : JsonFiles.children(summary.get(), "runs")) {
      outcomes.merge(JsonFiles.text(run, "outcome"), 1, Integer::sum);
      runs++;
    }
    JsonObject counted = JsonFiles.child(summary.get(), "seen");
    counted.keySet().forEach(key -> seen.merge(key, JsonFiles.whole(counted, key), Long::sum));
    List<String> wrong = new ArrayList<>();
    for (JsonObject violation : JsonFiles.children(summary.get(), "violations")) {
      if (wrong.size() < SHOWN) {
        wrong.add(
            "run " + JsonFiles.whole(violation, "run") + ": " + JsonFiles.text(violation, "what"));
      }
    }
    if (!wrong.isEmpty()) {
      row.addProperty("why", String.join("; ", wrong));
    }
    flights.add(row);
    last =
        "%-10s %s, %d %s%s"
            .formatted(
                good ? "passed" : "failed",
                name,
                planned,
                what,
                wrong.isEmpty() ? "" : ": " + wrong);
  }

  /** A line about the flight that was added last. */
  String last() {
    return last;
  }

  boolean passed() {
    return !failed && runs == wanted && outcomes.getOrDefault("not_flown", 0) == 0;
  }

  int exitCode() {
    return outcomes.getOrDefault("not_flown", 0) > 0 ? 2 : passed() ? 0 : 1;
  }

  void addTo(JsonObject summary) {
    JsonObject counts = new JsonObject();
    all().forEach(outcome -> counts.addProperty(outcome, outcomes.getOrDefault(outcome, 0)));
    summary.add("outcomes", counts);
    JsonObject totals = new JsonObject();
    seen.forEach(totals::addProperty);
    summary.add("seen", totals);
    summary.add("flights", flights.deepCopy());
  }

  private List<String> all() {
    List<String> all = new ArrayList<>(known);
    all.addAll(List.of("violated", "not_flown"));
    return all;
  }

  @Override
  public String toString() {
    return runs
        + " "
        + what
        + ": "
        + all().stream()
            .map(outcome -> outcomes.getOrDefault(outcome, 0) + " " + outcome.replace('_', ' '))
            .collect(Collectors.joining(", "));
  }
}

package org.heliostat.hil.launch;

import static org.heliostat.hil.report.JsonFiles.number;
import static org.heliostat.hil.report.JsonFiles.text;
import static org.heliostat.hil.report.JsonFiles.whole;

import com.google.gson.JsonObject;
import org.heliostat.hil.report.JsonFiles;
import org.heliostat.hil.terminal.TerminalText;

/** The flight in a few lines, for the end of the terminal. Stateless. */
final class ClosingTable {
  private ClosingTable() {}

  static String of(JsonObject summary) {
    StringBuilder table = new StringBuilder();
    row(
        table,
        "frames",
        "%d taken: %d inferred, %d declined, %d failed"
            .formatted(
                whole(summary, "frames", "taken"),
                whole(summary, "frames", "inferred"),
                whole(summary, "frames", "declined"),
                whole(summary, "frames", "failed")));
    row(
        table,
        "bytes",
        "raw %s, sent %s (%.3f %%), wire %s"
            .formatted(
                Display.size(number(summary, 0, "bytes", "raw")),
                Display.size(number(summary, 0, "bytes", "sent")),
                100 * number(summary, 0, "bytes", "sent_fraction"),
                Display.size(number(summary, 0, "bytes", "wire"))));
    row(
        table,
        "products",
        "%d delivered, %d lost, %d duplicated"
            .formatted(
                whole(summary, "products", "delivered"),
                whole(summary, "products", "lost"),
                whole(summary, "products", "duplicated")));
    row(
        table,
        "commands",
        "%d sent, %d completed, %d failed"
            .formatted(
                whole(summary, "commands", "sent"),
                whole(summary, "commands", "completed"),
                whole(summary, "commands", "failed")));
    row(table, "workers", whole(summary, "workers", "restarts") + " restarts");
    row(
        table,
        "events",
        "%d info, %d warning, %d error, %d critical"
            .formatted(
                whole(summary, "events", "INFO"),
                whole(summary, "events", "WARNING"),
                whole(summary, "events", "ERROR"),
                whole(summary, "events", "CRITICAL")));
    if (summary.has("score")) {
      row(
          table,
          "truth",
          "IoU %.3f, %.1f %% of pixels right, over %d scenes of the rig"
              .formatted(
                  number(summary, 0, "score", "iou"),
                  100 * number(summary, 0, "score", "accuracy"),
                  whole(summary, "score", "frames")));
    }
    row(
        table,
        "time",
        "%.1f s, %.0f s of mission time"
            .formatted(number(summary, 0, "duration"), number(summary, 0, "mission_seconds")));
    for (JsonObject check : JsonFiles.children(summary, "checks")) {
      boolean passed = "true".equals(text(check, "passed"));
      table.append(
          "  %s %-27s %s%n"
              .formatted(
                  passed ? "pass" : "FAIL",
                  text(check, "name"),
                  TerminalText.line(text(check, "detail"))));
    }
    return table.toString();
  }

  private static void row(StringBuilder table, String name, String text) {
    table.append("  %-10s %s%n".formatted(name, text));
  }
}

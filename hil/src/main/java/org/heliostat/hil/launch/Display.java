package org.heliostat.hil.launch;

import com.google.gson.JsonObject;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.heliostat.hil.report.JsonFiles;
import org.heliostat.hil.terminal.TerminalText;

/**
 * Shows how a flight goes: a block that is drawn over itself on a terminal, a line now and then
 * elsewhere. One thread at a time.
 */
final class Display {
  private static final int PLAIN_EVERY = 4;
  private static final int BAR = 24;

  private final PrintStream out;
  private final boolean terminal;
  private final int frames;
  private int drawn;
  private int calls;
  private String phase = "";
  private boolean over;

  Display(PrintStream out, boolean terminal, int frames) {
    this.out = out;
    this.terminal = terminal;
    this.frames = frames;
  }

  /** Says that the flight is broken off, and nothing more: what ends now was ended. */
  synchronized void interrupted() {
    note("interrupted, the flight is ended");
    over = true;
  }

  /** Says what is being done now. */
  synchronized void phase(String text) {
    phase = TerminalText.line(text);
    if (!terminal && !over) {
      out.println(phase);
    }
  }

  /** A line that stays, also of what came over the link. */
  synchronized void note(String text) {
    if (over) {
      return;
    }
    erase();
    out.println(TerminalText.line(text));
    out.flush();
  }

  /** Shows the newest values; called about twice a second. */
  synchronized void show(LiveView view) {
    if (over) {
      return;
    }
    calls++;
    if (terminal) {
      erase();
      List<String> block = block(view);
      block.forEach(out::println);
      drawn = block.size();
    } else if (calls % PLAIN_EVERY == 0 && view.housekeeping().size() > 0) {
      out.println(line(view));
    }
    out.flush();
  }

  /** Takes the block away. */
  synchronized void end() {
    erase();
    out.flush();
  }

  private void erase() {
    for (; drawn > 0; drawn--) {
      out.print("\u001b[1A\u001b[2K");
    }
  }

  private List<String> block(LiveView view) {
    JsonObject packet = view.housekeeping();
    List<String> lines = new ArrayList<>();
    long accounted = view.accounted();
    int filled = (int) Math.min(BAR, frames == 0 ? 0 : accounted * BAR / frames);
    lines.add("  " + phase);
    lines.add(
        "  ["
            + "#".repeat(filled)
            + ".".repeat(BAR - filled)
            + "] "
            + accounted
            + " of "
            + frames
            + " frames on ground");
    lines.add("  frames   " + counts(packet));
    lines.add("  link     " + link(view) + ", backlog " + backlog(packet));
    lines.add("  bytes    " + bytes(packet));
    lines.add("  cards    " + cards(view));
    return lines;
  }

  static String line(LiveView view) {
    JsonObject packet = view.housekeeping();
    return "t=%5.0f s  %s | backlog %s | %s | %s | link %s"
        .formatted(
            JsonFiles.number(view.rig(), 0, "t"),
            counts(packet),
            backlog(packet),
            bytes(packet),
            cards(view),
            link(view));
  }

  private static String counts(JsonObject packet) {
    return "taken %d, inferred %d, declined %d, failed %d"
        .formatted(
            JsonFiles.whole(packet, "frames_taken"),
            JsonFiles.whole(packet, "frames_inferred"),
            JsonFiles.whole(packet, "frames_declined"),
            JsonFiles.whole(packet, "frames_failed"));
  }

  private static String backlog(JsonObject packet) {
    return "%d (%s)"
        .formatted(
            JsonFiles.whole(packet, "backlog_records"),
            size(JsonFiles.number(packet, 0, "backlog_bytes")));
  }

  private static String bytes(JsonObject packet) {
    double raw = JsonFiles.number(packet, 0, "raw_bytes");
    double sent = JsonFiles.number(packet, 0, "sent_bytes");
    return "raw %s, sent %s%s"
        .formatted(size(raw), size(sent), raw > 0 ? " (%.2f %%)".formatted(100 * sent / raw) : "");
  }

  private static String cards(LiveView view) {
    StringBuilder text = new StringBuilder();
    for (JsonObject card : JsonFiles.children(view.rig(), "cards")) {
      text.append(text.isEmpty() ? "" : "  ")
          .append(
              "%.0f C %.0f W"
                  .formatted(JsonFiles.number(card, 0, "c"), JsonFiles.number(card, 0, "w")));
    }
    return text.toString();
  }

  private static String link(LiveView view) {
    return "true".equals(JsonFiles.text(view.rig(), "link"))
        ? "up"
        : "true".equals(JsonFiles.text(view.rig(), "contact")) ? "cut" : "no contact";
  }

  /** Bytes as people read them. */
  static String size(double bytes) {
    if (bytes < 1000) {
      return String.format(Locale.ROOT, "%.0f B", bytes);
    }
    return bytes < 1e6
        ? String.format(Locale.ROOT, "%.1f kB", bytes / 1e3)
        : String.format(Locale.ROOT, "%.2f MB", bytes / 1e6);
  }
}

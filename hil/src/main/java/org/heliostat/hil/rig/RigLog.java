package org.heliostat.hil.rig;

import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;

/**
 * What the world was like: one JSON object a line, appended and flushed whole; after a full disk a
 * line may be torn. A rig that is started again writes on.
 */
final class RigLog implements AutoCloseable {
  private final Writer out;
  private boolean torn;

  RigLog(Writer out) {
    this.out = out;
  }

  static RigLog open(Path file) throws IOException {
    Path folder = file.toAbsolutePath().getParent();
    if (folder != null) {
      Files.createDirectories(folder);
    }
    return new RigLog(
        Files.newBufferedWriter(
            file, StandardCharsets.UTF_8, StandardOpenOption.CREATE, StandardOpenOption.APPEND));
  }

  /** A fault was injected. {@code more} is a list of JSON members. */
  void fault(String kind, double seconds, String more) {
    line("{\"fault\":\"" + kind + "\",\"t\":" + number(seconds) + "," + more + "}");
  }

  /** The hardware did something by itself. */
  void happened(String what, String device, double seconds) {
    line(
        "{\"happened\":\""
            + what
            + "\",\"device\":"
            + quoted(device)
            + ",\"t\":"
            + number(seconds)
            + "}");
  }

  /** Something that the rig had to put up with. */
  void note(String kind, double seconds, String text) {
    line("{\"note\":\"" + kind + "\",\"t\":" + number(seconds) + ",\"text\":" + quoted(text) + "}");
  }

  /**
   * Writes a line. One that the disk does not take is gone: the world must not stop for its log.
   */
  void line(String json) {
    try {
      if (torn) {
        out.write('\n');
      }
      out.write(json);
      out.write('\n');
      out.flush();
      torn = false;
    } catch (IOException e) {
      if (!torn) {
        System.err.println("rig: the log cannot be written: " + e.getMessage());
      }
      torn = true;
    }
  }

  static String number(double value) {
    return String.format(Locale.ROOT, "%.3f", value);
  }

  static String quoted(String text) {
    StringBuilder json = new StringBuilder("\"");
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        json.append('\\').append(c);
      } else if (c < ' ') {
        json.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
      } else {
        json.append(c);
      }
    }
    return json.append('"').toString();
  }

  @Override
  public void close() {
    try {
      out.close();
    } catch (IOException e) {
      System.err.println("rig: the log cannot be closed: " + e.getMessage());
    }
  }
}

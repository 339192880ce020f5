package org.heliostat.hil.ground;

import org.heliostat.hil.terminal.TerminalText;

/** The station's own log, which is standard error: a line each. Thread-safe. */
final class GroundLog {
  private GroundLog() {}

  /** Says something; what came from outside does not move a terminal. */
  static void say(String text) {
    System.err.println(line(text));
  }

  static String line(String text) {
    return "ground: " + TerminalText.line(text);
  }
}

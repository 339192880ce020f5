package org.heliostat.hil.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What reaches a terminal of a text from outside. */
class TerminalTextTest {
  @Test
  void whatMovesATerminalIsEscapedAndLettersStay() {
    assertThat(TerminalText.line("a\u001b[2J\u0007\b\r\u007f\u009b31m"))
        .isEqualTo("a\\u001b[2J\\u0007\\u0008\\u000d\\u007f\\u009b31m");
    assertThat(TerminalText.line("Grüße, 衛星, \u20ac \ud83d\ude80 \\n"))
        .isEqualTo("Grüße, 衛星, \u20ac \ud83d\ude80 \\n");
    // right to left, no width, end of line, half a character, a tag
    assertThat(TerminalText.line("\u202e\u200b\u2028\ud83d\udb40\udc41"))
        .isEqualTo("\\u202e\\u200b\\u2028\\ud83d\\udb40\\udc41");
  }

  @Test
  void aLineStaysOneAndLinesKeepTheirEnds() {
    assertThat(TerminalText.line("a\nfailed: b\tc")).isEqualTo("a\\u000afailed: b\\u0009c");
    assertThat(TerminalText.lines("a\r\n\tb\r\u001bc\n")).isEqualTo("a\n\tb\\u000d\\u001bc\n");
  }
}

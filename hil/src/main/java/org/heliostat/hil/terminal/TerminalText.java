package org.heliostat.hil.terminal;

import java.util.function.IntPredicate;

/**
 * Text from outside for a terminal: control characters, those that change the direction of text or
 * cannot be seen, ends of lines and halves of characters become {@code \}{@code u} and four hex
 * digits (two such for what is beyond 16 bits). Letters of any language stay. Stateless.
 */
public final class TerminalText {
  private TerminalText() {}

  /** A text as one line. */
  public static String line(String text) {
    return escaped(text, at -> true);
  }

  /** A text of several lines, whose ends stay, as tabulators do. */
  public static String lines(String text) {
    return escaped(text.replace("\r\n", "\n"), at -> at != '\n' && at != '\t');
  }

  private static String escaped(String text, IntPredicate special) {
    StringBuilder plain = new StringBuilder(text.length());
    text.codePoints()
        .forEach(
            at -> {
              if (moves(at) && special.test(at)) {
                for (char half : Character.toChars(at)) {
                  plain.append("\\u%04x".formatted((int) half));
                }
              } else {
                plain.appendCodePoint(at);
              }
            });
    return plain.toString();
  }

  private static boolean moves(int at) {
    return switch (Character.getType(at)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED ->
          true;
      default -> false;
    };
  }
}

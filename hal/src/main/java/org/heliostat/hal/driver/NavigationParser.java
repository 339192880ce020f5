package org.heliostat.hal.driver;

/** Takes the bytes of a receiver one after the other; never fails, whatever they are. */
interface NavigationParser {
  /** Takes one byte; whether it ends a solution, which is in the parser's {@link Solution}. */
  boolean accept(byte one);
}

package org.heliostat.hil.spacelink;

/**
 * What the link does to bytes, in host time and for each direction alone.
 *
 * @param rateBytesPerHostSecond bytes a second of {@link System#nanoTime()}; 0 for no limit
 * @param delayNanos time that a byte is on its way, in nanoseconds
 */
public record LinkModel(double rateBytesPerHostSecond, long delayNanos) {
  /**
   * Checks the values.
   *
   * @throws IllegalArgumentException if a value is negative or no number
   */
  public LinkModel {
    if (!(rateBytesPerHostSecond >= 0) || Double.isInfinite(rateBytesPerHostSecond)) {
      throw new IllegalArgumentException(
          "rate " + rateBytesPerHostSecond + " B/s is not 0 or more");
    }
    if (delayNanos < 0) {
      throw new IllegalArgumentException("delay " + delayNanos + " ns is negative");
    }
  }

  /** A link without limit or delay. */
  public static LinkModel ideal() {
    return new LinkModel(0, 0);
  }
}

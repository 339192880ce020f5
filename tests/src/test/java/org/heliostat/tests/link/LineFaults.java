package org.heliostat.tests.link;

/**
 * What a {@link LinkProxy} does to a connection. Downlink is from the satellite to the broker.
 *
 * @param downlinkRate bytes a second of host time over all connections; 0 for no limit
 * @param uplinkRate the same from the broker to the satellite
 * @param delayNanos that a byte takes in each direction
 * @param jitterNanos a connection takes up to so much longer, in each direction
 * @param cutShare of connections that are cut at random, in the middle of a message where one is
 *     under way
 * @param holdShare of connections on which, once, nothing comes through for a while
 */
public record LineFaults(
    double downlinkRate,
    double uplinkRate,
    long delayNanos,
    long jitterNanos,
    double cutShare,
    double holdShare) {
  /** A line that only counts. */
  public static final LineFaults NONE = new LineFaults(0, 0, 0, 0, 0, 0);

  /** The same at another rate of both directions. */
  public LineFaults withRate(double rate) {
    return new LineFaults(rate, rate, delayNanos, jitterNanos, cutShare, holdShare);
  }
}

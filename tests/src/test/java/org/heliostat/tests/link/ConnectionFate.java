package org.heliostat.tests.link;

import java.util.SplittableRandom;

/**
 * What is to become of one connection: drawn from the seed and its number alone, so that the same
 * campaign does the same to its connections.
 *
 * @param cutAtBytes of the downlink, after which it is cut; {@link Long#MAX_VALUE} for never
 * @param late what was on its way to the broker when it ended arrives all the same, while the next
 *     connection begins: all the disorder that TCP can bring
 * @param holdAtBytes of the downlink, after which nothing comes through for a while; {@link
 *     Long#MAX_VALUE} for never
 * @param holdNanos for how long
 * @param holdsDownlink whether downlink or uplink is held
 * @param extraDelayNanos beside the delay of the line
 */
record ConnectionFate(
    long cutAtBytes,
    boolean late,
    long holdAtBytes,
    long holdNanos,
    boolean holdsDownlink,
    long extraDelayNanos) {
  /** From the first bytes of a connection to more than what a pass carries. */
  private static final double LEAST_BYTES = 20;

  private static final double MOST_BYTES = 120_000;
  private static final long LEAST_HOLD_NANOS = 200_000_000L;
  private static final long MOST_HOLD_NANOS = 1_200_000_000L;

  /** Of the connection of this number. */
  static ConnectionFate of(long seed, long number, LineFaults faults) {
    SplittableRandom random = new SplittableRandom(seed * 1_000_003 + number);
    boolean cut = random.nextDouble() < faults.cutShare();
    long cutAt = bytes(random);
    boolean late = random.nextBoolean();
    boolean hold = random.nextDouble() < faults.holdShare();
    long holdAt = bytes(random);
    long holdFor = random.nextLong(LEAST_HOLD_NANOS, MOST_HOLD_NANOS);
    return new ConnectionFate(
        cut ? cutAt : Long.MAX_VALUE,
        late,
        hold ? holdAt : Long.MAX_VALUE,
        holdFor,
        random.nextBoolean(),
        (long) (random.nextDouble() * faults.jitterNanos()));
  }

  /** As likely in each order of magnitude: connecting is a few bytes, and is cut as well. */
  private static long bytes(SplittableRandom random) {
    return (long) (LEAST_BYTES * Math.pow(MOST_BYTES / LEAST_BYTES, random.nextDouble()));
  }
}

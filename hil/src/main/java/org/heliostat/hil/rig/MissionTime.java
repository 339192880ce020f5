package org.heliostat.hil.rig;

import java.time.Instant;

/**
 * Mission time and UTC from the host's monotonic clock, in whole numbers, as in {@code rig_libc.c}.
 *
 * @param hostEpochNanos host CLOCK_MONOTONIC (on Linux {@link System#nanoTime}) at the start of the
 *     flight
 * @param missionEpochNanos mission time at that moment
 * @param utcEpochNanos UTC at that moment, since 1970
 * @param speedPpm mission time for host time, millionths
 */
public record MissionTime(
    long hostEpochNanos, long missionEpochNanos, long utcEpochNanos, long speedPpm) {
  private static final long MILLION = 1_000_000L;

  public MissionTime {
    if (speedPpm < 1_000 || speedPpm > 1_000 * MILLION) {
      throw new IllegalArgumentException("speed is not within 0.001 to 1000");
    }
  }

  /**
   * Of a flight that starts now.
   *
   * @param utc of now, as the flight is to have it
   * @param speed mission time for host time
   */
  public static MissionTime startingNow(long missionEpochNanos, Instant utc, double speed) {
    return new MissionTime(
        System.nanoTime(),
        missionEpochNanos,
        utc.toEpochMilli() * 1_000_000L,
        Math.round(speed * MILLION));
  }

  /** Mission time, ns. */
  public long missionNanos(long hostNanos) {
    return missionEpochNanos + flown(hostNanos);
  }

  /** UTC, ns since 1970. */
  public long utcNanos(long hostNanos) {
    return utcEpochNanos + flown(hostNanos);
  }

  /** Mission seconds since the start of the flight: the time of scenarios. */
  public double flightSeconds(long hostNanos) {
    return flown(hostNanos) / 1e9;
  }

  private long flown(long hostNanos) {
    long host = hostNanos - hostEpochNanos;
    return host / MILLION * speedPpm + host % MILLION * speedPpm / MILLION;
  }
}

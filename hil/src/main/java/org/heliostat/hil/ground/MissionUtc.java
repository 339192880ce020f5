package org.heliostat.hil.ground;

import java.time.Instant;

/**
 * UTC of mission time, as the launcher fixed both at the start of the flight.
 *
 * @param missionEpochNanos mission time at the start
 * @param utcEpochNanos UTC at that moment, since 1970
 */
record MissionUtc(long missionEpochNanos, long utcEpochNanos) {
  Instant utc(long missionNanos) {
    long nanos = utcEpochNanos + (missionNanos - missionEpochNanos);
    return Instant.ofEpochSecond(
        Math.floorDiv(nanos, 1_000_000_000L), Math.floorMod(nanos, 1_000_000_000L));
  }
}

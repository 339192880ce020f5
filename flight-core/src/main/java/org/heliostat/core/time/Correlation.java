package org.heliostat.core.time;

import org.heliostat.protocol.TimeQuality;

/**
 * UTC as a function of mission time, around one pair of both. Immutable.
 *
 * @param missionNanos mission time of the pair
 * @param utcNanos UTC of the pair, ns since 1970
 * @param driftPpm by how many millionths UTC goes faster than mission time
 * @param uncertaintyNanos half of the span that UTC of the pair lies in
 * @param quality what it was worth when it was made
 */
public record Correlation(
    long missionNanos, long utcNanos, double driftPpm, long uncertaintyNanos, TimeQuality quality) {
  /** UTC at a mission time. */
  public long utcAt(long missionTime) {
    long since = missionTime - missionNanos;
    return utcNanos + since + Math.round(since * driftPpm * 1e-6);
  }
}

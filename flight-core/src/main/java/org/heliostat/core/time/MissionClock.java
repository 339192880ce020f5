package org.heliostat.core.time;

import org.heliostat.protocol.TimeQuality;

/** The three kinds of time on board. Thread-safe. */
public interface MissionClock {
  /**
   * Mission time in ns: monotonic, from the board; for orbit, sampling, expiry, acquisition times.
   */
  long missionNanos();

  /** UTC in ns since 1970; for labels always, for decisions only while {@link #utcGood}. */
  long utcNanos();

  /** How much UTC is worth at this moment. */
  TimeQuality quality();

  /** Whether UTC may decide anything: it was correlated, and is within what the mission allows. */
  default boolean utcGood() {
    return quality().getNumber() >= TimeQuality.HOLDOVER_VALUE;
  }

  /** Host time in ns, {@code System.nanoTime}; for heartbeats, sockets and process supervision. */
  long hostNanos();
}

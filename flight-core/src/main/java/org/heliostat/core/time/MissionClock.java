package org.heliostat.core.time;

/** The three kinds of time on board. Thread-safe. */
public interface MissionClock {
  /**
   * Mission time in ns: monotonic, from the board; for orbit, sampling, expiry, acquisition times.
   */
  long missionNanos();

  /** UTC in ns since 1970; for labels always, for decisions only while {@link #utcGood}. */
  long utcNanos();

  /** Whether UTC has kept step with mission time since boot. */
  boolean utcGood();

  /** Host time in ns, {@code System.nanoTime}; for heartbeats, sockets and process supervision. */
  long hostNanos();
}

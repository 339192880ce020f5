package org.heliostat.protocol;

/**
 * How long a broker is left alone that has ended a connection for a reason of its own: a second
 * after the first time, twice as long after each that follows, at most {@value #LONGEST_NANOS} ns.
 * A connection that has lasted {@value #GOOD_NANOS} ns makes all before it forgotten. A link that
 * is cut is no such reason. Thread-safe.
 */
final class Backoff {
  static final long FIRST_NANOS = 1_000_000_000L;
  static final long LONGEST_NANOS = 30_000_000_000L;
  static final long GOOD_NANOS = 60_000_000_000L;

  private long pause;
  private long until;
  private boolean waiting;
  private long began;

  /** A connection is up since now, host time in ns. */
  synchronized void connected(long now) {
    began = now;
  }

  /** The connection that was up has ended, and not because the broker would have it so. */
  synchronized void ended(long now) {
    if (now - began >= GOOD_NANOS) {
      pause = 0;
    }
  }

  /** The connection that was up has ended badly. */
  synchronized void lost(long now) {
    ended(now);
    refused(now);
  }

  /** There was to be a connection, and the broker would not have it. */
  synchronized void refused(long now) {
    pause = pause == 0 ? FIRST_NANOS : Math.min(2 * pause, LONGEST_NANOS);
    until = now + pause;
    waiting = true;
  }

  /** Whether the broker may be asked again. */
  synchronized boolean over(long now) {
    waiting = waiting && now - until < 0;
    return !waiting;
  }
}

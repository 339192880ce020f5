package org.heliostat.core.survival;

/**
 * The command-loss timer. Runs out once for each span of silence from ground, and again after each
 * further one. It goes on over a restart where it was; mission time that began anew (power loss)
 * starts it anew. Not thread-safe.
 */
final class CommandLoss {
  private long since;

  /**
   * @param lastNanos mission time at which ground was heard last; 0 where it never was
   * @param sinceNanos as {@link #sinceNanos} of an earlier run; 0 where there was none
   */
  CommandLoss(long lastNanos, long sinceNanos, long nowNanos) {
    since = Math.max(known(lastNanos, nowNanos), known(sinceNanos, nowNanos));
    if (since == 0) {
      since = nowNanos;
    }
  }

  /** 0 for a mission time that has ended. */
  private static long known(long nanos, long nowNanos) {
    return nanos <= nowNanos ? nanos : 0;
  }

  /** Mission time from which silence counts: ground was heard, or it ran out, or it began. */
  long sinceNanos() {
    return since;
  }

  /**
   * Looks whether it has run out.
   *
   * @param lastNanos as above
   * @param limitNanos how long ground may be silent; 0 for ever
   */
  boolean ranOut(long lastNanos, long nowNanos, long limitNanos) {
    if (lastNanos > since && lastNanos <= nowNanos) {
      since = lastNanos;
    }
    if (limitNanos <= 0 || nowNanos - since < limitNanos) {
      return false;
    }
    since = nowNanos;
    return true;
  }

  /** Mission time in ns that is left. */
  long leftNanos(long nowNanos, long limitNanos) {
    return limitNanos <= 0 ? 0 : Math.max(0, limitNanos - (nowNanos - since));
  }
}

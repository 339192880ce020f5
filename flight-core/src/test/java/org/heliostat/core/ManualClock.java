package org.heliostat.core;

import org.heliostat.core.time.MissionClock;
import org.heliostat.protocol.TimeQuality;

/** A clock that goes only when a test moves it. */
public final class ManualClock implements MissionClock {
  private long nanos = 1_000_000_000_000L;

  /** Moves all three times on. */
  public void advance(long byNanos) {
    nanos += byNanos;
  }

  @Override
  public long missionNanos() {
    return nanos;
  }

  @Override
  public long utcNanos() {
    return nanos;
  }

  @Override
  public TimeQuality quality() {
    return TimeQuality.BY_GNSS;
  }

  @Override
  public long hostNanos() {
    return nanos;
  }
}

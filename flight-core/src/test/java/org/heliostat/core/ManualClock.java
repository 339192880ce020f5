package org.heliostat.core;

import org.heliostat.core.time.MissionClock;
import org.heliostat.protocol.TimeQuality;

/** A clock that goes only when a test moves it. */
public final class ManualClock implements MissionClock {
  private long nanos = 1_000_000_000_000L;
  private TimeQuality quality = TimeQuality.BY_GNSS;

  /** Moves all three times on. */
  public void advance(long byNanos) {
    nanos += byNanos;
  }

  /** From now on UTC is worth so much. */
  public void quality(TimeQuality worth) {
    quality = worth;
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
    return quality;
  }

  @Override
  public long hostNanos() {
    return nanos;
  }
}

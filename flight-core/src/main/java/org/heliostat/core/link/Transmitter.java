package org.heliostat.core.link;

import org.heliostat.core.state.StateStore;
import org.heliostat.core.time.MissionClock;

/**
 * Whether the spacecraft may send. Silence is kept over a restart and ends by itself. Mission time
 * that began anew (power loss) ends it too, for good. Thread-safe.
 */
public final class Transmitter {
  private final StateStore state;
  private final MissionClock clock;

  /** Over the flight state. */
  public Transmitter(StateStore state, MissionClock clock) {
    this.state = state;
    this.clock = clock;
  }

  /** Is silent for so long, from now on. */
  public void silence(long forNanos) {
    long until = clock.missionNanos() + forNanos;
    state.update(next -> next.setSilentUntilNanos(until).setSilentFromNanos(clock.missionNanos()));
  }

  /** Speaks again. */
  public void speak() {
    state.update(next -> next.clearSilentUntilNanos().clearSilentFromNanos());
  }

  /** Mission time in ns for which it is still silent; 0 when it speaks. */
  public long silentNanos() {
    long now = clock.missionNanos();
    if (now < state.get().getSilentFromNanos()) {
      // else it would come back when the new mission time has come there
      speak();
    }
    return Math.max(0, state.get().getSilentUntilNanos() - now);
  }
}

package org.heliostat.core.boot;

import java.io.IOException;
import org.heliostat.core.app.Executive;
import org.heliostat.core.state.StateStore;
import org.heliostat.core.time.MissionClock;
import org.heliostat.protocol.Boot;
import org.heliostat.protocol.FlightState;

/**
 * One entry for each boot, kept across power loss: how the run before had ended, and how this one
 * did, with the stack of the failure. An entry without an end was cut off: by power loss, by a
 * watchdog, or by a kill. Also counts how often in a row the same app ended the process.
 */
public final class ResetLog {
  private static final int ENTRIES = 32;

  private final StateStore state;
  private final MissionClock clock;

  /** Over the flight state. */
  public ResetLog(StateStore state, MissionClock clock) {
    this.state = state;
    this.clock = clock;
  }

  /** How the run before this one ended, in words for the entry of this one. */
  public String cause() {
    FlightState before = state.get();
    if (before.getResetLogCount() == 0) {
      return "first boot";
    }
    Boot last = before.getResetLog(before.getResetLogCount() - 1);
    if (!last.getEnd().isEmpty()) {
      return "after " + last.getEnd();
    }
    return last.getUptimeNanos() > 0 ? "after a commanded stop" : "after an unexpected end";
  }

  /**
   * Begins the entry of this boot.
   *
   * @throws IOException where it has begun in memory alone, until the next save
   */
  public void begin(String cause, boolean golden) throws IOException {
    state.updateNow(
        next -> {
          next.setBoots(next.getBoots() + 1);
          next.addResetLog(
              Boot.newBuilder()
                  .setMissionNanos(clock.missionNanos())
                  .setCause(cause)
                  .setGolden(golden));
          if (next.getResetLogCount() > ENTRIES) {
            next.removeResetLog(0);
          }
        });
  }

  /** This boot has reached operation, so no app is to blame for a row of boots any more. */
  public void operational() {
    state.update(next -> last(next).setOperational(true));
  }

  /** No app has ended the process for a while. */
  public void forgive() {
    state.update(next -> next.clearFailingApp().clearFailingAppBoots());
  }

  /** Ends the entry of this boot, in order. */
  public void end(String why) {
    state.update(next -> ended(last(next), why));
  }

  /** Ends the entry of this boot because the process cannot go on. */
  public void end(Executive.Ending why) {
    state.update(
        next -> {
          ended(last(next), why.reason()).addAllStack(why.stack());
          why.app()
              .ifPresent(
                  app -> {
                    int before = app.equals(next.getFailingApp()) ? next.getFailingAppBoots() : 0;
                    next.setFailingApp(app).setFailingAppBoots(before + 1);
                  });
        });
  }

  private Boot.Builder ended(Boot.Builder boot, String why) {
    return boot.setUptimeNanos(Math.max(1, clock.missionNanos() - boot.getMissionNanos()))
        .setEnd(why);
  }

  private static Boot.Builder last(FlightState.Builder next) {
    return next.getResetLogBuilder(next.getResetLogCount() - 1);
  }
}

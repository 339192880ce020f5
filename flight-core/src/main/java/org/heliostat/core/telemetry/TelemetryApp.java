package org.heliostat.core.telemetry;

import java.io.IOException;
import org.heliostat.core.app.App;
import org.heliostat.core.app.AppFactory;
import org.heliostat.core.app.Services;
import org.heliostat.core.event.CoreEvent;
import org.heliostat.protocol.FlightState;
import org.heliostat.protocol.Housekeeping;

/**
 * Makes a housekeeping packet every period of mission time and brings the flight state to disk. The
 * power monitor named {@code bus} and the temperature sensor named {@code board} are the platform's
 * own.
 */
public final class TelemetryApp implements App {
  private static final long LONGEST_WAIT_NANOS = 500_000_000L;

  private final Services services;
  private final long periodNanos;
  private long sequence;
  private long next;
  private boolean saveFailed;

  /** Offers the app as {@code telemetry}. */
  public static final class Factory implements AppFactory {
    @Override
    public String name() {
      return "telemetry";
    }

    @Override
    public App start(Services services) {
      return new TelemetryApp(services);
    }
  }

  TelemetryApp(Services services) {
    this.services = services;
    this.periodNanos =
        (long) (services.mission().getHousekeeping().getPeriodSeconds() * 1_000_000_000L);
    this.next = services.clock().missionNanos();
  }

  @Override
  public void step() throws InterruptedException {
    long now = services.clock().missionNanos();
    if (now - next >= 0) {
      services.telemetry().put(packet());
      save();
      // beats that were missed (accelerated time) are skipped, not made up for
      next = Math.max(next + periodNanos, now);
    }
    // a step is short, whatever the period
    services.board().sleepUntilNanos(Math.min(next, now + LONGEST_WAIT_NANOS));
  }

  private Housekeeping packet() {
    FlightState state = services.state().get();
    Housekeeping.Builder packet =
        Housekeeping.newBuilder()
            .setSequence(++sequence)
            .setMissionNanos(services.clock().missionNanos())
            .setUtcNanos(services.clock().utcNanos())
            .setBoots(state.getBoots())
            .setMode(services.modes().mode())
            .setFramesTaken(state.getFramesTaken())
            .setFramesInferred(state.getFramesInferred())
            .setFramesDeclined(state.getFramesDeclined())
            .setFramesFailed(state.getFramesFailed())
            .setRawBytes(state.getRawBytes())
            .setSentBytes(state.getSentBytes())
            .setWorkerRestarts(state.getWorkerRestarts())
            .setBacklogRecords(services.recorder().pendingRecords())
            .setBacklogBytes(services.recorder().pendingBytes())
            .setCommandsRejected(services.commands().rejected())
            .setBusDrops((int) services.bus().dropped());
    services
        .hardware()
        .power("bus")
        .ifPresent(
            reading ->
                packet
                    .setBusVolts((float) reading.busVoltageVolts())
                    .setBusWatts((float) reading.powerWatts()));
    services
        .hardware()
        .temperature("board")
        .ifPresent(reading -> packet.setBoardCelsius((float) reading.celsius()));
    services.telemetry().fill(packet);
    return packet.build();
  }

  private void save() {
    try {
      services.state().save();
      saveFailed = false;
    } catch (IOException e) {
      if (!saveFailed) {
        services.events().report(CoreEvent.RECORDER_FAILED, "flight state: " + e);
      }
      saveFailed = true;
    }
  }

  @Override
  public void close() {
    save();
  }
}

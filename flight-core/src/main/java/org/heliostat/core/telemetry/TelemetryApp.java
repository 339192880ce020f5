package org.heliostat.core.telemetry;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.heliostat.core.app.App;
import org.heliostat.core.app.AppFactory;
import org.heliostat.core.app.Services;
import org.heliostat.core.bus.Bus;
import org.heliostat.core.command.Commands;
import org.heliostat.core.event.CoreEvent;
import org.heliostat.core.file.Disk;
import org.heliostat.core.recorder.Recorder;
import org.heliostat.core.recorder.RecorderFault;
import org.heliostat.core.table.TableDefinition;
import org.heliostat.core.table.TableHandle;
import org.heliostat.protocol.Downlink;
import org.heliostat.protocol.FlightState;
import org.heliostat.protocol.Housekeeping;
import org.heliostat.protocol.Mission;
import org.heliostat.protocol.SubscriptionStatus;
import org.heliostat.protocol.Table;
import org.heliostat.protocol.Table.ContentCase;
import org.heliostat.protocol.Telecommand.CommandCase;

/**
 * Makes a snapshot of the spacecraft every second of mission time and publishes it on the bus;
 * gives to the link, and to the recorder, the sets of it that are due by the table {@code
 * housekeeping}; brings the flight state to disk every period of the mission file; keeps the
 * deadlines of commands. The power monitor named {@code bus} and the temperature sensor named
 * {@code board} are the platform's own.
 */
public final class TelemetryApp implements App {
  private static final String TABLE = "housekeeping";
  private static final long SNAPSHOT_NANOS = 1_000_000_000L;
  private static final long LONGEST_WAIT_NANOS = 500_000_000L;
  private static final Path PROC = Path.of("/proc/self");

  private final Services services;
  private final TableHandle table;
  private final HousekeepingSets sets;
  private final MemoryProbe memory;
  private final HostProbe host;
  private volatile Base base = new Base(new Commands.Counts(0, 0, 0, 0), 0);
  private final long savePeriodNanos;
  private long next;
  private long nextSave;
  private boolean saveFailed;
  private boolean begun;
  private boolean recordFailed;

  /** What was counted when the counters were reset. */
  private record Base(Commands.Counts commands, long busDrops) {}

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

    @Override
    public Optional<TableDefinition> table(String name, Mission mission) {
      return name.equals(TABLE) ? Optional.of(definition(mission)) : Optional.empty();
    }
  }

  TelemetryApp(Services services) {
    this.services = services;
    this.sets = new HousekeepingSets(services.telemetry()::nextSequence);
    this.savePeriodNanos =
        (long) (services.mission().getHousekeeping().getPeriodSeconds() * 1_000_000_000L);
    this.memory = new MemoryProbe(PROC, services.clock());
    this.host =
        new HostProbe(
            Path.of("/proc"),
            services.data(),
            new Disk("host-disk", 1, HostProbe.DEADLINE_NANOS),
            services.clock());
    services
        .commands()
        .handle(
            "telemetry",
            CommandCase.RESET_COUNTERS,
            (command, execution) -> {
              base = new Base(services.commands().counts(), services.bus().dropped());
              services.events().clearCounters();
              execution.complete();
            });
    this.table = services.tables().register(definition(services.mission()));
    this.next = services.clock().missionNanos();
    this.nextSave = next;
    sets.take(table.active().getHousekeeping(), next);
  }

  private static TableDefinition definition(Mission mission) {
    return new TableDefinition(
        TABLE,
        ContentCase.HOUSEKEEPING,
        Table.newBuilder()
            .setHousekeeping(HousekeepingSets.standard(mission.getHousekeeping()))
            .build(),
        loaded -> HousekeepingSets.problems(loaded.getHousekeeping()),
        Optional.empty());
  }

  @Override
  public void step() throws InterruptedException {
    long now = services.clock().missionNanos();
    if (now - next >= 0) {
      table.takeNew().ifPresent(fresh -> sets.take(fresh.getHousekeeping(), now));
      Housekeeping snapshot = snapshot();
      services.bus().publish(snapshot);
      reportBegin();
      send(sets.due(snapshot, services.modes().mode(), now));
      // last: it may wait for the disk
      services.commands().tick();
      services.events().retry();
      // beats that were missed (accelerated time) are skipped, not made up for
      next = Math.max(next + SNAPSHOT_NANOS, now);
    }
    if (now - nextSave >= 0) {
      save();
      nextSave = Math.max(nextSave + savePeriodNanos, now);
    }
    // a step is short, whatever the period
    services.board().sleepUntilNanos(Math.min(next, now + LONGEST_WAIT_NANOS));
  }

  private void reportBegin() {
    if (!begun) {
      begun = true;
      try {
        services
            .events()
            .report(
                CoreEvent.HOUSEKEEPING_BEGINS,
                ProcessAge.seconds(Path.of("/proc/self"), Path.of("/proc/uptime")));
      } catch (IOException e) {
        services.events().report(CoreEvent.HOUSEKEEPING_BEGINS, Double.NaN);
      }
    }
  }

  private void send(List<HousekeepingSets.Packet> packets) {
    for (HousekeepingSets.Packet due : packets) {
      services.telemetry().put(due.packet());
      if (due.recorded()) {
        record(due.packet());
      }
    }
  }

  private void record(Housekeeping packet) {
    try {
      long unused =
          services
              .recorder()
              .append(
                  Recorder.Priority.ROUTINE, Downlink.newBuilder().setHousekeeping(packet).build());
      recordFailed = false;
    } catch (RecorderFault e) {
      if (!recordFailed) {
        services.events().report(CoreEvent.RECORDER_FAILED, "housekeeping: " + e.getMessage());
      }
      recordFailed = true;
    }
  }

  private Housekeeping snapshot() {
    FlightState state = services.state().get();
    // first: what is counted is never less than what it is counted from
    Base from = base;
    Commands.Counts commands = services.commands().counts();
    Housekeeping.Builder packet =
        Housekeeping.newBuilder()
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
            .setCommandsRejected(commands.rejected() - from.commands().rejected())
            .setCommandsAccepted(commands.accepted() - from.commands().accepted())
            .setCommandsCompleted(commands.completed() - from.commands().completed())
            .setCommandsFailed(commands.failed() - from.commands().failed())
            .setEvents(services.events().count())
            .setEventsSuppressed(services.events().heldBack())
            .setEventsUnrecorded(services.events().unrecorded())
            .addAllTables(services.tables().status())
            .setMemory(memory.status())
            .setBusDrops((int) (services.bus().dropped() - from.busDrops()));
    for (Bus.Usage usage : services.bus().subscriptions()) {
      packet.addSubscriptions(
          SubscriptionStatus.newBuilder()
              .setName(usage.subscriber())
              .setType(usage.type())
              .setSize(usage.size())
              .setHighest(usage.highest())
              .setCapacity(usage.capacity())
              .setDropped(usage.dropped()));
    }
    for (Bus.Usage usage : services.bus().overflows()) {
      services
          .events()
          .report(CoreEvent.BUS_OVERFLOW, usage.subscriber(), usage.type(), usage.dropped());
    }
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
    host.status().ifPresent(packet::setHost);
    for (Throwable failure : services.telemetry().fill(packet)) {
      // storms are throttled
      services.events().report(CoreEvent.TELEMETRY_FAILED, failure);
    }
    return packet.build();
  }

  private void save() {
    try {
      services.state().save();
      saveFailed = false;
    } catch (IOException e) {
      if (!saveFailed) {
        services.events().report(CoreEvent.STATE_NOT_STORED, e);
      }
      saveFailed = true;
    }
  }

  @Override
  public boolean reload() {
    sets.take(table.active().getHousekeeping(), services.clock().missionNanos());
    return true;
  }

  @Override
  public void close() {
    save();
  }
}

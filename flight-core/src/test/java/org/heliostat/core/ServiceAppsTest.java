package org.heliostat.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.spy;
import static org.mockito.Mockito.when;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.heliostat.core.app.App;
import org.heliostat.core.app.AppFactory;
import org.heliostat.core.app.Services;
import org.heliostat.core.bus.Bus;
import org.heliostat.core.command.CommandJournal;
import org.heliostat.core.command.Commands;
import org.heliostat.core.event.Events;
import org.heliostat.core.fixture.ByGround;
import org.heliostat.core.fixture.TestServices;
import org.heliostat.core.hardware.Hardware;
import org.heliostat.core.limit.LimitsApp;
import org.heliostat.core.mode.Modes;
import org.heliostat.core.protection.ProtectionApp;
import org.heliostat.core.recorder.Recorder;
import org.heliostat.core.sequence.SequencesApp;
import org.heliostat.core.state.StateStore;
import org.heliostat.core.table.Tables;
import org.heliostat.core.telemetry.Telemetry;
import org.heliostat.core.telemetry.TelemetryApp;
import org.heliostat.core.time.BoardClock;
import org.heliostat.protocol.Actionpoint;
import org.heliostat.protocol.CardConfig;
import org.heliostat.protocol.CommandReport;
import org.heliostat.protocol.Comparison;
import org.heliostat.protocol.DeviceConfig;
import org.heliostat.protocol.DeviceFault;
import org.heliostat.protocol.DeviceStatus;
import org.heliostat.protocol.DeviceTarget;
import org.heliostat.protocol.Downlink;
import org.heliostat.protocol.Housekeeping;
import org.heliostat.protocol.LimitTable;
import org.heliostat.protocol.LoadTable;
import org.heliostat.protocol.Mission;
import org.heliostat.protocol.Mode;
import org.heliostat.protocol.ProtectionResponse;
import org.heliostat.protocol.ProtectionRule;
import org.heliostat.protocol.ProtectionTable;
import org.heliostat.protocol.Refusal;
import org.heliostat.protocol.ReleaseDevice;
import org.heliostat.protocol.Sequence;
import org.heliostat.protocol.SequenceStep;
import org.heliostat.protocol.SetLimit;
import org.heliostat.protocol.SetMode;
import org.heliostat.protocol.SetProtection;
import org.heliostat.protocol.StartSequence;
import org.heliostat.protocol.StopSequence;
import org.heliostat.protocol.Table;
import org.heliostat.protocol.Telecommand;
import org.heliostat.protocol.Telecommand.CommandCase;
import org.heliostat.protocol.Watchpoint;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Telemetry, limits, sequences and fault protection together, step by step in one thread. */
class ServiceAppsTest {
  private static final long SECOND = 1_000_000_000L;

  @TempDir private Path folder;
  private final BoardClock clock = mock(BoardClock.class);
  private final Bus bus = new Bus();
  private final List<String> cycled = new ArrayList<>();
  private final List<App> apps = new ArrayList<>();
  private Recorder recorder;
  private StateStore state;
  private Commands commands;
  private Modes modes;
  private Telemetry telemetry;
  private Tables tables;
  private Services services;
  private List<DeviceStatus> faulty = List.of();
  private float volts = 28;
  private long now = 100 * SECOND;
  private long counter;

  @BeforeEach
  void boot() throws Exception {
    when(clock.missionNanos()).thenAnswer(call -> now);
    when(clock.hostNanos()).thenAnswer(call -> now);
    recorder = Recorder.open(folder.resolve("recorder"), 1 << 20, 1 << 24);
    state = spy(StateStore.open(folder.resolve("state.bin")));
    Events events = new Events(clock, recorder, bus, line -> {});
    commands =
        new Commands(
            clock, CommandJournal.open(folder.resolve("journal.bin")), state, recorder, events);
    commands.handle(
        CommandCase.CYCLE_RAIL,
        (command, execution) -> {
          cycled.add(command.getCycleRail().getDevice());
          execution.complete();
        });
    commands.handle(CommandCase.SWITCH_RAIL, (command, execution) -> execution.complete());
    modes = new Modes(bus, events);
    telemetry = new Telemetry();
    telemetry.contribute(packet -> packet.setBusVolts(volts).addAllFaulty(faulty));
    tables = Tables.open(folder.resolve("tables"), List.of(), false, events);
    tables.serve(commands);
    modes.register(tables);
    modes.serve(commands);
    services =
        new TestServices()
            .mission(
                Mission.newBuilder()
                    .addDevices(DeviceConfig.newBuilder().setName("switch0"))
                    .addDevices(DeviceConfig.newBuilder().setName("nvml0").setPoweredBy("switch0"))
                    .addCards(CardConfig.newBuilder().setName("card0").setDevice("nvml0")))
            .folder(folder)
            .with(BoardClock.class, clock)
            .with(Bus.class, bus)
            .with(Events.class, events)
            .with(StateStore.class, state)
            .with(Recorder.class, recorder)
            .with(Commands.class, commands)
            .with(Modes.class, modes)
            .with(Hardware.class, new Hardware(() -> now))
            .with(Telemetry.class, telemetry)
            .with(Tables.class, tables)
            .build();
    for (AppFactory factory :
        List.of(
            new TelemetryApp.Factory(),
            new LimitsApp.Factory(),
            new ProtectionApp.Factory(),
            new SequencesApp.Factory())) {
      assertThat(factory.name())
          .isEqualTo(
              factory
                  .getClass()
                  .getEnclosingClass()
                  .getSimpleName()
                  .replace("App", "")
                  .toLowerCase(java.util.Locale.ROOT));
      apps.add(factory.start(services));
    }
  }

  @AfterEach
  void end() throws IOException {
    apps.forEach(App::close);
    recorder.close();
  }

  private void run(int seconds) throws Exception {
    for (int i = 0; i < seconds; i++) {
      for (App app : apps) {
        app.step();
      }
      now += SECOND;
    }
  }

  private CommandReport end(Telecommand.Builder command) throws Exception {
    ByGround.submit(commands, command.setCounter(++counter).build());
    run(1);
    List<CommandReport> reports = new ArrayList<>();
    for (Recorder.Pending pending : recorder.pending(1000)) {
      Downlink packet = Downlink.parseFrom(recorder.read(pending.id()));
      if (packet.getCommandReport().getCounter() == counter) {
        reports.add(packet.getCommandReport());
      }
    }
    return reports.get(reports.size() - 1);
  }

  private CommandReport load(Table.Builder table) throws Exception {
    return end(
        Telecommand.newBuilder()
            .setLoadTable(LoadTable.newBuilder().setTable(table).setActivate(true)));
  }

  private Housekeeping snapshot() throws Exception {
    run(2);
    return bus.newest(Housekeeping.class).orElseThrow();
  }

  private static Table.Builder sequence(String name, double after, Mode mode) {
    return Table.newBuilder()
        .setName("sequence." + name)
        .setSequence(
            Sequence.newBuilder()
                .addSteps(
                    SequenceStep.newBuilder()
                        .setAfterSeconds(after)
                        .setCommand(
                            Telecommand.newBuilder()
                                .setSetMode(SetMode.newBuilder().setMode(mode)))));
  }

  private static Table.Builder limits() {
    return Table.newBuilder()
        .setName("limits")
        .setLimits(
            LimitTable.newBuilder()
                .addWatchpoints(
                    Watchpoint.newBuilder()
                        .setName("low")
                        .setField("bus_volts")
                        .setComparison(Comparison.BELOW)
                        .setValue(22))
                .addActionpoints(
                    Actionpoint.newBuilder()
                        .setName("shed")
                        .addWatchpoints("low")
                        .setStartSequence("shed")));
  }

  @Test
  void aLimitStartsASequence() throws Exception {
    assertThat(load(sequence("shed", 2, Mode.SAFE)).getReason()).isEmpty();
    assertThat(load(limits()).getReason()).isEmpty();
    volts = 20;
    run(4);
    assertThat(modes.mode()).isEqualTo(Mode.STANDBY);
    run(3);
    assertThat(modes.mode()).isEqualTo(Mode.SAFE);
    Housekeeping snapshot = snapshot();
    assertThat(snapshot.getLimits(0).getFailed()).isTrue();
    assertThat(snapshot.getSequences(0).getName()).isEqualTo("shed");
    assertThat(snapshot.getTablesList())
        .extracting(table -> table.getName())
        .containsExactly("housekeeping", "limits", "modes", "protection", "sequence.shed");
  }

  @Test
  void aFailedWatchpointIsASymptomForProtection() throws Exception {
    load(limits());
    assertThat(
            load(Table.newBuilder()
                    .setName("protection")
                    .setProtection(
                        ProtectionTable.newBuilder()
                            .addRules(
                                ProtectionRule.newBuilder()
                                    .setName("low")
                                    .setWatchpoint("low")
                                    .addResponses(
                                        ProtectionResponse.newBuilder()
                                            .setPowerCycle(
                                                DeviceTarget.newBuilder().setDevice("nvml0"))))))
                .getReason())
        .isEmpty();
    volts = 20;
    run(5);
    assertThat(cycled).containsExactly("switch0");
    assertThat(snapshot().getProtection(0).getResponses()).isEqualTo(1);
  }

  @Test
  void anEventOfADeviceIsASymptomAndSoIsAFaultThatLasts() throws Exception {
    services
        .events()
        .reportDevice(
            org.heliostat.core.event.CoreEvent.DEVICE_FAULT,
            "switch0",
            DeviceFault.OVER_CURRENT,
            "OVER_CURRENT",
            "6 A");
    run(1);
    assertThat(cycled).containsExactly("switch0");
    faulty =
        List.of(
            DeviceStatus.newBuilder()
                .setDevice("switch0")
                .setFault(DeviceFault.OVER_CURRENT)
                .build());
    run(40);
    assertThat(cycled).hasSize(2);
    run(40);
    assertThat(state.get().getIsolatedDevicesList()).containsExactly("switch0");
    assertThat(snapshot().getProtectionList())
        .anyMatch(one -> one.getIsolatedList().contains("switch0"));
    Telecommand.Builder release =
        Telecommand.newBuilder().setReleaseDevice(ReleaseDevice.newBuilder().setDevice("nvml0"));
    assertThat(end(release).getReason()).isEmpty();
    assertThat(end(release).getReason()).isEqualTo("it is not isolated");
  }

  @Test
  void limitsAndRulesAreInhibitedByCommand() throws Exception {
    load(limits());
    Telecommand.Builder limit =
        Telecommand.newBuilder()
            .setSetLimit(SetLimit.newBuilder().setName("low").setInhibited(true));
    assertThat(end(limit).getReason()).isEmpty();
    volts = 1;
    assertThat(snapshot().getLimits(0).getInhibited()).isTrue();
    limit.getSetLimitBuilder().setName("none");
    assertThat(end(limit).getRefusal()).isEqualTo(Refusal.BAD_ARGUMENT);
    Telecommand.Builder rule =
        Telecommand.newBuilder()
            .setSetProtection(SetProtection.newBuilder().setRule("latch_up").setInhibited(true));
    assertThat(end(rule).getReason()).isEmpty();
    assertThat(snapshot().getProtection(0).getInhibited()).isTrue();
    doThrow(new IOException("no")).when(state).save();
    assertThat(end(rule).getRefusal()).isEqualTo(Refusal.NOT_STORED);
    limit.getSetLimitBuilder().setName("low");
    assertThat(end(limit).getRefusal()).isEqualTo(Refusal.NOT_STORED);
    rule.getSetProtectionBuilder().setRule("none");
    assertThat(end(rule).getReason()).isEqualTo("there is no such rule");
  }

  @Test
  void sequencesAreStartedAndStoppedByCommand() throws Exception {
    Telecommand.Builder start =
        Telecommand.newBuilder().setStartSequence(StartSequence.newBuilder().setSequence("a"));
    Telecommand.Builder stop =
        Telecommand.newBuilder().setStopSequence(StopSequence.newBuilder().setSequence("a"));
    assertThat(end(start).getReason()).isEqualTo("there is no sequence a");
    load(sequence("a", 10, Mode.SAFE));
    assertThat(end(start).getReason()).isEmpty();
    assertThat(snapshot().getSequences(0).getRunning()).isTrue();
    assertThat(end(stop).getReason()).isEmpty();
    assertThat(end(stop).getReason()).isEqualTo("it does not run");
    run(20);
    assertThat(modes.mode()).isEqualTo(Mode.STANDBY);
    Table.Builder absolute = sequence("a", 0, Mode.SAFE);
    absolute.getSequenceBuilder().getStepsBuilder(0).setAtUtcNanos(Long.MAX_VALUE);
    load(absolute);
    assertThat(end(start).getReason()).isEmpty();
    doThrow(new IOException("no")).when(state).save();
    assertThat(end(stop).getRefusal()).isEqualTo(Refusal.NOT_STORED);
    assertThat(end(start).getRefusal()).isEqualTo(Refusal.NOT_STORED);
    assertThat(snapshot().getSequences(0).getRunning()).isFalse();
  }

  @Test
  void commandsThatProtectionDoesNotComeToFail() throws Exception {
    App protection = apps.remove(2);
    Telecommand.Builder rule =
        Telecommand.newBuilder()
            .setSetProtection(SetProtection.newBuilder().setRule("latch_up").setInhibited(true));
    for (int i = 0; i < 16; i++) {
      ByGround.submit(commands, rule.setCounter(++counter).build());
    }
    assertThat(end(rule).getRefusal()).isEqualTo(Refusal.TOO_MANY);
    protection.close();
    run(1);
    assertThat(commands.counts().failed()).isEqualTo(17);
  }

  @Test
  void appsWhoseTablesAreAllTheyHaveAreReloadedWithoutARestart() throws Exception {
    List<Boolean> reloaded = new ArrayList<>();
    for (App app : apps) {
      reloaded.add(app.reload());
    }
    // telemetry, limits, protection; sequences are in progress, and begin anew
    assertThat(reloaded).containsExactly(true, true, true, false);
    assertThat(snapshot().getTablesCount()).isPositive();
  }
}

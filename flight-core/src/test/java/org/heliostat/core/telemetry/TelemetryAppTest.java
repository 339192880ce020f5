package org.heliostat.core.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyString;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.heliostat.core.ManualClock;
import org.heliostat.core.bus.Bus;
import org.heliostat.core.bus.Subscription;
import org.heliostat.core.command.Commands;
import org.heliostat.core.event.CoreEvent;
import org.heliostat.core.event.Events;
import org.heliostat.core.fixture.TestServices;
import org.heliostat.core.hardware.Hardware;
import org.heliostat.core.mode.Modes;
import org.heliostat.core.recorder.Recorder;
import org.heliostat.core.recorder.RecorderFault;
import org.heliostat.core.state.StateStore;
import org.heliostat.core.table.TableDefinition;
import org.heliostat.core.table.TableHandle;
import org.heliostat.core.table.Tables;
import org.heliostat.core.time.BoardClock;
import org.heliostat.hal.PowerReading;
import org.heliostat.protocol.Beacon;
import org.heliostat.protocol.CardStatus;
import org.heliostat.protocol.DeviceStatus;
import org.heliostat.protocol.DeviceValue;
import org.heliostat.protocol.FlightState;
import org.heliostat.protocol.Housekeeping;
import org.heliostat.protocol.HousekeepingSet;
import org.heliostat.protocol.HousekeepingTable;
import org.heliostat.protocol.MemoryStatus;
import org.heliostat.protocol.Mode;
import org.heliostat.protocol.Table;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TelemetryAppTest {
  private static final long SECOND = 1_000_000_000L;

  @TempDir private Path folder;
  private final BoardClock clock = mock(BoardClock.class);
  private final Events events = mock(Events.class);
  private final StateStore state = mock(StateStore.class);
  private final Recorder recorder = mock(Recorder.class);
  private final Commands commands = mock(Commands.class);
  private final Modes modes = mock(Modes.class);
  private final Hardware hardware = mock(Hardware.class);
  private final Tables tables = mock(Tables.class);
  private final TableHandle handle = mock(TableHandle.class);
  private final Bus bus = new Bus();
  private final Telemetry telemetry = new Telemetry();
  private TelemetryApp app;
  private final List<TableDefinition> definitions = new ArrayList<>();
  private Mode mode = Mode.STANDBY;
  private long now = 5 * SECOND;

  @BeforeEach
  void start() {
    when(clock.missionNanos()).thenAnswer(call -> now);
    when(clock.hostNanos()).thenAnswer(call -> now);
    when(state.get()).thenReturn(FlightState.newBuilder().setBoots(3).build());
    when(modes.mode()).thenAnswer(call -> mode);
    when(commands.counts()).thenReturn(new Commands.Counts(5, 3, 1, 2));
    when(hardware.power(anyString())).thenReturn(Optional.empty());
    when(hardware.temperature(anyString())).thenReturn(Optional.empty());
    when(tables.register(any(TableDefinition.class)))
        .thenAnswer(
            call -> {
              TableDefinition definition = call.getArgument(0);
              definitions.add(definition);
              when(handle.active()).thenReturn(definition.fallback());
              return handle;
            });
    when(handle.takeNew()).thenReturn(Optional.empty());
    telemetry.contribute(
        packet ->
            packet
                .addCards(CardStatus.newBuilder().setName("card0"))
                .addValues(DeviceValue.newBuilder().setDevice("d"))
                .addFaulty(DeviceStatus.newBuilder().setDevice("d")));
    app =
        new TelemetryApp(
            new TestServices()
                .folder(folder)
                .with(BoardClock.class, clock)
                .with(Bus.class, bus)
                .with(Events.class, events)
                .with(StateStore.class, state)
                .with(Recorder.class, recorder)
                .with(Commands.class, commands)
                .with(Modes.class, modes)
                .with(Hardware.class, hardware)
                .with(Telemetry.class, telemetry)
                .with(Tables.class, tables)
                .build());
  }

  private List<Housekeeping> sent() {
    List<Housekeeping> packets = new ArrayList<>();
    for (Optional<Housekeeping> one = telemetry.take(); one.isPresent(); one = telemetry.take()) {
      packets.add(one.get());
    }
    return packets;
  }

  private List<String> run(int seconds) throws InterruptedException {
    List<String> seen = new ArrayList<>();
    for (int i = 0; i < seconds; i++) {
      app.step();
      sent().forEach(packet -> seen.add(packet.getSet() + packet.getSequence()));
      now += SECOND;
    }
    return seen;
  }

  @Test
  void aWholeSnapshotIsPublishedEverySecond() throws Exception {
    Subscription<Housekeeping> snapshots = bus.subscribe(Housekeeping.class, 10);
    run(3);
    Housekeeping first = snapshots.poll().orElseThrow();
    assertThat(first.getMissionNanos()).isEqualTo(5 * SECOND);
    assertThat(first.getValuesCount()).isEqualTo(1);
    assertThat(first.getCommandsAccepted()).isEqualTo(5);
    assertThat(first.getCommandsRejected()).isEqualTo(2);
    assertThat(first.hasMemory()).isTrue();
    assertThat(first.hasSet()).isFalse();
    assertThat(snapshots.poll()).isPresent();
    assertThat(snapshots.poll().orElseThrow().getMissionNanos()).isEqualTo(7 * SECOND);
    verify(commands, times(3)).tick();
  }

  @Test
  void theStandardSetsAreDueByTheirPeriods() throws Exception {
    assertThat(run(61))
        .containsExactly(
            "main1",
            "devices1",
            "services1",
            "main2",
            "main3",
            "main4",
            "main5",
            "main6",
            "main7",
            "devices2");
    List<String> later = run(240);
    assertThat(later)
        .containsOnlyOnce("services2")
        .contains("devices6")
        .doesNotContain("services3");
  }

  @Test
  void aPacketHasTheFieldsOfItsSetAndNoOthers() throws Exception {
    app.step();
    List<Housekeeping> packets = sent();
    assertThat(packets).allMatch(Housekeeping::hasMissionNanos);
    Housekeeping main = packets.get(0);
    Beacon beacon = main.getBeacon();
    assertThat(beacon.getSet()).isEqualTo("main");
    assertThat(beacon.getSequence()).isEqualTo(main.getSequence()).isPositive();
    assertThat(beacon.getCardsCount()).isEqualTo(1);
    assertThat(beacon.getFaultyCount()).isEqualTo(1);
    assertThat(beacon.getBoots()).isEqualTo(3);
    assertThat(beacon.hasFramesTaken()).isTrue();
    assertThat(beacon.hasBusVolts()).isFalse();
    assertThat(main.hasBoots()).isFalse();
    assertThat(main.hasMemory()).isFalse();
    assertThat(main.getValuesCount()).isZero();
    Housekeeping devices = packets.get(1);
    assertThat(devices.getValuesCount()).isEqualTo(1);
    assertThat(devices.hasBoots()).isFalse();
    assertThat(packets.get(2).hasMemory()).isTrue();
    // raw bytes sent are promised to be few
    assertThat(main.getSerializedSize()).isLessThan(200);
  }

  private static Table table(HousekeepingSet.Builder... sets) {
    HousekeepingTable.Builder table = HousekeepingTable.newBuilder();
    for (HousekeepingSet.Builder set : sets) {
      table.addSets(set);
    }
    return Table.newBuilder().setHousekeeping(table).build();
  }

  private static HousekeepingSet.Builder set(String name, double period, String... fields) {
    return HousekeepingSet.newBuilder()
        .setName(name)
        .setPeriodSeconds(period)
        .addAllFields(List.of(fields));
  }

  @Test
  void aNewTableIsTakenAtTheNextSnapshotAndSequencesGoOn() throws Exception {
    run(1);
    when(handle.takeNew())
        .thenReturn(
            Optional.of(
                table(
                    set("main", 2, "mode"),
                    set("all", 100).addModes(Mode.PAYLOAD).addModes(Mode.NOMINAL))))
        .thenReturn(Optional.empty());
    assertThat(run(3)).containsExactly("main2", "main3");
    mode = Mode.NOMINAL;
    app.step();
    Housekeeping all =
        sent().stream().filter(packet -> packet.getSet().equals("all")).findFirst().orElseThrow();
    assertThat(all.getCardsCount()).isEqualTo(1);
    assertThat(all.hasMemory()).isTrue();
    assertThat(all.getValuesCount()).isZero();
  }

  @Test
  void recordedSetsGoToTheRecorderAndAFailureIsSaidOnce() throws Exception {
    when(handle.takeNew())
        .thenReturn(Optional.of(table(set("main", 1, "mode").setRecorded(true))))
        .thenReturn(Optional.empty());
    RecorderFault fault = mock();
    when(fault.getMessage()).thenReturn("full");
    when(recorder.append(any(), any())).thenReturn(1L).thenThrow(fault);
    run(4);
    verify(recorder, times(4)).append(eq(Recorder.Priority.ROUTINE), any());
    verify(events, times(1)).report(CoreEvent.RECORDER_FAILED, "housekeeping: full");
  }

  @Test
  void aTableThatCannotBeIsRefused() {
    TableDefinition definition = definitions.get(0);
    assertThat(definition.validator().problems(definition.fallback())).isEmpty();
    assertThat(
            definition
                .validator()
                .problems(
                    table(
                        set("a", 1, "mode", "moods"), set("a", 1).addModes(Mode.MODE_UNSPECIFIED))))
        .containsExactly(
            "a: housekeeping has no field \"moods\"",
            "set \"a\" stands twice",
            "a: there is no such mode");
  }

  @Test
  void theStateIsSavedEveryPeriodAndAFailureIsSaidOnce() throws Exception {
    doThrow(new IOException("no")).when(state).save();
    run(25);
    verify(state, times(3)).save();
    verify(events, times(1)).report(eq(CoreEvent.STATE_NOT_STORED), any(IOException.class));
    app.close();
    verify(state, times(4)).save();
  }

  @Test
  void ofEachSetTheNewestWaits() {
    telemetry.put(Housekeeping.newBuilder().setSet("a").setSequence(1).build());
    telemetry.put(Housekeeping.newBuilder().setSet("b").setSequence(1).build());
    telemetry.put(Housekeeping.newBuilder().setSet("a").setSequence(2).build());
    assertThat(sent()).extracting(Housekeeping::getSequence).containsExactly(2L, 1L);
    assertThat(telemetry.take()).isEmpty();
  }

  @Test
  void memoryIsReadFromTheHostNowAndThen() throws Exception {
    Files.writeString(
        folder.resolve("status"), "Name:\tx\nVmLck:\t  12 kB\nVmRSS:\t  2048 kB\nThreads:\t9\n");
    Files.writeString(
        folder.resolve("stat"), "7 (a b) c) S 1 1 1 0 -1 4 10 0 0 0 250 150 0 0 20 0 9 0 5");
    ManualClock time = new ManualClock();
    MemoryProbe probe = new MemoryProbe(folder, time);
    MemoryStatus status = probe.status();
    assertThat(status.getResidentBytes()).isEqualTo(2048 * 1024);
    assertThat(status.getLocked()).isTrue();
    assertThat(status.getThreads()).isEqualTo(9);
    assertThat(status.getCpuSeconds()).isEqualTo(4f);
    assertThat(status.getHeapUsedBytes())
        .isPositive()
        .isLessThanOrEqualTo(status.getHeapCommittedBytes());
    assertThat(status.hasCollections()).isFalse();
    Files.writeString(folder.resolve("status"), "VmRSS: much kB\n");
    Files.writeString(folder.resolve("stat"), "7 (a) S 1 1 1 0 -1 4 10 0 0 0 x y");
    time.advance(MemoryProbe.PERIOD_NANOS - 1);
    assertThat(probe.status()).isSameAs(status);
    time.advance(MemoryProbe.BEANS_NANOS);
    MemoryStatus later = probe.status();
    assertThat(later.hasResidentBytes()).isFalse();
    assertThat(later.hasCpuSeconds()).isFalse();
    assertThat(later.hasCollections()).isTrue();
    assertThat(new MemoryProbe(folder.resolve("none"), time).status().hasThreads()).isFalse();
  }

  @Test
  void thePowerOfTheBusStandsInHousekeeping() throws Exception {
    when(hardware.power("bus")).thenReturn(Optional.of(new PowerReading(12.5, 2, 25, 1)));
    app.step();
    Housekeeping packet = bus.newest(Housekeeping.class).orElseThrow();
    assertThat(packet.getBusVolts()).isEqualTo(12.5f);
    assertThat(packet.getBusWatts()).isEqualTo(25);
  }

  @Test
  void aReloadBeginsAllSetsAnewAndTheirNumbersGoOn() throws Exception {
    assertThat(run(1)).containsExactly("main1", "devices1", "services1");
    assertThat(app.reload()).isTrue();
    assertThat(run(1)).containsExactly("main2", "devices2", "services2");
  }
}

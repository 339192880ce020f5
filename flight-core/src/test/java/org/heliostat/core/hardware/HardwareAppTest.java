package org.heliostat.core.hardware;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.mockito.ArgumentMatchers.anyLong;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.inOrder;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.heliostat.core.app.Services;
import org.heliostat.core.event.CoreEvent;
import org.heliostat.core.event.Events;
import org.heliostat.core.fixture.TestServices;
import org.heliostat.core.state.StateStore;
import org.heliostat.core.telemetry.Telemetry;
import org.heliostat.core.time.BoardClock;
import org.heliostat.hal.Board;
import org.heliostat.hal.Camera;
import org.heliostat.hal.ComputeCard;
import org.heliostat.hal.Device;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.NavigationReceiver;
import org.heliostat.hal.TemperatureReading;
import org.heliostat.hal.TemperatureSensor;
import org.heliostat.hal.Watchdog;
import org.heliostat.protocol.BusConfig;
import org.heliostat.protocol.DeviceConfig;
import org.heliostat.protocol.DeviceFault;
import org.heliostat.protocol.DeviceStatus;
import org.heliostat.protocol.DeviceValue;
import org.heliostat.protocol.FlightState;
import org.heliostat.protocol.Housekeeping;
import org.heliostat.protocol.Mission;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.mockito.InOrder;

/** What the app makes of the board; the devices have tests of their own. */
class HardwareAppTest {
  private static final String BUS = "/dev/i2c-1";

  private final Board board = mock(Board.class);
  private final Events events = mock(Events.class);
  private final BoardClock clock = mock(BoardClock.class);
  private final StateStore state = mock(StateStore.class);
  private final Services services =
      new TestServices()
          .with(StateStore.class, state)
          .with(Board.class, board)
          .with(Events.class, events)
          .with(Hardware.class, new Hardware(() -> 0))
          .build();

  @BeforeEach
  void nothingIsKnown() {
    when(state.get()).thenReturn(FlightState.getDefaultInstance());
  }

  private void reported(int count) {
    verify(events, times(count)).reportDevice(CoreEvent.BUS_RECOVERED, BUS, DeviceFault.TIMEOUT);
  }

  @Test
  void aBusThatWasRecoveredIsReportedOnce() throws Exception {
    when(board.buses()).thenReturn(Set.of(BUS));
    HardwareApp app = new HardwareApp(services);
    app.step();
    verify(events, never()).reportDevice(CoreEvent.BUS_RECOVERED, BUS, DeviceFault.TIMEOUT);
    when(board.busRecoveries(BUS)).thenReturn(1L);
    app.step();
    app.step();
    reported(1);
    when(board.busRecoveries(BUS)).thenReturn(2L);
    app.step();
    reported(2);
    app.close();
  }

  @Test
  void anAppThatIsStartedAnewReportsNoOldRecoveries() throws Exception {
    when(board.buses()).thenReturn(Set.of(BUS));
    when(board.busRecoveries(BUS)).thenReturn(5L);
    HardwareApp app = new HardwareApp(services);
    app.step();
    reported(0);
    when(board.busRecoveries(BUS)).thenReturn(6L);
    app.step();
    reported(1);
    app.close();
  }

  private static DeviceConfig device(String name) {
    return DeviceConfig.newBuilder().setName(name).setDriver("driver of " + name).build();
  }

  private HardwareApp app(Hardware hardware, Telemetry telemetry, Mission.Builder mission) {
    return new HardwareApp(
        new TestServices()
            .mission(mission)
            .with(StateStore.class, state)
            .with(Board.class, board)
            .with(Events.class, events)
            .with(BoardClock.class, clock)
            .with(Telemetry.class, telemetry)
            .with(Hardware.class, hardware)
            .build());
  }

  private <D extends Device> D opens(String name, Class<D> type) throws Exception {
    D opened = mock(type);
    when(opened.name()).thenReturn(name);
    when(board.device(Device.class, name, "driver of " + name, Map.of())).thenReturn(opened);
    return opened;
  }

  @Test
  void devicesAreOpenedByTheMissionAndGivenByTheirKind() throws Exception {
    ComputeCard card = opens("card", ComputeCard.class);
    Camera camera = opens("camera", Camera.class);
    NavigationReceiver receiver = opens("gnss", NavigationReceiver.class);
    Watchdog watchdog = opens("dog", Watchdog.class);
    when(card.lane()).thenReturn("card");
    when(receiver.lane()).thenReturn("gnss");
    when(board.device(Device.class, "gone", "driver of gone", Map.of()))
        .thenThrow(new HardwareFault(HardwareFault.Kind.ABSENT, "gone", "no such bus"));
    Hardware hardware = new Hardware(() -> 0);
    HardwareApp app =
        app(
            hardware,
            new Telemetry(),
            Mission.newBuilder()
                .addDevices(device("card"))
                .addDevices(device("camera"))
                .addDevices(device("gnss"))
                .addDevices(device("dog"))
                .addDevices(device("gone")));
    assertThat(hardware.opened()).isTrue();
    assertThat(hardware.hasCard("card")).isTrue();
    assertThat(hardware.camera("camera")).contains(camera);
    assertThat(hardware.receiver("gnss")).contains(receiver);
    assertThat(hardware.watchdogs()).containsExactly(watchdog);
    verify(events)
        .reportDevice(CoreEvent.DEVICE_ABSENT, "gone", DeviceFault.ABSENT, "gone: no such bus");
    app.close();
    verify(card).close();
    verify(camera).close();
    verify(watchdog).close();
  }

  @Test
  void aDriverThatIsBrokenCostsItsDeviceAndNoOther() throws Exception {
    when(board.device(Device.class, "broken", "driver of broken", Map.of()))
        .thenThrow(new NoClassDefFoundError("nvml"));
    TemperatureSensor mute = opens("mute", TemperatureSensor.class);
    TemperatureSensor good = opens("good", TemperatureSensor.class);
    TemperatureSensor last = opens("last", TemperatureSensor.class);
    for (TemperatureSensor sensor : List.of(mute, good, last)) {
      when(sensor.lane()).thenReturn("one");
    }
    when(mute.reading()).thenThrow(new IllegalStateException("bug"));
    when(good.reading()).thenReturn(new TemperatureReading(21.5, 1));
    when(last.reading()).thenReturn(new TemperatureReading(22.5, 1));
    doThrow(new IllegalStateException("close")).when(good).close();
    Hardware hardware = new Hardware(() -> 0);
    Telemetry telemetry = new Telemetry();
    HardwareApp app =
        app(
            hardware,
            telemetry,
            Mission.newBuilder()
                .addDevices(device("broken"))
                .addDevices(device("mute"))
                .addDevices(device("good"))
                .addDevices(device("last")));
    verify(events)
        .reportDevice(
            CoreEvent.DEVICE_ABSENT,
            "broken",
            DeviceFault.ABSENT,
            "the driver failed: java.lang.NoClassDefFoundError: nvml");
    app.step();
    assertThat(hardware.temperature("good")).isPresent();
    assertThat(hardware.temperature("mute")).isEmpty();
    verify(events)
        .reportDevice(
            CoreEvent.DEVICE_FAULT,
            "mute",
            DeviceFault.BAD_DATA,
            "BAD_DATA",
            "the driver failed: java.lang.IllegalStateException: bug");
    doThrow(new NoClassDefFoundError("mute")).when(mute).close();
    assertThatThrownBy(app::close)
        .hasMessageEndingWith("IllegalStateException: close")
        .satisfies(
            failed ->
                assertThat(failed.getSuppressed())
                    .extracting(Throwable::getMessage)
                    .containsExactly("mute"));
    verify(mute).close();
    verify(last).close();
  }

  @Test
  void anAppThatCannotBeginClosesWhatItHasOpened() throws Exception {
    TemperatureSensor good = opens("good", TemperatureSensor.class);
    TemperatureSensor bad = opens("bad", TemperatureSensor.class);
    when(good.lane()).thenReturn("one");
    when(bad.lane()).thenThrow(new IllegalStateException("lane"));
    doThrow(new IllegalStateException("close")).when(bad).close();
    Mission.Builder mission =
        Mission.newBuilder().addDevices(device("good")).addDevices(device("bad"));
    assertThatThrownBy(() -> app(new Hardware(() -> 0), new Telemetry(), mission))
        .hasMessage("lane");
    verify(good).close();
    verify(bad).close();
  }

  @Test
  void itsStepWaitsForNoDisk() throws Exception {
    when(clock.checkJump()).thenReturn(-2_500_000_000L);
    HardwareApp app = app(new Hardware(() -> 0), new Telemetry(), Mission.newBuilder());
    app.step();
    InOrder order = inOrder(events, board);
    order.verify(events).neverWait();
    order.verify(events).reportDevice(CoreEvent.TIME_JUMP, "clock", DeviceFault.CLOCK_JUMPED, -2.5);
    order.verify(events).mayWait();
    order.verify(board).sleepUntilNanos(anyLong());
    app.close();
  }

  @Test
  void whatDevicesReadStandsInHousekeepingUntilTheAppEnds() throws Exception {
    TemperatureSensor good = opens("good", TemperatureSensor.class);
    TemperatureSensor empty = opens("empty", TemperatureSensor.class);
    when(good.lane()).thenReturn("one");
    when(empty.lane()).thenReturn("two");
    when(good.reading()).thenReturn(new TemperatureReading(21.5, 1));
    when(empty.reading())
        .thenThrow(new HardwareFault(HardwareFault.Kind.BAD_DATA, "empty", "nothing yet"));
    Telemetry telemetry = new Telemetry();
    HardwareApp app =
        app(
            new Hardware(() -> 0),
            telemetry,
            Mission.newBuilder().addDevices(device("good")).addDevices(device("empty")));
    app.step();
    Housekeeping.Builder packet = Housekeeping.newBuilder();
    assertThat(telemetry.fill(packet)).isEmpty();
    assertThat(packet.getDevices()).isEqualTo(2);
    assertThat(packet.getDevicesFresh()).isEqualTo(2);
    assertThat(packet.getValuesList())
        .containsExactly(DeviceValue.newBuilder().setDevice("good").setCelsius(21.5f).build());
    assertThat(packet.getFaultyList())
        .filteredOn(status -> !status.getDevice().equals(DiskProbe.DEVICE))
        .extracting(DeviceStatus::getDevice, DeviceStatus::getFault)
        .containsExactly(tuple("empty", DeviceFault.BAD_DATA));
    app.close();
    Housekeeping.Builder after = Housekeeping.newBuilder();
    assertThat(telemetry.fill(after)).isEmpty();
    assertThat(after.getValuesList()).isEmpty();
  }

  @Test
  void busesAreSetUpOnceAndOneThatRefusesIsReported() throws Exception {
    Map<String, String> parameters = Map.of("deadline_ms", "50");
    doThrow(new HardwareFault(HardwareFault.Kind.REFUSED, "/dev/bad", "no"))
        .when(board)
        .bus("/dev/bad", Map.of());
    when(board.buses()).thenReturn(Set.of("/dev/known"));
    HardwareApp app =
        app(
            new Hardware(() -> 0),
            new Telemetry(),
            Mission.newBuilder()
                .addBuses(BusConfig.newBuilder().setPath("/dev/known"))
                .addBuses(BusConfig.newBuilder().setPath("/dev/bad"))
                .addBuses(BusConfig.newBuilder().setPath("/dev/new").putAllParameters(parameters)));
    verify(board, never()).bus("/dev/known", Map.of());
    verify(board).bus("/dev/new", parameters);
    verify(events)
        .reportDevice(CoreEvent.DEVICE_ABSENT, "/dev/bad", DeviceFault.REFUSED, "/dev/bad: no");
    app.close();
  }

  @Test
  void aJumpOfTheClockIsReportedInSeconds() throws Exception {
    // before the app is there: the thread that tries the disk reads the same clock
    when(clock.checkJump()).thenReturn(-2_500_000_000L).thenReturn(0L);
    HardwareApp app = app(new Hardware(() -> 0), new Telemetry(), Mission.newBuilder());
    app.step();
    app.step();
    verify(events).reportDevice(CoreEvent.TIME_JUMP, "clock", DeviceFault.CLOCK_JUMPED, -2.5);
    app.close();
  }

  @Test
  void aBoardThatForgetsItsBusesIsADefect() throws Exception {
    when(board.buses()).thenReturn(Set.of(BUS));
    when(board.busRecoveries(BUS))
        .thenThrow(new HardwareFault(HardwareFault.Kind.ABSENT, BUS, "unknown"));
    assertThatThrownBy(() -> new HardwareApp(services))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("forgets");
  }
}

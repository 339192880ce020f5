package org.heliostat.core.survival;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.when;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.heliostat.core.app.App;
import org.heliostat.core.command.Execution;
import org.heliostat.core.fixture.TestSpacecraft;
import org.heliostat.core.link.Transmitter;
import org.heliostat.core.state.RailHolds;
import org.heliostat.core.state.StateStore;
import org.heliostat.hal.PowerReading;
import org.heliostat.hal.RailReading;
import org.heliostat.hal.TemperatureReading;
import org.heliostat.protocol.CardConfig;
import org.heliostat.protocol.DeviceConfig;
import org.heliostat.protocol.Downlink;
import org.heliostat.protocol.FlightState;
import org.heliostat.protocol.HeatRule;
import org.heliostat.protocol.LoadTable;
import org.heliostat.protocol.Mission;
import org.heliostat.protocol.Mode;
import org.heliostat.protocol.PowerRung;
import org.heliostat.protocol.PowerTable;
import org.heliostat.protocol.SetField;
import org.heliostat.protocol.Stage;
import org.heliostat.protocol.SurvivalTable;
import org.heliostat.protocol.SwitchRail;
import org.heliostat.protocol.Table;
import org.heliostat.protocol.Telecommand;
import org.heliostat.protocol.Telecommand.CommandCase;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SurvivalAppTest {
  private static final PowerTable.Builder POWER =
      PowerTable.newBuilder()
          .setMonitor("bus")
          .setGoodSeconds(10)
          .setStaggerSeconds(5)
          .addRungs(
              PowerRung.newBuilder()
                  .setName("cards")
                  .setShedVolts(23)
                  .setRestoreVolts(24)
                  .setMode(Mode.SAFE)
                  .addRails("switch0")
                  .addRails("switch1")
                  .addRails("not-in-use"))
          .addHeat(
              HeatRule.newBuilder()
                  .setDevice("plate0")
                  .setOffCelsius(70)
                  .setOnCelsius(40)
                  .addRails("switch0"));

  private static final int RAILS = 40;

  @TempDir Path folder;
  private TestSpacecraft craft;
  private App app;
  private final List<String> switched = new ArrayList<>();
  private double volts = 28;
  private double celsius = 20;
  private boolean refusing;

  @BeforeEach
  void boot() {
    boot(POWER);
  }

  private void boot(PowerTable.Builder power) {
    Mission.Builder mission =
        Mission.newBuilder()
            .addTables(Table.newBuilder().setName("power").setPower(power))
            .addTables(
                Table.newBuilder()
                    .setName("survival")
                    .setSurvival(
                        SurvivalTable.newBuilder()
                            .setCommandLossSeconds(100)
                            .setCommandLossSequence("home")
                            .setLongestSilenceSeconds(30)));
    for (int i = 0; i < RAILS; i++) {
      mission.addDevices(device("switch" + i, "pmbus-switch"));
    }
    mission
        .addDevices(device("plate0", "lm75"))
        .addDevices(device("bus", "ina226"))
        .addDevices(device("card0", "nvml"))
        .addDevices(device("card1", "nvml").setPoweredBy("not-in-use"))
        .addDevices(device("not-in-use", "pmbus-switch"))
        .addDevices(device("monitor1", "ina226"))
        .addCards(CardConfig.newBuilder().setName("card0").setDevice("card0"))
        .addCards(
            CardConfig.newBuilder().setName("card1").setDevice("card1").setRailMonitor("monitor1"))
        .setActiveCards(1);
    craft = new TestSpacecraft(folder, mission);
    when(craft.hardware.power(any())).thenReturn(Optional.empty());
    when(craft.hardware.card(any())).thenReturn(Optional.empty());
    when(craft.hardware.power("bus"))
        .thenAnswer(call -> Optional.of(new PowerReading(volts, 1, volts, 0)));
    when(craft.hardware.temperature("plate0"))
        .thenAnswer(
            call ->
                Optional.of(celsius)
                    .filter(value -> !value.isNaN())
                    .map(value -> new TemperatureReading(value, 0)));
    handleRails();
    app = craft.start(new SurvivalApp.Factory());
  }

  private static DeviceConfig.Builder device(String name, String driver) {
    DeviceConfig.Builder device = DeviceConfig.newBuilder().setName(name).setDriver(driver);
    if (driver.equals("nvml")) {
      return device.putParameters("index", "0");
    }
    device.putParameters("bus", "/dev/i2c-1").putParameters("address", "0x40");
    return switch (driver) {
      case "pmbus-switch" -> device.putParameters("part", "linear");
      case "ina226" ->
          device.putParameters("shunt_ohms", "0.005").putParameters("max_amperes", "16");
      default -> device;
    };
  }

  /** The process is killed and comes up again; nothing is saved that was not. */
  private void kill() {
    craft.close();
    switched.clear();
    boot(POWER);
  }

  private void handleRails() {
    craft
        .services()
        .commands()
        .handle(
            CommandCase.SWITCH_RAIL,
            (command, execution) -> {
              SwitchRail rail = command.getSwitchRail();
              switched.add(rail.getDevice() + (rail.getOn() ? " on" : " off"));
              if (refusing) {
                execution.fail("it does not answer");
              } else {
                execution.complete();
              }
            });
  }

  private Stage load(PowerTable.Builder power) {
    return craft.send(
        Telecommand.newBuilder()
            .setLoadTable(
                LoadTable.newBuilder()
                    .setTable(Table.newBuilder().setName("power").setPower(power))
                    .setActivate(true)));
  }

  private FlightState state() {
    return craft.services().state().get();
  }

  private FlightState onDisk() {
    try {
      return StateStore.open(folder.resolve("state.bin")).get();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private List<String> holds() {
    return holds(state());
  }

  private static List<String> holds(FlightState state) {
    return state.getRailHoldsList().stream()
        .map(hold -> hold.getRail() + " by " + hold.getHolder())
        .toList();
  }

  @AfterEach
  void end() {
    craft.close();
  }

  @Test
  void shedsAndRestoresInTurn() {
    craft.run(app, 3);
    assertThat(switched).isEmpty();
    volts = 22;
    craft.run(app, 4);
    assertThat(switched).containsExactly("switch0 off", "switch1 off");
    assertThat(craft.services().modes().mode()).isEqualTo(Mode.SAFE);
    assertThat(craft.housekeeping().getSurvival().getShedRungs()).isEqualTo(1);
    assertThat(craft.services().state().get().getShedRungs()).isEqualTo(1);
    volts = 28;
    switched.clear();
    craft.run(app, 12);
    assertThat(switched).containsExactly("switch0 on");
    craft.run(app, 5);
    assertThat(switched).containsExactly("switch0 on", "switch1 on");
    assertThat(craft.events()).contains("LOAD_SHED", "LOAD_RESTORED");
    assertThat(craft.services().modes().mode()).isEqualTo(Mode.SAFE);
  }

  @Test
  void heatTurnsARailOffAndWhatBothHoldComesBackOnce() {
    celsius = 71;
    craft.run(app, 4);
    assertThat(switched).containsExactly("switch0 off");
    assertThat(craft.housekeeping().getSurvival().getHotList()).containsExactly("plate0");
    volts = 22;
    craft.run(app, 4);
    volts = 28;
    switched.clear();
    craft.run(app, 30);
    assertThat(switched).containsExactly("switch1 on");
    celsius = 30;
    craft.run(app, 6);
    assertThat(switched).containsExactly("switch1 on", "switch0 on");
    assertThat(craft.events()).contains("TOO_HOT", "COOLED_DOWN");
  }

  @Test
  void aRailThatMustBeOffIsTriedAgain() {
    refusing = true;
    volts = 22;
    craft.run(app, 4);
    assertThat(switched).hasSize(2);
    craft.run(app, 6);
    assertThat(switched).hasSize(4);
    assertThat(told("RAIL_REFUSED")).isEqualTo(2);
    refusing = false;
    craft.run(app, 11);
    assertThat(switched).hasSize(6);
    craft.run(app, 20);
    assertThat(switched).hasSize(6);
  }

  private long told(String event) {
    return craft.events().stream().filter(event::equals).count();
  }

  @Test
  void aRailThatDoesNotGoOffIsToldOfOnceAndTriedEverMoreRarely() {
    celsius = 71;
    refusing = true;
    craft.run(app, 1_000);
    // after 5, 10, 20, 40, 80 s, and then every 160 s
    assertThat(switched).hasSize(11).containsOnly("switch0 off");
    assertThat(told("RAIL_REFUSED")).isEqualTo(1);
    refusing = false;
    craft.run(app, 162);
    assertThat(switched).hasSize(12);
    // it has come on by itself
    when(craft.hardware.reading("switch0", RailReading.class))
        .thenReturn(Optional.of(reading(true)));
    refusing = true;
    craft.run(app, 8);
    assertThat(switched).hasSize(14);
    assertThat(told("RAIL_REFUSED")).isEqualTo(2);
  }

  @Test
  void aRailThatDidNotGoOffIsOrderedOffAtOnceWhenItIsShedAnew() {
    refusing = true;
    volts = 22;
    craft.run(app, 50);
    volts = 28;
    craft.run(app, 12);
    switched.clear();
    volts = 22;
    craft.run(app, 4);
    assertThat(switched).containsSequence("switch0 off", "switch1 off");
  }

  @Test
  void aRailThatDoesNotComeOnWaitsUntilItDoesAndIsToldOfOnce() {
    shed();
    volts = 28;
    switched.clear();
    refusing = true;
    craft.run(app, 60);
    assertThat(switched).startsWith("switch0 on", "switch1 on", "switch0 on", "switch1 on");
    assertThat(told("RAIL_REFUSED")).isEqualTo(2);
    assertThat(holds()).isEmpty();
    assertThat(onDisk().getWaitingRailsList()).containsExactlyInAnyOrder("switch0", "switch1");
    refusing = false;
    switched.clear();
    craft.run(app, 60);
    assertThat(switched).containsExactlyInAnyOrder("switch0 on", "switch1 on");
    assertThat(onDisk().getWaitingRailsList()).isEmpty();
  }

  @Test
  void aRailThatIsNotSwitchedWhileNobodyIsThereComesOnAfterAKill() {
    shed();
    craft.services().commands().handle(CommandCase.SWITCH_RAIL, (command, e) -> e.fail("not yet"));
    volts = 28;
    craft.run(app, 40);
    assertThat(holds(onDisk())).isEmpty();
    kill();
    craft.run(app, 7);
    assertThat(switched).containsExactlyInAnyOrder("switch0 on", "switch1 on");
  }

  @Test
  void aRailThatDoesNotComeOnKeepsNoOtherRungBack() {
    PowerTable.Builder two = POWER.clone();
    two.getRungsBuilder(0).clearRails().addRails("switch0");
    two.addRungs(
        PowerRung.newBuilder()
            .setName("last")
            .setShedVolts(22)
            .setRestoreVolts(23)
            .addRails("switch1"));
    assertThat(load(two)).isEqualTo(Stage.COMPLETED);
    volts = 21;
    craft.run(app, 4);
    assertThat(state().getShedRungs()).isEqualTo(2);
    refusing = true;
    volts = 28;
    craft.run(app, 60);
    assertThat(state().getShedRungs()).isZero();
    assertThat(switched).contains("switch1 on", "switch0 on");
  }

  @Test
  void anIsolatedRailIsLetGo() {
    shed();
    craft.services().state().update(next -> next.addIsolatedDevices("switch0"));
    volts = 28;
    switched.clear();
    refusing = true;
    craft.run(app, 12);
    assertThat(switched).containsExactly("switch1 on");
    craft.services().state().update(next -> next.addIsolatedDevices("switch1"));
    craft.run(app, 30);
    assertThat(switched).hasSize(1);
    assertThat(state().getWaitingRailsList()).isEmpty();
    craft.services().state().update(FlightState.Builder::clearIsolatedDevices);
    craft.run(app, 30);
    assertThat(switched).hasSize(1);
  }

  private void order(FlightState.Builder state) {
    state.addOrderedOff("switch0").addOrderedOff("not-in-use");
  }

  @Test
  void whatGroundHasOrderedOffDoesNotComeOnAtARelease() {
    craft.services().state().update(this::order);
    craft.run(app, 1);
    assertThat(holds()).containsExactly("switch0 by " + RailHolds.ORDER);
    switched.clear();
    volts = 22;
    craft.run(app, 4);
    volts = 28;
    craft.run(app, 30);
    assertThat(switched).containsExactly("switch1 off", "switch1 on");
    assertThat(holds(onDisk())).containsExactly("switch0 by " + RailHolds.ORDER);
    // ground has turned it on
    craft.services().state().update(FlightState.Builder::clearOrderedOff);
    switched.clear();
    craft.run(app, 10);
    assertThat(switched).containsExactly("switch0 on");
    assertThat(holds()).isEmpty();
  }

  @Test
  void whatGroundOrdersOffWhileItWaitsForItsTurnDoesNotComeOn() {
    shed();
    volts = 28;
    refusing = true;
    craft.run(app, 12);
    assertThat(switched).endsWith("switch0 on");
    craft.services().state().update(this::order);
    refusing = false;
    switched.clear();
    craft.run(app, 30);
    assertThat(switched).containsExactly("switch1 on");
    assertThat(state().getWaitingRailsList()).isEmpty();
  }

  @Test
  void whatGroundHasOrderedOffIsOrderedOffAgainAfterALossOfPower() throws Exception {
    craft.services().state().updateNow(this::order);
    kill();
    when(craft.hardware.reading("switch0", RailReading.class))
        .thenReturn(Optional.of(reading(false)));
    craft.run(app, 10);
    // it is off by that order
    assertThat(switched).isEmpty();
    kill();
    when(craft.hardware.reading("switch0", RailReading.class))
        .thenReturn(Optional.of(reading(true)));
    craft.run(app, 1);
    // it came up on
    assertThat(switched).containsExactly("switch0 off");
  }

  @Test
  void railsGoOffBeforeTheModeIsLoweredAndWithoutAnEventThatWaitsForTheDisk() {
    List<String> seen = new ArrayList<>();
    celsius = 71;
    refusing = true;
    craft.run(app, 2);
    volts = 22;
    craft.run(app, 2);
    assertThat(switched).containsExactly("switch0 off");
    craft
        .services()
        .commands()
        .handle(
            CommandCase.SWITCH_RAIL,
            (command, execution) -> {
              seen.add(command.getSwitchRail().getDevice() + ' ' + craft.services().modes().mode());
              seen.addAll(craft.events());
              seen.addAll(recorded());
              execution.complete();
            });
    craft.run(app, 1);
    assertThat(seen).containsExactly("switch1 STANDBY", "TOO_HOT", "RAIL_REFUSED", "LOAD_SHED");
    assertThat(craft.events()).endsWith("LOAD_SHED", "MODE_CHANGED");
    // and the backlog is for others to bring to the recorder
    assertThat(recorded()).isEmpty();
    craft.services().events().retry();
    assertThat(recorded()).isEqualTo(craft.events());
  }

  private List<String> recorded() {
    return craft.downlink().stream()
        .filter(Downlink::hasEvent)
        .map(packet -> packet.getEvent().getName())
        .toList();
  }

  @Test
  void commandLossBringsTheLinkBack() {
    Transmitter transmitter = new Transmitter(craft.services().state(), craft.services().clock());
    transmitter.silence(1_000_000_000_000L);
    craft.run(app, 1);
    assertThat(craft.housekeeping().getSurvival().getSilentSeconds()).isEqualTo(30);
    transmitter.silence(1_000_000_000_000L);
    craft.run(app, 101);
    assertThat(craft.events()).contains("COMMAND_LOSS", "COMMAND_REJECTED");
    assertThat(craft.services().modes().mode()).isEqualTo(Mode.SAFE);
    assertThat(transmitter.silentNanos()).isZero();
    // no plan of passes counts until ground is heard
    assertThat(state().getGroundLost()).isTrue();
  }

  @Test
  void commandLossIsAnsweredOnceThoughTheProcessIsStartedAnew() {
    craft.services().state().update(next -> next.setLastCommandNanos(1_000_000_000_000L));
    List<String> started = startSequences();
    craft.run(app, 101);
    assertThat(told("COMMAND_LOSS")).isEqualTo(1);
    assertThat(started).containsExactly("home");
    assertThat(onDisk().getCommandLossSinceNanos()).isGreaterThanOrEqualTo(1_100_000_000_000L);
    app = craft.start(new SurvivalApp.Factory());
    craft.run(app, 90);
    assertThat(told("COMMAND_LOSS")).isEqualTo(1);
    craft.run(app, 12);
    assertThat(told("COMMAND_LOSS")).isEqualTo(2);
  }

  @Test
  void commandLossIsAnsweredAnewWhereARestartCutItOffBeforeItsSequence() {
    craft.run(app, 101);
    assertThat(told("COMMAND_LOSS")).isEqualTo(1);
    app = craft.start(new SurvivalApp.Factory());
    List<String> started = startSequences();
    craft.run(app, 2);
    assertThat(told("COMMAND_LOSS")).isEqualTo(2);
    assertThat(started).containsExactly("home");
    app = craft.start(new SurvivalApp.Factory());
    craft.run(app, 90);
    assertThat(told("COMMAND_LOSS")).isEqualTo(2);
    assertThat(started).containsExactly("home");
  }

  @Test
  void commandLossWhoseSequenceIsGivenUpIsNotAnsweredAnewAfterARestart() {
    craft.run(app, 170);
    assertThat(told("COMMAND_LOSS")).isEqualTo(1);
    assertThat(onDisk().getCommandLossSinceNanos()).isGreaterThanOrEqualTo(1_100_000_000_000L);
    app = craft.start(new SurvivalApp.Factory());
    craft.run(app, 20);
    assertThat(told("COMMAND_LOSS")).isEqualTo(1);
  }

  private List<String> startSequences() {
    List<String> started = new ArrayList<>();
    craft
        .services()
        .commands()
        .handle(
            CommandCase.START_SEQUENCE,
            (command, execution) -> {
              started.add(command.getStartSequence().getSequence());
              execution.complete();
            });
    return started;
  }

  @Test
  void commandLossComesThoughTheProcessIsStartedAnewMoreOftenThanItsLimit() {
    // of a mission time that has ended
    craft
        .services()
        .state()
        .update(
            next ->
                next.setLastCommandNanos(5_000_000_000_000L)
                    .setCommandLossSinceNanos(4_000_000_000_000L));
    app = craft.start(new SurvivalApp.Factory());
    craft.run(app, 60);
    app = craft.start(new SurvivalApp.Factory());
    craft.run(app, 30);
    assertThat(told("COMMAND_LOSS")).isZero();
    app = craft.start(new SurvivalApp.Factory());
    craft.run(app, 12);
    assertThat(told("COMMAND_LOSS")).isEqualTo(1);
  }

  @Test
  void theSequenceOfCommandLossIsStartedWhenSomebodyRunsSequences() {
    craft.run(app, 131);
    List<String> started = startSequences();
    craft.run(app, 60);
    assertThat(started).containsExactly("home");
  }

  @Test
  void theSequenceOfCommandLossIsNotTriedForEver() {
    craft.run(app, 170);
    List<String> started = startSequences();
    craft.run(app, 25);
    assertThat(started).isEmpty();
  }

  @Test
  void aTableThatWouldFlutterIsRefused() {
    PowerTable.Builder bad = POWER.clone();
    bad.getRungsBuilder(0).setRestoreVolts(22);
    bad.getHeatBuilder(0).setOnCelsius(71);
    bad.addRungs(PowerRung.newBuilder().setName("late").setShedVolts(25).setRestoreVolts(26));
    assertThat(load(bad)).isEqualTo(Stage.FAILED);
    assertThat(craft.reason()).contains("restore_volts").contains("late");
  }

  @Test
  void aVoltageThatIsNoNumberIsNone() {
    volts = Double.NaN;
    craft.run(app, 10);
    assertThat(switched).isEmpty();
    shed();
    volts = Double.NaN;
    craft.run(app, 30);
    volts = Double.POSITIVE_INFINITY;
    craft.run(app, 30);
    assertThat(state().getShedRungs()).isEqualTo(1);
  }

  @Test
  void aNewTableIsUsed() {
    PowerTable.Builder other = POWER.clone();
    other.getRungsBuilder(0).setShedVolts(27).setRestoreVolts(29);
    assertThat(load(other)).isEqualTo(Stage.COMPLETED);
    volts = 26;
    craft.run(app, 5);
    assertThat(switched).containsExactly("switch0 off", "switch1 off");
  }

  private void shed() {
    volts = 22;
    craft.run(app, 4);
    assertThat(switched).containsExactly("switch0 off", "switch1 off");
  }

  @Test
  void whatWasShedBeforeAKillIsSwitchedOffAgainAndComesBackAfterIt() {
    shed();
    kill();
    craft.run(app, 1);
    assertThat(switched).containsExactly("switch0 off", "switch1 off");
    assertThat(craft.housekeeping().getSurvival().getShedRungs()).isEqualTo(1);
    volts = 28;
    switched.clear();
    craft.run(app, 20);
    assertThat(switched).containsExactly("switch0 on", "switch1 on");
  }

  @Test
  void whatWasShedIsSwitchedOffAsSoonAsSomebodyCanDoThat() {
    shed();
    kill();
    craft.services().commands().handle(CommandCase.SWITCH_RAIL, (command, e) -> e.fail("not yet"));
    craft.run(app, 3);
    assertThat(switched).isEmpty();
    handleRails();
    craft.run(app, 6);
    assertThat(switched).containsExactly("switch0 off", "switch1 off");
  }

  private static RailReading reading(boolean on) {
    return new RailReading(12, 12, 1, 12, 30, on, true, false, Set.of(), 1);
  }

  @Test
  void aRailThatWasLeftOffThoughNobodyKeepsItOffComesOn() {
    when(craft.hardware.reading("switch1", RailReading.class))
        .thenReturn(Optional.of(reading(false)));
    // a power cycle is under way
    when(craft.hardware.cycling("switch1")).thenReturn(true);
    craft.run(app, 30);
    when(craft.hardware.cycling("switch1")).thenReturn(false);
    craft.services().state().update(next -> next.addIsolatedDevices("switch1"));
    craft.run(app, 30);
    craft.services().state().update(next -> next.clearIsolatedDevices().addOrderedOff("switch1"));
    craft.run(app, 30);
    assertThat(switched).isEmpty();
    craft.services().state().update(FlightState.Builder::clearOrderedOff);
    switched.clear();
    // ground has turned it on, and it was turned off by a cycle that did not end
    craft.run(app, 3);
    switched.clear();
    craft.run(app, 6);
    assertThat(switched).isEmpty();
    craft.run(app, 6);
    assertThat(switched).containsExactly("switch1 on");
  }

  @Test
  void aHeldRailThatHasComeOnByItselfIsOrderedOffAgainNowAndThen() {
    shed();
    when(craft.hardware.reading("switch1", RailReading.class))
        .thenReturn(Optional.of(reading(true)));
    switched.clear();
    craft.run(app, 10);
    assertThat(switched).containsExactly("switch1 off", "switch1 off");
    when(craft.hardware.reading("switch1", RailReading.class))
        .thenReturn(Optional.of(reading(false)));
    switched.clear();
    craft.run(app, 10);
    assertThat(switched).isEmpty();
    volts = 28;
    craft.run(app, 20);
    assertThat(switched).containsExactly("switch0 on", "switch1 on");
    // what nobody keeps off may be on
    when(craft.hardware.reading("switch1", RailReading.class))
        .thenReturn(Optional.of(reading(true)));
    craft.run(app, 20);
    assertThat(switched).hasSize(2);
  }

  @Test
  void aRailThatIsOffByHeatRestsAnewAfterAKillAndComesBack() {
    celsius = 71;
    craft.run(app, 4);
    assertThat(holds()).containsExactly("switch0 by heat of plate0");
    celsius = Double.NaN;
    kill();
    craft.run(app, 299);
    assertThat(switched).containsExactly("switch0 off");
    assertThat(craft.housekeeping().getSurvival().getHotList()).containsExactly("plate0");
    craft.run(app, 4);
    assertThat(switched).containsExactly("switch0 off", "switch0 on");
    assertThat(craft.events()).contains("COOLED_DOWN");
    assertThat(holds()).isEmpty();
  }

  @Test
  void railsThatWaitForTheirTurnComeBackAfterAKill() {
    shed();
    volts = 28;
    switched.clear();
    craft.run(app, 12);
    assertThat(switched).containsExactly("switch0 on");
    assertThat(state().getWaitingRailsList()).containsExactly("switch1");
    kill();
    craft.run(app, 2);
    assertThat(switched).containsExactly("switch1 on");
    assertThat(state().getWaitingRailsList()).isEmpty();
  }

  @Test
  void aRailThatComesOnWaitsInTheStateUntilItIsOn() {
    shed();
    List<Execution> open = new ArrayList<>();
    craft.services().commands().handle(CommandCase.SWITCH_RAIL, (command, e) -> open.add(e));
    volts = 28;
    craft.run(app, 12);
    assertThat(open).hasSize(1);
    assertThat(holds()).isEmpty();
    assertThat(state().getWaitingRailsList()).containsExactly("switch0", "switch1");
    open.get(0).complete();
    craft.run(app, 2);
    assertThat(state().getWaitingRailsList()).containsExactly("switch1");
  }

  @Test
  void loadIsShedThoughTheDiskRefuses() throws Exception {
    craft.run(app, 1);
    // nothing can be written where a folder is
    Path fresh = Files.createDirectory(folder.resolve("state.bin.new"));
    shed();
    assertThat(craft.events()).contains("STATE_NOT_STORED");
    assertThat(holds()).containsExactly("switch0 by rung cards", "switch1 by rung cards");
    Files.delete(fresh);
    craft.services().state().save();
    kill();
    craft.run(app, 1);
    assertThat(switched).containsExactly("switch0 off", "switch1 off");
  }

  @Test
  void railsComeOnOnlyWhenTheDiskKnowsThatNobodyKeepsThemOff() throws Exception {
    shed();
    Path fresh = Files.createDirectory(folder.resolve("state.bin.new"));
    volts = 28;
    switched.clear();
    craft.run(app, 50);
    assertThat(switched).isEmpty();
    assertThat(told("STATE_NOT_STORED")).isEqualTo(1);
    Files.delete(fresh);
    craft.run(app, 1);
    assertThat(switched).containsExactly("switch0 on");
    assertThat(holds(onDisk())).isEmpty();
  }

  @Test
  void aDiskThatRefusesForGoodDoesNotKeepRailsOffForEver() throws Exception {
    shed();
    Path unused = Files.createDirectory(folder.resolve("state.bin.new"));
    volts = 28;
    switched.clear();
    craft.run(app, 68);
    assertThat(switched).isEmpty();
    craft.run(app, 10);
    assertThat(switched).containsExactly("switch0 on", "switch1 on");
  }

  @Test
  void railsGoOffBeforeTheDiskIsAskedAndComeOnWhenItKnows() {
    List<String> seen = new ArrayList<>();
    craft
        .services()
        .commands()
        .handle(
            CommandCase.SWITCH_RAIL,
            (command, execution) -> {
              seen.add(command.getSwitchRail().getDevice() + holds() + holds(onDisk()));
              execution.complete();
            });
    volts = 22;
    craft.run(app, 4);
    assertThat(holds(onDisk())).hasSize(2);
    volts = 28;
    craft.run(app, 12);
    List<String> both = List.of("switch0 by rung cards", "switch1 by rung cards");
    assertThat(seen)
        .containsExactly("switch0" + both + "[]", "switch1" + both + "[]", "switch0[][]");
  }

  @Test
  void aHeatRuleThatIsTakenAwayLetsItsRailGo() {
    celsius = 71;
    craft.run(app, 4);
    switched.clear();
    assertThat(load(POWER.clone().clearHeat())).isEqualTo(Stage.COMPLETED);
    craft.run(app, 2);
    assertThat(switched).containsExactly("switch0 on");
    assertThat(craft.housekeeping().getSurvival().getHotList()).isEmpty();
    assertThat(holds()).isEmpty();
  }

  @Test
  void whatANewLadderDoesNotNameIsLetGoAndWhatItNamesIsHeld() throws Exception {
    shed();
    switched.clear();
    PowerTable.Builder other = POWER.clone();
    other.getRungsBuilder(0).setName("renamed").clearRails().addRails("switch1");
    assertThat(load(other)).isEqualTo(Stage.COMPLETED);
    craft.run(app, 2);
    assertThat(switched).containsExactly("switch0 on");
    assertThat(holds()).containsExactly("switch1 by rung renamed");
    other.getRungsBuilder(0).addRails("switch0");
    assertThat(load(other)).isEqualTo(Stage.COMPLETED);
    switched.clear();
    craft.run(app, 2);
    assertThat(switched).containsExactly("switch0 off");
    assertThat(load(other.clearRungs())).isEqualTo(Stage.COMPLETED);
    assertThat(app.reload()).isTrue();
    switched.clear();
    craft.run(app, 8);
    assertThat(switched).containsExactly("switch1 on", "switch0 on");
    assertThat(state().getShedRungs()).isZero();
    assertThat(holds()).isEmpty();
  }

  @Test
  void aLadderThatIsAnotherOneAfterAKillLetsGoOfWhatItDoesNotName() {
    shed();
    craft.close();
    switched.clear();
    volts = 28;
    boot(POWER.clone().clearRungs());
    craft.run(app, 8);
    assertThat(switched).containsExactly("switch0 on", "switch1 on");
  }

  @Test
  void aTableThatNamesWhatTheMissionDoesNotHaveIsRefused() {
    assertThat(
            craft.send(
                Telecommand.newBuilder()
                    .setSetField(
                        SetField.newBuilder()
                            .setTable("power")
                            .setField("monitor")
                            .setValue("\"buss\""))))
        .isEqualTo(Stage.FAILED);
    assertThat(craft.reason()).contains("\"buss\"");
    PowerTable.Builder bad = POWER.clone();
    bad.getRungsBuilder(0).addRails("no-rail");
    bad.addRungs(POWER.getRungs(0));
    bad.getHeatBuilder(0).setDevice("no-plate").addRails("no-switch");
    assertThat(load(bad)).isEqualTo(Stage.FAILED);
    assertThat(craft.reason())
        .contains("no-rail", "no-plate", "no-switch", "rung cards stands twice");
    bad = POWER.clone();
    bad.getRungsBuilder(0).setShedVolts(Double.NaN);
    assertThat(load(bad)).isEqualTo(Stage.FAILED);
    bad = POWER.clone();
    bad.getHeatBuilder(0).setOffCelsius(Double.POSITIVE_INFINITY);
    assertThat(load(bad)).isEqualTo(Stage.FAILED);
  }

  @Test
  void aTableIsRefusedWhoseMonitorMeasuresNoPowerOrIsNotInUseOrWhoseRailsAreNone() {
    assertThat(load(POWER.clone().setMonitor("plate0"))).isEqualTo(Stage.FAILED);
    assertThat(craft.reason()).contains("monitor: \"plate0\" is no PowerMonitor");
    assertThat(load(POWER.clone().setMonitor("monitor1"))).isEqualTo(Stage.FAILED);
    assertThat(craft.reason()).contains("\"monitor1\" is of a card that is not in use");
    PowerTable.Builder bad = POWER.clone();
    bad.getRungsBuilder(0).addRails("card0");
    bad.getHeatBuilder(0).setDevice("bus").addRails("plate0");
    assertThat(load(bad)).isEqualTo(Stage.FAILED);
    assertThat(craft.reason())
        .contains("cards: \"card0\" is no PowerSwitch")
        .contains("heat: \"bus\" is no TemperatureSensor or ComputeCard")
        .contains("heat of bus: \"plate0\" is no PowerSwitch");
    bad = POWER.clone();
    bad.getHeatBuilder(0).setDevice("card0");
    assertThat(load(bad)).isEqualTo(Stage.COMPLETED);
  }

  @Test
  void moreRailsThanTheHardwareTakesAtATimeGoOffOneAfterTheOther() {
    PowerTable.Builder many = POWER.clone();
    many.getRungsBuilder(0).clearRails();
    for (int i = 0; i < RAILS; i++) {
      many.getRungsBuilder(0).addRails("switch" + i);
    }
    assertThat(load(many)).isEqualTo(Stage.COMPLETED);
    List<Execution> open = new ArrayList<>();
    craft.services().commands().handle(CommandCase.SWITCH_RAIL, (command, e) -> open.add(e));
    volts = 22;
    craft.run(app, 6);
    assertThat(open).hasSize(RailOrders.MOST_OFFS);
    open.get(0).complete();
    open.get(1).complete();
    craft.run(app, 1);
    assertThat(open).hasSize(RailOrders.MOST_OFFS + 2);
    List.copyOf(open).forEach(Execution::complete);
    craft.run(app, 1);
    assertThat(open).hasSize(RAILS);
    assertThat(told("RAIL_REFUSED")).isZero();
  }

  @Test
  void aRailThatDoesNotComeOnAfterItWasIsolatedIsToldOfAgain() {
    shed();
    volts = 28;
    refusing = true;
    craft.run(app, 60);
    assertThat(told("RAIL_REFUSED")).isEqualTo(2);
    craft.services().state().update(next -> next.addIsolatedDevices("switch0"));
    when(craft.hardware.reading("switch0", RailReading.class))
        .thenReturn(Optional.of(reading(false)));
    craft.run(app, 3);
    craft.services().state().update(FlightState.Builder::clearIsolatedDevices);
    craft.run(app, 20);
    assertThat(told("RAIL_REFUSED")).isEqualTo(3);
  }

  @Test
  void groundThatWasHeardInAMissionTimeThatHasEndedIsNotHeardAgain() {
    craft.services().state().update(next -> next.setLastCommandNanos(1_050_000_000_000L));
    app = craft.start(new SurvivalApp.Factory());
    assertThat(state().getLastCommandNanos()).isZero();
    craft.run(app, 101);
    assertThat(craft.events()).contains("COMMAND_LOSS");
  }

  @Test
  void isReloadedWithoutARestart() throws Exception {
    assertThat(app.reload()).isTrue();
    app.step();
    assertThat(craft.housekeeping().getSurvival().getShedRungs()).isZero();
  }
}

package org.heliostat.core.survival;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.when;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.heliostat.core.app.App;
import org.heliostat.core.fixture.TestSpacecraft;
import org.heliostat.core.link.Transmitter;
import org.heliostat.hal.PowerReading;
import org.heliostat.hal.TemperatureReading;
import org.heliostat.protocol.DeviceConfig;
import org.heliostat.protocol.HeatRule;
import org.heliostat.protocol.LoadTable;
import org.heliostat.protocol.Mission;
import org.heliostat.protocol.Mode;
import org.heliostat.protocol.PowerRung;
import org.heliostat.protocol.PowerTable;
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

  @TempDir Path folder;
  private TestSpacecraft craft;
  private App app;
  private final List<String> switched = new ArrayList<>();
  private double volts = 28;
  private double celsius = 20;
  private boolean refusing;

  @BeforeEach
  void start() {
    Mission.Builder mission =
        Mission.newBuilder()
            .addTables(Table.newBuilder().setName("power").setPower(POWER))
            .addTables(
                Table.newBuilder()
                    .setName("survival")
                    .setSurvival(
                        SurvivalTable.newBuilder()
                            .setCommandLossSeconds(100)
                            .setCommandLossSequence("home")
                            .setLongestSilenceSeconds(30)));
    for (String device : List.of("switch0", "switch1", "plate0", "bus")) {
      mission.addDevices(DeviceConfig.newBuilder().setName(device));
    }
    craft = new TestSpacecraft(folder, mission);
    when(craft.hardware.power(any())).thenReturn(Optional.empty());
    when(craft.hardware.card(any())).thenReturn(Optional.empty());
    when(craft.hardware.power("bus"))
        .thenAnswer(call -> Optional.of(new PowerReading(volts, 1, volts, 0)));
    when(craft.hardware.temperature("plate0"))
        .thenAnswer(call -> Optional.of(new TemperatureReading(celsius, 0)));
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
    app = craft.start(new SurvivalApp.Factory());
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
    assertThat(craft.events()).contains("RAIL_REFUSED");
    refusing = false;
    craft.run(app, 6);
    assertThat(switched).hasSize(6);
    craft.run(app, 20);
    assertThat(switched).hasSize(6);
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
  }

  @Test
  void aTableThatWouldFlutterIsRefused() {
    PowerTable.Builder bad = POWER.clone();
    bad.getRungsBuilder(0).setRestoreVolts(22);
    bad.getHeatBuilder(0).setOnCelsius(71);
    bad.addRungs(PowerRung.newBuilder().setName("late").setShedVolts(25).setRestoreVolts(26));
    assertThat(
            craft.send(
                Telecommand.newBuilder()
                    .setLoadTable(
                        LoadTable.newBuilder()
                            .setTable(Table.newBuilder().setName("power").setPower(bad))
                            .setActivate(true))))
        .isEqualTo(Stage.FAILED);
    assertThat(craft.reason()).contains("restore_volts").contains("late");
  }

  @Test
  void aNewTableIsUsed() {
    PowerTable.Builder other = POWER.clone();
    other.getRungsBuilder(0).setShedVolts(27).setRestoreVolts(29);
    assertThat(
            craft.send(
                Telecommand.newBuilder()
                    .setLoadTable(
                        LoadTable.newBuilder()
                            .setTable(Table.newBuilder().setName("power").setPower(other))
                            .setActivate(true))))
        .isEqualTo(Stage.COMPLETED);
    volts = 26;
    craft.run(app, 5);
    assertThat(switched).containsExactly("switch0 off", "switch1 off");
  }

  @Test
  void isReloadedWithoutARestart() throws Exception {
    assertThat(app.reload()).isTrue();
    app.step();
    assertThat(craft.housekeeping().getSurvival().getShedRungs()).isZero();
  }
}

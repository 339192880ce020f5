package org.heliostat.hil.rig;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.mockito.ArgumentMatchers.anyLong;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import com.google.protobuf.TextFormat;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.heliostat.hil.rig.WorldLayout.Card;
import org.heliostat.hil.rig.WorldLayout.Chip;
import org.heliostat.hil.rig.WorldLayout.Header;
import org.heliostat.protocol.Scenario;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whole steps of the rig: what flight tells the parts, what goes wrong, and what the hardware does.
 */
class HardwareTest {
  private static final long SECOND = 1_000_000_000L;

  @TempDir private Path folder = Path.of("");
  private final Processes processes = mock(Processes.class);
  private final StringWriter log = new StringWriter();
  private World world = TestWorld.none();
  private Scenario scenario = Scenario.getDefaultInstance();
  private long now;

  @BeforeEach
  void noProcesses() {
    when(processes.usage(anyLong())).thenReturn(Optional.empty());
  }

  private Rig rig(String text) throws IOException {
    Scenario.Builder builder = Scenario.newBuilder();
    TextFormat.merge(text, builder);
    scenario = builder.build();
    Physics physics = new Physics(scenario, 2);
    world =
        World.open(
            folder.resolve("world"),
            TestWorld.TIME,
            2,
            fresh -> {
              BoardMap.populate(fresh, scenario, 2);
              Rig.write(fresh, scenario, physics);
            });
    return new Rig(scenario, world, physics, processes, mock(CameraPlayer.class), new RigLog(log));
  }

  private void run(Rig rig, double seconds) {
    long until = now + Math.round(seconds * SECOND);
    for (; now < until; now += SECOND / 10) {
      rig.step(now);
    }
  }

  /** As the switch's part model does when it is told to. */
  private void command(int card, boolean on, long limitMicroamperes) {
    int chip = BoardMap.powerSwitch(card);
    world.set(chip, Chip.RESETS_DONE, 1);
    world.set(chip, Chip.OUTPUT, 0, on ? 1 : 0);
    world.set(chip, Chip.OUTPUT, 1, limitMicroamperes);
    if (!on) {
      world.set(chip, Chip.LATCHED, 0);
    }
  }

  private double rail(int card) {
    return world.get(BoardMap.railMonitor(card), Chip.CURRENT_MICROAMPERES) / 1e6;
  }

  @Test
  void aCardWithoutRailIsLostAndDrawsNothing() throws IOException {
    Rig rig = rig("");
    run(rig, 1);
    assertThat(world.get(0, Card.PRESENT)).isEqualTo(1);
    assertThat(rail(0)).isCloseTo(1.25, within(0.03));
    command(0, false, 6_000_000);
    run(rig, 1);
    assertThat(world.get(0, Card.PRESENT)).isZero();
    assertThat(world.get(0, Card.MILLIWATTS)).isZero();
    assertThat(rail(0)).isCloseTo(0, within(0.03));
    assertThat(world.get(BoardMap.railMonitor(0), Chip.BUS_MICROVOLTS)).isLessThan(20_000);
    assertThat(world.get(1, Card.PRESENT)).isEqualTo(1);
    command(0, true, 6_000_000);
    run(rig, 1);
    assertThat(world.get(0, Card.PRESENT)).isEqualTo(1);
    assertThat(log.toString())
        .contains("{\"happened\":\"rail_off\",\"device\":\"switch0\"")
        .contains("{\"happened\":\"rail_on\",\"device\":\"switch0\"")
        .contains("\"rails\":[{\"on\":true,\"latched\":false,\"a\":1.250}")
        .contains("\"pumps\":[4800,4800],\"heaters\":[0.000,0.000]");
  }

  @Test
  void aLatchUpAboveTheLimitTurnsTheRailOff() throws IOException {
    Rig rig = rig("faults { at_s: 2 device: \"card1\" kind: LATCH_UP value: 8 }");
    command(1, true, 6_000_000);
    run(rig, 2);
    assertThat(world.get(BoardMap.powerSwitch(1), Chip.LATCHED)).isZero();
    run(rig, 1);
    assertThat(world.get(BoardMap.powerSwitch(1), Chip.LATCHED)).isEqualTo(1);
    assertThat(world.get(BoardMap.powerSwitch(1), Chip.TRIPS)).isEqualTo(1);
    assertThat(world.get(1, Card.PRESENT)).isZero();
    assertThat(log.toString())
        .contains("{\"fault\":\"latch_up\",\"t\":2.000,\"device\":\"card1\",\"value\":8.0}")
        .contains("{\"happened\":\"latched_off\",\"device\":\"switch1\"");
    // turned off and on the latch-up is gone
    command(1, false, 6_000_000);
    run(rig, 0.2);
    command(1, true, 6_000_000);
    run(rig, 1);
    assertThat(world.get(1, Card.PRESENT)).isEqualTo(1);
    assertThat(rail(1)).isCloseTo(1.25, within(0.03));
  }

  @Test
  void aLatchUpThatNobodyEndsKillsTheCard() throws IOException {
    Rig rig = rig("faults { at_s: 1 device: \"card0\" kind: LATCH_UP }");
    command(0, true, 6_000_000);
    run(rig, 100);
    assertThat(rail(0)).isCloseTo(4.25, within(0.03));
    assertThat(world.get(0, Card.DEAD)).isZero();
    run(rig, 25);
    assertThat(world.get(0, Card.DEAD)).isEqualTo(1);
    assertThat(log.toString()).contains("{\"happened\":\"card_died\",\"device\":\"card0\"");
    command(0, false, 6_000_000);
    run(rig, 1);
    command(0, true, 6_000_000);
    run(rig, 1);
    assertThat(world.get(0, Card.PRESENT)).isZero();
  }

  @Test
  void aCardThrottlesAndShutsDownUntilItIsPowerCycled() throws IOException {
    Rig rig =
        rig(
            "faults { at_s: 1 for_s: 60 device: \"card0\" kind: OVER_TEMPERATURE_OF_CARD }"
                + "faults { at_s: 1 for_s: 60 device: \"card1\" kind: OVER_TEMPERATURE_OF_CARD value: 120 }");
    run(rig, 40);
    assertThat(world.get(0, Card.PRESENT)).isEqualTo(1);
    assertThat(world.get(0, Card.THROTTLE) & 0x68).isEqualTo(0x68);
    assertThat(world.get(1, Card.SHUT_DOWN)).isEqualTo(1);
    assertThat(log.toString()).contains("{\"happened\":\"card_shutdown\",\"device\":\"card1\"");
    run(rig, 300);
    assertThat(world.get(1, Card.PRESENT)).as("cool, and still off").isZero();
    command(1, false, 6_000_000);
    run(rig, 1);
    command(1, true, 6_000_000);
    run(rig, 1);
    assertThat(world.get(1, Card.PRESENT)).isEqualTo(1);
  }

  @Test
  void aFunctionalInterruptLastsUntilTheCardIsReset() throws IOException {
    when(processes.pause(77)).thenReturn(true);
    when(processes.usage(77)).thenReturn(Optional.of(new Processes.Usage(0, 1)));
    Rig rig = rig("faults { at_s: 1 device: \"card0\" kind: FUNCTIONAL_INTERRUPT }");
    world.set(0, Card.HOLDERS, 0, 77);
    run(rig, 2);
    assertThat(world.get(0, Card.HANGS)).isEqualTo(1);
    assertThat(world.get(0, Card.XID, 0)).isEqualTo(119);
    verify(processes).pause(77);
    verify(processes, never()).resume(77);
    world.set(0, Card.RESET_REQUESTS, 1);
    run(rig, 0.2);
    assertThat(world.get(0, Card.HANGS)).isZero();
    verify(processes).resume(77);
    assertThat(log.toString()).contains("{\"happened\":\"card_reset\",\"device\":\"card0\"");
  }

  @Test
  void aCardThatFellOffComesBackWithItsRail() throws IOException {
    Rig rig = rig("faults { at_s: 1 device: \"card0\" kind: CARD_FALLS_OFF }");
    run(rig, 2);
    assertThat(world.get(0, Card.PRESENT)).isZero();
    assertThat(world.get(0, Card.XID, 0)).isEqualTo(79);
    world.set(0, Card.RESET_REQUESTS, 1);
    run(rig, 1);
    assertThat(world.get(0, Card.PRESENT)).isZero();
    command(0, false, 6_000_000);
    run(rig, 0.2);
    command(0, true, 6_000_000);
    run(rig, 0.2);
    assertThat(world.get(0, Card.PRESENT)).isEqualTo(1);
  }

  @Test
  void memoryErrorsAreCountedUntilTheCardIsPoweredAgain() throws IOException {
    Rig rig =
        rig(
            "faults { at_s: 1 device: \"card0\" kind: ECC_BURST value: 12 }"
                + "faults { at_s: 1 device: \"card0\" kind: ECC_BURST value: -2 }"
                + "faults { at_s: 1 device: \"edac\" kind: ECC_BURST }");
    run(rig, 2);
    assertThat(world.get(0, Card.ECC_CORRECTED)).isEqualTo(12);
    assertThat(world.get(0, Card.ECC_UNCORRECTED)).isEqualTo(2);
    assertThat(world.get(0, Card.ROWS_PENDING)).isEqualTo(1);
    assertThat(world.get(0, Card.XID, 0)).isEqualTo(48);
    assertThat(world.get(Header.EDAC_CORRECTED)).isEqualTo(10);
    world.set(0, Card.RESET_REQUESTS, 1);
    run(rig, 0.2);
    assertThat(world.get(0, Card.ECC_CORRECTED)).isZero();
    assertThat(world.get(0, Card.ECC_UNCORRECTED_EVER)).isEqualTo(2);
    assertThat(world.get(0, Card.ROWS_PENDING)).isZero();
    assertThat(world.get(0, Card.ROWS_UNCORRECTABLE)).isEqualTo(1);
  }

  @Test
  void sensorsStandScatterAndWalkAway() throws IOException {
    Rig rig =
        rig(
            "faults { at_s: 0 device: \"rail0\" kind: STUCK value: 2.5 }"
                + "faults { at_s: 0 device: \"board\" kind: DRIFTING value: 6 }"
                + "faults { at_s: 0 device: \"radiator\" kind: NOISY value: 5 seed: 3 }"
                + "faults { at_s: 0 device: \"zone0\" kind: STUCK value: 33 }");
    double least = Double.MAX_VALUE;
    double most = -Double.MAX_VALUE;
    for (int i = 0; i < 100; i++) {
      run(rig, 0.1);
      double radiator = world.get(BoardMap.RADIATOR, Chip.MICROCELSIUS) / 1e6;
      least = Math.min(least, radiator);
      most = Math.max(most, radiator);
      assertThat(world.get(BoardMap.railMonitor(0), Chip.CURRENT_MICROAMPERES))
          .isEqualTo(2_500_000);
      assertThat(world.get(Header.ZONE_MICROCELSIUS)).isEqualTo(33_000_000);
    }
    assertThat(most - least).isGreaterThan(10);
    // 15 degrees of radiator and 30 W over 0.4 K/W, and a degree for each ten seconds
    assertThat(world.get(BoardMap.BOARD_SENSOR, Chip.MICROCELSIUS) / 1e6)
        .isCloseTo(28, within(0.3));
    assertThat(log.toString()).contains("\"board_c\":27.00");
  }

  @Test
  void pumpsAndHeatersActOnTheHeat() throws IOException {
    Rig rig =
        rig(
            "faults { at_s: 1 device: \"pump0\" kind: PUMP_STALL }"
                + "faults { at_s: 1 device: \"pump1\" kind: PUMP_STALL }"
                + "faults { at_s: 1 device: \"heater1\" kind: HEATER_STUCK_ON }");
    run(rig, 400);
    assertThat(world.get(BoardMap.PUMPS, Chip.INPUT, 0)).isZero();
    // 15 W over twice 0.6 K/W above the radiator
    double radiator = world.get(Header.RADIATOR_MICROCELSIUS) / 1e6;
    assertThat(world.get(0, Card.MICROCELSIUS) / 1e6 - radiator).isCloseTo(18, within(0.5));
    assertThat(radiator).isGreaterThan(17);
    assertThat(log.toString()).contains("\"heaters\":[0.000,1.000]").contains("\"bus_w\":80.00");
  }

  @Test
  void thePowerLimitHolds() throws IOException {
    Rig rig = rig("");
    when(processes.usage(77)).thenAnswer(call -> Optional.of(new Processes.Usage(now, 1)));
    world.set(0, Card.HOLDERS, 0, 77);
    run(rig, 2);
    assertThat(world.get(0, Card.MILLIWATTS)).isEqualTo(60_000);
    world.set(0, Card.LIMIT_MILLIWATTS, 40_000);
    run(rig, 1);
    assertThat(world.get(0, Card.MILLIWATTS)).isEqualTo(40_000);
    assertThat(world.get(0, Card.THROTTLE) & 0x4).isEqualTo(0x4);
  }

  @Test
  void aBrownOutResetsThePartsAndADeepOneTheCards() throws IOException {
    Rig rig = rig("faults { at_s: 1 device: \"bus\" kind: BROWN_OUT value: 10 for_s: 2 }");
    run(rig, 2);
    assertThat(world.get(BoardMap.HEATERS, Chip.RESETS)).isEqualTo(2);
    assertThat(world.get(BoardMap.BUS_MONITOR, Chip.BUS_MICROVOLTS) / 1e6)
        .isCloseTo(10, within(0.02));
    assertThat(world.get(0, Card.PRESENT)).isZero();
    run(rig, 2);
    assertThat(world.get(0, Card.PRESENT)).isEqualTo(1);
    assertThat(world.get(BoardMap.BUS_MONITOR, Chip.BUS_MICROVOLTS) / 1e6).isGreaterThan(24);
  }

  @Test
  void theWatchdogBitesAFlightThatHangs() throws IOException {
    when(processes.pause(88)).thenReturn(true);
    when(processes.kill(88)).thenReturn(true);
    Rig rig = rig("faults { at_s: 1 kind: FLIGHT_HANGS }");
    run(rig, 3);
    verify(processes, never()).pause(anyLong());
    world.set(Header.WATCHDOG_PID, 88);
    world.set(Header.WATCHDOG_TIMEOUT_S, 10);
    world.set(Header.WATCHDOG_KICKED_NS, now);
    world.set(Header.WATCHDOG_ARMED, 1);
    run(rig, 9);
    verify(processes).pause(88);
    verify(processes, never()).kill(88);
    run(rig, 2);
    verify(processes).kill(88);
    assertThat(world.get(Header.WATCHDOG_CAUSE)).isEqualTo(BoardWatchdog.CARD_RESET);
    assertThat(world.get(Header.WATCHDOG_ARMED)).isZero();
    assertThat(log.toString()).contains("{\"happened\":\"watchdog_bite\",\"device\":\"watchdog\"");
  }

  @Test
  void theClockJumpsOrStartsAt1970() throws IOException {
    Rig rig =
        rig(
            "faults { at_s: 1 kind: CLOCK_JUMP value: -60 }"
                + "faults { at_s: 3 kind: CLOCK_BACK_TO_1970 }");
    run(rig, 2);
    assertThat(world.get(Header.CLOCK_OFFSET_NS)).isEqualTo(-60_000_000_000L);
    assertThat(world.get(Header.RTC_OFFSET_NS)).isZero();
    run(rig, 2);
    long utc = TestWorld.TIME.utcNanos(3 * SECOND);
    assertThat(utc + world.get(Header.CLOCK_OFFSET_NS)).isZero();
    assertThat(utc + world.get(Header.RTC_OFFSET_NS)).isZero();
  }

  @Test
  void aHungBusIsFreedByPulsesOrAtTheEnd() throws IOException {
    Rig rig =
        rig(
            "faults { at_s: 1 device: \"i2c-1\" kind: BUS_HUNG }"
                + "faults { at_s: 1 for_s: 5 device: \"radiator\" kind: BUS_HUNG value: 1 }");
    run(rig, 2);
    assertThat(world.get(Header.BUS_HUNG, 1)).isEqualTo(WorldLayout.HUNG_UNTIL_CLOCKED);
    assertThat(world.get(Header.BUS_HUNG, 2)).isEqualTo(WorldLayout.HUNG_UNTIL_POWERED);
    world.set(Header.BUS_HUNG, 1, 0); // as the drop-in does when the driver is bound
    world.set(Header.BUS_FREED, 1, 1);
    run(rig, 5);
    assertThat(world.get(Header.BUS_HUNG, 2)).isZero();
    assertThat(log.toString())
        .contains("{\"happened\":\"bus_freed\",\"device\":\"i2c-1\"")
        .contains("{\"happened\":\"bus_freed\",\"device\":\"radiator\"");
  }

  @Test
  void aRigThatIsStartedAgainGoesOnWithWhatLasts() throws IOException {
    String text =
        "faults { at_s: 1 for_s: 20 device: \"plate0\" kind: NO_ACKNOWLEDGE }"
            + "faults { at_s: 1 device: \"card0\" kind: CARD_FALLS_OFF }"
            + "faults { at_s: 1 device: \"card1\" kind: ECC_BURST }";
    Rig first = rig(text);
    run(first, 3);
    command(0, false, 6_000_000);
    run(first, 1);
    command(0, true, 6_000_000);
    Rig second = rig(text);
    run(second, 3);
    assertThat(world.get(BoardMap.plateSensor(0), Chip.PRESENT)).isZero();
    assertThat(world.get(0, Card.PRESENT)).as("its rail has been off").isEqualTo(1);
    assertThat(world.get(1, Card.ECC_CORRECTED)).isEqualTo(10);
    run(second, 20);
    assertThat(world.get(BoardMap.plateSensor(0), Chip.PRESENT)).isEqualTo(1);
    assertThat(log.toString().split("\"fault\"", -1)).hasSize(4);
  }

  @Test
  void twoRunsOfOneScenarioAreAlike() throws IOException {
    String text = "faults { at_s: 1 device: \"board\" kind: NOISY value: 2 seed: 9 }";
    run(rig(text), 20);
    String first = log.toString();
    long board = world.get(BoardMap.BOARD_SENSOR, Chip.MICROCELSIUS);
    folder = folder.resolve("again");
    Files.createDirectories(folder);
    log.getBuffer().setLength(0);
    now = 0;
    run(rig(text), 20);
    assertThat(log.toString()).isEqualTo(first);
    assertThat(world.get(BoardMap.BOARD_SENSOR, Chip.MICROCELSIUS)).isEqualTo(board);
  }

  @Test
  void whatSendsByItselfIsSilentWhenItIsTold() throws IOException {
    Rig rig = rig("faults { at_s: 5 device: \"gnss\" kind: NO_ACKNOWLEDGE }");
    run(rig, 4.9);
    byte[] bytes = Files.readAllBytes(folder.resolve("world"));
    ByteBuffer file = ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
    long ubx = file.getLong(WorldLayout.streamOffset(0, WorldLayout.Stream.HEAD));
    assertThat(ubx).isEqualTo(5 * 100);
    int ring = WorldLayout.streamOffset(0, WorldLayout.Stream.RING);
    assertThat(bytes[ring]).isEqualTo((byte) 0xb5);
    assertThat(bytes[ring + 1]).isEqualTo((byte) 0x62);
    int nmea = WorldLayout.streamOffset(1, WorldLayout.Stream.RING);
    assertThat(new String(bytes, nmea, 20, StandardCharsets.US_ASCII))
        .startsWith("$GNGGA,080000.00,");
    // 25 times attitude and rates, 5 times health
    assertThat(file.getLong(WorldLayout.streamOffset(2, WorldLayout.Stream.HEAD)))
        .isEqualTo(16 * (25 * 2 + 5));
    run(rig, 5);
    file = ByteBuffer.wrap(Files.readAllBytes(folder.resolve("world")));
    file.order(ByteOrder.nativeOrder());
    assertThat(file.getLong(WorldLayout.streamOffset(0, WorldLayout.Stream.HEAD))).isEqualTo(ubx);
  }
}

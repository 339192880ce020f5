package org.heliostat.hil.rig;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import org.heliostat.hil.rig.WorldLayout.Chip;
import org.heliostat.hil.rig.WorldLayout.Header;
import org.heliostat.protocol.Scenario;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * The part models, register for register. Mission time all but stands still, and moves when the
 * test says so: a value must not change before its conversion ends.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PartsTest {
  private static final long ALL_BUT_STILL_PPM = 1_000;

  private FlightProcess flight;
  private World world = TestWorld.none();

  @BeforeAll
  void start(@TempDir Path folder) throws IOException {
    world =
        World.open(
            folder.resolve("world"),
            new MissionTime(
                System.nanoTime(),
                1_000_000_000_000L,
                1_800_000_000_000_000_000L,
                ALL_BUT_STILL_PPM),
            2,
            fresh -> {
              Scenario scenario = Scenario.getDefaultInstance();
              BoardMap.populate(fresh, scenario, 2);
              Rig.write(fresh, scenario, new Physics(scenario, 2));
            });
    flight = FlightProcess.start(folder);
  }

  @AfterAll
  void end() {
    flight.close();
  }

  /** Every part as after its second power-on: it has converted nothing yet. */
  @BeforeEach
  void powerOn() {
    for (int chip = 0; chip < world.get(Header.CHIP_COUNT); chip++) {
      world.set(chip, Chip.RESETS, world.get(chip, Chip.RESETS) + 2);
      world.set(chip, Chip.PRESENT, 1);
      world.set(chip, Chip.FROZEN, 0);
      world.set(chip, Chip.WRONG_PEC, 0);
      world.set(chip, Chip.LATCHED, 0);
    }
  }

  private void advance(double seconds) {
    world.set(
        Header.MISSION_EPOCH_NS, world.get(Header.MISSION_EPOCH_NS) + Math.round(seconds * 1e9));
  }

  private String ask(String what) throws IOException {
    return flight.ask("xfer " + what);
  }

  /** A word as parts send it that send the high byte first. */
  private int word(int bus, int address, int register) throws IOException {
    return swapped(pmbus(bus, address, register, false));
  }

  private void setWord(int bus, int address, int register, int value) throws IOException {
    assertThat(
            ask(
                "/dev/i2c-%d 0x%02x 0 w 3 %d %02x%02x"
                    .formatted(bus, address, register, value >> 8 & 0xff, value & 0xff)))
        .isEqualTo("ok");
  }

  private int octet(int bus, int address, int register) throws IOException {
    String answer = ask("/dev/i2c-%d 0x%02x 0 r 2 %d".formatted(bus, address, register));
    assertThat(answer).startsWith("ok ");
    return Integer.parseInt(answer.substring(3), 16);
  }

  private void setOctet(int bus, int address, int register, int value) throws IOException {
    assertThat(ask("/dev/i2c-%d 0x%02x 0 w 2 %d %02x".formatted(bus, address, register, value)))
        .isEqualTo("ok");
  }

  /** A PMBus word: low byte first. */
  private int pmbus(int bus, int address, int command, boolean pec) throws IOException {
    String answer =
        ask("/dev/i2c-%d 0x%02x %d r 3 %d".formatted(bus, address, pec ? 1 : 0, command));
    assertThat(answer).startsWith("ok ");
    return swapped(Integer.parseInt(answer.substring(3), 16));
  }

  private void setPmbus(int address, int command, int value) throws IOException {
    assertThat(
            ask(
                "/dev/i2c-3 0x%02x 1 w 3 %d %02x%02x"
                    .formatted(address, command, value & 0xff, value >> 8)))
        .isEqualTo("ok");
  }

  private static int swapped(int word) {
    return (word & 0xff) << 8 | word >> 8;
  }

  @Test
  void ina226HasItsPowerOnValuesAndConvertsInItsTime() throws IOException {
    world.set(BoardMap.BUS_MONITOR, Chip.BUS_MICROVOLTS, 28_000_000);
    world.set(BoardMap.BUS_MONITOR, Chip.CURRENT_MICROAMPERES, 2_000_000);
    assertThat(word(1, 0x40, 0)).isEqualTo(0x4127);
    assertThat(word(1, 0x40, 5)).isZero();
    assertThat(word(1, 0x40, 0xfe)).isEqualTo(0x5449);
    assertThat(word(1, 0x40, 0xff)).isEqualTo(0x2260);
    setWord(1, 0x40, 5, 2048);
    setWord(1, 0x40, 0, 0x4127);
    advance(0.0021); // two conversions of 1.1 ms each
    assertThat(word(1, 0x40, 2)).isZero();
    assertThat(word(1, 0x40, 6) & 0x0008).isZero();
    advance(0.0002);
    assertThat(word(1, 0x40, 2)).isEqualTo(22_400);
    assertThat(word(1, 0x40, 1)).isEqualTo(4_000);
    assertThat(word(1, 0x40, 4)).isEqualTo(4_000);
    assertThat(word(1, 0x40, 3)).isEqualTo(4_000 * 22_400 / 20_000);
    assertThat(word(1, 0x40, 6) & 0x0008).isEqualTo(0x0008);
    assertThat(word(1, 0x40, 6) & 0x0008).as("cleared by reading").isZero();
  }

  @Test
  void ina226KeepsReadOnlyRegistersAndReservedBitsAndResetsItself() throws IOException {
    setWord(1, 0x40, 2, 0x1234);
    assertThat(word(1, 0x40, 2)).isZero();
    setWord(1, 0x40, 5, 0xffff);
    assertThat(word(1, 0x40, 5)).isEqualTo(0x7fff);
    setWord(1, 0x40, 0, 0x7fff);
    assertThat(word(1, 0x40, 0)).isEqualTo(0x4fff);
    setWord(1, 0x40, 0, 0x8000);
    assertThat(word(1, 0x40, 0)).isEqualTo(0x4127);
    assertThat(word(1, 0x40, 5)).isZero();
  }

  @Test
  void ina226LatchesItsAlert() throws IOException {
    world.set(BoardMap.BUS_MONITOR, Chip.BUS_MICROVOLTS, 28_000_000);
    setWord(1, 0x40, 7, 20_000);
    setWord(1, 0x40, 6, 0x2001); // bus over-voltage, latched
    advance(0.003);
    assertThat(word(1, 0x40, 6) & 0x0010).isEqualTo(0x0010);
    world.set(BoardMap.BUS_MONITOR, Chip.BUS_MICROVOLTS, 20_000_000);
    advance(0.003);
    assertThat(word(1, 0x40, 6) & 0x0010).as("read once").isZero();
  }

  @Test
  void aFrozenPartConvertsNoMore() throws IOException {
    world.set(BoardMap.BUS_MONITOR, Chip.BUS_MICROVOLTS, 28_000_000);
    advance(0.01);
    int before = word(1, 0x40, 2);
    world.set(BoardMap.BUS_MONITOR, Chip.FROZEN, 1);
    world.set(BoardMap.BUS_MONITOR, Chip.BUS_MICROVOLTS, 20_000_000);
    advance(1);
    assertThat(word(1, 0x40, 2)).isEqualTo(before);
    world.set(BoardMap.BUS_MONITOR, Chip.FROZEN, 0);
    advance(0.01);
    assertThat(word(1, 0x40, 2)).isEqualTo(16_000);
  }

  @Test
  void ina228MeasuresInTwentyBits() throws IOException {
    world.set(BoardMap.SOLAR, Chip.BUS_MICROVOLTS, 31_250_000);
    world.set(BoardMap.SOLAR, Chip.CURRENT_MICROAMPERES, 10_000_000);
    assertThat(word(2, 0x40, 0x3e)).isEqualTo(0x5449);
    assertThat(word(2, 0x40, 0x3f) >> 4).isEqualTo(0x228);
    assertThat(word(2, 0x40, 1)).isEqualTo(0xfb68);
    assertThat(word(2, 0x40, 2)).isEqualTo(0x1000);
    setWord(2, 0x40, 2, 2500); // 5 milliohms, 20 A
    advance(0.1);
    assertThat(ask("/dev/i2c-2 0x40 0 r 8 5 03")).isEqualTo("ok 03271000"); // 160,000 steps
    assertThat(ask("/dev/i2c-2 0x40 0 r 8 4 03")).isEqualTo("ok 03271000");
    assertThat(ask("/dev/i2c-2 0x40 0 r 8 7 03")).isEqualTo("ok 03400000"); // half of the range
    assertThat(word(2, 0x40, 0x0b) & 2).isEqualTo(2);
    assertThat(word(2, 0x40, 0x0b) & 2).isZero();
  }

  @Test
  void thermometersConvertInTheirTime() throws IOException {
    world.set(BoardMap.BOARD_SENSOR, Chip.MICROCELSIUS, 25_300_000);
    world.set(BoardMap.plateSensor(0), Chip.MICROCELSIUS, -10_700_000);
    world.set(BoardMap.RADIATOR, Chip.MICROCELSIUS, 12_345_678);
    assertThat(word(1, 0x48, 0)).isZero();
    assertThat(word(1, 0x48, 2)).isEqualTo(0x4b00);
    assertThat(word(1, 0x48, 3)).isEqualTo(0x5000);
    setOctet(1, 0x49, 1, 0x60);
    assertThat(word(2, 0x49, 0)).isEqualTo(0x8000);
    assertThat(word(2, 0x49, 0x0f)).isEqualTo(0x0117);
    assertThat(word(2, 0x49, 1)).isEqualTo(0x0220);
    advance(0.11);
    assertThat(word(1, 0x48, 0)).isEqualTo(0x1900);
    assertThat(word(1, 0x49, 0)).as("220 ms for 12 bits").isZero();
    advance(0.12);
    assertThat((short) word(1, 0x49, 0) / 256.0).isCloseTo(-10.7, within(0.07));
    assertThat(word(2, 0x49, 1) & 0x2000).as("data ready").isEqualTo(0x2000);
    assertThat(word(2, 0x49, 0) / 128.0).isCloseTo(12.3457, within(0.005));
    assertThat(word(2, 0x49, 1) & 0x2000).isZero();
  }

  @Test
  void adm1272MeasuresInDirectFormatWithCheckCodes() throws IOException {
    int chip = BoardMap.powerSwitch(0);
    world.set(chip, Chip.INPUT, 0, 12_000_000);
    world.set(chip, Chip.INPUT, 1, 12_000_000);
    world.set(chip, Chip.CURRENT_MICROAMPERES, 5_000_000);
    assertThat(ask("/dev/i2c-3 0x10 1 r 5 0x99")).isEqualTo("ok 03414449"); // ADI
    assertThat(octet(3, 0x10, 0x01)).isEqualTo(0x80);
    setPmbus(0x10, 0xd4, 0x071e); // voltage behind the switch and temperature, too
    advance(0.04);
    assertThat(pmbus(3, 0x10, 0x88, true)).isEqualTo(812);
    assertThat(pmbus(3, 0x10, 0x8b, true)).isEqualTo(812);
    assertThat(pmbus(3, 0x10, 0x8c, true)).isBetween(3705, 3706);
    assertThat(pmbus(3, 0x10, 0x79, true)).isZero();

    world.set(chip, Chip.WRONG_PEC, 1);
    assertThat(ask("/dev/i2c-3 0x10 1 r 3 0x8c")).isEqualTo("errno 74");
    assertThat(ask("/dev/i2c-3 0x10 0 r 3 0x8c")).as("nobody looks").startsWith("ok");
    assertThat(ask("/dev/i2c-3 0x10 1 w 2 0x01 00")).isEqualTo("errno 121");
    world.set(chip, Chip.WRONG_PEC, 0);
    assertThat(octet(3, 0x10, 0x01)).isEqualTo(0x80);
  }

  @Test
  void adm1272RefusesWhatItDoesNotKnow() throws IOException {
    assertThat(ask("/dev/i2c-3 0x10 1 r 3 0x8e")).isEqualTo("errno 121");
    assertThat(octet(3, 0x10, 0x7e)).isEqualTo(0x80);
    assertThat(ask("/dev/i2c-3 0x10 1 w 3 0x8c 0000")).as("read only").isEqualTo("errno 121");
    assertThat(pmbus(3, 0x10, 0x79, true) & 0x0002).isEqualTo(0x0002);
    assertThat(ask("/dev/i2c-3 0x10 1 w 1 0x03")).as("CLEAR_FAULTS").isEqualTo("ok");
    assertThat(octet(3, 0x10, 0x7e)).isZero();
  }

  @Test
  void adm1272StaysOffAfterAnOverCurrentUntilItIsTurnedOffAndOn() throws IOException {
    int chip = BoardMap.powerSwitch(0);
    setPmbus(0x10, 0x4a, (1326 * 2 * 5 / 2 + 20480) / 10);
    assertThat(world.get(chip, Chip.OUTPUT, 1))
        .as("15 mV over the resistor, whatever the warning limit is")
        .isEqualTo(6_000_000L);
    world.set(chip, Chip.TRIPS, world.get(chip, Chip.TRIPS) + 1);
    world.set(chip, Chip.LATCHED, 1);
    assertThat(pmbus(3, 0x10, 0x79, true) & 0x4050).isEqualTo(0x4050);
    assertThat(octet(3, 0x10, 0x7b) & 0x80).isEqualTo(0x80);
    assertThat(ask("/dev/i2c-3 0x10 1 w 1 0x03")).isEqualTo("ok");
    assertThat(world.get(chip, Chip.LATCHED)).as("cleared, and still off").isEqualTo(1);
    setOctet(3, 0x10, 0x01, 0x00);
    assertThat(world.get(chip, Chip.OUTPUT, 0)).isZero();
    assertThat(world.get(chip, Chip.LATCHED)).isZero();
    setOctet(3, 0x10, 0x01, 0x80);
    assertThat(world.get(chip, Chip.OUTPUT, 0)).isEqualTo(1);
    assertThat(octet(3, 0x10, 0x7b)).isZero();
  }

  @Test
  void aPowerCycleTakesFiveSeconds() throws IOException {
    int chip = BoardMap.powerSwitch(0);
    assertThat(ask("/dev/i2c-3 0x10 1 w 1 0xd9")).isEqualTo("ok");
    assertThat(world.get(chip, Chip.OUTPUT, 0)).isZero();
    advance(4.9);
    octet(3, 0x10, 0x01);
    assertThat(world.get(chip, Chip.OUTPUT, 0)).isZero();
    advance(0.2);
    octet(3, 0x10, 0x01);
    assertThat(world.get(chip, Chip.OUTPUT, 0)).isEqualTo(1);
  }

  @Test
  void thePmbusSwitchSpeaksLinear11AndLinear16() throws IOException {
    world.set(BoardMap.AUX, Chip.INPUT, 0, 5_000_000);
    world.set(BoardMap.AUX, Chip.INPUT, 1, 5_000_000);
    world.set(BoardMap.AUX, Chip.CURRENT_MICROAMPERES, 500_000);
    assertThat(octet(3, 0x50, 0x20)).isEqualTo(0x17);
    advance(0.03);
    assertThat(pmbus(3, 0x50, 0x8b, true)).isEqualTo(5 << 9);
    assertThat(linear11(pmbus(3, 0x50, 0x8c, true))).isCloseTo(0.5, within(0.001));
    assertThat(linear11(pmbus(3, 0x50, 0x88, true))).isCloseTo(5, within(0.01));
    assertThat(linear11(pmbus(3, 0x50, 0x46, true))).isEqualTo(8);
    setPmbus(0x50, 0x46, 0xd080); // 2 A
    assertThat(world.get(BoardMap.AUX, Chip.OUTPUT, 1)).isEqualTo(2_000_000);
    setOctet(3, 0x50, 0x10, 0x80);
    setOctet(3, 0x50, 0x01, 0x00);
    assertThat(octet(3, 0x50, 0x01)).as("write protected").isEqualTo(0x80);
    assertThat(octet(3, 0x50, 0x7e)).isEqualTo(0x40);
    assertThat(ask("/dev/i2c-3 0x50 1 r 5 0x9a")).isEqualTo("ok 0a5249472d535749544348");
  }

  private static double linear11(int word) {
    int mantissa = (short) (word << 5) >> 5;
    return mantissa * Math.pow(2, (short) word >> 11);
  }

  @Test
  void pca9685DrivesNothingUntilItIsWoken() throws IOException {
    assertThat(octet(2, 0x60, 0)).isEqualTo(0x11);
    assertThat(octet(2, 0x60, 9)).isEqualTo(0x10);
    assertThat(octet(2, 0x60, 0xfe)).isEqualTo(0x1e);
    setOctet(2, 0x60, 0xfe, 30);
    setOctet(2, 0x60, 0, 0x21);
    setOctet(2, 0x60, 0xfe, 99);
    assertThat(octet(2, 0x60, 0xfe)).as("only while it sleeps").isEqualTo(30);
    // channel 1, half: with auto-increment the four registers go in one transfer
    assertThat(ask("/dev/i2c-2 0x60 0 w 8 10 0400000008")).isEqualTo("ok");
    assertThat(world.get(BoardMap.HEATERS, Chip.OUTPUT, 1)).isEqualTo(500_000);
    assertThat(world.get(BoardMap.HEATERS, Chip.OUTPUT, 0)).isZero();
    setOctet(2, 0x60, 0, 0x31);
    assertThat(world.get(BoardMap.HEATERS, Chip.OUTPUT, 1)).as("asleep").isZero();
  }

  @Test
  void emc2305DrivesFullyWhenNobodySetsItInFourSeconds() throws IOException {
    assertThat(octet(2, 0x2c, 0xfd)).isEqualTo(0x34);
    assertThat(octet(2, 0x2c, 0xfe)).isEqualTo(0x5d);
    assertThat(octet(2, 0x2c, 0x30)).isZero();
    assertThat(world.get(BoardMap.PUMPS, Chip.OUTPUT, 0)).isZero();
    advance(4.1);
    assertThat(octet(2, 0x2c, 0x30)).isEqualTo(0xff);
    assertThat(world.get(BoardMap.PUMPS, Chip.OUTPUT, 1)).isEqualTo(1_000_000);
    setOctet(2, 0x2c, 0x30, 0x80);
    assertThat(world.get(BoardMap.PUMPS, Chip.OUTPUT, 0)).isBetween(500_000L, 503_000L);
    advance(60);
    assertThat(octet(2, 0x2c, 0x30)).isEqualTo(0x80);
  }

  @Test
  void emc2305CountsItsTachometer() throws IOException {
    world.set(BoardMap.PUMPS, Chip.INPUT, 0, 4800);
    world.set(BoardMap.PUMPS, Chip.INPUT, 1, 0);
    setOctet(2, 0x2c, 0x30, 0xff);
    setOctet(2, 0x2c, 0x40, 0xff);
    advance(0.2);
    int count = octet(2, 0x2c, 0x3e) << 5 | octet(2, 0x2c, 0x3f) >> 3;
    assertThat(3_932_160.0 * 2 / count).isCloseTo(4800, within(5.0));
    assertThat(octet(2, 0x2c, 0x25)).isEqualTo(0x02);
    world.set(BoardMap.PUMPS, Chip.INPUT, 1, 4800);
  }

  @Test
  void ads1115ConvertsOnceOrAgainAndAgain() throws IOException {
    world.set(BoardMap.DOSE, Chip.INPUT, 0, 1_024_000);
    assertThat(word(2, 0x48, 1)).isEqualTo(0x8583);
    setWord(2, 0x48, 1, 0xc383); // AIN0, 4.096 V, once, 128 a second
    assertThat(word(2, 0x48, 1) & 0x8000).as("converts").isZero();
    advance(0.005);
    assertThat(word(2, 0x48, 0)).isZero();
    advance(0.005);
    assertThat(word(2, 0x48, 1) & 0x8000).isEqualTo(0x8000);
    assertThat(word(2, 0x48, 0)).isEqualTo(8192);
    world.set(BoardMap.DOSE, Chip.INPUT, 0, 2_048_000);
    advance(1);
    assertThat(word(2, 0x48, 0)).isEqualTo(8192);
    setWord(2, 0x48, 1, 0x4283);
    advance(0.01);
    assertThat(word(2, 0x48, 0)).isEqualTo(16_384);
  }

  @Test
  void adxl345FillsItsFifoInTimeAndSaysWhenItOverran() throws IOException {
    world.set(BoardMap.VIBRATION, Chip.INPUT, 0, 80_000);
    world.set(BoardMap.VIBRATION, Chip.INPUT, 1, 500_000);
    world.set(BoardMap.VIBRATION, Chip.INPUT, 2, 1_000);
    assertThat(octet(2, 0x53, 0)).isEqualTo(0xe5);
    setOctet(2, 0x53, 0x31, 0x0b); // full resolution, 16 g
    setOctet(2, 0x53, 0x2c, 0x0d); // 800 a second
    setOctet(2, 0x53, 0x38, 0x90); // stream, watermark 16
    setOctet(2, 0x53, 0x2d, 0x08);
    assertThat(octet(2, 0x53, 0x39)).isZero();
    advance(0.02505);
    assertThat(octet(2, 0x53, 0x39)).isEqualTo(20);
    assertThat(octet(2, 0x53, 0x30) & 0x83).isEqualTo(0x82);
    int most = 0;
    for (int i = 0; i < 20; i++) {
      String answer = ask("/dev/i2c-2 0x53 0 r 8 0x32 06");
      int x = Integer.parseInt(answer.substring(5, 9), 16);
      most = Math.max(most, Math.abs((short) swapped(x)));
    }
    assertThat(most / 256.0).isCloseTo(0.5, within(0.05));
    assertThat(octet(2, 0x53, 0x39)).isZero();
    advance(0.1);
    assertThat(octet(2, 0x53, 0x39)).isEqualTo(32);
    assertThat(octet(2, 0x53, 0x30) & 0x01).isEqualTo(0x01);
  }

  @Test
  void randomTrafficEndsInAnswersAndNothingElse() throws IOException {
    for (int seed = 0; seed < 4; seed++) {
      assertThat(flight.ask("fuzz " + seed + " 20000")).matches("fuzzed [0-9]{4,}");
    }
    assertThat(word(1, 0x40, 0xfe)).isEqualTo(0x5449);
  }
}

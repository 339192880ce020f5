package org.heliostat.hal.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.heliostat.hal.Board;
import org.heliostat.hal.FakeLibc;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.Heater;
import org.heliostat.hal.Polled;
import org.heliostat.hal.PowerSwitch;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A part that resets itself is seen, set up again and counted once: for every part that keeps a
 * set-up, and also where the set-up itself is cut off, after whichever of its transfers.
 */
class ResetTest {
  private static final int EACCES = 13;
  private static final int ADDRESS = 0x40;

  /**
   * A part that keeps a set-up.
   *
   * @param setUp the registers of the set-up
   * @param reset leaves in the registers what they hold after a reset
   */
  private record Kept(
      String name,
      String driver,
      Map<String, String> parameters,
      List<Integer> setUp,
      Consumer<FakeLibc.Part> reset) {
    List<Integer> held(FakeLibc.Part part) {
      return setUp.stream().map(register -> part.registers.getOrDefault(register, 0)).toList();
    }

    @Override
    public String toString() {
      return name;
    }
  }

  private static void resetAdm1272(FakeLibc.Part part) {
    part.littleEndian = true;
    part.blocks.put(PmbusSwitch.MFR_ID, new byte[] {'A', 'D', 'I'});
    part.registers.put(PmbusSwitch.PMON_CONFIG, 0x0714);
    part.registers.put(PmbusSwitch.IOUT_OC_WARN_LIMIT, 0x0fff);
    part.registers.put(PmbusSwitch.OPERATION, PmbusSwitch.ON);
    part.registers.put(PmbusSwitch.READ_TEMPERATURE_1, 3292);
  }

  private static final List<Kept> PARTS =
      List.of(
          new Kept(
              "ina226",
              "ina226",
              Map.of("shunt_ohms", "0.005", "max_amperes", "16"),
              List.of(Ina226.CALIBRATION),
              part -> {
                part.registers.put(Ina226.CONFIGURATION, 0x4127);
                part.registers.put(Ina226.CALIBRATION, 0);
                part.registers.put(Ina226.MASK_ENABLE, Ina226.CONVERSION_READY);
                part.registers.put(Ina226.MANUFACTURER, Ina226.TEXAS_INSTRUMENTS);
              }),
          new Kept(
              "ina228",
              "ina228",
              Map.of("shunt_ohms", "0.005", "max_amperes", "20"),
              List.of(Ina228.CALIBRATION, Ina228.ADC_CONFIGURATION),
              part -> {
                part.registers.put(Ina228.CONFIGURATION, 0);
                part.registers.put(Ina228.CALIBRATION, 0x1000);
                part.registers.put(Ina228.ADC_CONFIGURATION, 0xFB68);
                part.registers.put(
                    Ina228.DIAGNOSIS, Ina228.CONVERSION_READY | Ina228.MEMORY_INTACT);
                part.registers.put(Ina228.MANUFACTURER, Ina228.TEXAS_INSTRUMENTS);
                part.registers.put(Ina228.DEVICE, 0x2281);
              }),
          new Kept(
              "tmp117",
              "tmp117",
              Map.of(),
              List.of(Tmp117.CONFIGURATION),
              part -> {
                part.registers.put(Tmp117.DEVICE, 0x0117);
                part.registers.put(Tmp117.CONFIGURATION, 0x0220);
                part.registers.put(Tmp117.TEMPERATURE, 0x0C80);
                part.written =
                    (register, value) -> part.registers.put(register, value | Tmp117.DATA_READY);
              }),
          new Kept(
              "tmp102",
              "tmp102",
              Map.of("bits", "13"),
              List.of(Lm75.CONFIGURATION),
              part -> {
                part.registers.put(Lm75.CONFIGURATION, 0x60A0);
              }),
          new Kept(
              "tmp105",
              "tmp105",
              Map.of("bits", "12"),
              List.of(Lm75.CONFIGURATION),
              part -> {
                part.registers.put(Lm75.CONFIGURATION, 0);
              }),
          new Kept(
              "adm1272",
              "pmbus-switch",
              Map.of("part", "adm1272", "sense_ohms", "0.001", "limit_amperes", "6"),
              List.of(
                  PmbusSwitch.PMON_CONFIG, PmbusSwitch.IOUT_OC_WARN_LIMIT, PmbusSwitch.OPERATION),
              ResetTest::resetAdm1272),
          new Kept(
              "adm1272 without limit",
              "pmbus-switch",
              Map.of("part", "adm1272", "sense_ohms", "0.001"),
              List.of(PmbusSwitch.PMON_CONFIG, PmbusSwitch.OPERATION),
              ResetTest::resetAdm1272),
          new Kept(
              "lm25066",
              "pmbus-switch",
              Map.of("part", "lm25066", "sense_ohms", "0.001", "limit_amperes", "20"),
              List.of(PmbusSwitch.MFR_IIN_OC_WARN_LIMIT, PmbusSwitch.OPERATION),
              part -> {
                part.littleEndian = true;
                part.registers.put(PmbusSwitch.DEVICE_SETUP, 0);
                part.registers.put(PmbusSwitch.MFR_IIN_OC_WARN_LIMIT, 0x0fff);
                part.registers.put(PmbusSwitch.OPERATION, PmbusSwitch.ON);
              }),
          new Kept(
              "linear",
              "pmbus-switch",
              Map.of("part", "linear", "limit_amperes", "8"),
              List.of(PmbusSwitch.IOUT_OC_FAULT_LIMIT, PmbusSwitch.OPERATION),
              part -> {
                part.littleEndian = true;
                part.registers.put(PmbusSwitch.VOUT_MODE, 0x17);
                part.registers.put(PmbusSwitch.IOUT_OC_FAULT_LIMIT, PmbusFormat.toLinear11(100));
                part.registers.put(PmbusSwitch.OPERATION, PmbusSwitch.ON);
              }),
          new Kept(
              "pca9685",
              "pca9685",
              Map.of("channel", "0", "duty", "0.5", "hertz", "400"),
              List.of(0, 0xFE, 6, 8),
              part -> {
                part.littleEndian = true;
                part.registers.put(Pca9685.MODE1, 0x11);
                part.registers.put(Pca9685.PRE_SCALE, 0x1e);
                part.registers.put(Pca9685.FIRST_CHANNEL, 0);
                part.registers.put(Pca9685.FIRST_CHANNEL + 2, Pca9685.FULL);
              }),
          new Kept(
              "emc2305",
              "emc2305",
              Map.of("channel", "0", "duty", "0.5"),
              List.of(
                  Emc2305.FIRST_CHANNEL + Emc2305.CONFIGURATION_1,
                  Emc2305.FIRST_CHANNEL + Emc2305.VALID_TACH_COUNT,
                  Emc2305.FIRST_CHANNEL + Emc2305.SETTING),
              part -> {
                part.registers.put(Emc2305.MANUFACTURER, Emc2305.SMSC);
                part.registers.put(Emc2305.PRODUCT, 0x34);
                part.registers.put(Emc2305.FIRST_CHANNEL + Emc2305.CONFIGURATION_1, 0x2b);
                part.registers.put(Emc2305.FIRST_CHANNEL + Emc2305.VALID_TACH_COUNT, 0xf5);
                part.registers.put(Emc2305.FIRST_CHANNEL + Emc2305.SETTING, 0xff);
                part.registers.put(Emc2305.FIRST_CHANNEL + Emc2305.TACH_HIGH, 0x20);
              }),
          new Kept(
              "ads1115",
              "ads1115-radfet",
              Map.of("zero_volts", "1", "volts_per_gray", "0.002"),
              List.of(Ads1115Radfet.CONFIGURATION),
              part -> {
                part.registers.put(Ads1115Radfet.CONFIGURATION, 0x8583);
              }),
          new Kept(
              "adxl345",
              "adxl345",
              Map.of("bands", "5-50", "rate_hz", "800"),
              List.of(
                  Adxl345.POWER_CONTROL, Adxl345.RATE, Adxl345.DATA_FORMAT, Adxl345.FIFO_CONTROL),
              part -> {
                part.registers.put(Adxl345.DEVICE, Adxl345.ADXL345);
                part.registers.put(Adxl345.POWER_CONTROL, 0);
                part.registers.put(Adxl345.RATE, Adxl345.RATE_100);
                part.registers.put(Adxl345.DATA_FORMAT, 0);
                part.registers.put(Adxl345.FIFO_CONTROL, 0);
                part.registers.put(Adxl345.FIFO_STATUS, 32);
                part.blocks.put(Adxl345.DATA, new byte[6]);
              }));

  static List<Kept> parts() {
    return PARTS;
  }

  /** The parts that take their first sample while the driver sleeps. */
  static List<Kept> sleepers() {
    Set<String> names = Set.of("tmp102", "ads1115", "adxl345");
    return PARTS.stream().filter(kept -> names.contains(kept.name())).toList();
  }

  private final FakeLibc libc = new FakeLibc();
  private final FakeLibc.Part part = libc.part(ADDRESS);

  /** A device that was set up, and commanded away from what a reset leaves, where it can be. */
  private Polled<?> open(Kept kept, Board board) throws HardwareFault {
    kept.reset().accept(part);
    Map<String, String> parameters = new HashMap<>(kept.parameters());
    parameters.putAll(Map.of("bus", "/dev/i2c-1", "address", "0x40"));
    Polled<?> device = board.device(Polled.class, "device", kept.driver(), parameters);
    device.poll();
    if (device instanceof PowerSwitch rail) {
      rail.off();
    } else if (device instanceof Heater heater) {
      heater.setDuty(0.75);
    }
    device.poll();
    return device;
  }

  @ParameterizedTest
  @MethodSource("parts")
  void aResetIsSeenSetUpAgainAndCountedOnce(Kept kept) throws HardwareFault {
    try (Board board = libc.board()) {
      Polled<?> device = open(kept, board);
      List<Integer> before = kept.held(part);
      assertThat(device.resets()).isZero();
      for (int resets = 1; resets <= 3; resets++) {
        kept.reset().accept(part);
        assertThat(kept.held(part)).isNotEqualTo(before);
        device.poll();
        assertThat(kept.held(part)).isEqualTo(before);
        device.poll();
        assertThat(device.resets()).isEqualTo(resets);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("parts")
  void aSetUpThatIsCutOffIsDoneAgainAndCountedOnce(Kept kept) throws HardwareFault {
    try (Board board = libc.board()) {
      Polled<?> device = open(kept, board);
      List<Integer> before = kept.held(part);
      long resets = 0;
      boolean cut = true;
      for (int let = 0; cut; let++) {
        kept.reset().accept(part);
        libc.errors.clear();
        for (int i = 0; i < let; i++) {
          libc.errors.add(0);
        }
        // one that is not tried again
        libc.errors.add(EACCES);
        try {
          device.poll();
          // the error lies behind all transfers of the poll
          cut = false;
        } catch (HardwareFault e) {
          assertThat(e.kind()).isEqualTo(HardwareFault.Kind.REFUSED);
        }
        libc.errors.clear();
        device.poll();
        resets++;
        assertThat(kept.held(part)).as("cut off after transfer " + let).isEqualTo(before);
        assertThat(device.resets()).as("cut off after transfer " + let).isEqualTo(resets);
      }
      assertThat(resets).isGreaterThan(3);
    }
  }

  /** Whoever is interrupted while the part takes its first sample has not set it up. */
  @ParameterizedTest
  @MethodSource("sleepers")
  void aSetUpThatIsInterruptedIsDoneAgain(Kept kept) throws HardwareFault {
    try (Board board = libc.board()) {
      Polled<?> device = open(kept, board);
      kept.reset().accept(part);
      Thread.currentThread().interrupt();
      assertThatThrownBy(device::poll).hasMessageContaining("interrupted");
      assertThat(Thread.interrupted()).isTrue();
      libc.calls.clear();
      device.poll();
      assertThat(libc.calls).contains("sleep");
      assertThat(device.resets()).isEqualTo(1);
    }
  }
}

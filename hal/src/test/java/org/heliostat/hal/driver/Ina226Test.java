package org.heliostat.hal.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.within;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.heliostat.hal.Board;
import org.heliostat.hal.FakeLibc;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.HardwareFault.Kind;
import org.heliostat.hal.PowerMonitor;
import org.heliostat.hal.PowerReading;
import org.junit.jupiter.api.Test;

class Ina226Test {
  /** The example of the data sheet: 2 milliohms, 1 mA a step, 10 A at 11.98 V. */
  private static final Map<String, String> DATA_SHEET =
      Map.of(
          "bus", "/dev/i2c-1", "address", "0x40", "shunt_ohms", "0.002", "max_amperes", "32.768");

  private static final int DATA_SHEET_CALIBRATION = 0x0A00;

  private final FakeLibc libc = new FakeLibc();

  private PowerMonitor open() throws HardwareFault {
    Board board = libc.board();
    return board.device(PowerMonitor.class, "bus", "ina226", DATA_SHEET);
  }

  private void dataSheetExample() {
    libc.registers.put(Ina226.SHUNT, 0x1F40);
    libc.registers.put(Ina226.BUS, 0x2570);
    libc.registers.put(Ina226.CURRENT, 0x2710);
    libc.registers.put(Ina226.POWER, 0x12B8);
    libc.registers.put(Ina226.CALIBRATION, DATA_SHEET_CALIBRATION);
    libc.registers.put(Ina226.MASK_ENABLE, Ina226.CONVERSION_READY);
    libc.registers.put(Ina226.MANUFACTURER, Ina226.TEXAS_INSTRUMENTS);
  }

  @Test
  void readsTheExampleOfTheDataSheet() throws HardwareFault {
    dataSheetExample();
    PowerReading reading = open().read();
    assertThat(reading.busVoltageVolts()).isCloseTo(11.98, within(1e-9));
    assertThat(reading.currentAmperes()).isCloseTo(10.0, within(1e-9));
    assertThat(reading.powerWatts()).isCloseTo(119.8, within(1e-9));
    assertThat(reading.takenNanos()).isEqualTo(libc.monotonicNanos);
    assertThat(libc.calls).noneMatch(call -> call.startsWith("write"));
  }

  @Test
  void givesPowerTheSignOfTheCurrent() throws HardwareFault {
    dataSheetExample();
    libc.registers.put(Ina226.CURRENT, 0xFFFF & -10_000);
    PowerReading reading = open().read();
    assertThat(reading.currentAmperes()).isCloseTo(-10.0, within(1e-9));
    assertThat(reading.powerWatts()).isCloseTo(-119.8, within(1e-9));
  }

  @Test
  void setsUpAPartThatHasResetItself() throws HardwareFault {
    dataSheetExample();
    libc.registers.put(Ina226.CALIBRATION, 0);
    PowerReading reading = open().read();
    assertThat(reading.currentAmperes()).isCloseTo(10.0, within(1e-9));
    assertThat(libc.calls)
        .contains("write 5 " + DATA_SHEET_CALIBRATION, "write 0 " + Ina226.RUNNING);
  }

  @Test
  void waitsForTheFirstConversionAfterASetUp() throws HardwareFault {
    dataSheetExample();
    libc.registers.put(Ina226.CALIBRATION, 0);
    libc.registers.put(Ina226.MASK_ENABLE, 0);
    PowerMonitor monitor = open();
    long start = libc.monotonicNanos;
    libc.after =
        () -> {
          if (libc.monotonicNanos >= start + 20_000_000L) {
            libc.registers.put(Ina226.MASK_ENABLE, Ina226.CONVERSION_READY);
          }
        };
    assertThat(monitor.read().takenNanos()).isGreaterThanOrEqualTo(start + 20_000_000L);
  }

  @Test
  void aPartThatNeverConvertsIsStale() throws HardwareFault {
    dataSheetExample();
    libc.registers.put(Ina226.CALIBRATION, 0);
    libc.registers.put(Ina226.MASK_ENABLE, 0);
    assertKind(Kind.STALE, open());
  }

  @Test
  void aPartThatResetsItselfAgainAndAgainIsStale() throws HardwareFault {
    dataSheetExample();
    PowerMonitor monitor = open();
    libc.after = () -> libc.registers.put(Ina226.CALIBRATION, 0);
    assertKind(Kind.STALE, monitor);
  }

  @Test
  void anotherPartAtTheAddressIsNoticed() throws HardwareFault {
    dataSheetExample();
    libc.registers.put(Ina226.CALIBRATION, 0);
    libc.registers.put(Ina226.MANUFACTURER, 0x1234);
    assertKind(Kind.BAD_DATA, open());
  }

  @Test
  void aBusThatNobodyDrivesIsNoVoltage() throws HardwareFault {
    dataSheetExample();
    libc.registers.put(Ina226.BUS, 0xFFFF);
    assertKind(Kind.BAD_DATA, open());
  }

  @Test
  void aCurrentBeyondTheShuntOrTheScaleIsOutOfRange() throws HardwareFault {
    dataSheetExample();
    PowerMonitor monitor = open();
    libc.registers.put(Ina226.SHUNT, 0x7FFF);
    assertKind(Kind.OUT_OF_RANGE, monitor);
    libc.registers.put(Ina226.SHUNT, 0x8000);
    assertKind(Kind.OUT_OF_RANGE, monitor);
    libc.registers.put(Ina226.SHUNT, 0);
    libc.registers.put(Ina226.MASK_ENABLE, Ina226.MATH_OVERFLOW);
    assertKind(Kind.OUT_OF_RANGE, monitor);
  }

  @Test
  void anAbsentPartIsNackedAndUsableWhenItComes() throws HardwareFault {
    dataSheetExample();
    PowerMonitor monitor = open();
    libc.errors.addAll(List.of(121, 121, 121));
    assertKind(Kind.NACK, monitor);
    assertThat(monitor.read().currentAmperes()).isCloseTo(10.0, within(1e-9));
  }

  @Test
  void refusesParametersThatMakeNoSense() throws HardwareFault {
    Board board = libc.board();
    assertRefused(board, "shunt_ohms", "1", "81.92 mV");
    assertRefused(board, "shunt_ohms", "-1", "not in");
    assertRefused(board, "max_amperes", "many", "not a number");
    assertRefused(board, "address", "0x99", "not in");
    assertRefused(board, "address", "forty", "not a whole number");
    assertRefused(board, "adress", "0x40", "no parameter \"adress\"");
    Map<String, String> lacking = new HashMap<>(DATA_SHEET);
    lacking.remove("bus");
    assertThatThrownBy(() -> board.device(PowerMonitor.class, "bus", "ina226", lacking))
        .hasMessageContaining("\"bus\" is missing");
  }

  @Property(tries = 300, seed = "1")
  void scalesHoldTheGreatestCurrentAndLoseNothing(
      @ForAll @IntRange(min = 100, max = 100_000) int shuntMicroohms,
      @ForAll @IntRange(min = 20, max = 100) int percentOfFullScale) {
    double shuntOhms = shuntMicroohms / 1e6;
    double maxAmperes = 0.08192 / shuntOhms * percentOfFullScale / 100;
    Ina226Scale scale = Ina226Scale.of(shuntOhms, maxAmperes);
    assertThat(scale.calibration()).isBetween(1, 32_767);
    // full scale reaches the greatest current, and wastes at most the rounding of the calibration
    assertThat(scale.amperes(32_767))
        .isGreaterThanOrEqualTo(maxAmperes * (32_767.0 / 32_768) * (1 - 1e-6));
  }

  @Property(tries = 300, seed = "1")
  void registersOfThePartGiveBackTheCurrent(
      @ForAll @IntRange(min = -32_000, max = 32_000) int shuntRegister) {
    Ina226Scale scale = Ina226Scale.of(0.005, 16.384);
    // as the part computes it, equation 3 of the data sheet
    int current = shuntRegister * scale.calibration() / 2048;
    double trueAmperes = shuntRegister * Ina226Scale.SHUNT_LSB_VOLTS / scale.shuntOhms();
    assertThat(scale.amperes(current & 0xffff))
        .isCloseTo(trueAmperes, within(scale.currentLsbAmperes()));
  }

  private static void assertKind(Kind kind, PowerMonitor monitor) {
    HardwareFault fault = catchThrowableOfType(HardwareFault.class, monitor::read);
    assertThat(fault.kind()).isEqualTo(kind);
    assertThat(fault.device()).isEqualTo("bus");
  }

  private static void assertRefused(Board board, String key, String value, String message) {
    Map<String, String> changed = new HashMap<>(DATA_SHEET);
    changed.put(key, value);
    HardwareFault fault =
        catchThrowableOfType(
            HardwareFault.class, () -> board.device(PowerMonitor.class, "bus", "ina226", changed));
    assertThat(fault.kind()).isEqualTo(Kind.REFUSED);
    assertThat(fault).hasMessageContaining(message);
  }
}

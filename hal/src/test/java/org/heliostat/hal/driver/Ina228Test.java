package org.heliostat.hal.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.heliostat.hal.FakeLibc;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.HardwareFault.Kind;
import org.heliostat.hal.PowerMonitor;
import org.heliostat.hal.PowerReading;
import org.junit.jupiter.api.Test;

class Ina228Test {
  private final FakeLibc libc = new FakeLibc();
  private final FakeLibc.Part part = libc.part(0x40);

  private PowerMonitor open(String shunt, String amperes) throws HardwareFault {
    return libc.board()
        .device(
            PowerMonitor.class,
            "solar",
            "ina228",
            Map.of(
                "bus",
                "/dev/i2c-2",
                "address",
                "0x40",
                "shunt_ohms",
                shunt,
                "max_amperes",
                amperes));
  }

  private void three(int register, int value) {
    part.blocks.put(register, new byte[] {(byte) (value >> 16), (byte) (value >> 8), (byte) value});
  }

  /** 48 V and 6 A through 16.2 milliohm, the design example of the data sheet (section 8.2). */
  private void dataSheetExample() {
    part.registers.put(Ina228.MANUFACTURER, Ina228.TEXAS_INSTRUMENTS);
    part.registers.put(Ina228.DEVICE, 0x2281);
    part.registers.put(Ina228.DIAGNOSIS, Ina228.CONVERSION_READY | Ina228.MEMORY_INTACT);
    part.registers.put(Ina228.CALIBRATION, 0x1000);
    part.registers.put(Ina228.ADC_CONFIGURATION, 0xFB68);
    three(Ina228.SHUNT, 311_040 << 4);
    three(Ina228.BUS, 245_760 << 4);
    three(Ina228.CURRENT, 314_572 << 4);
    three(Ina228.POWER, 4_718_604);
  }

  @Test
  void readsTheDesignExampleOfTheDataSheet() throws HardwareFault {
    dataSheetExample();
    PowerReading reading = open("0.0162", "10").read();
    assertThat(part.registers.get(Ina228.CALIBRATION)).isEqualTo(0x0FD2);
    assertThat(reading.busVoltageVolts()).isEqualTo(48);
    assertThat(reading.currentAmperes()).isCloseTo(6, within(0.002));
    assertThat(reading.powerWatts()).isCloseTo(288, within(0.1));
  }

  @Test
  void aSmallVoltageIsMeasuredInTheFineRange() throws HardwareFault {
    dataSheetExample();
    open("0.001", "20").poll();
    assertThat(part.registers.get(Ina228.CONFIGURATION)).isEqualTo(Ina228.FINE_RANGE);
  }

  @Test
  void powerHasTheSignOfTheCurrent() throws HardwareFault {
    dataSheetExample();
    three(Ina228.CURRENT, -314_572 << 4 & 0xffffff);
    PowerReading reading = open("0.0162", "10").read();
    assertThat(reading.currentAmperes()).isCloseTo(-6, within(0.002));
    assertThat(reading.powerWatts()).isNegative();
  }

  @Test
  void aPartThatHasResetItselfIsSetUpAgain() throws HardwareFault {
    dataSheetExample();
    PowerMonitor monitor = open("0.0162", "10");
    monitor.poll();
    assertThat(monitor.resets()).isZero();
    part.registers.put(Ina228.ADC_CONFIGURATION, 0xFB68);
    monitor.poll();
    assertThat(monitor.resets()).isEqualTo(1);
    assertThat(part.registers.get(Ina228.ADC_CONFIGURATION)).isEqualTo(Ina228.RUNNING);
    libc.after = () -> part.registers.put(Ina228.ADC_CONFIGURATION, 0xFB68);
    assertKind(Kind.STALE, monitor);
  }

  @Test
  void everyWrongWordIsTyped() throws HardwareFault {
    dataSheetExample();
    PowerMonitor monitor = open("0.0162", "10");
    part.registers.put(Ina228.DEVICE, 0x2381);
    assertKind(Kind.BAD_DATA, monitor);
    part.registers.put(Ina228.MANUFACTURER, 0x5448);
    part.registers.put(Ina228.DEVICE, 0x2281);
    assertKind(Kind.BAD_DATA, monitor);
    part.registers.put(Ina228.MANUFACTURER, Ina228.TEXAS_INSTRUMENTS);
    part.registers.put(Ina228.DEVICE, 0x2281);
    part.registers.put(Ina228.DIAGNOSIS, Ina228.MEMORY_INTACT);
    assertKind(Kind.STALE, monitor);
    // a set-up that came to no end is done again
    part.registers.put(Ina228.DIAGNOSIS, Ina228.MEMORY_INTACT | Ina228.CONVERSION_READY);
    monitor.poll();
    part.registers.put(Ina228.DIAGNOSIS, Ina228.MEMORY_INTACT | Ina228.MATH_OVERFLOW);
    assertKind(Kind.OUT_OF_RANGE, monitor);
    part.registers.put(Ina228.DIAGNOSIS, 0);
    assertKind(Kind.BAD_DATA, monitor);
    part.registers.put(Ina228.DIAGNOSIS, Ina228.MEMORY_INTACT);
    three(Ina228.SHUNT, 0x7ffff0);
    assertKind(Kind.OUT_OF_RANGE, monitor);
    three(Ina228.SHUNT, 0x800000);
    assertKind(Kind.OUT_OF_RANGE, monitor);
    three(Ina228.BUS, 0xffffff);
    assertKind(Kind.BAD_DATA, monitor);
  }

  @Test
  void aShuntThatIsTooGreatOrTooSmallIsRefused() {
    assertThatThrownBy(() -> Ina228Scale.of(1e-9, 1e-9))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no calibration value");
    assertThatThrownBy(() -> open("0.1", "10")).hasMessageContaining("163.84 mV");
  }

  /** ina238.c of Linux reads the upper 16 of the 20 bits in steps of 3.125 mV. */
  @Property(seed = "1")
  void busVoltagesAreThoseOfLinux(@ForAll @IntRange(max = 0x7ffff) int value) {
    long linuxMillivolts = (value >> 4) * 3_125L / 1000;
    assertThat(Ina228Scale.busVolts(value << 4) * 1000)
        .isBetween((double) linuxMillivolts, linuxMillivolts + 5.0);
  }

  /** The part's own arithmetic (equations 2 to 4) gives the true current back. */
  @Property(seed = "1")
  void currentsComeBack(@ForAll @IntRange(min = -500_000, max = 500_000) int shunt) {
    Ina228Scale scale = Ina228Scale.of(0.005, 20);
    long current = shunt * 4096L / scale.calibration();
    if (Math.abs(current) < 0x80000) {
      double amperes = shunt * 312.5e-9 / 0.005;
      assertThat(scale.amperes((int) (current << 4) & 0xffffff))
          .isCloseTo(amperes, within(scale.currentLsbAmperes()));
    }
  }

  private static void assertKind(Kind kind, PowerMonitor monitor) {
    HardwareFault fault = catchThrowableOfType(HardwareFault.class, monitor::poll);
    assertThat(fault.kind()).isEqualTo(kind);
  }
}

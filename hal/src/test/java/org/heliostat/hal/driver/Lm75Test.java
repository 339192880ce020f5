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
import org.heliostat.hal.TemperatureSensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class Lm75Test {
  private final FakeLibc libc = new FakeLibc();

  private TemperatureSensor open(String part, String bits) throws HardwareFault {
    return libc.board()
        .device(
            TemperatureSensor.class,
            "board",
            "lm75",
            Map.of("bus", "/dev/i2c-1", "address", "0x48", "part", part, "bits", bits));
  }

  /**
   * Temperature and register values from the tables of the data sheets (LM75: 9 bits; TMP105: 12
   * bits).
   */
  @ParameterizedTest
  @CsvSource({
    "0x7D00, 9, 125",
    "0x1900, 9, 25",
    "0x0080, 9, 0.5",
    "0x0000, 9, 0",
    "0xFF80, 9, -0.5",
    "0xE700, 9, -25",
    "0xC900, 9, -55",
    "0x7FF0, 12, 127.9375",
    "0x6400, 12, 100",
    "0x5000, 12, 80",
    "0x4B00, 12, 75",
    "0x3200, 12, 50",
    "0x1900, 12, 25",
    "0x0040, 12, 0.25",
    "0xFFC0, 12, -0.25",
    "0xE700, 12, -25",
    "0xC900, 12, -55",
    "0x1920, 11, 25.125",
    "0x1940, 10, 25.25"
  })
  void readsTheTablesOfTheDataSheets(String register, int bits, double celsius)
      throws HardwareFault {
    libc.registers.put(Lm75.TEMPERATURE, Integer.decode(register));
    assertThat(open("lm75", Integer.toString(bits)).read().celsius()).isEqualTo(celsius);
  }

  @Property(tries = 300, seed = "1")
  void everyValueOfThePartComesBack(
      @ForAll @IntRange(min = -880, max = 2047) int sixteenths,
      @ForAll @IntRange(min = 0, max = 15) int noise) {
    int register = (sixteenths << 4 | noise) & 0xffff;
    assertThat(Lm75.celsius(register, 12)).isEqualTo(sixteenths / 16.0);
    assertThat(Lm75.celsius(register, 9)).isCloseTo(sixteenths / 16.0 - 0.25, within(0.25));
  }

  @Test
  void ignoresBitsThatThePartLacks() throws HardwareFault {
    libc.registers.put(Lm75.TEMPERATURE, 0x197F);
    assertThat(open("lm75", "9").read().celsius()).isEqualTo(25);
  }

  @Test
  void setsTheResolutionOfATmp105AndAgainAfterAReset() throws HardwareFault {
    TemperatureSensor sensor = open("tmp105", "12");
    libc.registers.put(Lm75.TEMPERATURE, 0x1910);
    assertThat(sensor.read().celsius()).isEqualTo(25.0625);
    assertThat(libc.registers).containsEntry(Lm75.CONFIGURATION, 0x60);
    libc.registers.put(Lm75.CONFIGURATION, 0);
    sensor.read();
    assertThat(libc.registers).containsEntry(Lm75.CONFIGURATION, 0x60);
    assertThat(libc.calls).filteredOn("write 1 96"::equals).hasSize(2);
  }

  @Test
  void neverWritesToAnLm75() throws HardwareFault {
    open("lm75", "9").read();
    assertThat(libc.calls).noneMatch(call -> call.startsWith("write"));
  }

  @Test
  void aBusThatNobodyDrivesIsNoTemperature() throws HardwareFault {
    TemperatureSensor sensor = open("lm75", "9");
    libc.registers.put(Lm75.TEMPERATURE, 0xFFFF);
    HardwareFault fault = catchThrowableOfType(HardwareFault.class, sensor::read);
    assertThat(fault.kind()).isEqualTo(Kind.BAD_DATA);
  }

  @Test
  void aTemperatureThatThePartCannotHaveIsOutOfRange() throws HardwareFault {
    TemperatureSensor sensor = open("lm75", "9");
    libc.registers.put(Lm75.TEMPERATURE, 0xB000);
    HardwareFault fault = catchThrowableOfType(HardwareFault.class, sensor::read);
    assertThat(fault.kind()).isEqualTo(Kind.OUT_OF_RANGE);
  }

  @Test
  void refusesPartsAndBitsThatThereAreNot() {
    assertThatThrownBy(() -> open("lm35", "9"))
        .hasMessageContaining("there are [lm75, tmp102, tmp105]");
    assertThatThrownBy(() -> open("lm75", "13")).hasMessageContaining("not in 9..12");
  }

  @Test
  void aTmp102KeepsItsUsualModeAndHasItsOwnLimits() throws HardwareFault {
    TemperatureSensor usual = open("tmp102", "12");
    libc.registers.put(Lm75.TEMPERATURE, 0x1910);
    usual.poll();
    libc.registers.put(Lm75.CONFIGURATION, 0x0010);
    assertThat(usual.read().celsius()).isEqualTo(25.0625);
    assertThat(usual.resets()).isPositive();
    TemperatureSensor extended = open("tmp102", "13");
    libc.registers.put(Lm75.TEMPERATURE, 0x4B80);
    HardwareFault fault = catchThrowableOfType(HardwareFault.class, extended::read);
    assertThat(fault.kind()).isEqualTo(Kind.OUT_OF_RANGE);
  }
}

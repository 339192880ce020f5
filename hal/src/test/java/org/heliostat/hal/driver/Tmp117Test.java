package org.heliostat.hal.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

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

class Tmp117Test {
  private final FakeLibc libc = new FakeLibc();
  private final FakeLibc.Part part = libc.part(0x49);

  private TemperatureSensor open() throws HardwareFault {
    part.registers.put(Tmp117.DEVICE, 0x0117);
    part.registers.put(Tmp117.CONFIGURATION, 0x0220);
    part.written =
        (register, value) -> {
          if (register == Tmp117.CONFIGURATION) {
            part.registers.put(register, value | Tmp117.DATA_READY);
          }
        };
    return libc.board()
        .device(
            TemperatureSensor.class,
            "radiator",
            "tmp117",
            Map.of("bus", "/dev/i2c-2", "address", "0x49"));
  }

  /** Data sheet SNOSD82, table 7-1 "16-Bit Temperature Data Format". */
  @ParameterizedTest
  @CsvSource({
    "0x0C80, 25",
    "0x0001, 0.0078125",
    "0x0000, 0",
    "0xFFFF, -0.0078125",
    "0xF380, -25",
    "0x3200, 100",
    "0x4B00, 150"
  })
  void readsTheTableOfTheDataSheet(String register, double celsius) throws HardwareFault {
    TemperatureSensor sensor = open();
    part.registers.put(Tmp117.TEMPERATURE, Integer.decode(register));
    assertThat(sensor.read().celsius()).isEqualTo(celsius);
    assertThat(sensor.resets()).isZero();
  }

  /** tmp117.c of Linux (iio): the signed word times 7.8125 millidegrees. */
  @Property(seed = "1")
  void isThatOfLinuxForEveryWord(@ForAll @IntRange(max = 0xffff) int word) {
    assertThat(Tmp117.celsius(word) * 1000).isEqualTo((short) word * 7.8125);
  }

  @Test
  void aPartThatHasResetItselfIsSetUpAgain() throws HardwareFault {
    TemperatureSensor sensor = open();
    sensor.poll();
    part.registers.put(Tmp117.CONFIGURATION, 0x0220);
    sensor.poll();
    assertThat(sensor.resets()).isEqualTo(1);
  }

  @Test
  void everyWrongWordIsTyped() throws HardwareFault {
    TemperatureSensor sensor = open();
    part.registers.put(Tmp117.DEVICE, 0x0118);
    assertKind(Kind.BAD_DATA, sensor);
    part.registers.put(Tmp117.DEVICE, 0x1117);
    part.written = (register, value) -> {};
    assertKind(Kind.STALE, sensor);
    // a set-up that came to no end is done again
    part.written = (register, value) -> part.registers.put(register, value | Tmp117.DATA_READY);
    sensor.poll();
    part.registers.put(Tmp117.CONFIGURATION, Tmp117.RUNNING | Tmp117.DATA_READY);
    part.registers.put(Tmp117.TEMPERATURE, 0x8000);
    assertKind(Kind.STALE, sensor);
    part.registers.put(Tmp117.TEMPERATURE, 0x5000);
    assertKind(Kind.OUT_OF_RANGE, sensor);
    part.registers.put(Tmp117.TEMPERATURE, 0x0C80);
    sensor.poll();
    part.registers.put(Tmp117.CONFIGURATION, Tmp117.RUNNING);
    sensor.poll();
    libc.monotonicNanos += 2_000_000_001L;
    assertKind(Kind.STALE, sensor);
  }

  private static void assertKind(Kind kind, TemperatureSensor sensor) {
    HardwareFault fault = catchThrowableOfType(HardwareFault.class, sensor::poll);
    assertThat(fault.kind()).isEqualTo(kind);
  }

  @Test
  void aBusThatNobodyDrivesIsNoPart() throws HardwareFault {
    TemperatureSensor sensor = open();
    sensor.poll();
    for (int register : new int[] {Tmp117.TEMPERATURE, Tmp117.CONFIGURATION, Tmp117.DEVICE}) {
      part.registers.put(register, 0xffff);
    }
    assertKind(Kind.BAD_DATA, sensor);
  }

  @Test
  void colderThanThePartCanMeasureIsOutOfRange() throws HardwareFault {
    TemperatureSensor sensor = open();
    part.registers.put(Tmp117.TEMPERATURE, 0x9000);
    assertKind(Kind.OUT_OF_RANGE, sensor);
  }

  /**
   * As the process that set the part up has left it: its silence is counted from the first look.
   */
  @Test
  void aPartThatRunsAlreadyIsGivenItsTime() throws HardwareFault {
    TemperatureSensor sensor = open();
    part.registers.put(Tmp117.CONFIGURATION, Tmp117.RUNNING);
    sensor.poll();
    libc.monotonicNanos += 2_000_000_000L;
    sensor.poll();
    libc.monotonicNanos += 1;
    assertKind(Kind.STALE, sensor);
  }
}

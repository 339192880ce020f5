package org.heliostat.hal.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.within;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.heliostat.hal.Accelerometer;
import org.heliostat.hal.FakeLibc;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.HardwareFault.Kind;
import org.heliostat.hal.VibrationReading;
import org.junit.jupiter.api.Test;

class Adxl345Test {
  private static final double G = 9.80665;

  private final FakeLibc libc = new FakeLibc();
  private final FakeLibc.Part part = libc.part(0x53);
  private int taken;
  private double hertz;
  private double amplitudeG;

  private Accelerometer open(String... more) throws HardwareFault {
    part.registers.put(Adxl345.DEVICE, Adxl345.ADXL345);
    part.registers.put(Adxl345.FIFO_STATUS, 32);
    part.blocks.put(Adxl345.DATA, new byte[6]);
    next();
    libc.after =
        () -> {
          int left = part.registers.getOrDefault(Adxl345.FIFO_STATUS, 0);
          if (libc.readBlock == Adxl345.DATA && left > 0) {
            part.registers.put(Adxl345.FIFO_STATUS, left - 1);
            taken++;
            next();
          }
        };
    Map<String, String> parameters =
        new HashMap<>(
            Map.of(
                "bus",
                "/dev/i2c-2",
                "address",
                "0x53",
                "rate_hz",
                "800",
                "range_g",
                "16",
                "bands",
                "5-50,50-150,150-390"));
    for (int i = 0; i < more.length; i += 2) {
      parameters.put(more[i], more[i + 1]);
    }
    return libc.board().device(Accelerometer.class, "vibration", "adxl345", parameters);
  }

  /** A tone along x, and gravity along z. */
  private void next() {
    int x = (int) Math.round(256 * amplitudeG * Math.sin(2 * Math.PI * hertz * taken / 800));
    part.blocks.put(Adxl345.DATA, new byte[] {(byte) x, (byte) (x >> 8), 0, 0, 0, 1});
  }

  @Test
  void aToneIsInItsBandAndGravityInNone() throws HardwareFault {
    hertz = 100;
    amplitudeG = 2;
    VibrationReading reading = open().read();
    assertThat(reading.samples()).isEqualTo(32);
    assertThat(reading.bands().get(0).rmsMetresPerSecondSquared()).isCloseTo(0, within(0.02));
    assertThat(reading.bands().get(1).rmsMetresPerSecondSquared())
        .isCloseTo(2 * G / Math.sqrt(2), within(0.05));
    assertThat(reading.bands().get(2).rmsMetresPerSecondSquared()).isCloseTo(0, within(0.05));
    assertThat(reading.peakMetresPerSecondSquared()).isCloseTo(2 * G, within(0.05));
    assertThat(reading.overrun()).isFalse();
    assertThat(libc.calls)
        .containsSubsequence("write 44 13", "write 49 11", "write 56 128", "write 45 8");
  }

  @Test
  void aPartThatHasResetItselfIsSetUpAgain() throws HardwareFault {
    Accelerometer sensor = open();
    sensor.poll();
    part.registers.put(Adxl345.POWER_CONTROL, 0);
    part.registers.put(Adxl345.FIFO_STATUS, 32);
    part.registers.put(Adxl345.INTERRUPT_SOURCE, 0x83);
    assertThat(sensor.read().overrun()).isTrue();
    assertThat(sensor.resets()).isEqualTo(1);
  }

  @Test
  void eachRegisterThatThePartHasLostIsSetUpAgain() throws HardwareFault {
    Accelerometer sensor = open();
    sensor.poll();
    int[] registers = {
      Adxl345.POWER_CONTROL, Adxl345.RATE, Adxl345.DATA_FORMAT, Adxl345.FIFO_CONTROL
    };
    for (int i = 0; i < registers.length; i++) {
      int set = part.registers.getOrDefault(registers[i], -1);
      part.registers.put(registers[i], 0);
      part.registers.put(Adxl345.FIFO_STATUS, 32);
      sensor.poll();
      assertThat(part.registers).containsEntry(registers[i], set);
      assertThat(sensor.resets()).isEqualTo(i + 1);
    }
  }

  @Test
  void theLastWindowStaysForASecondWhereAPollFindsTooFewSamples() throws HardwareFault {
    Accelerometer sensor = open();
    sensor.poll();
    long taken = sensor.reading().takenNanos();
    part.registers.put(Adxl345.FIFO_STATUS, 15);
    libc.monotonicNanos = taken + 999_999_999L;
    sensor.poll();
    assertThat(sensor.reading().takenNanos()).isEqualTo(taken);
    libc.monotonicNanos = taken + 1_000_000_000L;
    assertKind(Kind.STALE, sensor);
  }

  @Test
  void tooFewSamplesAreStaleAndWhatCannotBeIsBadData() throws HardwareFault {
    Accelerometer sensor = open();
    part.registers.put(Adxl345.FIFO_STATUS, 15);
    assertKind(Kind.STALE, sensor);
    part.registers.put(Adxl345.FIFO_STATUS, 0x3f);
    assertKind(Kind.BAD_DATA, sensor);
    part.registers.put(Adxl345.DEVICE, 0);
    part.registers.put(Adxl345.RATE, 0);
    assertKind(Kind.BAD_DATA, sensor);
  }

  @Test
  void aFifoThatFillsAsFastAsItIsReadIsReadToABound() throws HardwareFault {
    Accelerometer sensor = open();
    for (int entries : new int[] {32, 31}) {
      libc.after = () -> part.registers.put(Adxl345.FIFO_STATUS, entries);
      part.registers.put(Adxl345.FIFO_STATUS, entries);
      assertThat(sensor.read().samples()).isEqualTo(Adxl345.MOST_SAMPLES);
    }
  }

  @Test
  void refusesParametersThatMakeNoSense() {
    assertThatThrownBy(() -> open("rate_hz", "500")).hasMessageContaining("100, 200");
    assertThatThrownBy(() -> open("range_g", "5")).hasMessageContaining("2, 4, 8");
    for (String bands : new String[] {"5", "50-5", "x-y", "0-401", "1-2-3", "", "NaN-5"}) {
      assertThatThrownBy(() -> open("bands", bands)).isInstanceOf(HardwareFault.class);
    }
    assertThatThrownBy(() -> open("bands", "1-2,1-2,1-2,1-2,1-2,1-2,1-2,1-2,1-2"))
        .hasMessageContaining("more than 8");
  }

  /** Parseval: the lines together are the mean square. */
  @Property(tries = 200, seed = "1")
  void theLinesTogetherAreTheMeanSquare(
      @ForAll long seed, @ForAll @IntRange(min = 16, max = 64) int count) {
    double[] values = new Random(seed).doubles(64, -100, 100).toArray();
    double sum = 0;
    for (int i = 0; i < count; i++) {
      sum += values[i];
    }
    double square = 0;
    for (int i = 0; i < count; i++) {
      values[i] -= sum / count;
      square += values[i] * values[i] / count;
    }
    double lines = 0;
    for (int line = 1; 2 * line <= count; line++) {
      lines += Adxl345.lineSquare(values, count, line);
    }
    assertThat(lines).isCloseTo(square, within(1e-6 * Math.max(1, square)));
  }

  private static void assertKind(Kind kind, Accelerometer sensor) {
    HardwareFault fault = catchThrowableOfType(HardwareFault.class, sensor::poll);
    assertThat(fault.kind()).isEqualTo(kind);
  }
}

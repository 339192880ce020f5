package org.heliostat.hal.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.HashMap;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.heliostat.hal.FakeLibc;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.TemperatureSensor;
import org.junit.jupiter.api.Test;

class Tmp102Test {
  private final FakeLibc libc = new FakeLibc();

  private TemperatureSensor open(String driver, Map<String, String> more) throws HardwareFault {
    Map<String, String> parameters = new HashMap<>(Map.of("bus", "/dev/i2c-1", "address", "0x48"));
    parameters.putAll(more);
    return libc.board().device(TemperatureSensor.class, "t", driver, parameters);
  }

  @Test
  void inItsUsualModeNothingIsWritten() throws HardwareFault {
    libc.registers.put(Lm75.CONFIGURATION, 0x60A0);
    libc.registers.put(Lm75.TEMPERATURE, 0x1910);
    assertThat(open("tmp102", Map.of()).read().celsius()).isEqualTo(25.0625);
    assertThat(libc.calls).noneMatch(call -> call.startsWith("write"));
  }

  /** Data sheet SBOS397, table 7-4: 150 degrees are 0x4B00 in the extended mode. */
  @Test
  void theExtendedModeReachesHigherAndIsSetUpAgainAfterAReset() throws HardwareFault {
    libc.registers.put(Lm75.CONFIGURATION, 0x60A0);
    libc.registers.put(Lm75.TEMPERATURE, 0x4B00);
    TemperatureSensor sensor = open("lm75", Map.of("part", "tmp102", "bits", "13"));
    assertThat(sensor.read().celsius()).isEqualTo(150);
    assertThat(libc.registers).containsEntry(Lm75.CONFIGURATION, 0x0090);
    libc.registers.put(Lm75.CONFIGURATION, 0x60A0);
    sensor.poll();
    assertThat(sensor.resets()).isEqualTo(1);
  }

  @Test
  void theTmp105HasADriverOfItsOwnName() throws HardwareFault {
    libc.registers.put(Lm75.TEMPERATURE, 0x1910);
    assertThat(open("tmp105", Map.of()).read().celsius()).isEqualTo(25.0625);
    assertThat(libc.registers).containsEntry(Lm75.CONFIGURATION, 0x60);
  }

  /** tmp102.c of Linux: {@code ((s16)reg & ~1) * 1000 / 128} in the extended mode; lm75.c alike. */
  @Property(seed = "1")
  void isThatOfLinuxForEveryWord(@ForAll @IntRange(max = 0xffff) int word) {
    int extended = ((short) word & ~0x7) * 1000 / 128;
    assertThat(Lm75.celsius(word, 13) * 1000).isCloseTo(extended, within(1.0));
    for (int bits = 9; bits <= 12; bits++) {
      int linux = (((short) word >> (16 - bits)) * 1000) >> (bits - 8);
      assertThat(Lm75.celsius(word, bits) * 1000).isCloseTo(linux, within(1.0));
    }
  }
}

package org.heliostat.hal.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.within;

import java.util.HashMap;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.heliostat.hal.CoolantPump;
import org.heliostat.hal.FakeLibc;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.HardwareFault.Kind;
import org.heliostat.hal.PumpReading;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class Emc2305Test {
  private static final int BASE = 0x40;

  private final FakeLibc libc = new FakeLibc();
  private final FakeLibc.Part part = libc.part(0x2c);

  private CoolantPump open(String... more) throws HardwareFault {
    reset();
    Map<String, String> parameters =
        new HashMap<>(Map.of("bus", "/dev/i2c-2", "address", "0x2c", "channel", "1"));
    for (int i = 0; i < more.length; i += 2) {
      parameters.put(more[i], more[i + 1]);
    }
    return libc.board().device(CoolantPump.class, "pump1", "emc2305", parameters);
  }

  private void reset() {
    part.registers.put(Emc2305.MANUFACTURER, Emc2305.SMSC);
    part.registers.put(Emc2305.PRODUCT, 0x34);
    part.registers.put(BASE + Emc2305.CONFIGURATION_1, 0x2b);
    part.registers.put(BASE + Emc2305.VALID_TACH_COUNT, 0xf5);
    part.registers.put(BASE + Emc2305.SETTING, 0);
    turns(3000, 1);
  }

  private void turns(double rpm, int multiplier) {
    int count = rpm == 0 ? Emc2305.MOST_COUNT : (int) (Emc2305.RPM_COUNT * multiplier / rpm);
    part.registers.put(BASE + Emc2305.TACH_HIGH, count >> 5);
    part.registers.put(BASE + Emc2305.TACH_LOW, (count & 0x1f) << 3);
  }

  @Test
  void drivesAndCounts() throws HardwareFault {
    CoolantPump pump = open("duty", "0.6", "stall_rpm", "600");
    PumpReading reading = pump.read();
    assertThat(reading.duty()).isEqualTo(153 / 255.0);
    assertThat(reading.revolutionsPerMinute()).isCloseTo(3000, within(3.0));
    assertThat(reading.stalled()).isFalse();
    assertThat(part.registers.get(BASE + Emc2305.CONFIGURATION_1)).isEqualTo(0x0b);
    // 3932160 / 600 >> 5
    assertThat(part.registers.get(BASE + Emc2305.VALID_TACH_COUNT)).isEqualTo(204);
    pump.setDuty(1);
    assertThat(pump.read().duty()).isEqualTo(1);
    assertThat(pump.resets()).isZero();
  }

  @Test
  void withoutADutyThePartIsLeftAsItIs() throws HardwareFault {
    CoolantPump pump = open();
    part.registers.put(BASE + Emc2305.SETTING, 255);
    assertThat(pump.read().duty()).isEqualTo(1);
  }

  @Test
  void aDrivenPumpThatStandsOrCrawlsIsStalled() throws HardwareFault {
    CoolantPump pump = open("duty", "0.5", "stall_rpm", "600");
    turns(0, 1);
    assertThat(pump.read().stalled()).isTrue();
    assertThat(pump.read().revolutionsPerMinute()).isZero();
    turns(550, 1);
    assertThat(pump.read().stalled()).isTrue();
    turns(700, 1);
    assertThat(pump.read().stalled()).isFalse();
    part.registers.put(Emc2305.STALL_STATUS, 0x02);
    assertThat(pump.read().stalled()).isTrue();
    part.registers.put(Emc2305.STALL_STATUS, 0x01);
    assertThat(pump.read().stalled()).isFalse();
    pump.setDuty(0);
    turns(0, 1);
    assertThat(pump.read().stalled()).isFalse();
  }

  @Test
  void aPartThatHasResetItselfIsDrivenAgain() throws HardwareFault {
    CoolantPump pump = open("duty", "0.5");
    pump.poll();
    reset();
    part.registers.put(BASE + Emc2305.SETTING, 0xff);
    assertThat(pump.read().duty()).isEqualTo(128 / 255.0);
    assertThat(pump.resets()).isEqualTo(1);
  }

  @Test
  void anotherPartOrChannelOrCountIsNoticed() throws HardwareFault {
    CoolantPump pump = open("duty", "0.5");
    part.registers.put(Emc2305.MANUFACTURER, 0);
    assertKind(Kind.BAD_DATA, pump);
    part.registers.put(Emc2305.MANUFACTURER, Emc2305.SMSC);
    part.registers.put(Emc2305.PRODUCT, 0x37);
    assertKind(Kind.REFUSED, pump);
    part.registers.put(Emc2305.PRODUCT, 0x36);
    part.registers.put(BASE + Emc2305.TACH_HIGH, 0);
    part.registers.put(BASE + Emc2305.TACH_LOW, 0);
    assertKind(Kind.BAD_DATA, pump);
    part.written = (register, value) -> part.registers.put(BASE + Emc2305.SETTING, 3);
    HardwareFault fault = catchThrowableOfType(HardwareFault.class, () -> pump.setDuty(1));
    assertThat(fault.kind()).isEqualTo(Kind.BAD_DATA);
    fault = catchThrowableOfType(HardwareFault.class, () -> pump.setDuty(1.5));
    assertThat(fault.kind()).isEqualTo(Kind.REFUSED);
  }

  /** emc2305.c of Linux, whose range is the one after a reset. */
  @Property(seed = "1")
  void speedsAreThoseOfLinuxForEveryCount(@ForAll @IntRange(min = 1, max = 0x1ffe) int count) {
    int linux = 3_932_160 / count * 2;
    assertThat(Emc2305.rpm(count, 1)).isCloseTo(linux, within(2.0));
  }

  @Property(seed = "1")
  void theRangeHoldsTheSlowestSpeed(@ForAll @IntRange(min = 500, max = 16_000) int rpm) {
    int range = Emc2305.range(rpm);
    assertThat(Emc2305.RPM_COUNT * (1 << range) / rpm).isLessThan(Emc2305.MOST_COUNT);
    // below the count of a pump that stands
    assertThat(Emc2305.stallCount(rpm, range)).isBetween(1, (Emc2305.MOST_COUNT >> 5) - 1);
  }

  private static void assertKind(Kind kind, CoolantPump pump) {
    HardwareFault fault = catchThrowableOfType(HardwareFault.class, pump::poll);
    assertThat(fault.kind()).isEqualTo(kind);
  }

  @ParameterizedTest
  @CsvSource({"0x34, 4, true", "0x35, 2, true", "0x35, 3, false", "0x36, 2, false"})
  void aPartHasTheChannelsOfItsProduct(String product, String channel, boolean there)
      throws HardwareFault {
    CoolantPump pump = open("channel", channel);
    part.registers.put(Emc2305.PRODUCT, Integer.decode(product));
    if (there) {
      int base = 0x30 + 0x10 * Integer.parseInt(channel);
      part.registers.put(base + Emc2305.TACH_HIGH, 0x28);
      pump.poll();
    } else {
      assertKind(Kind.REFUSED, pump);
    }
  }

  @Test
  void aProductOfTheSameMakerThatIsAnotherIsBadData() throws HardwareFault {
    CoolantPump pump = open();
    part.registers.put(Emc2305.PRODUCT, 0x33);
    assertKind(Kind.BAD_DATA, pump);
  }

  @Test
  void aPartThatLostItsStallSpeedAloneIsSetUpAgain() throws HardwareFault {
    CoolantPump pump = open("duty", "0.5", "stall_rpm", "600");
    pump.poll();
    part.registers.put(BASE + Emc2305.VALID_TACH_COUNT, 0xf5);
    pump.poll();
    assertThat(part.registers.get(BASE + Emc2305.VALID_TACH_COUNT)).isEqualTo(204);
    assertThat(pump.resets()).isEqualTo(1);
  }

  @Test
  void dutiesThatAreNoneAreRefused() throws HardwareFault {
    CoolantPump pump = open();
    for (double wrong : new double[] {-0.01, 1.01, Double.NaN}) {
      HardwareFault fault = catchThrowableOfType(HardwareFault.class, () -> pump.setDuty(wrong));
      assertThat(fault.kind()).isEqualTo(Kind.REFUSED);
    }
  }
}

package org.heliostat.hal.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.within;

import java.util.HashMap;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.heliostat.hal.DoseMonitor;
import org.heliostat.hal.DoseReading;
import org.heliostat.hal.FakeLibc;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.HardwareFault.Kind;
import org.junit.jupiter.api.Test;

class Ads1115RadfetTest {
  private final FakeLibc libc = new FakeLibc();
  private final FakeLibc.Part part = libc.part(0x48);

  private DoseMonitor open(String... more) throws HardwareFault {
    part.registers.put(Ads1115Radfet.CONFIGURATION, 0x8583);
    Map<String, String> parameters =
        new HashMap<>(
            Map.of(
                "bus",
                "/dev/i2c-2",
                "address",
                "0x48",
                "zero_volts",
                "1.0",
                "volts_per_gray",
                "0.002"));
    for (int i = 0; i < more.length; i += 2) {
      parameters.put(more[i], more[i + 1]);
    }
    return libc.board().device(DoseMonitor.class, "dose", "ads1115-radfet", parameters);
  }

  @Test
  void readsTheDoseOfTheThresholdVoltage() throws HardwareFault {
    DoseMonitor dose = open();
    part.registers.put(Ads1115Radfet.CONVERSION, 8800);
    DoseReading reading = dose.read();
    assertThat(reading.thresholdVolts()).isEqualTo(1.1);
    assertThat(reading.doseGrays()).isCloseTo(50, within(1e-9));
    // AIN0 against ground, 4.096 V, continuously, 128 a second, no comparator
    assertThat(part.registers).containsEntry(Ads1115Radfet.CONFIGURATION, 0x4283);
    assertThat(libc.calls).contains("sleep");
  }

  @Test
  void theResponseMayBeAPowerAndNeverGoesBelowNothing() throws HardwareFault {
    DoseMonitor dose = open("exponent", "0.5", "channel", "2", "full_scale_volts", "2.048");
    part.registers.put(Ads1115Radfet.CONVERSION, 16_160);
    assertThat(dose.read().doseGrays()).isCloseTo(25, within(1e-6));
    assertThat(part.registers).containsEntry(Ads1115Radfet.CONFIGURATION, 0x6483);
    part.registers.put(Ads1115Radfet.CONVERSION, 15_000);
    assertThat(dose.read().doseGrays()).isZero();
  }

  @Test
  void aPartThatHasResetItselfIsSetUpAgain() throws HardwareFault {
    DoseMonitor dose = open();
    dose.poll();
    part.registers.put(Ads1115Radfet.CONFIGURATION, 0x8583);
    dose.poll();
    assertThat(dose.resets()).isEqualTo(1);
    part.registers.put(Ads1115Radfet.CONFIGURATION, 0x8583);
    part.written = (register, value) -> part.registers.put(register, 0);
    assertKind(Kind.BAD_DATA, dose);
  }

  @Test
  void aVoltageBeyondTheScaleIsOutOfRange() throws HardwareFault {
    DoseMonitor dose = open();
    part.registers.put(Ads1115Radfet.CONVERSION, 0x7fff);
    assertKind(Kind.OUT_OF_RANGE, dose);
    part.registers.put(Ads1115Radfet.CONVERSION, 0x8000);
    assertKind(Kind.OUT_OF_RANGE, dose);
    assertThatThrownBy(() -> open("full_scale_volts", "3.3")).hasMessageContaining("4.096");
  }

  /** Table 3 of the data sheet: the steps of the six ranges. */
  @Property(seed = "1")
  void stepsAreThoseOfTheDataSheet(@ForAll @IntRange(min = -32_768, max = 32_767) int steps) {
    double[] microvolts = {187.5, 125, 62.5, 31.25, 15.625, 7.8125};
    for (int gain = 0; gain < microvolts.length; gain++) {
      assertThat(Ads1115Radfet.volts(steps & 0xffff, gain))
          .isCloseTo(steps * microvolts[gain] / 1e6, within(1e-9));
    }
  }

  private static void assertKind(Kind kind, DoseMonitor dose) {
    HardwareFault fault = catchThrowableOfType(HardwareFault.class, dose::poll);
    assertThat(fault.kind()).isEqualTo(kind);
  }
}

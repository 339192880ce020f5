package org.heliostat.hal.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.heliostat.hal.driver.PmbusFormat.Direct;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Worked examples that makers have published. Those of INA226, INA228, LM75, TMP105 and TMP117
 * stand in the tests of these drivers, where they pass through the whole poll.
 */
class DataSheetExamplesTest {
  /**
   * Data sheet SBOS397, tables "12-Bit" and "13-Bit Temperature Data Format"; the words are
   * left-justified, and bit 0 is set in the extended mode.
   */
  @ParameterizedTest
  @CsvSource({
    "12, 0x7FF0, 127.9375",
    "12, 0x6400, 100",
    "12, 0x5000, 80",
    "12, 0x4B00, 75",
    "12, 0x3200, 50",
    "12, 0x1900, 25",
    "12, 0x0040, 0.25",
    "12, 0x0000, 0",
    "12, 0xFFC0, -0.25",
    "12, 0xE700, -25",
    "12, 0xC900, -55",
    "13, 0x4B01, 150",
    "13, 0x4001, 128",
    "13, 0x3FF9, 127.9375",
    "13, 0x3201, 100",
    "13, 0x2801, 80",
    "13, 0x2581, 75",
    "13, 0x1901, 50",
    "13, 0x0C81, 25",
    "13, 0x0021, 0.25",
    "13, 0x0001, 0",
    "13, 0xFFE1, -0.25",
    "13, 0xF381, -25",
    "13, 0xE481, -55"
  })
  void tmp102(int bits, String word, double celsius) {
    assertThat(Lm75.celsius(Integer.decode(word), bits)).isEqualTo(celsius);
  }

  /** Data sheet SLYS021, section 8.2.2: 10 A through 16.2 milliohm; also the table of section 7. */
  @Test
  void ina228() {
    Ina228Scale scale = Ina228Scale.of(0.0162, 10);
    assertThat(scale.calibration()).isEqualTo(4050);
    assertThat(scale.currentLsbAmperes()).isCloseTo(19.073486e-6, within(1e-12));
    assertThat(Ina228Scale.busVolts(245_760 << 4)).isEqualTo(48);
    assertThat(scale.amperes(314_572 << 4)).isCloseTo(6, within(20e-6));
    assertThat(scale.watts(4_718_604)).isCloseTo(288, within(1e-3));
    assertThat(scale.amperes(-314_572 << 4 & 0xffffff)).isCloseTo(-6, within(20e-6));
  }

  /**
   * The examples of the ADM1275 (rev. D, page 33: current), the ADM1276 (rev. C, page 31: power)
   * and the ADM1075 (page 35: voltage), which use the ADM1272's format with coefficients of their
   * own.
   */
  @Test
  void directFormatOfAnalogDevices() {
    assertThat(new Direct(807, 20_475, -1).times(2).word(10)).isEqualTo(3662);
    assertThat(new Direct(807, 20_475, -1).value(3339)).isCloseTo(16.00, within(0.005));
    assertThat(new Direct(6_043, 0, -2).times(1).word(350)).isEqualTo(21_151);
    assertThat(new Direct(27_169, 0, -1).value(1726)).isCloseTo(0.635, within(0.0005));
  }

  /** Steps of the ADM1272 (table "Voltage Ranges and LSB Values"): 14.77 and 24.62 mV. */
  @Test
  void stepsOfTheAdm1272() {
    assertThat(PmbusSwitch.admVolts(0).value(1)).isCloseTo(14.77e-3, within(0.005e-3));
    assertThat(PmbusSwitch.admVolts(PmbusSwitch.ADM_RANGE_100_VOLTS).value(1))
        .isCloseTo(24.62e-3, within(0.005e-3));
    // no current is the middle of the converter
    assertThat(PmbusSwitch.admAmperes(0).value(2048)).isZero();
  }

  /**
   * Data sheet of the LM25066, electrical characteristics: steps of 4.54 mV, and of 7.32 or 14.64
   * uV across the sense resistor; and of the LM25066A, table 43: 5 milliohms, fitted to {@code b =
   * -355, R = -1}.
   */
  @Test
  void lm25066() {
    assertThat(PmbusSwitch.LM_VOLTS.value(2001) - PmbusSwitch.LM_VOLTS.value(2000))
        .isCloseTo(4.54e-3, within(0.02e-3));
    Direct low = PmbusSwitch.lmAmperes(0);
    assertThat(low.value(2001) - low.value(2000)).isCloseTo(7.32e-3, within(0.005e-3));
    Direct high = PmbusSwitch.lmAmperes(PmbusSwitch.LM_LIMIT_HIGH);
    assertThat(high.value(2001) - high.value(2000)).isCloseTo(14.64e-3, within(0.1e-3));
    Direct fitted = new Direct(6_834, -355, -1);
    assertThat(fitted.value(648)).isCloseTo(1, within(0.001));
    assertThat(fitted.value(1331)).isCloseTo(2, within(0.001));
    assertThat(fitted.value(2698)).isCloseTo(4, within(0.001));
  }

  /** The example of each format in the data sheet of the LTC2978, "Data Formats". */
  @Test
  void linearFormats() {
    assertThat(PmbusFormat.linear11(0xD280)).isEqualTo(10);
    assertThat(PmbusFormat.linear16(0x9800, -13 & 0x1f)).isEqualTo(4.75);
  }

  /** Application note AN17.4, equation 2: counts of a pump of two poles, by its range. */
  @ParameterizedTest
  @CsvSource({
    "0, 500, 7864",
    "0, 1000, 3932",
    "1, 1000, 7864",
    "1, 2000, 3932",
    "1, 3000, 2621",
    "2, 2000, 7864",
    "3, 4000, 7864",
    "3, 16000, 1966"
  })
  void emc2305(int range, double rpm, int count) {
    // to half a count
    assertThat(Emc2305.rpm(count, range)).isCloseTo(rpm, within(rpm / count / 2 + 1e-9));
  }

  /** Data sheet SBAS444, table "Input Signal Versus Ideal Output Code", for every full scale. */
  @Test
  void ads1115() {
    double[] fullScales = {6.144, 4.096, 2.048, 1.024, 0.512, 0.256};
    for (int gain = 0; gain < fullScales.length; gain++) {
      double full = fullScales[gain];
      assertThat(Ads1115Radfet.volts(0x7fff, gain))
          .isCloseTo(full * 32_767 / 32_768, within(1e-12));
      assertThat(Ads1115Radfet.volts(0x0001, gain)).isCloseTo(full / 32_768, within(1e-12));
      assertThat(Ads1115Radfet.volts(0x0000, gain)).isZero();
      assertThat(Ads1115Radfet.volts(0xffff, gain)).isCloseTo(-full / 32_768, within(1e-12));
      assertThat(Ads1115Radfet.volts(0x8000, gain)).isEqualTo(-full);
    }
  }

  /** Data sheet of the ADXL345, table 1: 256 steps to a g, 3.9 mg a step in the full resolution. */
  @Test
  void adxl345() {
    assertThat(256 * Adxl345.METRES_PER_SECOND_SQUARED).isEqualTo(9.80665);
    assertThat(Adxl345.METRES_PER_SECOND_SQUARED / 9.80665).isCloseTo(3.9e-3, within(0.05e-3));
  }

  /** Data sheet of the PCA9685, section 7.3.5: 200 Hz are 0x1E. */
  @Test
  void pca9685() {
    assertThat(Pca9685.prescale(200)).isEqualTo(0x1E);
    assertThat(Pca9685.prescale(1526)).isEqualTo(0x03);
    // the least frequency, "24 Hz", is that of the greatest prescaler
    assertThat(Pca9685.prescale(25e6 / 4096 / 256)).isEqualTo(0xFF);
  }
}

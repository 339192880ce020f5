package org.heliostat.hal.driver;

import java.util.Map;
import org.heliostat.hal.Board;
import org.heliostat.hal.FakeLibc;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.TemperatureSensor;
import org.heliostat.hal.driver.PmbusFormat.Direct;
import org.junit.jupiter.api.Test;

/**
 * Every raw value of every conversion, against the whole-number formulas of Linux' own drivers.
 *
 * <p>The kernel gives whole milli-units (of power: micro-units) and cuts or rounds what is beyond;
 * ours may differ by that and nothing more. Each formula names its file and function, as of Linux
 * 6.17 where it says nothing else.
 */
class KernelFormulasTest {
  /** Cut off, to the nearest below (an arithmetic shift) or towards zero (a division). */
  private static final double CUT = 1 - 1e-9;

  /** To the nearest. */
  private static final double ROUNDED = 0.5 + 1e-6;

  /** The same in binary fractions, which no calculation rounds. */
  private static final double NOTHING = 0;

  private static final int WORDS = 1 << 16;

  /** Fails unless ours is the kernel's; makes no objects, since there are millions to compare. */
  private static void agree(String what, long raw, double ours, long linux, double tolerance) {
    // a double has 53 bits; a calculation of a few steps loses the last three or four
    double slack = Math.abs((double) linux) * 1e-14;
    if (!(Math.abs(ours - (double) linux) <= tolerance + slack)) {
      throw new AssertionError(
          "%s of 0x%x: ours is %s, Linux' %d".formatted(what, raw, ours, linux));
    }
  }

  /** DIV_ROUND_CLOSEST of include/linux/math.h. */
  private static long divRoundClosest(long value, long by) {
    return (value < 0) == (by < 0) ? (value + by / 2) / by : (value - by / 2) / by;
  }

  // thermometers

  /** drivers/hwmon/lm75.c, lm75_reg_to_mc. */
  private static long lm75Millidegrees(int word, int bits) {
    return (((short) word >> (16 - bits)) * 1000L) >> (bits - 8);
  }

  @Test
  void lm75AndTmp105OfNineToTwelveBits() {
    for (int bits = 9; bits <= 12; bits++) {
      for (int word = 0; word < WORDS; word++) {
        agree("lm75", word, Lm75.celsius(word, bits) * 1000, lm75Millidegrees(word, bits), CUT);
      }
    }
  }

  /**
   * drivers/hwmon/tmp102.c, tmp102_reg_to_mC: the kernel's driver always uses the extended mode.
   */
  private static long tmp102Millidegrees(int word) {
    return ((short) word & ~1) * 1000L / 128;
  }

  /** Bit 0 says that the mode is the extended one, bits 1 and 2 are always 0. */
  @Test
  void tmp102OfThirteenBits() {
    for (int word = 0; word < WORDS; word++) {
      if ((word & 6) == 0) {
        agree("tmp102", word, Lm75.celsius(word, 13) * 1000, tmp102Millidegrees(word), CUT);
      }
    }
  }

  /** drivers/iio/temperature/tmp117.c, tmp117_read_raw: the signed word times 78125 tens of nC. */
  @Test
  void tmp117() {
    for (int word = 0; word < WORDS; word++) {
      long linux = (short) word * 78_125L;
      agree("tmp117", word, Tmp117.celsius(word) * 1e7, linux, NOTHING);
    }
  }

  /** drivers/thermal/thermal_sysfs.c, temp_show: whole millidegrees, as far as we believe them. */
  @Test
  void thermalZones() throws HardwareFault {
    FakeLibc libc = new FakeLibc();
    String file = "/sys/class/thermal/thermal_zone0/temp";
    libc.files.put(file, "0");
    try (Board board = libc.board()) {
      TemperatureSensor zone =
          board.device(TemperatureSensor.class, "zone", "thermal-zone", Map.of("zone", "0"));
      for (int millidegrees = -100_000; millidegrees <= 250_000; millidegrees++) {
        libc.files.put(file, millidegrees + "\n");
        agree("zone", millidegrees, zone.read().celsius() * 1000, millidegrees, NOTHING);
      }
    }
  }

  // power monitors

  /** drivers/hwmon/ina2xx.c, ina2xx_get_value: 1250 uV a step. */
  private static long ina226Millivolts(int word) {
    return divRoundClosest(word * 1250L, 1000);
  }

  /** ina2xx_set_shunt: the calibration stays 2048, and the step follows from the shunt. */
  private static long ina226StepMicroamperes(long shuntMicroohms) {
    return divRoundClosest(divRoundClosest(1_000_000_000, 400), shuntMicroohms);
  }

  /**
   * Shunts whose step is a whole number of microamperes, since the kernel rounds it to one. The
   * kernel's calibration of 2048 is the one that uses the shunt's whole range.
   */
  @Test
  void ina226AsTheKernelCalibratesIt() {
    for (int shunt : new int[] {100, 500, 1000, 2000, 2500, 5000, 10_000, 20_000, 100_000}) {
      Ina226Scale scale = Ina226Scale.of(shunt / 1e6, 0.08192 / (shunt / 1e6));
      agree("ina226 calibration", shunt, scale.calibration(), 2048, NOTHING);
      long step = ina226StepMicroamperes(shunt);
      for (int word = 0; word < WORDS; word++) {
        agree("ina226 volts", word, scale.busVolts(word) * 1000, ina226Millivolts(word), ROUNDED);
        long current = divRoundClosest((short) word * step, 1000);
        agree("ina226 amperes", word, scale.amperes(word) * 1000, current, ROUNDED);
        agree("ina226 watts", word, scale.watts(word) * 1e6, word * 25L * step, ROUNDED);
      }
    }
  }

  /**
   * Linux before 4.15, ina2xx_calibrate: 5120000 divided by the shunt in microohms, for a step of 1
   * mA; and the step of the data sheet's equation 1 for what was written.
   */
  @Test
  void ina226OfOtherCalibrations() {
    for (int shunt : new int[] {160, 250, 500, 800, 1000, 1250, 2000, 2500}) {
      Ina226Scale scale = Ina226Scale.of(shunt / 1e6, 32.768);
      agree("calibration", shunt, scale.calibration(), divRoundClosest(5_120_000, shunt), NOTHING);
      for (int word = 0; word < WORDS; word++) {
        agree("ina226 amperes", word, scale.amperes(word) * 1000, (short) word, ROUNDED);
        agree("ina226 watts", word, scale.watts(word) * 1e6, word * 25_000L, ROUNDED);
      }
    }
    for (int amperes = 3; amperes <= 16; amperes++) {
      Ina226Scale scale = Ina226Scale.of(0.005, amperes);
      for (int word = 0; word < WORDS; word++) {
        // tenths of nanoamperes: 0.00512 / (calibration * 0.005)
        long exact = (short) word * 10_240_000_000L / scale.calibration();
        agree("ina226 amperes", word, scale.amperes(word) * 1e10, exact, 1.01);
      }
    }
  }

  /** drivers/hwmon/ina238.c, ina228_read_bus_voltage (Linux 6.18). */
  private static long ina228Millivolts(int register) {
    return (register >> 4) * 3125L / 1000 / 16;
  }

  /** ina238_read_current: 20 bits, with the kernel's calibration of 16384. */
  private static long ina228Milliamperes(int register, int gain, long shuntMicroohms) {
    return (register << 8 >> 12) * 20_000L * gain / (shuntMicroohms * 4) / 16;
  }

  /** ina238_read_power. */
  private static long ina228Microwatts(int register, int gain, long shuntMicroohms) {
    return register * 1000L * 20_000 * gain / (20 * shuntMicroohms);
  }

  @Test
  void ina228EveryBusVoltage() {
    for (int register = 0; register < 0x800000; register += 16) {
      double ours = Ina228Scale.busVolts(register) * 1000;
      agree("ina228 volts", register, ours, ina228Millivolts(register), CUT);
    }
  }

  /**
   * Every current, and every power of 24 bits. The kernel's calibration is another, so both are
   * compared for the same: the step is in proportion to the calibration.
   */
  @Test
  void ina228EveryCurrentAndPower() {
    int[][] shuntsAndAmperes = {{5000, 20}, {16_200, 10}, {1000, 20}, {20_000, 2}};
    for (int[] one : shuntsAndAmperes) {
      Ina228Scale scale = Ina228Scale.of(one[0] / 1e6, one[1]);
      int gain = scale.fine() ? 1 : 4;
      double same = 16_384.0 / scale.calibration();
      for (int register = 0; register < 0x1000000; register += 16) {
        double ours = scale.amperes(register) * same * 1000;
        agree("ina228 amperes", register, ours, ina228Milliamperes(register, gain, one[0]), CUT);
      }
      for (int register = 0; register < 0x1000000; register++) {
        double ours = scale.watts(register) * same * 1e6;
        agree("ina228 watts", register, ours, ina228Microwatts(register, gain, one[0]), CUT);
      }
    }
  }

  // PMBus

  /**
   * drivers/hwmon/pmbus/pmbus_core.c, pmbus_reg2data_direct; {@code zeros} is 3 for milli-units, 6
   * for power.
   */
  private static long direct(int word, long m, long b, int r, int zeros) {
    long value = (short) word;
    long offset = b;
    for (int i = 0; i < zeros; i++) {
      offset *= 10;
    }
    for (int i = 0; i < zeros - r; i++) {
      value *= 10;
    }
    return (value - offset) / m;
  }

  /** pmbus_data2reg_direct, of milli-units. */
  private static long directWord(long milli, long m, long b, int r) {
    long value = milli * m + b * 1000;
    for (int i = 0; i < 3 - r; i++) {
      value = divRoundClosest(value, 10);
    }
    return value;
  }

  private static void everyWord(String what, Direct ours, long m, long b, int r, int zeros) {
    double unit = zeros == 6 ? 1e6 : 1e3;
    for (int word = 0; word < WORDS; word++) {
      agree(what, word, ours.value(word) * unit, direct(word, m, b, r, zeros), CUT);
    }
  }

  /** drivers/hwmon/pmbus/adm1275.c, adm1272_coefficients and adm1275_probe. */
  @Test
  void adm1272InAllItsRanges() {
    long[][] volts = {{6_770, 0, -2}, {4_062, 0, -2}};
    long[][] amperes = {{1_326, 20_480, -1}, {663, 20_480, -1}};
    long[][][] watts = {
      {{3_512, 0, -2}, {21_071, 0, -3}},
      {{17_561, 0, -3}, {10_535, 0, -3}}
    };
    for (int wide = 0; wide < 2; wide++) {
      for (int coarse = 0; coarse < 2; coarse++) {
        int configuration =
            0x0714
                | (wide == 1 ? PmbusSwitch.ADM_RANGE_100_VOLTS : 0)
                | (coarse == 1 ? PmbusSwitch.ADM_RANGE_30_MILLIVOLTS : 0);
        // the kernel takes the shunt in microohms into m: 1000 * m / 1000
        for (int milliohms = 1; milliohms <= 3; milliohms++) {
          long[] v = volts[wide];
          everyWord("VIN, VOUT", PmbusSwitch.admVolts(configuration), v[0], v[1], (int) v[2], 3);
          long[] a = amperes[coarse];
          Direct current = PmbusSwitch.admAmperes(configuration).times(milliohms);
          everyWord("IOUT", current, a[0] * milliohms, a[1], (int) a[2], 3);
          long[] w = watts[coarse][wide];
          Direct power = PmbusSwitch.admWatts(configuration).times(milliohms);
          everyWord("PIN", power, w[0] * milliohms, w[1], (int) w[2], 6);
        }
      }
    }
    everyWord("temperature", PmbusSwitch.ADM_CELSIUS, 42, 31_871, -1, 3);
  }

  /** drivers/hwmon/pmbus/lm25066.c, lm25066_coeff and lm25066_probe. */
  @Test
  void lm25066InBothItsRanges() {
    everyWord("VIN, VOUT", PmbusSwitch.LM_VOLTS, 22_070, -1_800, -2, 3);
    everyWord("temperature", PmbusSwitch.LM_CELSIUS, 16, 0, 0, 3);
    for (int milliohms = 1; milliohms <= 5; milliohms++) {
      Direct low = PmbusSwitch.lmAmperes(0).times(milliohms);
      everyWord("IIN", low, 13_661L * milliohms, -5_200, -2, 3);
      Direct high = PmbusSwitch.lmAmperes(PmbusSwitch.LM_LIMIT_HIGH).times(milliohms);
      everyWord("IIN, CL", high, 6_854L * milliohms, -3_100, -2, 3);
      Direct lowPower = PmbusSwitch.lmWatts(0).times(milliohms);
      everyWord("PIN", lowPower, 736L * milliohms, -3_300, -2, 6);
      Direct highPower = PmbusSwitch.lmWatts(PmbusSwitch.LM_LIMIT_HIGH).times(milliohms);
      everyWord("PIN, CL", highPower, 369L * milliohms, -1_900, -2, 6);
    }
  }

  /** Limits, in every milliampere; the kernel rounds once for each power of ten. */
  @Test
  void limitsOfTheDirectFormat() {
    for (int milli = 0; milli <= 12_000; milli++) {
      double amperes = milli / 1000.0;
      int adm = PmbusSwitch.admAmperes(0).word(amperes);
      agree("ADM1272 limit", milli, adm, directWord(milli, 1_326, 20_480, -1), 1);
      int lm = PmbusSwitch.lmAmperes(0).word(amperes);
      agree("LM25066 limit", milli, lm, Math.max(0, directWord(milli, 13_661, -5_200, -2)), 1);
    }
  }

  /** pmbus_core.c, pmbus_reg2data_linear: the mantissa in milli-units (power: micro), shifted. */
  private static long linear(long mantissa, int exponent, long unit) {
    long value = mantissa * unit;
    return exponent >= 0 ? value << exponent : value >> -exponent;
  }

  @Test
  void linear11() {
    for (int word = 0; word < WORDS; word++) {
      int exponent = (short) word >> 11;
      int mantissa = (short) ((word & 0x7ff) << 5) >> 5;
      double ours = PmbusFormat.linear11(word);
      agree("LINEAR11", word, ours * 1000, linear(mantissa, exponent, 1000), CUT);
      agree("LINEAR11 power", word, ours * 1e6, linear(mantissa, exponent, 1_000_000), CUT);
    }
  }

  @Test
  void linear16OfEveryMode() {
    for (int mode = 0; mode < 32; mode++) {
      int exponent = (byte) (mode << 3) >> 3;
      for (int word = 0; word < WORDS; word++) {
        double ours = PmbusFormat.linear16(word, mode) * 1000;
        agree("LINEAR16", word, ours, linear(word, exponent, 1000), CUT);
      }
    }
  }

  // heaters, pumps, converters

  /**
   * drivers/pwm/pwm-pca9685.c (Linux 6.17), pca9685_pwm_apply: from the period in ns. Periods 11 ns
   * apart, of all frequencies that the part has; where the quotient lies between two whole numbers
   * to a billionth, either will do.
   */
  @Test
  void prescalersOfThePca9685() {
    for (long period = 655_360; period <= 41_943_040; period += 11) {
      long linux = divRoundClosest(25 * period, 4096 * 1000) - 1;
      if (linux < 3 || linux > 255 || 25 * period % 4_096_000 == 2_048_000) {
        continue;
      }
      agree("prescaler", period, Pca9685.prescale(1e9 / period), linux, NOTHING);
    }
  }

  /**
   * pca9685_pwm_get_duty, with the pulses that do not start with the period: every pair of words.
   */
  @Test
  void dutiesOfThePca9685() {
    for (int on = 0; on < 0x2000; on++) {
      for (int off = 0; off < 0x2000; off++) {
        int linux = (off - on) & 0xfff;
        if ((off & 0x1000) != 0) {
          linux = 0;
        } else if ((on & 0x1000) != 0) {
          linux = 4096;
        }
        agree("duty", (long) on << 16 | off, Pca9685.duty(on, off) * 4096, linux, NOTHING);
      }
    }
  }

  /** pca9685_pwm_set_duty, for each of the steps, which all come back. */
  @Test
  void wordsOfThePca9685() {
    for (int step = 0; step <= 4096; step++) {
      double duty = step / 4096.0;
      agree("ON", step, Pca9685.onWord(duty), step == 4096 ? 0x1000 : 0, NOTHING);
      int off = step == 4096 ? 0 : step == 0 ? 0x1000 : step;
      agree("OFF", step, Pca9685.offWord(duty), off, NOTHING);
    }
  }

  /**
   * drivers/hwmon/emc2305.c, emc2305_show_fan, which knows the range after a reset alone (a
   * multiplier of 2), cuts before it multiplies, and calls 960 revolutions a minute and less 0;
   * ours follow equation 3 of the data sheet down to the slowest.
   */
  @Test
  void everyTachometerCountOfTheEmc2305() {
    for (int count = 1; count < Emc2305.MOST_COUNT; count++) {
      int half = 3_932_160 / count;
      for (int range = 0; range < 4; range++) {
        double cut = (1 << range) * CUT;
        agree("tachometer", count, Emc2305.rpm(count, range), (long) half << range, cut);
      }
    }
  }

  /** drivers/iio/adc/ti-ads1015.c, ads1015_read_raw: the full scale in mV over 2^15. */
  @Test
  void everyVoltageOfTheAds1115() {
    int[] millivolts = {6144, 4096, 2048, 1024, 512, 256};
    for (int gain = 0; gain < millivolts.length; gain++) {
      for (int word = 0; word < WORDS; word++) {
        long linux = (short) word * (long) millivolts[gain];
        double ours = Ads1115Radfet.volts(word, gain) * 1000 * 32_768;
        agree("ADS1115", word, ours, linux, NOTHING);
      }
    }
  }

  /**
   * drivers/iio/accel/adxl345.h, ADXL345_USCALE: 38300 um/s2 a step, which is 9.80665 / 256 to
   * three digits; so ours may differ by half of the third.
   */
  @Test
  void everyAccelerationOfTheAdxl345() {
    for (int step = -4096; step < 4096; step++) {
      double ours = step * Adxl345.METRES_PER_SECOND_SQUARED * 1e6;
      agree("ADXL345", step, ours, step * 38_300L, Math.abs(step) * 50.0);
    }
  }
}

package org.heliostat.hal.driver;

/**
 * The number formats of PMBus (Power System Management Protocol Specification, part II, revision
 * 1.3, sections 7 and 8).
 */
final class PmbusFormat {
  private PmbusFormat() {}

  /** LINEAR11: five bits of exponent, eleven of mantissa, both two's complement. */
  static double linear11(int word) {
    int exponent = (short) word >> 11;
    int mantissa = (word & 0x7ff) << 21 >> 21;
    return Math.scalb((double) mantissa, exponent);
  }

  /** The finest LINEAR11 number for a value of at most 2^25. */
  static int toLinear11(double value) {
    for (int exponent = -16; exponent <= 15; exponent++) {
      long mantissa = Math.round(Math.scalb(value, -exponent));
      if (mantissa >= -1024 && mantissa <= 1023) {
        return (exponent & 0x1f) << 11 | (int) (mantissa & 0x7ff);
      }
    }
    return 15 << 11 | (value < 0 ? 0x400 : 0x3ff);
  }

  /** Whether VOUT_MODE says LINEAR16: mode 0 in its upper three bits. */
  static boolean isLinear16(int voutMode) {
    return (voutMode & 0xe0) == 0;
  }

  /** LINEAR16: an unsigned mantissa with the exponent in the lower five bits of VOUT_MODE. */
  static double linear16(int word, int voutMode) {
    return Math.scalb((double) (word & 0xffff), voutMode << 27 >> 27);
  }

  /**
   * Coefficients of the direct format: {@code Y = (m X + b) 10^R} with Y the word and X the value.
   *
   * @param m slope
   * @param b offset
   * @param r exponent of ten
   */
  record Direct(double m, double b, int r) {
    /** The same with the slope multiplied, as by a sense resistor. */
    Direct times(double factor) {
      return new Direct(m * factor, b, r);
    }

    /** The value of a word, which is two's complement. */
    double value(int word) {
      return ((short) word * power(-r) - b) / m;
    }

    /** The word of a value, 0 to 32767. */
    int word(double value) {
      return (int) Math.max(0, Math.min(0x7fff, Math.round((m * value + b) * power(r))));
    }

    private static double power(int exponent) {
      double power = 1;
      for (int i = 0; i < Math.abs(exponent); i++) {
        power *= 10;
      }
      return exponent < 0 ? 1 / power : power;
    }
  }
}

package org.heliostat.hal.driver;

/**
 * Register conversions of an INA228 (data sheet SLYS021, section 8.1.2 "Current, Power, Energy, and
 * Charge Calculations" and the register maps).
 *
 * @param fine whether the shunt's range is 40.96 mV (ADCRANGE = 1) instead of 163.84 mV
 * @param currentLsbAmperes amperes for one step of the current register
 * @param calibration contents of SHUNT_CAL, 1 to 32767
 */
record Ina228Scale(boolean fine, double currentLsbAmperes, int calibration) {
  static final double BUS_LSB_VOLTS = 195.3125e-6;

  private static final double FULL_SCALE_VOLTS = 163.84e-3;
  private static final double FINE_SCALE_VOLTS = 40.96e-3;
  private static final int STEPS = 1 << 19;

  /** Equation 2; four times that in the fine range. */
  private static final double CALIBRATION_CONSTANT = 13_107.2e6;

  /** Power has steps of 3.2 current steps times a volt. */
  private static final double POWER_STEPS = 3.2;

  /**
   * The finest scale that still holds the greatest current.
   *
   * @throws IllegalArgumentException if the part cannot measure so with this shunt
   */
  static Ina228Scale of(double shuntOhms, double maxAmperes) {
    double most = shuntOhms * maxAmperes;
    if (most > FULL_SCALE_VOLTS * 1.001) {
      throw new IllegalArgumentException(
          "%s A through %s ohm is more than the 163.84 mV that the part can measure"
              .formatted(maxAmperes, shuntOhms));
    }
    boolean fine = most <= FINE_SCALE_VOLTS;
    double constant = CALIBRATION_CONSTANT * (fine ? 4 : 1);
    double wanted = constant * shuntOhms * maxAmperes / STEPS;
    int calibration = (int) Math.min(32_767, Math.ceil(wanted - 1e-6));
    if (calibration < 1) {
      throw new IllegalArgumentException("shunt_ohms and max_amperes leave no calibration value");
    }
    return new Ina228Scale(fine, calibration / (constant * shuntOhms), calibration);
  }

  /** The bus voltage of the 24-bit register, whose lowest four bits are none. */
  static double busVolts(int register) {
    return (register >> 4) * BUS_LSB_VOLTS;
  }

  /** The current of the 24-bit register: 20 bits, two's complement. */
  double amperes(int register) {
    return (register << 8 >> 12) * currentLsbAmperes;
  }

  /** The power of the 24-bit register. */
  double watts(int register) {
    return register * POWER_STEPS * currentLsbAmperes;
  }
}

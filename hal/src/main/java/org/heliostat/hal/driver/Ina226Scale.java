package org.heliostat.hal.driver;

/**
 * Register conversions of an INA226 (data sheet SBOS547, sections "Programming the Calibration
 * Register" and "Register Details").
 *
 * @param shuntOhms resistance of the shunt
 * @param currentLsbAmperes amperes for one step of the current register
 * @param calibration contents of the calibration register, 1 to 32767
 */
record Ina226Scale(double shuntOhms, double currentLsbAmperes, int calibration) {
  static final double SHUNT_LSB_VOLTS = 2.5e-6;
  static final double BUS_LSB_VOLTS = 1.25e-3;

  /** The power register counts in steps of 25 current steps. */
  static final double POWER_STEPS = 25;

  private static final double CALIBRATION_CONSTANT = 0.00512;

  /**
   * The finest scale that still holds the greatest current (Equations 1 and 2 of the data sheet).
   *
   * @throws IllegalArgumentException if the part cannot measure so with this shunt
   */
  static Ina226Scale of(double shuntOhms, double maxAmperes) {
    if (shuntOhms * maxAmperes > 32_768 * SHUNT_LSB_VOLTS * 1.001) {
      throw new IllegalArgumentException(
          "%s A through %s ohm is more than the 81.92 mV that the part can measure"
              .formatted(maxAmperes, shuntOhms));
    }
    double wanted = CALIBRATION_CONSTANT / (maxAmperes / 32_768 * shuntOhms);
    int calibration = (int) Math.min(32_767, Math.floor(wanted + 1e-6));
    // The register holds whole numbers: the step follows from what was really written.
    return new Ina226Scale(
        shuntOhms, CALIBRATION_CONSTANT / (calibration * shuntOhms), calibration);
  }

  double busVolts(int register) {
    return register * BUS_LSB_VOLTS;
  }

  double amperes(int register) {
    return (short) register * currentLsbAmperes;
  }

  double watts(int register) {
    return register * POWER_STEPS * currentLsbAmperes;
  }
}

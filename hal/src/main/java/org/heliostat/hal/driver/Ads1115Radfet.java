package org.heliostat.hal.driver;

import org.heliostat.hal.Board;
import org.heliostat.hal.DoseMonitor;
import org.heliostat.hal.DoseReading;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.HardwareFault.Kind;
import org.heliostat.hal.Smbus;

/** One RADFET at an ADS1115 that converts continuously. */
final class Ads1115Radfet extends I2cSampled<DoseReading> implements DoseMonitor {
  static final int CONVERSION = 0x00;
  static final int CONFIGURATION = 0x01;

  /** Bit 15 of the configuration: a conversion is not going on; the rest is what was written. */
  static final int SET_UP = 0x7FFF;

  /** 128 samples a second, comparator off. */
  static final int RATE_128_NO_COMPARATOR = 0x0083;

  /** Multiplexer: channel 0 against ground. */
  private static final int SINGLE_ENDED = 4;

  /** A conversion takes 1/128 s, 10 % more at worst; the one that was going on is not ours. */
  private static final long FIRST_CONVERSION_NANOS = 20_000_000L;

  private static final double[] FULL_SCALES = {6.144, 4.096, 2.048, 1.024, 0.512, 0.256};
  private static final int STEPS = 32_768;

  private final Ads1115RadfetDriver.Settings settings;
  private final int configuration;

  private double volts;
  private double grays;

  Ads1115Radfet(String name, Board board, Smbus part, Ads1115RadfetDriver.Settings settings) {
    super(name, board, part);
    this.settings = settings;
    this.configuration =
        (SINGLE_ENDED + settings.channel()) << 12 | settings.gain() << 9 | RATE_128_NO_COMPARATOR;
  }

  /** PGA bits of a full scale; -1 for none. */
  static int gain(double fullScaleVolts) {
    for (int i = 0; i < FULL_SCALES.length; i++) {
      if (FULL_SCALES[i] == fullScaleVolts) {
        return i;
      }
    }
    return -1;
  }

  /** Two's complement, the full scale divided by 32768 for a step. */
  static double volts(int register, int gain) {
    return (short) register * FULL_SCALES[gain] / STEPS;
  }

  @Override
  protected void measure() throws HardwareFault {
    if (settingUp() || (part.readWord(CONFIGURATION) & SET_UP) != configuration) {
      setUpBegins();
      part.writeWord(CONFIGURATION, configuration);
      pause(FIRST_CONVERSION_NANOS);
      if ((part.readWord(CONFIGURATION) & SET_UP) != configuration) {
        throw fault(Kind.BAD_DATA, "the part does not keep its configuration: no ADS1115");
      }
      setUpDone();
    }
    int register = part.readWord(CONVERSION);
    long taken = board.monotonicNanos();
    if (register == 0x7fff || register == 0x8000) {
      throw fault(Kind.OUT_OF_RANGE, "the voltage is beyond full_scale_volts");
    }
    double now = volts(register, settings.gain());
    double shift = Math.max(0, now - settings.zeroVolts());
    double dose = Math.pow(shift / settings.voltsPerGray(), 1 / settings.exponent());
    synchronized (sample) {
      volts = now;
      grays = dose;
      taken(taken);
    }
  }

  @Override
  protected DoseReading record(long takenNanos) {
    return new DoseReading(volts, grays, takenNanos);
  }
}

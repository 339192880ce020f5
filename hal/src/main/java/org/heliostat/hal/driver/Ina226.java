package org.heliostat.hal.driver;

import org.heliostat.hal.Board;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.HardwareFault.Kind;
import org.heliostat.hal.PowerMonitor;
import org.heliostat.hal.PowerReading;
import org.heliostat.hal.Smbus;

/**
 * One INA226.
 *
 * <p>After a reset the part answers politely with a calibration of 0 and thus 0 A and 0 W. So each
 * sample ends with a look at the calibration register; if it is not what was written, the part is
 * set up again and sampled once more.
 */
final class Ina226 extends I2cSampled<PowerReading> implements PowerMonitor {
  static final int CONFIGURATION = 0x00;
  static final int SHUNT = 0x01;
  static final int BUS = 0x02;
  static final int POWER = 0x03;
  static final int CURRENT = 0x04;
  static final int CALIBRATION = 0x05;
  static final int MASK_ENABLE = 0x06;
  static final int MANUFACTURER = 0xFE;

  static final int TEXAS_INSTRUMENTS = 0x5449;

  /**
   * Averages of 4, 1.1 ms for each conversion, shunt and bus continuously: a new value every 8.8
   * ms.
   */
  static final int RUNNING = 0x4327;

  static final int CONVERSION_READY = 0x0008;
  static final int MATH_OVERFLOW = 0x0004;

  private static final int READY_POLLS = 10;
  private static final long READY_POLL_NANOS = 5_000_000L;

  private final Ina226Scale scale;

  private double volts;
  private double amperes;
  private double watts;

  Ina226(String name, Board board, Smbus part, Ina226Scale scale) {
    super(name, board, part);
    this.scale = scale;
  }

  @Override
  protected void measure() throws HardwareFault {
    for (int round = 0; round < 2; round++) {
      int shunt = part.readWord(SHUNT);
      int bus = part.readWord(BUS);
      int current = part.readWord(CURRENT);
      int power = part.readWord(POWER);
      long taken = board.monotonicNanos();
      if (!settingUp() && part.readWord(CALIBRATION) == scale.calibration()) {
        store(shunt, bus, current, power, taken);
        return;
      }
      setUp();
    }
    throw fault(Kind.STALE, "the part resets itself again and again");
  }

  @Override
  protected PowerReading record(long takenNanos) {
    return new PowerReading(volts, amperes, watts, takenNanos);
  }

  private void store(int shunt, int bus, int current, int power, long taken) throws HardwareFault {
    if (bus > 0x7fff) {
      throw fault(
          Kind.BAD_DATA, "bus voltage register is 0x%04x, its top bit is always 0".formatted(bus));
    }
    if (shunt == 0x7fff || shunt == 0x8000) {
      throw fault(Kind.OUT_OF_RANGE, "the shunt voltage is beyond what the part can measure");
    }
    if ((part.readWord(MASK_ENABLE) & MATH_OVERFLOW) != 0) {
      throw fault(Kind.OUT_OF_RANGE, "the current is beyond max_amperes");
    }
    synchronized (sample) {
      volts = scale.busVolts(bus);
      amperes = scale.amperes(current);
      watts = Math.copySign(scale.watts(power), amperes);
      taken(taken);
    }
  }

  private void setUp() throws HardwareFault {
    int manufacturer = part.readWord(MANUFACTURER);
    if (manufacturer != TEXAS_INSTRUMENTS) {
      throw fault(
          Kind.BAD_DATA,
          "the manufacturer register is 0x%04x: this is no INA226".formatted(manufacturer));
    }
    setUpBegins();
    part.writeWord(CALIBRATION, scale.calibration());
    // Writing the configuration starts a new conversion, made with the calibration above.
    part.writeWord(CONFIGURATION, RUNNING);
    for (int poll = 0; poll < READY_POLLS; poll++) {
      if ((part.readWord(MASK_ENABLE) & CONVERSION_READY) != 0) {
        setUpDone();
        return;
      }
      pause(READY_POLL_NANOS);
    }
    throw fault(Kind.STALE, "the part converts nothing after its set-up");
  }
}

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
final class Ina226 implements PowerMonitor {
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

  private final String name;
  private final Board board;
  private final Smbus part;
  private final Ina226Scale scale;

  Ina226(String name, Board board, Smbus part, Ina226Scale scale) {
    this.name = name;
    this.board = board;
    this.part = part;
    this.scale = scale;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public synchronized PowerReading read() throws HardwareFault {
    for (int round = 0; round < 2; round++) {
      int shunt = part.readWord(SHUNT);
      int bus = part.readWord(BUS);
      int current = part.readWord(CURRENT);
      int power = part.readWord(POWER);
      long taken = board.monotonicNanos();
      if (part.readWord(CALIBRATION) == scale.calibration()) {
        return reading(shunt, bus, current, power, taken);
      }
      setUp();
    }
    throw new HardwareFault(Kind.STALE, name, "the part resets itself again and again");
  }

  @Override
  public void close() {
    part.close();
  }

  private PowerReading reading(int shunt, int bus, int current, int power, long taken)
      throws HardwareFault {
    if (bus > 0x7fff) {
      throw new HardwareFault(
          Kind.BAD_DATA,
          name,
          "bus voltage register is 0x%04x, its top bit is always 0".formatted(bus));
    }
    if (shunt == 0x7fff || shunt == 0x8000) {
      throw new HardwareFault(
          Kind.OUT_OF_RANGE, name, "the shunt voltage is beyond what the part can measure");
    }
    if ((part.readWord(MASK_ENABLE) & MATH_OVERFLOW) != 0) {
      throw new HardwareFault(Kind.OUT_OF_RANGE, name, "the current is beyond max_amperes");
    }
    double amperes = scale.amperes(current);
    double watts = Math.copySign(scale.watts(power), amperes);
    return new PowerReading(scale.busVolts(bus), amperes, watts, taken);
  }

  private void setUp() throws HardwareFault {
    int manufacturer = part.readWord(MANUFACTURER);
    if (manufacturer != TEXAS_INSTRUMENTS) {
      throw new HardwareFault(
          Kind.BAD_DATA,
          name,
          "the manufacturer register is 0x%04x: this is no INA226".formatted(manufacturer));
    }
    part.writeWord(CALIBRATION, scale.calibration());
    // Writing the configuration starts a new conversion, made with the calibration above.
    part.writeWord(CONFIGURATION, RUNNING);
    for (int poll = 0; poll < READY_POLLS; poll++) {
      if ((part.readWord(MASK_ENABLE) & CONVERSION_READY) != 0) {
        return;
      }
      try {
        board.sleepUntilNanos(board.monotonicNanos() + READY_POLL_NANOS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new HardwareFault(Kind.TIMEOUT, name, "interrupted while the part was set up", e);
      }
    }
    throw new HardwareFault(Kind.STALE, name, "the part converts nothing after its set-up");
  }
}

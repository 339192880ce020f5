package org.heliostat.hal.driver;

import org.heliostat.hal.Board;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.HardwareFault.Kind;
import org.heliostat.hal.PowerMonitor;
import org.heliostat.hal.PowerReading;
import org.heliostat.hal.Smbus;

/**
 * One INA228.
 *
 * <p>After a reset the part measures with another calibration and gives plausible, wrong amperes.
 * So each sample ends with a look at the calibration and at the converter's set-up, which is
 * another than after a reset.
 */
final class Ina228 extends I2cSampled<PowerReading> implements PowerMonitor {
  static final int CONFIGURATION = 0x00;
  static final int ADC_CONFIGURATION = 0x01;
  static final int CALIBRATION = 0x02;
  static final int SHUNT = 0x04;
  static final int BUS = 0x05;
  static final int CURRENT = 0x07;
  static final int POWER = 0x08;
  static final int DIAGNOSIS = 0x0B;
  static final int MANUFACTURER = 0x3E;
  static final int DEVICE = 0x3F;

  static final int TEXAS_INSTRUMENTS = 0x5449;

  /** The upper twelve bits of the device register; the lower four are the revision. */
  static final int INA228 = 0x228;

  /** ADCRANGE of CONFIG. */
  static final int FINE_RANGE = 0x0010;

  /** Shunt and bus continuously, 1052 us for each conversion, averages of 4: every 8.4 ms. */
  static final int RUNNING = 0xBB69;

  static final int MATH_OVERFLOW = 0x0200;
  static final int CONVERSION_READY = 0x0002;
  static final int MEMORY_INTACT = 0x0001;

  private static final int MOST_SHUNT = 0x7ffff0;
  private static final int LEAST_SHUNT = 0x800000;
  private static final int READY_POLLS = 10;
  private static final long READY_POLL_NANOS = 5_000_000L;

  private final Ina228Scale scale;
  private final byte[] bytes = new byte[3];

  private double volts;
  private double amperes;
  private double watts;

  Ina228(String name, Board board, Smbus part, Ina228Scale scale) {
    super(name, board, part);
    this.scale = scale;
  }

  @Override
  protected void measure() throws HardwareFault {
    for (int round = 0; round < 2; round++) {
      int shunt = read24(SHUNT);
      int bus = read24(BUS);
      int current = read24(CURRENT);
      int power = read24(POWER);
      long taken = board.monotonicNanos();
      if (!settingUp()
          && part.readWord(CALIBRATION) == scale.calibration()
          && part.readWord(ADC_CONFIGURATION) == RUNNING) {
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
    if ((bus & 0x80000f) != 0) {
      throw fault(
          Kind.BAD_DATA,
          "bus voltage register is 0x%06x, its top and last four bits are always 0".formatted(bus));
    }
    if (shunt == MOST_SHUNT || shunt == LEAST_SHUNT) {
      throw fault(Kind.OUT_OF_RANGE, "the shunt voltage is beyond what the part can measure");
    }
    int diagnosis = part.readWord(DIAGNOSIS);
    if ((diagnosis & MEMORY_INTACT) == 0) {
      throw fault(Kind.BAD_DATA, "the part's trim memory is damaged");
    }
    if ((diagnosis & MATH_OVERFLOW) != 0) {
      throw fault(Kind.OUT_OF_RANGE, "the current is beyond max_amperes");
    }
    synchronized (sample) {
      volts = Ina228Scale.busVolts(bus);
      amperes = scale.amperes(current);
      watts = Math.copySign(scale.watts(power), amperes);
      taken(taken);
    }
  }

  private void setUp() throws HardwareFault {
    int manufacturer = part.readWord(MANUFACTURER);
    int device = part.readWord(DEVICE);
    if (manufacturer != TEXAS_INSTRUMENTS || device >> 4 != INA228) {
      throw fault(
          Kind.BAD_DATA,
          "manufacturer 0x%04x, device 0x%04x: this is no INA228".formatted(manufacturer, device));
    }
    setUpBegins();
    part.writeWord(CONFIGURATION, scale.fine() ? FINE_RANGE : 0);
    part.writeWord(CALIBRATION, scale.calibration());
    // writing the converter's set-up starts a new conversion, made with the calibration above
    part.writeWord(ADC_CONFIGURATION, RUNNING);
    for (int poll = 0; poll < READY_POLLS; poll++) {
      if ((part.readWord(DIAGNOSIS) & CONVERSION_READY) != 0) {
        setUpDone();
        return;
      }
      pause(READY_POLL_NANOS);
    }
    throw fault(Kind.STALE, "the part converts nothing after its set-up");
  }

  private int read24(int register) throws HardwareFault {
    part.readBlock(register, bytes, 3);
    return (bytes[0] & 0xff) << 16 | (bytes[1] & 0xff) << 8 | (bytes[2] & 0xff);
  }
}

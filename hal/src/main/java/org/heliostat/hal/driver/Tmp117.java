package org.heliostat.hal.driver;

import org.heliostat.hal.Board;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.HardwareFault.Kind;
import org.heliostat.hal.Smbus;
import org.heliostat.hal.TemperatureReading;
import org.heliostat.hal.TemperatureSensor;

/**
 * One TMP117, converting twice a second with averages of eight.
 *
 * <p>Its configuration is another than after a reset, so that a reset shows; its ready bit, cleared
 * by each look, tells whether it still converts.
 */
final class Tmp117 extends I2cSampled<TemperatureReading> implements TemperatureSensor {
  static final int TEMPERATURE = 0x00;
  static final int CONFIGURATION = 0x01;
  static final int DEVICE = 0x0F;

  /** The lower twelve bits of the device register; the upper four are the revision. */
  static final int TMP117 = 0x117;

  /** Mode, cycle and averaging of CONFIGURATION. */
  static final int SET_UP = 0x0FE0;

  /** Continuously, a cycle of 500 ms, averages of eight. */
  static final int RUNNING = 0x01A0;

  static final int DATA_READY = 0x2000;

  /** What the register holds before the first conversion: -256 degrees. */
  static final int NOTHING_YET = 0x8000;

  private static final double LSB_CELSIUS = 7.8125e-3;
  private static final double LEAST_CELSIUS = -55;
  private static final double MOST_CELSIUS = 150;
  private static final int READY_POLLS = 10;
  private static final long READY_POLL_NANOS = 50_000_000L;
  private static final long LONGEST_SILENCE_NANOS = 2_000_000_000L;

  private long readyNanos;

  private double celsius;

  Tmp117(String name, Board board, Smbus part) {
    super(name, board, part);
  }

  /** 7.8125 millidegrees a step, two's complement. */
  static double celsius(int register) {
    return (short) register * LSB_CELSIUS;
  }

  @Override
  protected void measure() throws HardwareFault {
    int configuration = part.readWord(CONFIGURATION);
    boolean ready = (configuration & DATA_READY) != 0;
    if (settingUp() || (configuration & SET_UP) != RUNNING) {
      setUp();
      ready = true;
    }
    int register = part.readWord(TEMPERATURE);
    long taken = board.monotonicNanos();
    if (register == NOTHING_YET) {
      throw fault(Kind.STALE, "the part has not converted yet");
    }
    if (ready || readyNanos == 0) {
      readyNanos = taken;
    } else if (taken - readyNanos > LONGEST_SILENCE_NANOS) {
      throw fault(Kind.STALE, "the part has ceased to convert");
    }
    double now = celsius(register);
    if (now < LEAST_CELSIUS || now > MOST_CELSIUS) {
      throw fault(Kind.OUT_OF_RANGE, now + " degrees is beyond what the part can measure");
    }
    synchronized (sample) {
      celsius = now;
      taken(taken);
    }
  }

  @Override
  protected TemperatureReading record(long takenNanos) {
    return new TemperatureReading(celsius, takenNanos);
  }

  private void setUp() throws HardwareFault {
    int device = part.readWord(DEVICE);
    if ((device & 0xfff) != TMP117) {
      throw fault(Kind.BAD_DATA, "the device register is 0x%04x: no TMP117".formatted(device));
    }
    setUpBegins();
    part.writeWord(CONFIGURATION, RUNNING);
    for (int poll = 0; poll < READY_POLLS; poll++) {
      if ((part.readWord(CONFIGURATION) & DATA_READY) != 0) {
        setUpDone();
        return;
      }
      pause(READY_POLL_NANOS);
    }
    throw fault(Kind.STALE, "the part converts nothing after its set-up");
  }
}

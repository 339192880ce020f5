package org.heliostat.hal.driver;

import org.heliostat.hal.Board;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.HardwareFault.Kind;
import org.heliostat.hal.Heater;
import org.heliostat.hal.HeaterReading;
import org.heliostat.hal.Smbus;

/**
 * One channel of a PCA9685.
 *
 * <p>Several heaters share a part: whoever finds it asleep or with another prescaler sets up the
 * whole part, and each sets its own channel. Both are looked at by every poll, since a part that
 * has reset itself sleeps with all channels off.
 */
final class Pca9685 extends I2cSampled<HeaterReading> implements Heater {
  static final int MODE1 = 0x00;
  static final int FIRST_CHANNEL = 0x06;
  static final int PRE_SCALE = 0xFE;

  static final int SLEEP = 0x10;
  static final int AUTO_INCREMENT = 0x20;

  /** Bit 4 of a channel's ON or OFF high byte: fully on, or fully off, which wins. */
  static final int FULL = 0x1000;

  static final int STEPS = 4096;

  private static final int RESTART = 0x80;
  private static final double OSCILLATOR_HERTZ = 25e6;

  /** Time that the oscillator takes to start (data sheet, section 7.3.1.1). */
  private static final long OSCILLATOR_NANOS = 500_000L;

  private final int prescale;
  private final int onRegister;
  private double wanted;

  private double duty;

  Pca9685(String name, Board board, Smbus part, int channel, int prescale, double duty) {
    super(name, board, part);
    this.prescale = prescale;
    this.onRegister = FIRST_CHANNEL + 4 * channel;
    this.wanted = duty;
  }

  /** Equation 1 of the data sheet: {@code round(25 MHz / (4096 hertz)) - 1}, 3 to 255. */
  static int prescale(double hertz) {
    return (int) Math.max(3, Math.min(255, Math.round(OSCILLATOR_HERTZ / (STEPS * hertz)) - 1));
  }

  /** ON word of a duty: fully on for all, else the pulse starts with the period. */
  static int onWord(double duty) {
    return steps(duty) == STEPS ? FULL : 0;
  }

  /** OFF word of a duty: where the pulse ends; fully off for none. */
  static int offWord(double duty) {
    int steps = steps(duty);
    return steps == 0 ? FULL : steps == STEPS ? 0 : steps;
  }

  /** The duty of a channel's words. */
  static double duty(int on, int off) {
    if ((off & FULL) != 0) {
      return 0;
    }
    return (on & FULL) != 0 ? 1 : ((off - on) & (STEPS - 1)) / (double) STEPS;
  }

  @Override
  protected void measure() throws HardwareFault {
    setUp();
    int on = part.readWordLittleEndian(onRegister);
    int off = part.readWordLittleEndian(onRegister + 2);
    long taken = board.monotonicNanos();
    if (((on | off) & ~(2 * FULL - 1)) != 0) {
      throw fault(Kind.BAD_DATA, "the channel's words are 0x%04x and 0x%04x".formatted(on, off));
    }
    synchronized (sample) {
      duty = duty(on, off);
      taken(taken);
    }
  }

  @Override
  protected HeaterReading record(long takenNanos) {
    return new HeaterReading(duty, takenNanos);
  }

  @Override
  public void setDuty(double share) throws HardwareFault {
    if (!(share >= 0 && share <= 1)) {
      throw fault(Kind.REFUSED, "a duty of " + share + ", not 0..1");
    }
    begin();
    try {
      setUp();
      wanted = share;
      drive();
    } finally {
      end();
    }
  }

  /** Sets up what is not as it was set up. */
  private void setUp() throws HardwareFault {
    int mode = part.readByte(MODE1) & ~RESTART;
    if (mode != AUTO_INCREMENT || part.readByte(PRE_SCALE) != prescale) {
      setUpBegins();
      // the prescaler can be written only while the part sleeps
      part.writeByte(MODE1, SLEEP | AUTO_INCREMENT);
      part.writeByte(PRE_SCALE, prescale);
      part.writeByte(MODE1, AUTO_INCREMENT);
      pause(OSCILLATOR_NANOS);
      if ((part.readByte(MODE1) & ~RESTART) != AUTO_INCREMENT
          || part.readByte(PRE_SCALE) != prescale) {
        throw fault(Kind.BAD_DATA, "the part does not keep its mode: this is no PCA9685");
      }
    }
    if (part.readWordLittleEndian(onRegister) != onWord(wanted)
        || part.readWordLittleEndian(onRegister + 2) != offWord(wanted)) {
      setUpBegins();
      drive();
    }
    if (settingUp()) {
      setUpDone();
    }
  }

  private void drive() throws HardwareFault {
    part.writeWordLittleEndian(onRegister, onWord(wanted));
    part.writeWordLittleEndian(onRegister + 2, offWord(wanted));
    if (part.readWordLittleEndian(onRegister) != onWord(wanted)
        || part.readWordLittleEndian(onRegister + 2) != offWord(wanted)) {
      throw fault(Kind.BAD_DATA, "the part does not keep its duty");
    }
  }

  private static int steps(double duty) {
    return (int) Math.round(duty * STEPS);
  }
}

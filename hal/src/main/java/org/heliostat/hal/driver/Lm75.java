package org.heliostat.hal.driver;

import org.heliostat.hal.Board;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.HardwareFault.Kind;
import org.heliostat.hal.Smbus;
import org.heliostat.hal.TemperatureReading;
import org.heliostat.hal.TemperatureSensor;

/** One sensor of the LM75 family. */
final class Lm75 extends I2cSampled<TemperatureReading> implements TemperatureSensor {
  static final int TEMPERATURE = 0;
  static final int CONFIGURATION = 1;

  /**
   * Set-up bits of the TMP102's 16-bit configuration (data sheet SBOS397, Table 7-5): shutdown
   * mode, polarity, fault queue, conversion rate and extended mode. The resolution bits read as
   * ones, and the alert bit follows the temperature.
   */
  static final int TMP102_SET_UP = 0x1FD0;

  /** Four conversions a second, as after a reset. */
  static final int TMP102_RUNNING = 0x0080;

  static final int TMP102_EXTENDED = 0x0010;

  private static final long TMP102_CONVERSION_NANOS = 300_000_000L;

  /** The parts that differ in how they are set up. */
  enum Part {
    /** Nothing to set up. */
    LM75,
    /** 8-bit configuration with a resolution. */
    TMP105,
    /** 16-bit configuration with an extended mode. */
    TMP102
  }

  private final Part kind;
  private final int bits;

  private double celsius;

  Lm75(String name, Board board, Smbus part, Part kind, int bits) {
    super(name, board, part);
    this.kind = kind;
    this.bits = bits;
  }

  /**
   * Two's complement, left-justified in 16 bits, 1/256 degree for the last of the 16 (1/128 with 13
   * bits, where the format is shifted by one to hold up to 150 degrees); bits that the part lacks
   * are undefined.
   */
  static double celsius(int register, int bits) {
    int unused = 16 - bits;
    return ((short) register >> unused << unused) / (bits == 13 ? 128.0 : 256.0);
  }

  /** Resolution bits R1 and R0 of the TMP105's configuration register: 0 for 9 bits to 3 for 12. */
  static int resolution(int bits) {
    return (bits - 9) << 5;
  }

  @Override
  protected void measure() throws HardwareFault {
    setUp();
    int register = part.readWord(TEMPERATURE);
    long taken = board.monotonicNanos();
    if (register == 0xffff) {
      // A bus that nobody drives reads as ones; -1/256 degree is none of the values of 9 to 11
      // bits, and unlikely at 12.
      throw fault(Kind.BAD_DATA, "the temperature register is 0xffff: nobody drives the bus");
    }
    double now = celsius(register, bits);
    if (now < -55 || now > (bits == 13 ? 150 : 127.9375)) {
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
    if (kind == Part.TMP105 && (settingUp() || part.readByte(CONFIGURATION) != resolution(bits))) {
      // A part that has reset itself is back at 9 bits: still right, only coarser until the next
      // conversion.
      setUpBegins();
      part.writeByte(CONFIGURATION, resolution(bits));
      setUpDone();
    } else if (kind == Part.TMP102) {
      int wanted = TMP102_RUNNING | (bits == 13 ? TMP102_EXTENDED : 0);
      if (settingUp() || (part.readWord(CONFIGURATION) & TMP102_SET_UP) != wanted) {
        setUpBegins();
        part.writeWord(CONFIGURATION, wanted);
        if (bits == 13) {
          // until the next conversion the register is still in the other format
          pause(TMP102_CONVERSION_NANOS);
        }
        setUpDone();
      }
    }
  }
}

package org.heliostat.hal.driver;

import org.heliostat.hal.Board;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.HardwareFault.Kind;
import org.heliostat.hal.Smbus;
import org.heliostat.hal.TemperatureReading;
import org.heliostat.hal.TemperatureSensor;

/** One sensor of the LM75 family. */
final class Lm75 implements TemperatureSensor {
  static final int TEMPERATURE = 0;
  static final int CONFIGURATION = 1;

  private final String name;
  private final Board board;
  private final Smbus part;
  private final int bits;
  private final boolean hasResolution;

  Lm75(String name, Board board, Smbus part, int bits, boolean hasResolution) {
    this.name = name;
    this.board = board;
    this.part = part;
    this.bits = bits;
    this.hasResolution = hasResolution;
  }

  /**
   * Two's complement, left-justified in 16 bits, 1/256 degree for the last of the 16; bits that the
   * part lacks are undefined.
   */
  static double celsius(int register, int bits) {
    int unused = 16 - bits;
    return ((short) register >> unused << unused) / 256.0;
  }

  /** Resolution bits R1 and R0 of the TMP105's configuration register: 0 for 9 bits to 3 for 12. */
  static int resolution(int bits) {
    return (bits - 9) << 5;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public synchronized TemperatureReading read() throws HardwareFault {
    if (hasResolution && part.readByte(CONFIGURATION) != resolution(bits)) {
      // A part that has reset itself is back at 9 bits: still right, only coarser until the next
      // conversion.
      part.writeByte(CONFIGURATION, resolution(bits));
    }
    int register = part.readWord(TEMPERATURE);
    long taken = board.monotonicNanos();
    double celsius = celsius(register, bits);
    if (register == 0xffff) {
      // A bus that nobody drives reads as ones; -1/256 degree is none of the values of 9 to 11
      // bits, and unlikely at 12.
      throw new HardwareFault(
          Kind.BAD_DATA, name, "the temperature register is 0xffff: nobody drives the bus");
    }
    if (celsius < -55 || celsius > 127.9375) {
      throw new HardwareFault(
          Kind.OUT_OF_RANGE, name, celsius + " degrees is beyond what the part can measure");
    }
    return new TemperatureReading(celsius, taken);
  }

  @Override
  public void close() {
    part.close();
  }
}

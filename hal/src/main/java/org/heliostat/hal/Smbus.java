package org.heliostat.hal;

/**
 * One part on an I2C bus, spoken to with the SMBus protocols.
 *
 * <p>A transfer is tried at most three times and for at most a tenth of a second of host time.
 * Registers are 0 to 255. May be used from any thread; calls wait for one another.
 */
public interface Smbus extends AutoCloseable {
  /** Reads a 16-bit register whose high byte comes first on the wire, as 0 to 65535. */
  int readWord(int register) throws HardwareFault;

  /** Writes a 16-bit register, high byte first. */
  void writeWord(int register, int value) throws HardwareFault;

  /** Reads an 8-bit register, as 0 to 255. */
  int readByte(int register) throws HardwareFault;

  /** Writes an 8-bit register. */
  void writeByte(int register, int value) throws HardwareFault;

  @Override
  void close();
}

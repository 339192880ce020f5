package org.heliostat.hal;

/**
 * One part on an I2C bus, spoken to with the SMBus protocols.
 *
 * <p>A transfer is tried at most three times and within the bus' deadline (a tenth of a second of
 * host time unless the bus was set up otherwise). Registers are 0 to 255. May be used from any
 * thread; the transfers of one bus wait for one another, no longer than the deadline.
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

  /** Reads a 16-bit register whose low byte comes first on the wire, as SMBus has it. */
  int readWordLittleEndian(int register) throws HardwareFault;

  /** Writes a 16-bit register, low byte first. */
  void writeWordLittleEndian(int register, int value) throws HardwareFault;

  /** Sends one byte: a command without data, or a register pointer. */
  void sendByte(int command) throws HardwareFault;

  /** Receives one byte from wherever the part's pointer stands, as 0 to 255. */
  int receiveByte() throws HardwareFault;

  /**
   * Reads registers in a row (an I2C block read; no byte count on the wire).
   *
   * @param length 1 to 32 bytes; the first bytes of {@code into} are filled
   */
  void readBlock(int register, byte[] into, int length) throws HardwareFault;

  /**
   * Reads a block whose length the part says itself (an SMBus block read, as PMBus strings).
   *
   * @param into 32 bytes
   * @return how many bytes the part sent, 0 to 32
   */
  int readCountedBlock(int register, byte[] into) throws HardwareFault;

  /** The bus as it was opened, such as {@code /dev/i2c-1}: the lane of the parts on it. */
  String bus();

  @Override
  void close();
}

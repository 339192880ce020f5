package org.heliostat.hal.os;

import com.sun.jna.Memory;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.HardwareFault.Kind;
import org.heliostat.hal.Smbus;

/**
 * One part on an {@link I2cBus}: SMBus transfers through the ioctl {@code I2C_SMBUS} of Linux
 * ({@code linux/i2c-dev.h}, {@code struct i2c_smbus_ioctl_data}).
 *
 * <p>Each part has its own descriptor, since the selected address belongs to the descriptor.
 * Buffers are made once and reused; the bus' lock guards them.
 */
public final class LinuxSmbus implements Smbus {
  static final int READ = 1;
  static final int WRITE = 0;
  static final int BYTE = 1;
  static final int BYTE_DATA = 2;
  static final int WORD_DATA = 3;
  static final int BLOCK_DATA = 5;
  static final int I2C_BLOCK_DATA = 8;

  /** {@code I2C_FUNC_SMBUS_BYTE_DATA} and {@code WORD_DATA}, read and write. */
  static final long NEEDED_FUNCTIONS = 0x0078_0000L;

  /** {@code I2C_FUNC_SMBUS_PEC}. */
  static final long PEC_FUNCTION = 0x8L;

  static final int BLOCK_MOST = 32;

  private static final int O_RDWR = 2;
  private static final int O_CLOEXEC = 0x80000;
  private static final int CLOSED = -1;

  private final I2cBus bus;
  private final SystemLibrary libc;
  private final String device;
  private final int address;
  private final boolean pec;
  private final boolean force;
  private final String where;
  private final Memory data = new Memory(BLOCK_MOST + 2);
  private final Memory request = new Memory(16);
  private int fd = CLOSED;
  private boolean answered;
  private volatile boolean closed;

  LinuxSmbus(I2cBus bus, String device, int address, boolean pec, boolean force)
      throws HardwareFault {
    if (address < 0x03 || address > 0x77) {
      throw new HardwareFault(
          Kind.REFUSED, device, "address 0x%02x is not a 7-bit I2C address".formatted(address));
    }
    this.bus = bus;
    this.libc = bus.libc();
    this.device = device;
    this.address = address;
    this.pec = pec;
    this.force = force;
    this.where = "0x%02x on %s".formatted(address, bus.path());
    data.clear();
    request.clear();
    request.setPointer(8, data);
  }

  @Override
  public int readWord(int register) throws HardwareFault {
    bus.lock();
    try {
      transfer(READ, register, WORD_DATA);
      // SMBus words travel low byte first; these parts send the high byte first.
      return ((data.getByte(0) & 0xff) << 8) | (data.getByte(1) & 0xff);
    } finally {
      bus.unlock();
    }
  }

  @Override
  public void writeWord(int register, int value) throws HardwareFault {
    writeTwo(register, value >> 8, value);
  }

  @Override
  public int readByte(int register) throws HardwareFault {
    bus.lock();
    try {
      transfer(READ, register, BYTE_DATA);
      return data.getByte(0) & 0xff;
    } finally {
      bus.unlock();
    }
  }

  @Override
  public void writeByte(int register, int value) throws HardwareFault {
    bus.lock();
    try {
      data.setByte(0, (byte) value);
      transfer(WRITE, register, BYTE_DATA);
    } finally {
      bus.unlock();
    }
  }

  @Override
  public int readWordLittleEndian(int register) throws HardwareFault {
    bus.lock();
    try {
      transfer(READ, register, WORD_DATA);
      return ((data.getByte(1) & 0xff) << 8) | (data.getByte(0) & 0xff);
    } finally {
      bus.unlock();
    }
  }

  @Override
  public void writeWordLittleEndian(int register, int value) throws HardwareFault {
    writeTwo(register, value, value >> 8);
  }

  @Override
  public void sendByte(int command) throws HardwareFault {
    bus.lock();
    try {
      transfer(WRITE, command, BYTE);
    } finally {
      bus.unlock();
    }
  }

  @Override
  public int receiveByte() throws HardwareFault {
    bus.lock();
    try {
      transfer(READ, 0, BYTE);
      return data.getByte(0) & 0xff;
    } finally {
      bus.unlock();
    }
  }

  @Override
  public void readBlock(int register, byte[] into, int length) throws HardwareFault {
    if (length < 1 || length > BLOCK_MOST) {
      throw new HardwareFault(
          Kind.REFUSED, device, "a block of " + length + " bytes, not 1.." + BLOCK_MOST);
    }
    bus.lock();
    try {
      data.setByte(0, (byte) length);
      transfer(READ, register, I2C_BLOCK_DATA);
      int came = data.getByte(0) & 0xff;
      if (came != length) {
        throw new HardwareFault(
            Kind.BAD_DATA,
            device,
            came + " of " + length + " bytes from register " + register + " of " + where);
      }
      data.read(1, into, 0, length);
    } finally {
      bus.unlock();
    }
  }

  @Override
  public int readCountedBlock(int register, byte[] into) throws HardwareFault {
    bus.lock();
    try {
      transfer(READ, register, BLOCK_DATA);
      int count = data.getByte(0) & 0xff;
      if (count > BLOCK_MOST || count > into.length) {
        throw new HardwareFault(
            Kind.BAD_DATA,
            device,
            "register " + register + " of " + where + " says it has " + count + " bytes");
      }
      data.read(1, into, 0, count);
      return count;
    } finally {
      bus.unlock();
    }
  }

  @Override
  public String bus() {
    return bus.path();
  }

  @Override
  public void close() {
    // A transfer that hangs in the kernel must not keep the rest of the board from closing.
    closed = true;
    bus.release(this);
  }

  /** Gives the descriptor of a closed part back; whether the part is closed. */
  boolean dropIfClosed() {
    if (!closed) {
      return false;
    }
    drop();
    return true;
  }

  int address() {
    return address;
  }

  String where() {
    return where;
  }

  /** Whether the part has ever answered. */
  boolean hasAnswered() {
    return answered;
  }

  /** Gives the descriptor back; the next attempt opens another. */
  void drop() {
    int open = fd;
    fd = CLOSED;
    if (open != CLOSED) {
      libc.close(open);
    }
  }

  /** Opens the bus and selects the part. */
  void reopen() throws HardwareFault {
    int opened;
    try (Memory path = Errno.path(bus.path())) {
      opened = libc.open(path, O_RDWR | O_CLOEXEC);
    }
    if (opened < 0) {
      throw fault(libc.lastError(), "opening " + bus.path());
    }
    fd = opened;
    try {
      select();
    } catch (HardwareFault e) {
      drop();
      throw e;
    }
  }

  /** Makes the prepared transfer once; 0, or the error number. */
  int attempt() throws HardwareFault {
    if (closed) {
      throw new HardwareFault(Kind.REFUSED, device, "the device was closed in the meantime");
    }
    if (fd == CLOSED) {
      reopen();
    }
    if (libc.ioctl(fd, I2cBus.I2C_SMBUS, request) >= 0) {
      answered = true;
      return 0;
    }
    int error = libc.lastError();
    if (error == Errno.ENODEV) {
      // the adapter was taken away; it may come back under the same path
      drop();
    }
    return error;
  }

  /**
   * Asks for the byte of register 0, which has no side effect on any part of this package; 0, or
   * the error number.
   */
  int probe() throws HardwareFault {
    prepare(READ, 0, BYTE_DATA);
    return attempt();
  }

  /** The fault of the prepared transfer. */
  HardwareFault fault(int error) {
    String doing = request.getByte(0) == READ ? "reading" : "writing";
    int register = request.getByte(1) & 0xff;
    return new HardwareFault(
        kind(error),
        device,
        doing + " register " + register + " of " + where + " failed with error " + error);
  }

  /** What the error of a transfer means ({@code Documentation/i2c/fault-codes.rst}). */
  static Kind kind(int error) {
    return switch (error) {
      case Errno.ENOENT, Errno.ENODEV -> Kind.ABSENT;
      case Errno.ENXIO, Errno.EREMOTEIO -> Kind.NACK;
      case Errno.ETIMEDOUT, Errno.EAGAIN, Errno.EBUSY -> Kind.TIMEOUT;
      case Errno.EACCES, Errno.EPERM, Errno.EOPNOTSUPP -> Kind.REFUSED;
      default -> Kind.BAD_DATA;
    };
  }

  private void writeTwo(int register, int first, int second) throws HardwareFault {
    bus.lock();
    try {
      data.setByte(0, (byte) first);
      data.setByte(1, (byte) second);
      transfer(WRITE, register, WORD_DATA);
    } finally {
      bus.unlock();
    }
  }

  private void transfer(int direction, int register, int size) throws HardwareFault {
    if (closed) {
      throw new HardwareFault(Kind.REFUSED, device, "the device is closed");
    }
    prepare(direction, register, size);
    bus.transfer(this);
  }

  private void prepare(int direction, int register, int size) {
    request.setByte(0, (byte) direction);
    request.setByte(1, (byte) register);
    request.setInt(4, size);
  }

  private void select() throws HardwareFault {
    try (Memory functions = new Memory(8)) {
      functions.clear();
      if (libc.ioctl(fd, I2cBus.I2C_FUNCS, functions) < 0) {
        throw fault(libc.lastError(), "asking what the bus of " + where + " can do");
      }
      long has = functions.getLong(0);
      if ((has & NEEDED_FUNCTIONS) != NEEDED_FUNCTIONS) {
        throw new HardwareFault(
            Kind.REFUSED, device, "the bus of " + where + " cannot transfer SMBus bytes and words");
      }
      if (pec && (has & PEC_FUNCTION) == 0) {
        throw new HardwareFault(
            Kind.REFUSED, device, "the bus of " + where + " has no packet error codes (PEC)");
      }
    }
    long selecting = force ? I2cBus.I2C_SLAVE_FORCE : I2cBus.I2C_SLAVE;
    if (libc.ioctl(fd, selecting, I2cBus.value(address)) < 0) {
      throw fault(libc.lastError(), "selecting " + where);
    }
    if (pec && libc.ioctl(fd, I2cBus.I2C_PEC, I2cBus.value(1)) < 0) {
      throw fault(libc.lastError(), "switching packet error codes on for " + where);
    }
    // An adapter that takes neither keeps its own limits; the deadline above them holds anyhow.
    libc.ioctl(fd, I2cBus.I2C_TIMEOUT, I2cBus.value(bus.kernelTimeout()));
    libc.ioctl(fd, I2cBus.I2C_RETRIES, I2cBus.value(0));
  }

  private HardwareFault fault(int error, String doing) {
    return new HardwareFault(Errno.kind(error), device, doing + " failed with error " + error);
  }
}

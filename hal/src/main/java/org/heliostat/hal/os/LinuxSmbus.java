package org.heliostat.hal.os;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.nio.charset.StandardCharsets;
import java.util.function.LongSupplier;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.HardwareFault.Kind;
import org.heliostat.hal.Smbus;

/**
 * SMBus transfers through Linux' {@code /dev/i2c-N}, as in {@code
 * Documentation/i2c/dev-interface.rst} of the kernel.
 *
 * <p>Buffers are made once and reused; a transfer allocates nothing unless it fails.
 */
public final class LinuxSmbus implements Smbus {
  static final int ATTEMPTS = 3;
  static final long LONGEST_NANOS = 100_000_000L;

  static final long I2C_SLAVE = 0x0703;
  static final long I2C_FUNCS = 0x0705;
  static final long I2C_SMBUS = 0x0720;
  static final int READ = 1;
  static final int WRITE = 0;
  static final int BYTE_DATA = 2;
  static final int WORD_DATA = 3;

  /** Byte and word data, read and write. */
  static final long NEEDED_FUNCTIONS = 0x0078_0000L;

  private static final int O_RDWR = 2;
  private static final int O_CLOEXEC = 0x80000;

  private static final int EIO = 5;
  private static final int ENOENT = 2;
  private static final int ENXIO = 6;
  private static final int EAGAIN = 11;
  private static final int EACCES = 13;
  private static final int EBUSY = 16;
  private static final int ENODEV = 19;
  private static final int EPERM = 1;
  private static final int EREMOTEIO = 121;
  private static final int ETIMEDOUT = 110;

  private final SystemLibrary libc;
  private final LongSupplier hostNanos;
  private final String device;
  private final String where;
  private final int fd;
  private final Memory data = new Memory(34);
  private final Memory request = new Memory(16);
  private boolean closed;

  private LinuxSmbus(
      SystemLibrary libc, LongSupplier hostNanos, String device, String where, int fd) {
    this.libc = libc;
    this.hostNanos = hostNanos;
    this.device = device;
    this.where = where;
    this.fd = fd;
    data.clear();
    request.clear();
    request.setPointer(8, data);
  }

  /**
   * Opens the bus and selects the part; the part itself is not touched.
   *
   * @param address 7-bit address, 0x03 to 0x77
   */
  public static LinuxSmbus open(
      SystemLibrary libc, LongSupplier hostNanos, String device, String bus, int address)
      throws HardwareFault {
    if (address < 0x03 || address > 0x77) {
      throw new HardwareFault(
          Kind.REFUSED, device, "address 0x%02x is not a 7-bit I2C address".formatted(address));
    }
    byte[] path = bus.getBytes(StandardCharsets.UTF_8);
    int fd;
    try (Memory cPath = new Memory(path.length + 1L)) {
      cPath.write(0, path, 0, path.length);
      cPath.setByte(path.length, (byte) 0);
      fd = libc.open(cPath, O_RDWR | O_CLOEXEC);
    }
    if (fd < 0) {
      throw fault(device, libc.lastError(), "opening " + bus);
    }
    String where = "0x%02x on %s".formatted(address, bus);
    LinuxSmbus smbus = new LinuxSmbus(libc, hostNanos, device, where, fd);
    try {
      smbus.select(address);
    } catch (HardwareFault e) {
      smbus.close();
      throw e;
    }
    return smbus;
  }

  private synchronized void select(int address) throws HardwareFault {
    if (libc.ioctl(fd, I2C_FUNCS, data) < 0) {
      throw fault(device, libc.lastError(), "asking what the bus of " + where + " can do");
    }
    if ((data.getLong(0) & NEEDED_FUNCTIONS) != NEEDED_FUNCTIONS) {
      throw new HardwareFault(
          Kind.REFUSED, device, "the bus of " + where + " cannot transfer SMBus bytes and words");
    }
    if (libc.ioctl(fd, I2C_SLAVE, new Pointer(address)) < 0) {
      throw fault(device, libc.lastError(), "selecting " + where);
    }
  }

  @Override
  public synchronized int readWord(int register) throws HardwareFault {
    transfer(READ, register, WORD_DATA);
    // SMBus words travel low byte first; these parts send the high byte first.
    return ((data.getByte(0) & 0xff) << 8) | (data.getByte(1) & 0xff);
  }

  @Override
  public synchronized void writeWord(int register, int value) throws HardwareFault {
    data.setByte(0, (byte) (value >> 8));
    data.setByte(1, (byte) value);
    transfer(WRITE, register, WORD_DATA);
  }

  @Override
  public synchronized int readByte(int register) throws HardwareFault {
    transfer(READ, register, BYTE_DATA);
    return data.getByte(0) & 0xff;
  }

  @Override
  public synchronized void writeByte(int register, int value) throws HardwareFault {
    data.setByte(0, (byte) value);
    transfer(WRITE, register, BYTE_DATA);
  }

  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      libc.close(fd);
    }
  }

  private void transfer(int direction, int register, int size) throws HardwareFault {
    if (closed) {
      throw new HardwareFault(Kind.REFUSED, device, "the device is closed");
    }
    request.setByte(0, (byte) direction);
    request.setByte(1, (byte) register);
    request.setInt(4, size);
    long started = hostNanos.getAsLong();
    int error = 0;
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (libc.ioctl(fd, I2C_SMBUS, request) >= 0) {
        return;
      }
      error = libc.lastError();
      if (!passing(error) || hostNanos.getAsLong() - started > LONGEST_NANOS) {
        break;
      }
    }
    throw fault(
        device,
        error,
        (direction == READ ? "reading" : "writing") + " register " + register + " of " + where);
  }

  /** Whether the next try can end otherwise. */
  private static boolean passing(int error) {
    return switch (error) {
      case EIO, ENXIO, EAGAIN, EREMOTEIO, ETIMEDOUT -> true;
      default -> false;
    };
  }

  /** Error codes as in the kernel's {@code Documentation/i2c/fault-codes.rst}. */
  private static HardwareFault fault(String device, int error, String doing) {
    Kind kind =
        switch (error) {
          case ENOENT, ENODEV -> Kind.ABSENT;
          case ENXIO, EREMOTEIO -> Kind.NACK;
          case ETIMEDOUT, EAGAIN -> Kind.TIMEOUT;
          case EACCES, EPERM, EBUSY -> Kind.REFUSED;
          default -> Kind.BAD_DATA;
        };
    return new HardwareFault(kind, device, doing + " failed with error " + error);
  }
}

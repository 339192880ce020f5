package org.heliostat.hal.os;

import com.sun.jna.Memory;
import java.nio.charset.StandardCharsets;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.HardwareFault.Kind;

/**
 * One value of the kernel in a file ({@code Documentation/filesystems/sysfs.rst}): whole numbers or
 * a line of text.
 *
 * <p>The file is opened at the first read and stays open; each read starts at its beginning, which
 * makes the kernel ask the part anew. A file whose device went away and came back (ENODEV) is
 * opened once more. Reading a number allocates nothing unless it fails. May be used from any
 * thread; reads of one file wait for one another.
 */
public final class SysfsFile implements AutoCloseable {
  private static final int O_RDONLY = 0;
  private static final int O_WRONLY = 1;
  private static final int O_CLOEXEC = 0x80000;

  private static final int NUMBER_BYTES = 64;
  private static final int TEXT_BYTES = 4096;
  private static final int CLOSED = -1;

  private final SystemLibrary libc;
  private final String device;
  private final String path;
  private final Memory cPath;
  private final Memory buffer = new Memory(TEXT_BYTES);
  private int fd = CLOSED;

  /**
   * Names a file; nothing is opened yet.
   *
   * @param device the device's name in faults
   */
  public SysfsFile(SystemLibrary libc, String device, String path) {
    this.libc = libc;
    this.device = device;
    this.path = path;
    this.cPath = Errno.path(path);
  }

  /** The file's path. */
  public String path() {
    return path;
  }

  /**
   * The whole number that the file holds.
   *
   * @throws HardwareFault of kind {@code ABSENT} where there is no such file, {@code BAD_DATA}
   *     where it holds anything but one number, or as the kernel's error says
   */
  public synchronized long readLong() throws HardwareFault {
    return parse((int) read(NUMBER_BYTES));
  }

  /** The file's text, at most 4 KiB, without white space at its ends. */
  public synchronized String readText() throws HardwareFault {
    int length = (int) read(TEXT_BYTES);
    return new String(buffer.getByteArray(0, length), StandardCharsets.UTF_8).strip();
  }

  @Override
  public synchronized void close() {
    if (fd != CLOSED) {
      libc.close(fd);
      fd = CLOSED;
    }
  }

  /**
   * Writes a value in one call, as sysfs wants it.
   *
   * @param device the device's name in faults
   */
  public static void write(SystemLibrary libc, String device, String path, String value)
      throws HardwareFault {
    try (Memory cPath = Errno.path(path);
        Memory text = Errno.path(value)) {
      int fd = libc.open(cPath, O_WRONLY | O_CLOEXEC);
      if (fd < 0) {
        throw fault(libc, device, "opening " + path);
      }
      try {
        long length = text.size() - 1;
        long written = libc.write(fd, text, length);
        if (written < 0) {
          throw fault(libc, device, "writing \"" + value + "\" to " + path);
        }
        if (written != length) {
          throw new HardwareFault(
              Kind.BAD_DATA, device, "only " + written + " bytes went into " + path);
        }
      } finally {
        libc.close(fd);
      }
    }
  }

  private long read(int most) throws HardwareFault {
    for (int round = 0; ; round++) {
      if (fd == CLOSED) {
        int opened = libc.open(cPath, O_RDONLY | O_CLOEXEC);
        if (opened < 0) {
          throw fault(libc, device, "opening " + path);
        }
        fd = opened;
      }
      long length = libc.pread(fd, buffer, most, 0);
      if (length >= 0) {
        return length;
      }
      int error = libc.lastError();
      if (error == Errno.ENODEV) {
        close();
        if (round == 0) {
          continue;
        }
      }
      throw new HardwareFault(
          Errno.kind(error), device, "reading " + path + " failed with error " + error);
    }
  }

  private long parse(int length) throws HardwareFault {
    int at = 0;
    boolean negative = length > 0 && buffer.getByte(0) == '-';
    if (negative) {
      at++;
    }
    long value = 0;
    int digits = 0;
    while (at < length) {
      int digit = buffer.getByte(at) - '0';
      if (digit < 0 || digit > 9) {
        break;
      }
      // 18 digits are below 10^18 and cannot overflow
      if (++digits > 18) {
        throw noNumber(length);
      }
      value = value * 10 + digit;
      at++;
    }
    if (at < length && buffer.getByte(at) == '\n') {
      at++;
    }
    if (digits == 0 || at != length) {
      throw noNumber(length);
    }
    return negative ? -value : value;
  }

  private HardwareFault noNumber(int length) {
    String text = new String(buffer.getByteArray(0, length), StandardCharsets.ISO_8859_1);
    return new HardwareFault(
        Kind.BAD_DATA, device, path + " holds \"" + text.strip() + "\", not a whole number");
  }

  private static HardwareFault fault(SystemLibrary libc, String device, String doing) {
    int error = libc.lastError();
    return new HardwareFault(Errno.kind(error), device, doing + " failed with error " + error);
  }
}

package org.heliostat.hal.driver;

import com.sun.jna.Memory;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.os.Errno;
import org.heliostat.hal.os.SystemLibrary;

/**
 * A serial line, raw and not blocking ({@code termios(3)}, {@code asm-generic/termbits.h}). Opened
 * at the first read, and again after it was lost.
 */
final class SerialLine implements AutoCloseable {
  static final long TCGETS = 0x5401;
  static final long TCSETS = 0x5402;
  static final long TCGETS2 = 0x802C542AL;
  static final long TCSETS2 = 0x402C542BL;

  // struct termios2: four flag words, line, nineteen control characters, two speeds
  private static final int CFLAG = 8;
  private static final int LFLAG = 12;
  private static final int CONTROL = 17;
  private static final int ISPEED = 36;
  private static final int OSPEED = 40;
  private static final int TERMIOS2_BYTES = 44;
  private static final int VTIME = 5;
  private static final int VMIN = 6;

  private static final int CS8_CREAD_CLOCAL = 0x30 | 0x80 | 0x800;
  private static final int BOTHER = 0x1000;

  private static final int O_RDWR = 2;
  private static final int O_NOCTTY = 0x100;
  private static final int O_NONBLOCK = 0x800;
  private static final int O_CLOEXEC = 0x80000;
  private static final short POLLIN = 1;
  private static final int CLOSED = -1;

  private final SystemLibrary libc;
  private final String device;
  private final String path;
  private final int baud;
  private final Memory pollFd = new Memory(8);
  private volatile int fd = CLOSED;

  SerialLine(SystemLibrary libc, String device, String path, int baud) {
    this.libc = libc;
    this.device = device;
    this.path = path;
    this.baud = baud;
  }

  /** The B constant of a speed; -1 for none. */
  static int speedBits(int baud) {
    return switch (baud) {
      case 4_800 -> 0x000C;
      case 9_600 -> 0x000D;
      case 19_200 -> 0x000E;
      case 38_400 -> 0x000F;
      case 57_600 -> 0x1001;
      case 115_200 -> 0x1002;
      case 230_400 -> 0x1003;
      case 460_800 -> 0x1004;
      case 921_600 -> 0x1007;
      default -> -1;
    };
  }

  /** Reads what has come in, without waiting; how many bytes, 0 for none. */
  int read(Memory into) throws HardwareFault {
    if (fd == CLOSED) {
      open();
    }
    pollFd.setInt(0, fd);
    pollFd.setShort(4, POLLIN);
    pollFd.setShort(6, (short) 0);
    int ready = libc.poll(pollFd, 1, 0);
    if (ready < 0) {
      int error = libc.lastError();
      if (error == Errno.EINTR) {
        return 0;
      }
      throw lost("waiting for", error);
    }
    if (ready == 0) {
      return 0;
    }
    long length = libc.read(fd, into, into.size());
    if (length < 0) {
      int error = libc.lastError();
      if (error == Errno.EAGAIN || error == Errno.EINTR) {
        return 0;
      }
      throw lost("reading", error);
    }
    return (int) length;
  }

  @Override
  public void close() {
    int open = fd;
    fd = CLOSED;
    if (open != CLOSED) {
      libc.close(open);
    }
  }

  private void open() throws HardwareFault {
    int opened;
    try (Memory cPath = Errno.path(path)) {
      opened = libc.open(cPath, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    }
    if (opened < 0) {
      throw fault("opening", libc.lastError());
    }
    fd = opened;
    try (Memory termios = new Memory(TERMIOS2_BYTES)) {
      termios.clear();
      raw(termios, BOTHER);
      if (libc.ioctl(fd, TCGETS2, termios) >= 0) {
        raw(termios, BOTHER);
        termios.setInt(ISPEED, baud);
        termios.setInt(OSPEED, baud);
        check(libc.ioctl(fd, TCSETS2, termios));
      } else {
        // a line of an older kind knows the usual speeds alone
        check(libc.ioctl(fd, TCGETS, termios));
        raw(termios, speedBits(baud));
        check(libc.ioctl(fd, TCSETS, termios));
      }
    }
  }

  private static void raw(Memory termios, int speed) {
    termios.setInt(0, 0);
    termios.setInt(4, 0);
    termios.setInt(CFLAG, CS8_CREAD_CLOCAL | speed);
    termios.setInt(LFLAG, 0);
    termios.setByte(CONTROL + VTIME, (byte) 0);
    termios.setByte(CONTROL + VMIN, (byte) 0);
  }

  private void check(int answer) throws HardwareFault {
    if (answer < 0) {
      throw lost("setting up", libc.lastError());
    }
  }

  private HardwareFault lost(String doing, int error) {
    close();
    return fault(doing, error);
  }

  private HardwareFault fault(String doing, int error) {
    return new HardwareFault(
        Errno.kind(error), device, doing + " " + path + " failed with error " + error);
  }
}

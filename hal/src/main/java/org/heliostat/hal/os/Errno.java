package org.heliostat.hal.os;

import com.sun.jna.Memory;
import java.nio.charset.StandardCharsets;
import org.heliostat.hal.HardwareFault.Kind;

/**
 * Error numbers of 64-bit Linux ({@code asm-generic/errno.h}), and what each means for a device.
 */
public final class Errno {
  public static final int EPERM = 1;
  public static final int ENOENT = 2;
  public static final int EINTR = 4;
  public static final int EIO = 5;
  public static final int ENXIO = 6;
  public static final int EBADF = 9;
  public static final int EAGAIN = 11;
  public static final int EACCES = 13;
  public static final int EBUSY = 16;
  public static final int ENODEV = 19;
  public static final int EINVAL = 22;
  public static final int ENOTTY = 25;
  public static final int EROFS = 30;
  public static final int ENODATA = 61;
  public static final int EBADMSG = 74;
  public static final int EOPNOTSUPP = 95;
  public static final int ENETDOWN = 100;
  public static final int ENOBUFS = 105;
  public static final int ETIMEDOUT = 110;
  public static final int EREMOTEIO = 121;

  private Errno() {}

  /** What an error means where opening, reading or setting up a device or a file met it. */
  public static Kind kind(int error) {
    return switch (error) {
      case ENOENT, ENODEV, ENXIO, ENETDOWN, EBADF -> Kind.ABSENT;
      case EREMOTEIO -> Kind.NACK;
      case ETIMEDOUT -> Kind.TIMEOUT;
      case EAGAIN, ENODATA -> Kind.STALE;
      case EACCES, EPERM, EBUSY, EROFS, EOPNOTSUPP, ENOTTY, EINVAL -> Kind.REFUSED;
      default -> Kind.BAD_DATA;
    };
  }

  /** A path as C wants it: UTF-8 with a 0 at its end. */
  public static Memory path(String path) {
    byte[] bytes = path.getBytes(StandardCharsets.UTF_8);
    Memory text = new Memory(bytes.length + 1L);
    text.write(0, bytes, 0, bytes.length);
    text.setByte(bytes.length, (byte) 0);
    return text;
  }
}

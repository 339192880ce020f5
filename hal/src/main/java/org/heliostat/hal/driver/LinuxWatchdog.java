package org.heliostat.hal.driver;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.HardwareFault.Kind;
import org.heliostat.hal.Watchdog;
import org.heliostat.hal.os.Errno;
import org.heliostat.hal.os.SysfsFile;
import org.heliostat.hal.os.SystemLibrary;

/**
 * One watchdog, spoken to with the ioctls of {@code linux/watchdog.h}. A kick allocates nothing.
 */
final class LinuxWatchdog implements Watchdog {
  static final long WDIOC_GETBOOTSTATUS = 0x80045702L;
  static final long WDIOC_KEEPALIVE = 0x80045705L;
  static final long WDIOC_SETTIMEOUT = 0xC0045706L;
  static final long WDIOC_GETTIMEOUT = 0x80045707L;

  static final int WDIOF_OVERHEAT = 0x01;
  static final int WDIOF_POWERUNDER = 0x10;
  static final int WDIOF_CARDRESET = 0x20;
  static final int WDIOF_POWEROVER = 0x40;

  private static final int O_WRONLY = 1;
  private static final int O_CLOEXEC = 0x80000;
  private static final int CLOSED = -1;

  private final String name;
  private final SystemLibrary libc;
  private final String path;
  private final int timeoutSeconds;
  private final Memory number = new Memory(8);
  private int fd = CLOSED;
  private int granted;
  private boolean closed;

  LinuxWatchdog(String name, SystemLibrary libc, String path, int timeoutSeconds) {
    this.name = name;
    this.libc = libc;
    this.path = path;
    this.timeoutSeconds = timeoutSeconds;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public synchronized void kick() throws HardwareFault {
    if (fd == CLOSED) {
      start();
    }
    if (libc.ioctl(fd, WDIOC_KEEPALIVE, Pointer.NULL) < 0) {
      throw fault("kicking");
    }
  }

  @Override
  public synchronized double timeoutSeconds() {
    return granted;
  }

  /**
   * Why the board booted. Before the first kick this is what sysfs says, since opening the watchdog
   * would start it; {@code UNKNOWN} where the kernel keeps no such file.
   */
  @Override
  public synchronized BootReason bootReason() throws HardwareFault {
    long status;
    if (fd == CLOSED) {
      String node = path.substring(path.lastIndexOf('/') + 1);
      try (SysfsFile file =
          new SysfsFile(libc, name, "/sys/class/watchdog/" + node + "/bootstatus")) {
        status = file.readLong();
      } catch (HardwareFault e) {
        if (e.kind() == Kind.ABSENT) {
          return BootReason.UNKNOWN;
        }
        throw e;
      }
    } else {
      if (libc.ioctl(fd, WDIOC_GETBOOTSTATUS, number) < 0) {
        int error = libc.lastError();
        if (error == Errno.ENOTTY || error == Errno.EOPNOTSUPP) {
          return BootReason.UNKNOWN;
        }
        throw fault("asking for the boot status");
      }
      status = number.getInt(0);
    }
    if ((status & WDIOF_CARDRESET) != 0) {
      return BootReason.WATCHDOG;
    }
    if ((status & WDIOF_OVERHEAT) != 0) {
      return BootReason.OVER_TEMPERATURE;
    }
    if ((status & (WDIOF_POWERUNDER | WDIOF_POWEROVER)) != 0) {
      return BootReason.POWER_FAULT;
    }
    return BootReason.POWER_ON;
  }

  @Override
  public synchronized void disarm() throws HardwareFault {
    if (fd == CLOSED) {
      return;
    }
    // the magic character makes the close stop the watchdog, where its driver allows it
    number.setByte(0, (byte) 'V');
    if (libc.write(fd, number, 1) != 1) {
      throw fault("writing the magic character to");
    }
    drop();
  }

  @Override
  public synchronized void close() {
    closed = true;
    if (fd != CLOSED) {
      drop();
    }
  }

  private void start() throws HardwareFault {
    if (closed) {
      throw new HardwareFault(Kind.REFUSED, name, "the device is closed");
    }
    try (Memory cPath = Errno.path(path)) {
      int opened = libc.open(cPath, O_WRONLY | O_CLOEXEC);
      if (opened < 0) {
        throw fault("opening");
      }
      fd = opened;
    }
    number.setInt(0, timeoutSeconds);
    if (libc.ioctl(fd, WDIOC_SETTIMEOUT, number) < 0) {
      int error = libc.lastError();
      // a part of fixed time goes on with its own
      if (error != Errno.EOPNOTSUPP && error != Errno.ENOTTY && error != Errno.EINVAL) {
        HardwareFault fault = fault("setting the time of");
        drop();
        throw fault;
      }
    }
    granted = libc.ioctl(fd, WDIOC_GETTIMEOUT, number) < 0 ? timeoutSeconds : number.getInt(0);
  }

  private void drop() {
    libc.close(fd);
    fd = CLOSED;
    granted = 0;
  }

  private HardwareFault fault(String doing) {
    int error = libc.lastError();
    return new HardwareFault(
        Errno.kind(error), name, doing + " " + path + " failed with error " + error);
  }
}

package org.heliostat.hal.driver;

import com.sun.jna.Memory;
import java.time.DateTimeException;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.HardwareFault.Kind;
import org.heliostat.hal.RealTimeClock;
import org.heliostat.hal.os.Errno;
import org.heliostat.hal.os.SystemLibrary;

/**
 * One real-time clock, spoken to with the ioctls of {@code linux/rtc.h}. It is opened for each
 * call, since the kernel lends it to one process at a time.
 */
final class LinuxRtc implements RealTimeClock {
  static final long RTC_RD_TIME = 0x80247009L;
  static final long RTC_SET_TIME = 0x4024700AL;

  /** {@code struct rtc_time}: nine ints, from the second to the daylight saving flag. */
  static final int TIME_BYTES = 36;

  private static final int O_RDWR = 2;
  private static final int O_CLOEXEC = 0x80000;
  private static final long NANOS = 1_000_000_000L;
  private static final int FIRST_YEAR = 1970;
  private static final int LAST_YEAR = 2199;

  private final String name;
  private final SystemLibrary libc;
  private final String path;

  LinuxRtc(String name, SystemLibrary libc, String path) {
    this.name = name;
    this.libc = libc;
    this.path = path;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public synchronized long utcNanos() throws HardwareFault {
    try (Memory time = new Memory(TIME_BYTES)) {
      time.clear();
      call(RTC_RD_TIME, time, "reading");
      LocalDateTime utc =
          LocalDateTime.of(
              1900 + time.getInt(20),
              time.getInt(16) + 1,
              time.getInt(12),
              time.getInt(8),
              time.getInt(4),
              Math.min(59, time.getInt(0)));
      if (utc.getYear() < FIRST_YEAR || utc.getYear() > LAST_YEAR) {
        throw new HardwareFault(Kind.BAD_DATA, name, "the clock reads " + utc);
      }
      return utc.toEpochSecond(ZoneOffset.UTC) * NANOS;
    } catch (DateTimeException e) {
      throw new HardwareFault(Kind.BAD_DATA, name, "the clock reads no date: " + e.getMessage(), e);
    }
  }

  @Override
  public synchronized void set(long utcNanos) throws HardwareFault {
    LocalDateTime utc =
        LocalDateTime.ofEpochSecond(Math.floorDiv(utcNanos, NANOS), 0, ZoneOffset.UTC);
    if (utc.getYear() < FIRST_YEAR || utc.getYear() > LAST_YEAR) {
      throw new HardwareFault(Kind.REFUSED, name, "the clock cannot be set to " + utc);
    }
    try (Memory time = new Memory(TIME_BYTES)) {
      time.clear();
      time.setInt(0, utc.getSecond());
      time.setInt(4, utc.getMinute());
      time.setInt(8, utc.getHour());
      time.setInt(12, utc.getDayOfMonth());
      time.setInt(16, utc.getMonthValue() - 1);
      time.setInt(20, utc.getYear() - 1900);
      time.setInt(24, utc.getDayOfWeek().getValue() % 7);
      time.setInt(28, utc.getDayOfYear() - 1);
      call(RTC_SET_TIME, time, "setting");
    }
  }

  @Override
  public void close() {}

  private void call(long request, Memory time, String doing) throws HardwareFault {
    int fd;
    try (Memory cPath = Errno.path(path)) {
      fd = libc.open(cPath, O_RDWR | O_CLOEXEC);
    }
    if (fd < 0) {
      throw fault("opening");
    }
    try {
      if (libc.ioctl(fd, request, time) < 0) {
        throw fault(doing);
      }
    } finally {
      libc.close(fd);
    }
  }

  private HardwareFault fault(String doing) {
    int error = libc.lastError();
    // EINVAL is the kernel's word for a clock that has lost its time
    Kind kind = error == Errno.EINVAL ? Kind.BAD_DATA : Errno.kind(error);
    return new HardwareFault(kind, name, doing + " " + path + " failed with error " + error);
  }
}

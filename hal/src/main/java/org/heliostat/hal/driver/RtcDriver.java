package org.heliostat.hal.driver;

import java.util.Set;
import org.heliostat.hal.Board;
import org.heliostat.hal.Device;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.RealTimeClock;

/**
 * A real-time clock of the kernel ({@code Documentation/admin-guide/rtc.rst}), kept in UTC.
 *
 * <p>Parameter: {@code path} (default {@code /dev/rtc0}).
 */
public final class RtcDriver extends PartDriver<String> {
  public RtcDriver() {
    super("rtc", RealTimeClock.class, Set.of("path"));
  }

  @Override
  String settings(Parameters given) throws HardwareFault {
    return given.has("path") ? given.text("path") : "/dev/rtc0";
  }

  @Override
  Device device(String deviceName, String path, Board board) {
    return new LinuxRtc(deviceName, board.system(), path);
  }
}

package org.heliostat.hal.driver;

import java.util.Set;
import org.heliostat.hal.Board;
import org.heliostat.hal.Device;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.Watchdog;

/**
 * A watchdog of the kernel ({@code Documentation/watchdog/watchdog-api.rst}).
 *
 * <p>Parameters: {@code path} (default {@code /dev/watchdog0}), {@code timeout_seconds} (1 to 3600;
 * default 10; longer than the process takes to boot, where the watchdog runs on over a restart).
 */
public final class WatchdogDriver extends PartDriver<WatchdogDriver.Settings> {
  record Settings(String path, int timeoutSeconds) {}

  public WatchdogDriver() {
    super("watchdog", Watchdog.class, Set.of("path", "timeout_seconds"));
  }

  @Override
  Settings settings(Parameters given) throws HardwareFault {
    return new Settings(
        given.has("path") ? given.text("path") : "/dev/watchdog0",
        given.integer("timeout_seconds", 1, 3600, 10));
  }

  @Override
  Device device(String deviceName, Settings settings, Board board) {
    return new LinuxWatchdog(
        deviceName, board.system(), settings.path(), settings.timeoutSeconds());
  }
}

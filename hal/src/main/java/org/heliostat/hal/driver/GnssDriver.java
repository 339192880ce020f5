package org.heliostat.hal.driver;

import java.util.Set;
import org.heliostat.hal.Board;
import org.heliostat.hal.Device;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.NavigationReceiver;

/**
 * A navigation receiver on a serial line.
 *
 * <p>Parameters: {@code path} ({@code /dev/ttyS1}), {@code protocol} ({@code ubx}: NAV-PVT of the
 * u-blox 8 / M8 receiver description; {@code nmea}: GGA, RMC and VTG of NMEA 0183 with any talker),
 * {@code baud} (4800 to 921600; default 9600 for nmea, 115200 for ubx), {@code stale_seconds}
 * (default 3: mission time after which the last solution is no longer given).
 */
public final class GnssDriver extends PartDriver<GnssDriver.Settings> {
  record Settings(String path, boolean ubx, int baud, double staleSeconds) {}

  /** Mission time after which the last solution is stale where the parameters do not say, s. */
  private static final double STALE_SECONDS = 3;

  public GnssDriver() {
    super("gnss", NavigationReceiver.class, Set.of("path", "protocol", "baud", "stale_seconds"));
  }

  @Override
  Settings settings(Parameters given) throws HardwareFault {
    String path = given.text("path");
    given.text("protocol");
    boolean ubx = given.word("protocol", "nmea", Set.of("nmea", "ubx")).equals("ubx");
    int baud = given.integer("baud", 4800, 921_600, ubx ? 115_200 : 9600);
    if (SerialLine.speedBits(baud) < 0) {
      throw given.refused("parameter \"baud\" is " + baud + ", not one of the usual speeds");
    }
    return new Settings(path, ubx, baud, given.decimal("stale_seconds", 0.1, 3600, STALE_SECONDS));
  }

  @Override
  Device device(String deviceName, Settings settings, Board board) {
    Solution solution = new Solution();
    return new Gnss(
        deviceName,
        board,
        new SerialLine(board.system(), deviceName, settings.path(), settings.baud()),
        solution,
        settings.ubx() ? new UbxParser(solution) : new NmeaParser(solution),
        (long) (settings.staleSeconds() * 1e9));
  }
}

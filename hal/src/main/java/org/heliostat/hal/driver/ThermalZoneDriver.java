package org.heliostat.hal.driver;

import java.util.Set;
import org.heliostat.hal.Board;
import org.heliostat.hal.Device;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.HardwareFault.Kind;
import org.heliostat.hal.TemperatureReading;
import org.heliostat.hal.TemperatureSensor;
import org.heliostat.hal.os.SysfsFile;

/**
 * A thermal zone of the kernel ({@code Documentation/driver-api/thermal/sysfs-api.rst}: {@code
 * /sys/class/thermal/thermal_zoneN/temp} in millidegrees), such as the board's processor.
 *
 * <p>Parameter: {@code zone} (0 to 255).
 */
public final class ThermalZoneDriver extends PartDriver<Integer> {
  public ThermalZoneDriver() {
    super("thermal-zone", TemperatureSensor.class, Set.of("zone"));
  }

  @Override
  Integer settings(Parameters given) throws HardwareFault {
    return given.integer("zone", 0, 255);
  }

  @Override
  Device device(String deviceName, Integer zone, Board board) {
    return new Zone(deviceName, board, "/sys/class/thermal/thermal_zone" + zone + "/temp");
  }

  private static final class Zone extends Sampled<TemperatureReading> implements TemperatureSensor {
    private static final long LEAST_MILLIDEGREES = -100_000;
    private static final long MOST_MILLIDEGREES = 250_000;

    private final Board board;
    private final SysfsFile file;

    private double celsius;

    Zone(String name, Board board, String path) {
      super(name);
      this.board = board;
      this.file = new SysfsFile(board.system(), name, path);
    }

    @Override
    protected void measure() throws HardwareFault {
      long millidegrees = file.readLong();
      long taken = board.monotonicNanos();
      if (millidegrees < LEAST_MILLIDEGREES || millidegrees > MOST_MILLIDEGREES) {
        throw fault(Kind.BAD_DATA, "the zone says " + millidegrees + " millidegrees");
      }
      synchronized (sample) {
        celsius = millidegrees / 1000.0;
        taken(taken);
      }
    }

    @Override
    protected TemperatureReading record(long takenNanos) {
      return new TemperatureReading(celsius, takenNanos);
    }

    @Override
    public void close() {
      file.close();
    }
  }
}

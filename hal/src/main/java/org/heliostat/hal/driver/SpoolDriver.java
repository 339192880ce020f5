package org.heliostat.hal.driver;

import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.heliostat.hal.Board;
import org.heliostat.hal.Camera;
import org.heliostat.hal.Device;
import org.heliostat.hal.DeviceDriver;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.HardwareFault.Kind;

/**
 * A camera that leaves its frames in a folder: what an instrument computer does that shares a disk
 * with the flight computer.
 *
 * <p>Parameter: {@code folder}. The contract of the folder stands at {@link SpoolCamera}.
 */
public final class SpoolDriver implements DeviceDriver {
  @Override
  public String name() {
    return "spool";
  }

  @Override
  public Class<? extends Device> kind() {
    return Camera.class;
  }

  @Override
  public void check(String deviceName, Map<String, String> parameters) throws HardwareFault {
    folder(deviceName, parameters);
  }

  @Override
  public Device open(String deviceName, Map<String, String> parameters, Board board)
      throws HardwareFault {
    Path folder = folder(deviceName, parameters);
    try {
      return new SpoolCamera(deviceName, folder);
    } catch (IOException e) {
      throw new HardwareFault(Kind.ABSENT, deviceName, "folder " + folder + ": " + e, e);
    }
  }

  private static Path folder(String deviceName, Map<String, String> parameters)
      throws HardwareFault {
    Parameters given = new Parameters(deviceName, parameters, Set.of("folder"));
    try {
      return Path.of(given.text("folder"));
    } catch (InvalidPathException e) {
      throw given.refused("parameter \"folder\" is no path: " + e.getMessage());
    }
  }
}

package org.heliostat.hal.driver;

import java.util.Map;
import java.util.Set;
import org.heliostat.hal.Board;
import org.heliostat.hal.ComputeCard;
import org.heliostat.hal.Device;
import org.heliostat.hal.DeviceDriver;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.os.NativeNvml;

/**
 * NVIDIA cards through the NVIDIA Management Library (NVML).
 *
 * <p>Parameters: {@code index} (0 and up, the driver's order) or {@code uuid} (as {@code nvidia-smi
 * -L} prints it): one of the two.
 */
public final class NvmlDriver implements DeviceDriver {
  private static final int MOST_CARDS = 65_535;

  @Override
  public String name() {
    return "nvml";
  }

  @Override
  public Class<? extends Device> kind() {
    return ComputeCard.class;
  }

  @Override
  public void check(String deviceName, Map<String, String> parameters) throws HardwareFault {
    Parameters given = new Parameters(deviceName, parameters, Set.of("index", "uuid"));
    if (given.has("index") == given.has("uuid")) {
      throw given.refused("one of the parameters \"index\" and \"uuid\" is needed");
    }
    if (given.has("index")) {
      given.integer("index", 0, MOST_CARDS);
    } else {
      given.text("uuid");
    }
  }

  @Override
  public Device open(String deviceName, Map<String, String> parameters, Board board)
      throws HardwareFault {
    check(deviceName, parameters);
    Parameters given = new Parameters(deviceName, parameters, Set.of("index", "uuid"));
    if (given.has("uuid")) {
      return NvmlCard.byUuid(deviceName, board, NativeNvml.load(), given.text("uuid"));
    }
    return NvmlCard.byIndex(
        deviceName, board, NativeNvml.load(), given.integer("index", 0, MOST_CARDS));
  }
}

package org.heliostat.core.hardware;

import java.util.Optional;
import java.util.Set;
import org.heliostat.core.mission.MissionFile;
import org.heliostat.hal.Board;
import org.heliostat.hal.Device;
import org.heliostat.hal.HardwareFault;
import org.heliostat.protocol.DeviceConfig;

/** The drivers that the HAL of this image offers. Stateless. */
public final class BoardDrivers implements MissionFile.Drivers {
  @Override
  public Set<String> names() {
    return Board.drivers();
  }

  @Override
  public Optional<String> problem(DeviceConfig device) {
    try {
      Board.check(Device.class, device.getName(), device.getDriver(), device.getParametersMap());
      return Optional.empty();
    } catch (HardwareFault e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }
}

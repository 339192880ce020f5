package org.heliostat.hal.driver;

import java.util.Map;
import java.util.Set;
import org.heliostat.hal.Board;
import org.heliostat.hal.Device;
import org.heliostat.hal.DeviceDriver;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.PowerMonitor;

/**
 * Texas Instruments INA226 power monitor (data sheet SBOS547).
 *
 * <p>Parameters: {@code bus} ({@code /dev/i2c-1}), {@code address} ({@code 0x40}), {@code
 * shunt_ohms}, {@code max_amperes}.
 */
public final class Ina226Driver implements DeviceDriver {
  @Override
  public String name() {
    return "ina226";
  }

  @Override
  public Class<? extends Device> kind() {
    return PowerMonitor.class;
  }

  @Override
  public Device open(String deviceName, Map<String, String> parameters, Board board)
      throws HardwareFault {
    Parameters given =
        new Parameters(
            deviceName, parameters, Set.of("bus", "address", "shunt_ohms", "max_amperes"));
    Ina226Scale scale;
    try {
      scale =
          Ina226Scale.of(
              given.decimal("shunt_ohms", 1e-6, 10), given.decimal("max_amperes", 1e-3, 1e4));
    } catch (IllegalArgumentException e) {
      throw given.refused(String.valueOf(e.getMessage()));
    }
    return new Ina226(
        deviceName,
        board,
        board.smbus(deviceName, given.text("bus"), given.integer("address", 0x03, 0x77)),
        scale);
  }
}

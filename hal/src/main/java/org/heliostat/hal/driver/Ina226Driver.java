package org.heliostat.hal.driver;

import org.heliostat.hal.Board;
import org.heliostat.hal.Device;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.PowerMonitor;

/**
 * Texas Instruments INA226 power monitor (data sheet SBOS547).
 *
 * <p>Parameters: {@code bus} ({@code /dev/i2c-1}), {@code address} ({@code 0x40}), {@code
 * shunt_ohms}, {@code max_amperes}; {@code force}.
 */
public final class Ina226Driver extends PartDriver<Ina226Driver.Settings> {
  record Settings(I2cPlace place, Ina226Scale scale) {}

  public Ina226Driver() {
    super("ina226", PowerMonitor.class, onI2c("shunt_ohms", "max_amperes"));
  }

  @Override
  Settings settings(Parameters given) throws HardwareFault {
    I2cPlace place = I2cPlace.of(given);
    try {
      return new Settings(
          place,
          Ina226Scale.of(
              given.decimal("shunt_ohms", 1e-6, 10), given.decimal("max_amperes", 1e-3, 1e4)));
    } catch (IllegalArgumentException e) {
      throw given.refused(String.valueOf(e.getMessage()));
    }
  }

  @Override
  Device device(String deviceName, Settings settings, Board board) throws HardwareFault {
    return new Ina226(
        deviceName, board, settings.place().open(deviceName, board), settings.scale());
  }
}

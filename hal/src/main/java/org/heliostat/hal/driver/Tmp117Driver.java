package org.heliostat.hal.driver;

import org.heliostat.hal.Board;
import org.heliostat.hal.Device;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.TemperatureSensor;

/**
 * Texas Instruments TMP117 thermometer with 16 bits (data sheet SNOSD82).
 *
 * <p>Parameters: {@code bus}, {@code address} ({@code 0x49}); {@code force}.
 */
public final class Tmp117Driver extends PartDriver<I2cPlace> {
  public Tmp117Driver() {
    super("tmp117", TemperatureSensor.class, onI2c());
  }

  @Override
  I2cPlace settings(Parameters given) throws HardwareFault {
    return I2cPlace.of(given);
  }

  @Override
  Device device(String deviceName, I2cPlace place, Board board) throws HardwareFault {
    return new Tmp117(deviceName, board, place.open(deviceName, board));
  }
}

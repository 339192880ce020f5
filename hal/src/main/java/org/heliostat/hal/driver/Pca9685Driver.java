package org.heliostat.hal.driver;

import org.heliostat.hal.Board;
import org.heliostat.hal.Device;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.Heater;

/**
 * NXP PCA9685 pulse-width driver with sixteen channels (data sheet rev. 4), as the driver of
 * heaters.
 *
 * <p>Parameters: {@code bus}, {@code address} ({@code 0x60}), {@code channel} (0 to 15), {@code
 * hertz} (24 to 1526; default 200; one for all channels of a part), {@code duty} (at the start, 0
 * to 1; default 0); {@code force}.
 */
public final class Pca9685Driver extends PartDriver<Pca9685Driver.Settings> {
  record Settings(I2cPlace place, int channel, int prescale, double duty) {}

  public Pca9685Driver() {
    super("pca9685", Heater.class, onI2c("channel", "hertz", "duty"));
  }

  @Override
  Settings settings(Parameters given) throws HardwareFault {
    return new Settings(
        I2cPlace.of(given),
        given.integer("channel", 0, 15),
        Pca9685.prescale(given.decimal("hertz", 24, 1526, 200)),
        given.decimal("duty", 0, 1, 0));
  }

  @Override
  Device device(String deviceName, Settings settings, Board board) throws HardwareFault {
    return new Pca9685(
        deviceName,
        board,
        settings.place().open(deviceName, board),
        settings.channel(),
        settings.prescale(),
        settings.duty());
  }
}

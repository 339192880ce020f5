package org.heliostat.hal.driver;

import org.heliostat.hal.Board;
import org.heliostat.hal.Device;
import org.heliostat.hal.DoseMonitor;
import org.heliostat.hal.HardwareFault;

/**
 * A RADFET dosimeter at a Texas Instruments ADS1115 converter (data sheet SBAS444).
 *
 * <p>Parameters: {@code bus}, {@code address} ({@code 0x48}), {@code channel} (AIN0 to AIN3,
 * against ground: 0 to 3; default 0), {@code full_scale_volts} (6.144, 4.096, 2.048, 1.024, 0.512
 * or 0.256; default 4.096), {@code zero_volts} (threshold voltage of the new part), {@code
 * volts_per_gray}, {@code exponent} (0.1 to 2; default 1), {@code force}. The dose is {@code
 * ((volts - zero_volts) / volts_per_gray)^(1 / exponent)}. A converter serves one dosimeter.
 */
public final class Ads1115RadfetDriver extends PartDriver<Ads1115RadfetDriver.Settings> {
  record Settings(
      I2cPlace place,
      int channel,
      int gain,
      double zeroVolts,
      double voltsPerGray,
      double exponent) {}

  public Ads1115RadfetDriver() {
    super(
        "ads1115-radfet",
        DoseMonitor.class,
        onI2c("channel", "full_scale_volts", "zero_volts", "volts_per_gray", "exponent"));
  }

  @Override
  Settings settings(Parameters given) throws HardwareFault {
    I2cPlace place = I2cPlace.of(given);
    double fullScale = given.decimal("full_scale_volts", 0.256, 6.144, 4.096);
    int gain = Ads1115Radfet.gain(fullScale);
    if (gain < 0) {
      throw given.refused(
          "parameter \"full_scale_volts\" is "
              + fullScale
              + "; there are 6.144, 4.096, 2.048, 1.024, 0.512 and 0.256");
    }
    return new Settings(
        place,
        given.integer("channel", 0, 3, 0),
        gain,
        given.decimal("zero_volts", 0, 6.144),
        given.decimal("volts_per_gray", 1e-9, 1e3),
        given.decimal("exponent", 0.1, 2, 1));
  }

  @Override
  Device device(String deviceName, Settings settings, Board board) throws HardwareFault {
    return new Ads1115Radfet(deviceName, board, settings.place().open(deviceName, board), settings);
  }
}

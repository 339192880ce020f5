package org.heliostat.hal.driver;

import java.util.ArrayList;
import java.util.List;
import org.heliostat.hal.Accelerometer;
import org.heliostat.hal.Board;
import org.heliostat.hal.Device;
import org.heliostat.hal.HardwareFault;

/**
 * Analog Devices ADXL345 accelerometer (data sheet rev. G).
 *
 * <p>Parameters: {@code bus}, {@code address} ({@code 0x53}), {@code rate_hz} (100, 200, 400, 800,
 * 1600 or 3200; default 800), {@code range_g} (2, 4, 8 or 16; default 16), {@code bands} (comma
 * list of {@code from-to} in hertz, each up to half of the rate; 1 to 8); {@code force}.
 */
public final class Adxl345Driver extends PartDriver<Adxl345Driver.Settings> {
  private static final int MOST_BANDS = 8;

  /** A band of frequencies, Hz, without its upper edge. */
  record Band(double from, double to) {}

  record Settings(I2cPlace place, int rateCode, int rangeCode, List<Band> bands) {
    int rateHertz() {
      return 100 << (rateCode - Adxl345.RATE_100);
    }
  }

  public Adxl345Driver() {
    super("adxl345", Accelerometer.class, onI2c("rate_hz", "range_g", "bands"));
  }

  @Override
  Settings settings(Parameters given) throws HardwareFault {
    I2cPlace place = I2cPlace.of(given);
    int rate = given.integer("rate_hz", 100, 3200, 800);
    int range = given.integer("range_g", 2, 16, 16);
    int rateCode = Adxl345.RATE_100 + Integer.numberOfTrailingZeros(rate / 100);
    int rangeCode = Integer.numberOfTrailingZeros(range) - 1;
    if (rate != 100 << (rateCode - Adxl345.RATE_100)) {
      throw given.refused("parameter \"rate_hz\" is " + rate + "; there are 100, 200 ... 3200");
    }
    if (range != 2 << rangeCode) {
      throw given.refused("parameter \"range_g\" is " + range + "; there are 2, 4, 8 and 16");
    }
    List<Band> bands = new ArrayList<>();
    for (String text : given.text("bands").split(",", -1)) {
      Band band = band(text.strip());
      if (!(band.from() >= 0 && band.from() < band.to() && band.to() <= rate / 2.0)) {
        throw given.refused(
            "parameter \"bands\" has \"" + text + "\", not from-to up to " + rate / 2.0 + " Hz");
      }
      bands.add(band);
    }
    if (bands.size() > MOST_BANDS) {
      throw given.refused("parameter \"bands\" has more than " + MOST_BANDS + " bands");
    }
    return new Settings(place, rateCode, rangeCode, List.copyOf(bands));
  }

  /** A band of its text; NaN for edges that are none. */
  private static Band band(String text) {
    String[] edges = text.split("-", -1);
    try {
      if (edges.length == 2) {
        return new Band(Double.parseDouble(edges[0]), Double.parseDouble(edges[1]));
      }
    } catch (NumberFormatException e) {
      // no band, as below
    }
    return new Band(Double.NaN, Double.NaN);
  }

  @Override
  Device device(String deviceName, Settings settings, Board board) throws HardwareFault {
    return new Adxl345(deviceName, board, settings.place().open(deviceName, board), settings);
  }
}

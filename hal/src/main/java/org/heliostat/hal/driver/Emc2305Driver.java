package org.heliostat.hal.driver;

import org.heliostat.hal.Board;
import org.heliostat.hal.CoolantPump;
import org.heliostat.hal.Device;
import org.heliostat.hal.HardwareFault;

/**
 * Microchip EMC2301, EMC2302, EMC2303 and EMC2305 fan controllers (data sheet DS20006532), as the
 * drivers of pumps.
 *
 * <p>Parameters: {@code bus}, {@code address} ({@code 0x2c}), {@code channel} (0 to 4), {@code
 * poles} (pole pairs that the tachometer counts, 1 to 4; default 2), {@code duty} (at the start, 0
 * to 1; left to the part where absent), {@code stall_rpm} (below it a driven pump is stalled, 500
 * to 16000; default 500); {@code force}.
 */
public final class Emc2305Driver extends PartDriver<Emc2305Driver.Settings> {
  record Settings(I2cPlace place, int channel, int poles, double duty, double stallRpm) {}

  public Emc2305Driver() {
    super("emc2305", CoolantPump.class, onI2c("channel", "poles", "duty", "stall_rpm"));
  }

  @Override
  Settings settings(Parameters given) throws HardwareFault {
    return new Settings(
        I2cPlace.of(given),
        given.integer("channel", 0, 4),
        given.integer("poles", 1, 4, 2),
        given.decimal("duty", 0, 1, Double.NaN),
        given.decimal("stall_rpm", 500, 16_000, 500));
  }

  @Override
  Device device(String deviceName, Settings settings, Board board) throws HardwareFault {
    return new Emc2305(
        deviceName,
        board,
        settings.place().open(deviceName, board),
        settings.channel(),
        settings.poles(),
        settings.duty(),
        settings.stallRpm());
  }
}

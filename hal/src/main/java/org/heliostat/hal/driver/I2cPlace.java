package org.heliostat.hal.driver;

import java.util.Set;
import org.heliostat.hal.Board;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.Smbus;

/**
 * Where a part sits.
 *
 * @param bus such as {@code /dev/i2c-1}
 * @param address 7-bit address
 * @param force whether the part is taken although a driver of the kernel holds it
 */
record I2cPlace(String bus, int address, boolean force) {
  static final Set<String> KEYS = Set.of("bus", "address", "force");

  static I2cPlace of(Parameters given) throws HardwareFault {
    return new I2cPlace(
        given.text("bus"), given.integer("address", 0x03, 0x77), given.flag("force", false));
  }

  Smbus open(String device, Board board) throws HardwareFault {
    return open(device, board, false);
  }

  Smbus open(String device, Board board, boolean pec) throws HardwareFault {
    return board.smbus(device, bus, address, pec, force);
  }
}

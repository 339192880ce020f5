package org.heliostat.hal.driver;

import java.util.Map;
import java.util.Set;
import org.heliostat.hal.Board;
import org.heliostat.hal.Device;
import org.heliostat.hal.DeviceDriver;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.TemperatureSensor;

/**
 * The LM75 family: LM75 (9 bits, data sheet SNIS153), LM75A/B (11 bits), TMP105 (9 to 12 bits, data
 * sheet SBOS277).
 *
 * <p>Parameters: {@code bus}, {@code address} ({@code 0x48}), {@code part} ({@code lm75}, the
 * default, or {@code tmp105}, whose resolution is set up), {@code bits} (9 to 12; default 9, for
 * the TMP105 12).
 */
public final class Lm75Driver implements DeviceDriver {
  @Override
  public String name() {
    return "lm75";
  }

  @Override
  public Class<? extends Device> kind() {
    return TemperatureSensor.class;
  }

  @Override
  public Device open(String deviceName, Map<String, String> parameters, Board board)
      throws HardwareFault {
    Parameters given =
        new Parameters(deviceName, parameters, Set.of("bus", "address", "part", "bits"));
    String part = given.has("part") ? given.text("part") : "lm75";
    boolean tmp105 = part.equals("tmp105");
    if (!tmp105 && !part.equals("lm75")) {
      throw given.refused("parameter \"part\" is \"" + part + "\"; there are lm75 and tmp105");
    }
    int bits = given.has("bits") ? given.integer("bits", 9, 12) : tmp105 ? 12 : 9;
    return new Lm75(
        deviceName,
        board,
        board.smbus(deviceName, given.text("bus"), given.integer("address", 0x03, 0x77)),
        bits,
        tmp105);
  }
}

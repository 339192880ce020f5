package org.heliostat.hal.driver;

import java.util.Set;
import org.heliostat.hal.Board;
import org.heliostat.hal.Device;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.TemperatureSensor;

/**
 * The LM75 family: LM75 (9 bits, data sheet SNIS153), LM75A/B (11 bits), TMP105 (9 to 12 bits, data
 * sheet SBOS277), TMP102 (12 or 13 bits, data sheet SBOS397).
 *
 * <p>Parameters: {@code bus}, {@code address} ({@code 0x48}), {@code part} ({@code lm75}, the
 * default, {@code tmp105} or {@code tmp102}, which are set up), {@code bits} (9 to 12; default 9,
 * for the TMP105 12; for the TMP102 12, the default, or 13, its extended mode); {@code force}.
 */
public class Lm75Driver extends PartDriver<Lm75Driver.Settings> {
  record Settings(I2cPlace place, Lm75.Part part, int bits) {}

  private final String usualPart;
  private final Set<String> parts;

  /** The driver under its own name, for the whole family. */
  public Lm75Driver() {
    this("lm75", "lm75", Set.of("lm75", "tmp105", "tmp102"));
  }

  Lm75Driver(String name, String usualPart, Set<String> parts) {
    super(name, TemperatureSensor.class, onI2c("part", "bits"));
    this.usualPart = usualPart;
    this.parts = parts;
  }

  @Override
  final Settings settings(Parameters given) throws HardwareFault {
    I2cPlace place = I2cPlace.of(given);
    return switch (given.word("part", usualPart, parts)) {
      case "tmp105" -> new Settings(place, Lm75.Part.TMP105, given.integer("bits", 9, 12, 12));
      case "tmp102" -> new Settings(place, Lm75.Part.TMP102, given.integer("bits", 12, 13, 12));
      default -> new Settings(place, Lm75.Part.LM75, given.integer("bits", 9, 12, 9));
    };
  }

  @Override
  final Device device(String deviceName, Settings settings, Board board) throws HardwareFault {
    return new Lm75(
        deviceName,
        board,
        settings.place().open(deviceName, board),
        settings.part(),
        settings.bits());
  }
}

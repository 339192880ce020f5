package org.heliostat.hal.driver;

import java.util.Set;
import org.heliostat.hal.Board;
import org.heliostat.hal.Device;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.PowerSwitch;

/**
 * Hot-swap controllers that speak PMBus: ADM1272 (Analog Devices, data sheet rev. D), LM25066
 * (Texas Instruments, SNVS654), and any part that gives LINEAR11 and LINEAR16.
 *
 * <p>Parameters: {@code bus}, {@code address}, {@code part} ({@code adm1272}, {@code lm25066},
 * {@code linear}), {@code sense_ohms} (the first two), {@code limit_amperes} (left as it is where
 * absent), {@code pec} ({@code true} or {@code false}, the default); {@code force}.
 */
public final class PmbusSwitchDriver extends PartDriver<PmbusSwitchDriver.Settings> {
  private static final Set<String> OWN = Set.of("part", "sense_ohms", "limit_amperes", "pec");

  /**
   * Settings of a switch.
   *
   * @param limitAmperes NaN where the limit stays as it is
   */
  record Settings(
      I2cPlace place, PmbusSwitch.Part part, double senseOhms, double limitAmperes, boolean pec) {
    PmbusSwitch open(String deviceName, Board board) throws HardwareFault {
      return new PmbusSwitch(
          deviceName,
          board,
          place.open(deviceName, board, pec),
          part,
          senseOhms * 1000,
          limitAmperes);
    }
  }

  public PmbusSwitchDriver() {
    super("pmbus-switch", PowerSwitch.class, onI2c(OWN.toArray(new String[0])));
  }

  @Override
  Settings settings(Parameters given) throws HardwareFault {
    return of(given);
  }

  @Override
  Device device(String deviceName, Settings settings, Board board) throws HardwareFault {
    return settings.open(deviceName, board);
  }

  static Settings of(Parameters given) throws HardwareFault {
    I2cPlace place = I2cPlace.of(given);
    given.text("part");
    PmbusSwitch.Part part =
        switch (given.word("part", "linear", Set.of("adm1272", "lm25066", "linear"))) {
          case "adm1272" -> PmbusSwitch.Part.ADM1272;
          case "lm25066" -> PmbusSwitch.Part.LM25066;
          default -> PmbusSwitch.Part.LINEAR;
        };
    double sense = 0;
    if (part == PmbusSwitch.Part.LINEAR) {
      if (given.has("sense_ohms")) {
        throw given.refused("a linear part knows its own sense resistor: no \"sense_ohms\"");
      }
    } else {
      sense = given.decimal("sense_ohms", 1e-6, 1);
    }
    return new Settings(
        place,
        part,
        sense,
        given.decimal("limit_amperes", 1e-3, 1e4, Double.NaN),
        given.flag("pec", false));
  }
}

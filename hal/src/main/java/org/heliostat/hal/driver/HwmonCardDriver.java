package org.heliostat.hal.driver;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.heliostat.hal.Board;
import org.heliostat.hal.ComputeCard;
import org.heliostat.hal.Device;
import org.heliostat.hal.DeviceDriver;
import org.heliostat.hal.HardwareFault;
import org.jspecify.annotations.Nullable;

/**
 * Any compute card whose kernel driver gives hwmon files ({@code
 * Documentation/hwmon/sysfs-interface.rst}): temperature from {@code temp1_input}, power from
 * {@code power1_input} or, where the card has none, from the controller of its rail.
 *
 * <p>Parameters: {@code hwmon} (what the {@code name} file holds; the card is found among hwmon0 to
 * hwmon63), and, for a rail whose controller measures the card, the parameters of {@code
 * pmbus-switch} with {@code rail_} before each.
 */
public final class HwmonCardDriver implements DeviceDriver {
  private static final String RAIL = "rail_";
  private static final Set<String> RAIL_KEYS =
      Set.of("bus", "address", "force", "part", "sense_ohms", "limit_amperes", "pec");

  @Override
  public String name() {
    return "hwmon-card";
  }

  @Override
  public Class<? extends Device> kind() {
    return ComputeCard.class;
  }

  @Override
  public void check(String deviceName, Map<String, String> parameters) throws HardwareFault {
    given(deviceName, parameters).text("hwmon");
    rail(deviceName, parameters);
  }

  @Override
  public Device open(String deviceName, Map<String, String> parameters, Board board)
      throws HardwareFault {
    String hwmon = given(deviceName, parameters).text("hwmon");
    PmbusSwitchDriver.Settings rail = rail(deviceName, parameters);
    return new HwmonCard(
        deviceName, board, hwmon, rail == null ? null : rail.open(deviceName, board));
  }

  private static Parameters given(String deviceName, Map<String, String> parameters)
      throws HardwareFault {
    Set<String> keys = new TreeSet<>(Set.of("hwmon"));
    for (String key : RAIL_KEYS) {
      keys.add(RAIL + key);
    }
    return new Parameters(deviceName, parameters, keys);
  }

  private static PmbusSwitchDriver.@Nullable Settings rail(
      String deviceName, Map<String, String> parameters) throws HardwareFault {
    Map<String, String> own = new HashMap<>();
    for (Map.Entry<String, String> one : parameters.entrySet()) {
      if (one.getKey().startsWith(RAIL)) {
        own.put(one.getKey().substring(RAIL.length()), one.getValue());
      }
    }
    return own.isEmpty() ? null : PmbusSwitchDriver.of(new Parameters(deviceName, own, RAIL_KEYS));
  }
}

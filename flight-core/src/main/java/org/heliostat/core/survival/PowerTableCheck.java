package org.heliostat.core.survival;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.heliostat.hal.Board;
import org.heliostat.hal.ComputeCard;
import org.heliostat.hal.Device;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.PowerMonitor;
import org.heliostat.hal.PowerSwitch;
import org.heliostat.hal.TemperatureSensor;
import org.heliostat.protocol.DeviceConfig;
import org.heliostat.protocol.HeatRule;
import org.heliostat.protocol.PowerRung;
import org.heliostat.protocol.PowerTable;

/** Checks what the schema cannot say about the table {@code power}. Immutable. */
final class PowerTableCheck {
  private static final List<Class<? extends Device>> MONITOR = List.of(PowerMonitor.class);
  private static final List<Class<? extends Device>> RAIL = List.of(PowerSwitch.class);
  private static final List<Class<? extends Device>> HEAT =
      List.of(TemperatureSensor.class, ComputeCard.class);

  private final Map<String, DeviceConfig> devices;
  private final Set<String> inUse;

  /**
   * @param devices all of the mission, whether in use or not
   * @param inUse names of those in use
   */
  PowerTableCheck(List<DeviceConfig> devices, Set<String> inUse) {
    this.devices =
        devices.stream()
            .collect(Collectors.toUnmodifiableMap(DeviceConfig::getName, Function.identity()));
    this.inUse = inUse;
  }

  /** What is wrong, for people; empty for a table that may be used. */
  List<String> problems(PowerTable table) {
    List<String> problems = new ArrayList<>();
    if (table.getRungsCount() > 0) {
      checkDevice("monitor", table.getMonitor(), MONITOR, problems);
      if (devices.containsKey(table.getMonitor()) && !inUse.contains(table.getMonitor())) {
        problems.add("monitor: \"" + table.getMonitor() + "\" is of a card that is not in use");
      }
    }
    Set<String> names = new HashSet<>();
    double above = Double.POSITIVE_INFINITY;
    for (PowerRung rung : table.getRungsList()) {
      if (!names.add(rung.getName())) {
        problems.add("rung " + rung.getName() + " stands twice");
      }
      if (rung.getRestoreVolts() <= rung.getShedVolts()) {
        problems.add(rung.getName() + ": restore_volts is not above shed_volts");
      }
      if (rung.getShedVolts() > above) {
        problems.add(rung.getName() + " would be shed before the rung that stands before it");
      }
      above = rung.getShedVolts();
      rung.getRailsList().forEach(rail -> checkDevice(rung.getName(), rail, RAIL, problems));
    }
    for (HeatRule rule : table.getHeatList()) {
      if (rule.getOnCelsius() >= rule.getOffCelsius()) {
        problems.add(rule.getDevice() + ": on_celsius is not below off_celsius");
      }
      checkDevice("heat", rule.getDevice(), HEAT, problems);
      String heat = "heat of " + rule.getDevice();
      rule.getRailsList().forEach(rail -> checkDevice(heat, rail, RAIL, problems));
    }
    return problems;
  }

  private void checkDevice(
      String where, String name, List<Class<? extends Device>> kinds, List<String> problems) {
    DeviceConfig device = devices.get(name);
    if (device == null) {
      problems.add(where + ": no device is called \"" + name + "\"");
    } else if (kinds.stream().noneMatch(kind -> isA(device, kind))) {
      problems.add(
          where
              + ": \""
              + name
              + "\" is no "
              + kinds.stream().map(Class::getSimpleName).collect(Collectors.joining(" or ")));
    }
  }

  private static boolean isA(DeviceConfig device, Class<? extends Device> kind) {
    try {
      Board.check(kind, device.getName(), device.getDriver(), device.getParametersMap());
      return true;
    } catch (HardwareFault e) {
      return false;
    }
  }
}

package org.heliostat.core.survival;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.heliostat.protocol.HeatRule;
import org.heliostat.protocol.PowerRung;
import org.heliostat.protocol.PowerTable;

/** Checks what the schema cannot say about the table {@code power}. Stateless. */
final class PowerTableCheck {
  private PowerTableCheck() {}

  /**
   * What is wrong, for people; empty for a table that may be used.
   *
   * @param devices all of the mission, whether in use or not
   */
  static List<String> problems(PowerTable table, Set<String> devices) {
    List<String> problems = new ArrayList<>();
    if (table.getRungsCount() > 0) {
      checkDevice("monitor", table.getMonitor(), devices, problems);
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
      rung.getRailsList().forEach(rail -> checkDevice(rung.getName(), rail, devices, problems));
    }
    for (HeatRule rule : table.getHeatList()) {
      if (rule.getOnCelsius() >= rule.getOffCelsius()) {
        problems.add(rule.getDevice() + ": on_celsius is not below off_celsius");
      }
      checkDevice("heat", rule.getDevice(), devices, problems);
      rule.getRailsList()
          .forEach(rail -> checkDevice("heat of " + rule.getDevice(), rail, devices, problems));
    }
    return problems;
  }

  private static void checkDevice(
      String where, String device, Set<String> devices, List<String> problems) {
    if (!devices.contains(device)) {
      problems.add(where + ": no device is called \"" + device + "\"");
    }
  }
}

package org.heliostat.hal.driver;

import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.HardwareFault.Kind;

/**
 * A driver's parameters, checked: unknown keys, missing keys and unreadable values are refused by
 * name.
 */
final class Parameters {
  private final String device;
  private final Map<String, String> values;

  Parameters(String device, Map<String, String> values, Set<String> known) throws HardwareFault {
    this.device = device;
    this.values = values;
    for (String key : new TreeSet<>(values.keySet())) {
      if (!known.contains(key)) {
        throw refused("there is no parameter \"" + key + "\"; there are " + new TreeSet<>(known));
      }
    }
  }

  boolean has(String key) {
    return values.containsKey(key);
  }

  String text(String key) throws HardwareFault {
    String value = values.get(key);
    if (value == null || value.isBlank()) {
      throw refused("parameter \"" + key + "\" is missing");
    }
    return value;
  }

  /** A whole number in decimal or, after 0x, hexadecimal. */
  int integer(String key, int lowest, int highest) throws HardwareFault {
    String text = text(key);
    int value;
    try {
      value = Integer.decode(text);
    } catch (NumberFormatException e) {
      throw refused("parameter \"" + key + "\" is \"" + text + "\", not a whole number");
    }
    if (value < lowest || value > highest) {
      throw refused("parameter \"" + key + "\" is " + text + ", not in " + lowest + ".." + highest);
    }
    return value;
  }

  double decimal(String key, double lowest, double highest) throws HardwareFault {
    String text = text(key);
    double value;
    try {
      value = Double.parseDouble(text);
    } catch (NumberFormatException e) {
      throw refused("parameter \"" + key + "\" is \"" + text + "\", not a number");
    }
    if (!(value >= lowest && value <= highest)) {
      throw refused("parameter \"" + key + "\" is " + text + ", not in " + lowest + ".." + highest);
    }
    return value;
  }

  HardwareFault refused(String message) {
    return new HardwareFault(Kind.REFUSED, device, message);
  }
}

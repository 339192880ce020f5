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
public final class Parameters {
  private final String device;
  private final Map<String, String> values;

  /**
   * Takes a driver's parameters.
   *
   * @param device the device's name in faults
   * @param known the driver's keys; any other is refused
   */
  public Parameters(String device, Map<String, String> values, Set<String> known)
      throws HardwareFault {
    this.device = device;
    this.values = values;
    for (String key : new TreeSet<>(values.keySet())) {
      if (!known.contains(key)) {
        throw refused("there is no parameter \"" + key + "\"; there are " + new TreeSet<>(known));
      }
    }
  }

  /** Whether the key was given. */
  public boolean has(String key) {
    return values.containsKey(key);
  }

  /** The value of a key that must be there. */
  public String text(String key) throws HardwareFault {
    String value = values.get(key);
    if (value == null || value.isBlank()) {
      throw refused("parameter \"" + key + "\" is missing");
    }
    return value;
  }

  /** A whole number in decimal or, after 0x, hexadecimal. */
  public int integer(String key, int lowest, int highest) throws HardwareFault {
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

  /** A number within bounds; NaN is in none. */
  public double decimal(String key, double lowest, double highest) throws HardwareFault {
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

  /** A whole number, or {@code usual} where the key is absent. */
  public int integer(String key, int lowest, int highest, int usual) throws HardwareFault {
    return has(key) ? integer(key, lowest, highest) : usual;
  }

  /** A number, or {@code usual} where the key is absent. */
  public double decimal(String key, double lowest, double highest, double usual)
      throws HardwareFault {
    return has(key) ? decimal(key, lowest, highest) : usual;
  }

  /** {@code true} or {@code false}; {@code usual} where the key is absent. */
  public boolean flag(String key, boolean usual) throws HardwareFault {
    if (!has(key)) {
      return usual;
    }
    String text = text(key);
    if (text.equals("true")) {
      return true;
    }
    if (text.equals("false")) {
      return false;
    }
    throw refused("parameter \"" + key + "\" is \"" + text + "\", not true or false");
  }

  /** One of a few words; {@code usual} where the key is absent. */
  public String word(String key, String usual, Set<String> words) throws HardwareFault {
    String text = has(key) ? text(key) : usual;
    if (!words.contains(text)) {
      throw refused(
          "parameter \"" + key + "\" is \"" + text + "\"; there are " + new TreeSet<>(words));
    }
    return text;
  }

  /** A fault that refuses the parameters. */
  public HardwareFault refused(String message) {
    return new HardwareFault(Kind.REFUSED, device, message);
  }
}

package org.heliostat.hil.rig;

import java.util.HashMap;
import java.util.Map;
import org.heliostat.hal.Board;
import org.heliostat.hal.ComputeCard;
import org.heliostat.hal.CoolantPump;
import org.heliostat.hal.Device;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.Heater;
import org.heliostat.hal.Polled;
import org.heliostat.hal.PowerSwitch;
import org.heliostat.hal.Watchdog;

/**
 * Drivers by name, for the flight side of tests: {@code driver|NAME|DRIVER|key=value;...|VERB|ARG}.
 * A device is opened at its first use.
 */
final class DriverCalls {
  private final Board board;
  private final Map<String, Device> devices = new HashMap<>();

  DriverCalls(Board board) {
    this.board = board;
  }

  String obey(String line) throws HardwareFault {
    String[] words = line.split("\\|", -1);
    Device device = devices.get(words[1]);
    if (device == null) {
      Map<String, String> parameters = new HashMap<>();
      for (String one : words[3].isEmpty() ? new String[0] : words[3].split(";", -1)) {
        int equals = one.indexOf('=');
        parameters.put(one.substring(0, equals), one.substring(equals + 1));
      }
      device = board.device(Device.class, words[1], words[2], parameters);
      devices.put(words[1], device);
    }
    String argument = words.length > 5 ? words[5] : "";
    switch (words[4]) {
      case "read" -> {
        return ((Polled<?>) device).read().toString();
      }
      case "resets" -> {
        return Long.toString(((Polled<?>) device).resets());
      }
      case "on" -> ((PowerSwitch) device).on();
      case "off" -> ((PowerSwitch) device).off();
      case "clear" -> ((PowerSwitch) device).clearFaults();
      case "heat" -> ((Heater) device).setDuty(Double.parseDouble(argument));
      case "pump" -> ((CoolantPump) device).setDuty(Double.parseDouble(argument));
      case "limit" -> ((ComputeCard) device).setPowerLimit(Double.parseDouble(argument));
      case "reset" -> ((ComputeCard) device).reset();
      case "kick" -> ((Watchdog) device).kick();
      case "boot" -> {
        return ((Watchdog) device).bootReason().toString();
      }
      default -> throw new IllegalArgumentException(words[4]);
    }
    return "done";
  }
}

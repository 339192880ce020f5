package org.heliostat.hil.rig;

import com.sun.jna.Memory;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.heliostat.hal.Board;
import org.heliostat.hal.CardReading;
import org.heliostat.hal.ComputeCard;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.PowerMonitor;
import org.heliostat.hal.PowerReading;
import org.heliostat.hal.TemperatureSensor;
import org.heliostat.hal.os.NativeLibc;

/**
 * A flight process in small: obeys one command a line through the real HAL and answers with one
 * line. Run as a process of its own, since a process binds its native libraries once.
 */
final class FlightSide {
  private final Board board;
  private final RawCalls raw;
  private final DriverCalls drivers;
  private final Map<String, PowerMonitor> monitors = new HashMap<>();
  private final Map<String, TemperatureSensor> sensors = new HashMap<>();
  private final Map<String, ComputeCard> cards = new HashMap<>();

  private FlightSide(Board board) throws HardwareFault {
    this.board = board;
    this.raw = new RawCalls(NativeLibc.load());
    this.drivers = new DriverCalls(board);
  }

  public static void main(String[] arguments) throws IOException {
    FlightSide flight;
    try {
      flight = new FlightSide(Board.open());
    } catch (HardwareFault e) {
      System.out.println("fault " + e.kind() + " " + e.getMessage());
      return;
    }
    System.out.println("ready");
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String answer;
      try {
        answer =
            line.startsWith("driver|")
                ? flight.drivers.obey(line)
                : flight.obey(line.split(" ", -1));
      } catch (HardwareFault e) {
        answer = "fault " + e.kind() + " " + e.getMessage();
      } catch (InterruptedException e) {
        return;
      }
      System.out.println(answer);
    }
  }

  private String obey(String[] words) throws HardwareFault, InterruptedException {
    switch (words[0]) {
      case "power" -> {
        PowerReading reading = monitor(words[1], words[2], words[3]).read();
        return reading.busVoltageVolts()
            + " "
            + reading.currentAmperes()
            + " "
            + reading.powerWatts()
            + " "
            + reading.takenNanos();
      }
      case "temperature" -> {
        return Double.toString(sensor(words[1], words[2]).read().celsius());
      }
      case "card" -> {
        CardReading reading = card(words[1], words[2]).read();
        return reading.temperatureCelsius()
            + " "
            + reading.powerWatts()
            + " "
            + reading.powerLimitWatts()
            + " "
            + reading.utilisation()
            + " "
            + reading.memoryUsedBytes();
      }
      case "identity" -> {
        return card(words[1], words[2]).identity().toString();
      }
      case "claim" -> {
        card(words[1], words[2]).claim();
        return "claimed";
      }
      case "holders" -> {
        return card(words[1], words[2]).holders().toString();
      }
      case "clock" -> {
        return board.monotonicNanos() + " " + board.realtimeNanos();
      }
      case "sleep" -> {
        long until = board.monotonicNanos() + Long.parseLong(words[1]);
        board.sleepUntilNanos(until);
        return board.monotonicNanos() - until + "";
      }
      case "open" -> {
        board.smbus("probe", words[1], 0x40).close();
        return "opened";
      }
      case "closeAny" -> {
        return NativeLibc.load().close(Integer.parseInt(words[1])) + "";
      }
      case "badIoctl" -> {
        try (Memory argument = new Memory(64)) {
          return NativeLibc.load().ioctl(0, 0x0705, argument) + "";
        }
      }
      default -> {
        return raw.obey(words);
      }
    }
  }

  private PowerMonitor monitor(String address, String ohms, String amperes) throws HardwareFault {
    PowerMonitor known = monitors.get(address);
    if (known == null) {
      known =
          board.device(
              PowerMonitor.class,
              "monitor-" + address,
              "ina226",
              Map.of(
                  "bus",
                  "/dev/i2c-1",
                  "address",
                  address,
                  "shunt_ohms",
                  ohms,
                  "max_amperes",
                  amperes));
      monitors.put(address, known);
    }
    return known;
  }

  private TemperatureSensor sensor(String address, String part) throws HardwareFault {
    TemperatureSensor known = sensors.get(address);
    if (known == null) {
      known =
          board.device(
              TemperatureSensor.class,
              "sensor-" + address,
              "lm75",
              Map.of("bus", "/dev/i2c-1", "address", address, "part", part));
      sensors.put(address, known);
    }
    return known;
  }

  private ComputeCard card(String key, String value) throws HardwareFault {
    ComputeCard known = cards.get(key + value);
    if (known == null) {
      known = board.device(ComputeCard.class, "card-" + value, "nvml", Map.of(key, value));
      cards.put(key + value, known);
    }
    return known;
  }
}

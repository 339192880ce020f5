package org.heliostat.hal.driver;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.heliostat.hal.Board;
import org.heliostat.hal.Device;
import org.heliostat.hal.DeviceDriver;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.HardwareFault.Kind;
import org.heliostat.hal.PlatformBus;

/**
 * The platform's bus through SocketCAN ({@code Documentation/networking/can.rst}).
 *
 * <p>Parameters: {@code interface} ({@code can0}), {@code stale_seconds} (0.1 to 3600; default 5),
 * {@code frame.NAME} ({@code "rx 0x120"} or {@code "tx 0x220"}; an id above 0x7ff is an extended
 * one), {@code signal.FRAME.NAME} ({@code "start_bit length_bits le|be signed|unsigned scale
 * offset"}, start bits as in DBC files). Names are letters, digits, underscores and hyphens. A
 * signal's name in readings is that of the parameter without its frame; it is given once among the
 * frames that come in.
 */
public final class CanDriver implements DeviceDriver {
  private static final Pattern FRAME = Pattern.compile("frame\\.([A-Za-z0-9_-]+)");
  private static final Pattern SIGNAL =
      Pattern.compile("signal\\.([A-Za-z0-9_-]+)\\.([A-Za-z0-9_-]+)");
  private static final Pattern INTERFACE = Pattern.compile("[A-Za-z0-9_.-]{1,15}");
  private static final int MOST_STANDARD = 0x7ff;
  private static final int MOST_EXTENDED = 0x1fff_ffff;

  /**
   * A frame.
   *
   * @param id as in {@code struct can_frame}, with the flag of an extended one
   */
  record Frame(String name, int id, boolean incoming, List<CanSignal> signals) {
    /** Bytes of data that the signals need. */
    int bytes() {
      return signals.stream().mapToInt(CanSignal::bytes).max().orElse(0);
    }
  }

  record Settings(String network, double staleSeconds, List<Frame> frames) {}

  @Override
  public String name() {
    return "can";
  }

  @Override
  public Class<? extends Device> kind() {
    return PlatformBus.class;
  }

  @Override
  public void check(String deviceName, Map<String, String> parameters) throws HardwareFault {
    settings(deviceName, parameters);
  }

  @Override
  public Device open(String deviceName, Map<String, String> parameters, Board board)
      throws HardwareFault {
    return new SocketCan(deviceName, board, settings(deviceName, parameters));
  }

  static Settings settings(String device, Map<String, String> parameters) throws HardwareFault {
    Map<String, String> plain = new HashMap<>();
    Map<String, String> frames = new TreeMap<>();
    Map<String, List<CanSignal>> signals = new HashMap<>();
    for (Map.Entry<String, String> one : new TreeMap<>(parameters).entrySet()) {
      Matcher frame = FRAME.matcher(one.getKey());
      Matcher signal = SIGNAL.matcher(one.getKey());
      if (frame.matches()) {
        frames.put(frame.group(1), one.getValue());
      } else if (signal.matches()) {
        signals
            .computeIfAbsent(signal.group(1), key -> new ArrayList<>())
            .add(signal(device, one.getKey(), signal.group(2), one.getValue()));
      } else {
        plain.put(one.getKey(), one.getValue());
      }
    }
    Parameters given = new Parameters(device, plain, Set.of("interface", "stale_seconds"));
    String network = given.text("interface");
    if (!INTERFACE.matcher(network).matches()) {
      throw given.refused("parameter \"interface\" is \"" + network + "\", no network interface");
    }
    List<Frame> all = new ArrayList<>();
    Map<Integer, String> ids = new HashMap<>();
    Map<String, String> names = new HashMap<>();
    for (Map.Entry<String, String> one : frames.entrySet()) {
      List<CanSignal> own = signals.remove(one.getKey());
      Frame frame =
          frame(device, one.getKey(), one.getValue(), own == null ? List.of() : List.copyOf(own));
      all.add(frame);
      if (!frame.incoming()) {
        continue;
      }
      String other = ids.putIfAbsent(frame.id(), frame.name());
      if (other != null) {
        throw given.refused("frames " + other + " and " + frame.name() + " have one id");
      }
      for (CanSignal signal : frame.signals()) {
        String first = names.putIfAbsent(signal.name(), frame.name());
        if (first != null) {
          throw given.refused(
              "signal " + signal.name() + " is in frames " + first + " and " + frame.name());
        }
      }
    }
    if (!signals.isEmpty()) {
      throw given.refused("there are signals of unknown frames " + signals.keySet());
    }
    if (all.stream().noneMatch(Frame::incoming)) {
      throw given.refused("no frame comes in");
    }
    return new Settings(network, given.decimal("stale_seconds", 0.1, 3600, 5), List.copyOf(all));
  }

  private static Frame frame(String device, String name, String text, List<CanSignal> signals)
      throws HardwareFault {
    String[] words = text.strip().split("\\s+", -1);
    if (words.length == 2 && (words[0].equals("rx") || words[0].equals("tx"))) {
      try {
        int id = Integer.decode(words[1]);
        if (id >= 0 && id <= MOST_EXTENDED) {
          int flagged = id > MOST_STANDARD ? id | SocketCan.EXTENDED : id;
          return new Frame(name, flagged, words[0].equals("rx"), signals);
        }
      } catch (NumberFormatException e) {
        // refused below
      }
    }
    throw refused(device, "frame." + name, text, "\"rx ID\" or \"tx ID\"");
  }

  private static CanSignal signal(String device, String key, String name, String text)
      throws HardwareFault {
    String[] words = text.strip().split("\\s+", -1);
    String wanted = "\"start_bit length_bits le|be signed|unsigned scale offset\" within 8 bytes";
    if (words.length != 6
        || !(words[2].equals("le") || words[2].equals("be"))
        || !(words[3].equals("signed") || words[3].equals("unsigned"))) {
      throw refused(device, key, text, wanted);
    }
    try {
      int start = Integer.parseInt(words[0]);
      int length = Integer.parseInt(words[1]);
      double scale = Double.parseDouble(words[4]);
      double offset = Double.parseDouble(words[5]);
      if (start >= 0
          && start < 64
          && length >= 1
          && length <= 64
          && Double.isFinite(scale)
          && scale != 0
          && Double.isFinite(offset)) {
        CanSignal signal =
            new CanSignal(
                name,
                start,
                length,
                words[2].equals("be"),
                words[3].equals("signed"),
                scale,
                offset);
        if (signal.bytes() <= 8) {
          return signal;
        }
      }
    } catch (NumberFormatException e) {
      // refused below
    }
    throw refused(device, key, text, wanted);
  }

  private static HardwareFault refused(String device, String key, String text, String wanted) {
    return new HardwareFault(
        Kind.REFUSED, device, "parameter \"" + key + "\" is \"" + text + "\", not " + wanted);
  }
}

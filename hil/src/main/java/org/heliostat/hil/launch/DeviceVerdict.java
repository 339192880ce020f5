package org.heliostat.hil.launch;

import static org.heliostat.hil.report.JsonFiles.number;
import static org.heliostat.hil.report.JsonFiles.text;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import org.heliostat.hil.report.JsonFiles;
import org.heliostat.protocol.Scenario;

/**
 * Compares the device faults that ground has seen with those that the scenario expects: each in
 * time, of the right type, of the right device, and no other. Ground sees a fault as an event or in
 * live housekeeping; the time is the mission time on board. Nothing here comes from the rig but
 * what the hardware did by itself.
 */
final class DeviceVerdict {
  /** The fault may be noticed a moment before the rig's step that is said to have started it. */
  private static final double EARLY_SECONDS = 2;

  private final Scenario scenario;
  private final List<JsonObject> rig;
  private final List<Seen> seen = new ArrayList<>();

  /** Those of {@link #seen} that last until the device is said to be well again. */
  private final List<Seen> lasting = new ArrayList<>();

  private final List<Named> named = new ArrayList<>();

  /** A device fault on ground; time in seconds of flight. */
  private record Seen(String device, String fault, double seconds) {}

  /** An event on ground. */
  private record Named(String name, String device, double seconds) {}

  DeviceVerdict(
      Scenario scenario,
      List<JsonObject> events,
      List<JsonObject> telemetry,
      List<JsonObject> rig,
      long missionEpochNanos) {
    this.scenario = scenario;
    this.rig = rig;
    for (JsonObject event : events) {
      double seconds = (number(event, 0, "mission_nanos") - missionEpochNanos) / 1e9;
      named.add(new Named(text(event, "name"), text(event, "device"), seconds));
      if (!text(event, "fault").isEmpty()) {
        Seen one = new Seen(text(event, "device"), text(event, "fault"), seconds);
        seen.add(one);
        if (text(event, "name").equals("DEVICE_FAULT")) {
          lasting.add(one);
        }
      }
    }
    for (JsonObject packet : telemetry) {
      for (JsonObject status : JsonFiles.children(packet, "faulty")) {
        double seconds = (number(status, 0, "since_nanos") - missionEpochNanos) / 1e9;
        Seen one = new Seen(text(status, "device"), text(status, "fault"), seconds);
        seen.add(one);
        lasting.add(one);
      }
    }
  }

  /** Whether the scenario says anything about devices. */
  static boolean wanted(Scenario scenario) {
    return scenario.getJudgeDevices()
        || scenario.getFaultsList().stream()
            .anyMatch(fault -> fault.getExpectCount() > 0 || fault.getHappensCount() > 0);
  }

  /** Seconds of flight by which all that the scenario expects must have been seen. */
  static double horizonSeconds(Scenario scenario) {
    double horizon = 0;
    for (Scenario.Fault fault : scenario.getFaultsList()) {
      for (Scenario.Expectation expected : fault.getExpectList()) {
        horizon =
            Math.max(
                horizon,
                fault.getAtS() + Math.max(expected.getWithinS(), expected.getRecoversWithinS()));
      }
      for (Scenario.Happening happening : fault.getHappensList()) {
        horizon = Math.max(horizon, fault.getAtS() + happening.getWithinS());
      }
    }
    for (Scenario.OperatorCommand command : scenario.getCommandsList()) {
      horizon = Math.max(horizon, command.getAtS());
    }
    return horizon;
  }

  Check faultsSeen() {
    List<String> wrong = new ArrayList<>();
    int right = 0;
    for (Scenario.Fault fault : scenario.getFaultsList()) {
      for (Scenario.Expectation expected : fault.getExpectList()) {
        OptionalDouble first = first(fault, expected);
        if (first.isPresent() && first.getAsDouble() <= fault.getAtS() + expected.getWithinS()) {
          right++;
        } else if (!expected.getOptional()) {
          wrong.add(
              name(expected)
                  + (first.isPresent()
                      ? String.format(
                          Locale.ROOT,
                          " came after %.1f s, within %.1f s was asked for",
                          first.getAsDouble() - fault.getAtS(),
                          expected.getWithinS())
                      : " was not seen"));
        }
      }
    }
    return new Check(
        "faults_seen",
        wrong.isEmpty(),
        right
            + " faults seen on ground in time, as the right type, of the right device"
            + shown(wrong));
  }

  Check nobodyElseBlamed() {
    List<String> wrong = new ArrayList<>();
    for (Seen one : seen) {
      if (scenario.getFaultsList().stream().noneMatch(fault -> explains(fault, one))) {
        String text =
            String.format(
                Locale.ROOT, "%s: %s at %.1f s", one.device(), one.fault(), one.seconds());
        if (!wrong.contains(text)) {
          wrong.add(text);
        }
      }
    }
    return new Check(
        "nobody_else_blamed",
        wrong.isEmpty(),
        wrong.isEmpty() ? "no other device was said to be faulty" : "not expected" + shown(wrong));
  }

  Check faultsRecovered() {
    List<String> wrong = new ArrayList<>();
    int right = 0;
    for (Scenario.Fault fault : scenario.getFaultsList()) {
      for (Scenario.Expectation expected : fault.getExpectList()) {
        if (expected.getRecoversWithinS() <= 0
            || (expected.getOptional() && first(fault, expected).isEmpty())) {
          continue;
        }
        OptionalDouble recovered =
            named.stream()
                .filter(
                    event ->
                        event.name().equals("DEVICE_RECOVERED")
                            && event.device().equals(expected.getDevice())
                            && event.seconds() > fault.getAtS())
                .mapToDouble(Named::seconds)
                .reduce((one, other) -> other);
        if (recovered.isPresent() && faultyAfter(expected.getDevice(), recovered.getAsDouble())) {
          wrong.add(expected.getDevice() + " was well again, and then faulty once more");
        } else if (recovered.isPresent()
            && recovered.getAsDouble() <= fault.getAtS() + expected.getRecoversWithinS()) {
          right++;
        } else {
          wrong.add(
              expected.getDevice()
                  + (recovered.isPresent()
                      ? String.format(
                          Locale.ROOT,
                          " was well again after %.1f s",
                          recovered.getAsDouble() - fault.getAtS())
                      : " was not well again"));
        }
      }
    }
    return new Check(
        "faults_recovered",
        wrong.isEmpty(),
        right + " devices were well again in time, as ground was told" + shown(wrong));
  }

  private boolean faultyAfter(String device, double seconds) {
    return lasting.stream().anyMatch(one -> one.device().equals(device) && one.seconds() > seconds);
  }

  Check hardwareActed() {
    List<String> wrong = new ArrayList<>();
    int right = 0;
    for (Scenario.Fault fault : scenario.getFaultsList()) {
      for (Scenario.Happening wanted : fault.getHappensList()) {
        boolean happened =
            rig.stream()
                .anyMatch(
                    line ->
                        text(line, "happened").equals(wanted.getWhat())
                            && (wanted.getDevice().isEmpty()
                                || text(line, "device").equals(wanted.getDevice()))
                            && number(line, 0, "t") >= fault.getAtS() - EARLY_SECONDS
                            && number(line, 0, "t") <= fault.getAtS() + wanted.getWithinS());
        if (happened) {
          right++;
        } else {
          wrong.add(wanted.getWhat() + " of " + wanted.getDevice() + " did not happen");
        }
      }
    }
    return new Check(
        "hardware_acted",
        wrong.isEmpty(),
        right + " things that the hardware does by itself happened" + shown(wrong));
  }

  Check reactionsSeen() {
    List<String> wrong = new ArrayList<>();
    int right = 0;
    for (Scenario.Fault fault : scenario.getFaultsList()) {
      for (Scenario.Expectation expected : fault.getExpectList()) {
        double from = fault.getAtS() - EARLY_SECONDS;
        for (String reaction : expected.getReactionsList()) {
          double after = from;
          OptionalDouble at =
              named.stream()
                  .filter(event -> event.name().equals(reaction) && event.seconds() >= after)
                  .mapToDouble(Named::seconds)
                  .min();
          if (at.isPresent()) {
            right++;
            from = at.getAsDouble();
          } else {
            wrong.add(reaction + " did not come after " + name(expected));
          }
        }
      }
    }
    return new Check(
        "reactions_seen", wrong.isEmpty(), right + " reactions of the flight" + shown(wrong));
  }

  /** What was expected and when it was seen, for the summary. */
  JsonArray table() {
    JsonArray table = new JsonArray();
    for (Scenario.Fault fault : scenario.getFaultsList()) {
      for (Scenario.Expectation expected : fault.getExpectList()) {
        JsonObject row = new JsonObject();
        row.addProperty("device", expected.getDevice());
        row.addProperty("fault", expected.getFault().name());
        row.addProperty("at_s", fault.getAtS());
        row.addProperty("within_s", expected.getWithinS());
        first(fault, expected)
            .ifPresent(first -> row.addProperty("seen_after_s", first - fault.getAtS()));
        table.add(row);
      }
    }
    return table;
  }

  private OptionalDouble first(Scenario.Fault fault, Scenario.Expectation expected) {
    return seen.stream()
        .filter(one -> matches(fault, expected, one))
        .mapToDouble(Seen::seconds)
        .min();
  }

  private static boolean explains(Scenario.Fault fault, Seen one) {
    return fault.getExpectList().stream().anyMatch(expected -> matches(fault, expected, one));
  }

  private static boolean matches(Scenario.Fault fault, Scenario.Expectation expected, Seen one) {
    return one.device().equals(expected.getDevice())
        && one.fault().equals(expected.getFault().name())
        && one.seconds() >= fault.getAtS() - EARLY_SECONDS;
  }

  private static String name(Scenario.Expectation expected) {
    return expected.getFault() + " of " + expected.getDevice();
  }

  private static String shown(List<String> wrong) {
    return wrong.isEmpty() ? "" : ": " + String.join("; ", wrong);
  }
}

package org.heliostat.core.protection;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.heliostat.protocol.DeviceTarget;
import org.heliostat.protocol.Mode;
import org.heliostat.protocol.ProtectionResponse;
import org.heliostat.protocol.ProtectionRule;
import org.heliostat.protocol.ProtectionTable;

/** What a response needs of its device, and whether a table makes sense. Stateless. */
final class RuleCheck {
  private RuleCheck() {}

  /** Whether a response acts on a device. */
  static boolean aboutDevice(ProtectionResponse response) {
    return switch (response.getResponseCase()) {
      case ISOLATE, POWER_CYCLE, RESET, RECOVER_BUS -> true;
      default -> false;
    };
  }

  /** The device that a response is about: its own, or that of the symptom. */
  static String target(ProtectionResponse response, String device) {
    DeviceTarget target =
        switch (response.getResponseCase()) {
          case ISOLATE -> response.getIsolate();
          case POWER_CYCLE -> response.getPowerCycle();
          case RESET -> response.getReset();
          case RECOVER_BUS -> response.getRecoverBus();
          default -> DeviceTarget.getDefaultInstance();
        };
    return target.getDevice().isEmpty() ? device : target.getDevice();
  }

  /** Whether a response can be applied where the symptom is one of this device. */
  static boolean applies(Devices devices, ProtectionResponse response, String device) {
    String target = target(response, device);
    return switch (response.getResponseCase()) {
      case ISOLATE, POWER_CYCLE -> devices.rail(target).isPresent();
      case RESET -> devices.isCard(target);
      case RECOVER_BUS -> devices.isBus(target);
      default -> true;
    };
  }

  /**
   * What the schema cannot say about a table.
   *
   * @param apps names of those of the mission
   */
  static List<String> problems(Devices devices, Set<String> apps, ProtectionTable table) {
    List<String> problems = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (ProtectionRule rule : table.getRulesList()) {
      String at = rule.getName() + ": ";
      if (!names.add(rule.getName())) {
        problems.add("rule \"" + rule.getName() + "\" stands twice");
      }
      if (rule.getSymptomCase() == ProtectionRule.SymptomCase.SYMPTOM_NOT_SET) {
        problems.add(at + "it has no symptom");
      }
      if (rule.getMostResponses() == 0
          && rule.getResponsesList().stream().anyMatch(ProtectionResponse::hasRestartProcess)) {
        problems.add(at + "what restarts the process needs most_responses");
      }
      String symptom = rule.getEvent().getDevice();
      for (ProtectionResponse response : rule.getResponsesList()) {
        if (response.getResponseCase() == ProtectionResponse.ResponseCase.RESPONSE_NOT_SET) {
          problems.add(at + "a response is nothing");
        } else if (response.hasChangeMode() && response.getChangeMode() == Mode.MODE_UNSPECIFIED) {
          problems.add(at + "there is no such mode");
        } else if (response.hasRestartApp() && !apps.contains(response.getRestartApp())) {
          problems.add(at + "no app is called \"" + response.getRestartApp() + "\"");
        }
        String target = target(response, symptom);
        if (!aboutDevice(response)) {
          continue;
        }
        if (target.isEmpty()) {
          if (rule.hasWatchpoint()) {
            problems.add(at + "a watchpoint names no device to act on");
          }
        } else if (!devices.known(target)) {
          problems.add(at + "no device is called \"" + target + "\"");
        } else if (!applies(devices, response, symptom)) {
          problems.add(at + response.getResponseCase() + " cannot be done to " + target);
        }
      }
    }
    return problems;
  }
}

package org.heliostat.core.mission;

import com.google.protobuf.Descriptors.FieldDescriptor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.heliostat.protocol.AppClass;
import org.heliostat.protocol.AppConfig;
import org.heliostat.protocol.BusConfig;
import org.heliostat.protocol.CardConfig;
import org.heliostat.protocol.DeviceConfig;
import org.heliostat.protocol.ExecutiveConfig;
import org.heliostat.protocol.Mission;
import org.heliostat.protocol.PriorityQuota;
import org.heliostat.protocol.RateGroupConfig;
import org.heliostat.protocol.RecordPriority;
import org.heliostat.protocol.RecorderConfig;
import org.heliostat.protocol.SchemaCheck;
import org.heliostat.protocol.SchemaCheck.Problem.Step;
import org.heliostat.protocol.Table;
import org.heliostat.protocol.TextFiles;
import org.heliostat.protocol.TextFiles.BadTextFile;
import org.heliostat.protocol.TextFiles.Located;

/**
 * Reads a mission file and checks what the schema alone cannot: names that must be unique, known,
 * or fit each other.
 */
public final class MissionFile {
  private MissionFile() {}

  /** The apps that an image offers. */
  public interface Apps {
    /** Names of those that need not be described. */
    Set<String> names();

    /** Why this app cannot be started; empty where it can. */
    Optional<String> problem(AppConfig app);

    /**
     * What its owner has against a table of the mission; empty where it is in order.
     *
     * @param mission in which everything but its tables is in order
     */
    List<String> problems(Mission mission, Table table);
  }

  /** The drivers that an image offers. */
  public interface Drivers {
    /** Their names. */
    Set<String> names();

    /** What is wrong with the parameters of a device; empty where they are in order. */
    Optional<String> problem(DeviceConfig device);
  }

  /**
   * Reads a mission file.
   *
   * @param source its text; of which image it is, is for the caller to know
   * @param apps the apps that this image offers
   * @param drivers the drivers that this image offers
   * @throws BadTextFile with a line {@code file:line:column: field: problem} for each problem
   */
  public static Mission read(MissionSource source, Apps apps, Drivers drivers) throws BadTextFile {
    Located<Mission> located =
        TextFiles.read(source.file(), source.text(), Mission.getDefaultInstance());
    Mission mission = located.message();
    List<String> problems = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < mission.getAppsCount(); i++) {
      AppConfig app = mission.getApps(i);
      String field = app.getClassName().isEmpty() ? "name" : "class_name";
      List<Step> at = List.of(step(mission, "apps", i), step(app, field, 0));
      Optional<String> problem = apps.problem(app);
      if (problem.isPresent()) {
        problems.add(problem(located, at, problem.get()));
      } else if (!seen.add(app.getName())) {
        problems.add(problem(located, at, "app \"" + app.getName() + "\" stands twice"));
      }
    }
    appProblems(located, problems);
    recorderProblems(located, problems);
    Set<String> buses = new HashSet<>();
    for (int i = 0; i < mission.getBusesCount(); i++) {
      BusConfig bus = mission.getBuses(i);
      if (!buses.add(bus.getPath())) {
        problems.add(
            problem(
                located,
                List.of(step(mission, "buses", i), step(bus, "path", 0)),
                "bus \"" + bus.getPath() + "\" stands twice"));
      }
    }
    Set<String> devices = new HashSet<>();
    for (int i = 0; i < mission.getDevicesCount(); i++) {
      DeviceConfig device = mission.getDevices(i);
      if (!devices.add(device.getName())) {
        problems.add(
            problem(
                located,
                List.of(step(mission, "devices", i), step(device, "name", 0)),
                "device \"" + device.getName() + "\" stands twice"));
      }
      if (!drivers.names().contains(device.getDriver())) {
        problems.add(
            problem(
                located,
                List.of(step(mission, "devices", i), step(device, "driver", 0)),
                "unknown driver \"" + device.getDriver() + "\"; there are " + drivers.names()));
      } else {
        Step at = step(mission, "devices", i);
        drivers
            .problem(device)
            .ifPresent(
                text ->
                    problems.add(
                        problem(located, List.of(at, step(device, "parameters", 0)), text)));
      }
    }
    for (int i = 0; i < mission.getDevicesCount(); i++) {
      DeviceConfig device = mission.getDevices(i);
      Step at = step(mission, "devices", i);
      if (!device.getPoweredBy().isEmpty()
          && (!devices.contains(device.getPoweredBy())
              || device.getPoweredBy().equals(device.getName()))) {
        problems.add(
            problem(
                located,
                List.of(at, step(device, "powered_by", 0)),
                "no other device is called \"" + device.getPoweredBy() + "\""));
      }
      for (String field : List.of("neighbour", "thermometer")) {
        Step reference = step(device.getPlausibility(), field, 0);
        String other = (String) device.getPlausibility().getField(reference.field());
        if (!other.isEmpty() && (!devices.contains(other) || other.equals(device.getName()))) {
          problems.add(
              problem(
                  located,
                  List.of(at, step(device, "plausibility", 0), reference),
                  "no other device is called \"" + other + "\""));
        }
      }
    }
    Set<String> cards = new HashSet<>();
    for (int i = 0; i < mission.getCardsCount(); i++) {
      CardConfig card = mission.getCards(i);
      Step at = step(mission, "cards", i);
      if (!cards.add(card.getName())) {
        problems.add(
            problem(
                located,
                List.of(at, step(card, "name", 0)),
                "card \"" + card.getName() + "\" stands twice"));
      }
      for (String field : List.of("device", "rail_monitor", "temperature_sensor")) {
        Step reference = step(card, field, 0);
        String device = (String) card.getField(reference.field());
        if (!device.isEmpty() && !devices.contains(device)) {
          problems.add(
              problem(located, List.of(at, reference), "no device is called \"" + device + "\""));
        }
      }
      if (card.getCoolCelsius() >= card.getWarmCelsius()
          || card.getWarmCelsius() >= card.getMaxCelsius()) {
        problems.add(
            problem(
                located,
                List.of(at, step(card, "warm_celsius", 0)),
                "cool_celsius < warm_celsius < max_celsius does not hold"));
      }
    }
    if (mission.getActiveCards() > mission.getCardsCount()) {
      problems.add(
          problem(
              located,
              List.of(step(mission, "active_cards", 0)),
              mission.getActiveCards()
                  + " cards, but only "
                  + mission.getCardsCount()
                  + " are described"));
    }
    if (mission.hasCamera() && !devices.contains(mission.getCamera().getDevice())) {
      problems.add(
          problem(
              located,
              List.of(step(mission, "camera", 0), step(mission.getCamera(), "device", 0)),
              "no device is called \"" + mission.getCamera().getDevice() + "\""));
    }
    if (problems.isEmpty()) {
      // their owners go by devices, cards and apps, which have to be in order
      tableProblems(located, apps, problems);
    }
    if (!problems.isEmpty()) {
      throw new BadTextFile(problems);
    }
    return mission;
  }

  /** What the owners of tables have against those that stand in the mission file. */
  private static void tableProblems(Located<Mission> located, Apps apps, List<String> problems) {
    Mission mission = located.message();
    Set<String> names = new HashSet<>();
    for (int i = 0; i < mission.getTablesCount(); i++) {
      Table table = mission.getTables(i);
      Step at = step(mission, "tables", i);
      Step name = step(table, "name", 0);
      if (!names.add(table.getName())) {
        problems.add(
            problem(located, List.of(at, name), "table \"" + table.getName() + "\" stands twice"));
      }
      FieldDescriptor content =
          Table.getDescriptor().findFieldByNumber(table.getContentCase().getNumber());
      Step field = content == null ? name : new Step(content, 0);
      for (String text : apps.problems(mission, table)) {
        problems.add(
            problem(located, List.of(at, field), "table \"" + table.getName() + "\": " + text));
      }
    }
  }

  /** What apps want of each other and of rate groups. */
  private static void appProblems(Located<Mission> located, List<String> problems) {
    Mission mission = located.message();
    Set<String> groups = new HashSet<>();
    ExecutiveConfig executive = mission.getExecutive();
    for (int i = 0; i < executive.getRateGroupsCount(); i++) {
      RateGroupConfig group = executive.getRateGroups(i);
      if (!groups.add(group.getName())) {
        problems.add(
            problem(
                located,
                List.of(
                    step(mission, "executive", 0),
                    step(executive, "rate_groups", i),
                    step(group, "name", 0)),
                "rate group \"" + group.getName() + "\" stands twice"));
      }
    }
    Map<String, AppConfig> before = new HashMap<>();
    for (int i = 0; i < mission.getAppsCount(); i++) {
      AppConfig app = mission.getApps(i);
      Step at = step(mission, "apps", i);
      if (!app.getRateGroup().isEmpty() && !groups.contains(app.getRateGroup())) {
        problems.add(
            problem(
                located,
                List.of(at, step(app, "rate_group", 0)),
                "no rate group is called \"" + app.getRateGroup() + "\""));
      }
      for (int j = 0; j < app.getNeedsCount(); j++) {
        AppConfig need = before.get(app.getNeeds(j));
        Step reference = step(app, "needs", j);
        if (need == null) {
          problems.add(
              problem(
                  located,
                  List.of(at, reference),
                  "no app before this one is called \"" + app.getNeeds(j) + "\""));
        } else if (app.getAppClass() == AppClass.PLATFORM
            && need.getAppClass() != AppClass.PLATFORM) {
          problems.add(
              problem(
                  located,
                  List.of(at, reference),
                  "a platform app cannot need \""
                      + need.getName()
                      + "\", which safe mode does not start"));
        }
      }
      before.put(app.getName(), app);
    }
    String receiver = mission.getTime().getReceiver();
    if (!receiver.isEmpty()
        && mission.getDevicesList().stream().noneMatch(d -> d.getName().equals(receiver))) {
      problems.add(
          problem(
              located,
              List.of(step(mission, "time", 0), step(mission.getTime(), "receiver", 0)),
              "no device is called \"" + receiver + "\""));
    }
  }

  private static void recorderProblems(Located<Mission> located, List<String> problems) {
    Mission mission = located.message();
    RecorderConfig recorder = mission.getRecorder();
    Set<RecordPriority> priorities = new HashSet<>();
    for (int i = 0; i < recorder.getQuotasCount(); i++) {
      PriorityQuota quota = recorder.getQuotas(i);
      List<Step> at = List.of(step(mission, "recorder", 0), step(recorder, "quotas", i));
      if (!priorities.add(quota.getPriority())) {
        problems.add(problem(located, at, "priority " + quota.getPriority() + " stands twice"));
      }
      if (quota.getQuotaMebibytes() > recorder.getQuotaMebibytes()) {
        problems.add(problem(located, at, "it is more than the recorder has altogether"));
      }
    }
  }

  /** The cards of a mission that are in use. */
  public static List<CardConfig> activeCards(Mission mission) {
    int count = mission.getActiveCards() == 0 ? mission.getCardsCount() : mission.getActiveCards();
    return mission.getCardsList().subList(0, count);
  }

  /** The devices of a mission without those of the cards that are not in use. */
  public static List<DeviceConfig> activeDevices(Mission mission) {
    Set<String> unused = new HashSet<>();
    for (CardConfig card : mission.getCardsList()) {
      unused.addAll(devicesOf(mission, card));
    }
    for (CardConfig card : activeCards(mission)) {
      unused.removeAll(devicesOf(mission, card));
    }
    return mission.getDevicesList().stream()
        .filter(device -> !unused.contains(device.getName()))
        .toList();
  }

  private static List<String> devicesOf(Mission mission, CardConfig card) {
    List<String> devices =
        new ArrayList<>(
            List.of(card.getDevice(), card.getRailMonitor(), card.getTemperatureSensor()));
    for (DeviceConfig device : mission.getDevicesList()) {
      if (device.getName().equals(card.getDevice())) {
        devices.add(device.getPoweredBy());
      }
    }
    return devices;
  }

  private static Step step(com.google.protobuf.Message parent, String field, int index) {
    return new Step(parent.getDescriptorForType().findFieldByName(field), index);
  }

  private static String problem(Located<Mission> located, List<Step> at, String text) {
    return located.place(at) + ": " + new SchemaCheck.Problem(at, text).name() + ": " + text;
  }
}

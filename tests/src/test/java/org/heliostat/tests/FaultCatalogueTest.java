package org.heliostat.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.heliostat.hil.rig.ScenarioFile;
import org.heliostat.protocol.DeviceConfig;
import org.heliostat.protocol.Mission;
import org.heliostat.protocol.Scenario;
import org.heliostat.protocol.TextFiles;
import org.junit.jupiter.api.Test;

/** The catalogue of faults, the scenarios that show them, and the rig agree. */
class FaultCatalogueTest {
  private static final int LEAST = 20;
  private static final Pattern NAME = Pattern.compile("`([A-Z0-9_]+)`");
  private static final Pattern LAST_CELL = Pattern.compile("`([a-z0-9-]+)` \\|$");
  private static final Path SCENARIOS = Repository.ROOT.resolve("hil/scenarios");
  private static final Path CATALOGUE = Repository.ROOT.resolve("hil/docs/faults.md");

  private static List<Path> files() throws IOException {
    return Repository.files("hil/scenarios", ".textproto");
  }

  private static String name(Path file) {
    return String.valueOf(file.getFileName()).replace(".textproto", "");
  }

  @Test
  void everyScenarioIsRightAndSaysWhatItExpects() throws Exception {
    assertThat(files()).hasSizeGreaterThanOrEqualTo(LEAST);
    for (Path file : files()) {
      Scenario scenario = ScenarioFile.read(file, 2);
      assertThat(scenario.getName()).isEqualTo(name(file));
      assertThat(scenario.getJudgeDevices()).as(name(file)).isTrue();
      assertThat(scenario.getFaultsList())
          .as(name(file))
          .isNotEmpty()
          .allMatch(fault -> fault.getExpectCount() > 0);
    }
  }

  @Test
  void expectationsNameDevicesOfTheDefaultMission() throws Exception {
    Set<String> known = new HashSet<>(List.of("storage", "clock"));
    Mission mission =
        TextFiles.read(
                Repository.ROOT.resolve("payload-ai/src/main/missions/default.textproto"),
                Mission.getDefaultInstance())
            .message();
    mission.getBusesList().forEach(bus -> known.add(bus.getPath()));
    known.addAll(
        mission.getDevicesList().stream().map(DeviceConfig::getName).collect(Collectors.toSet()));
    for (Path file : files()) {
      for (Scenario.Fault fault : ScenarioFile.read(file, 2).getFaultsList()) {
        assertThat(fault.getExpectList())
            .as(name(file))
            .allMatch(expected -> known.contains(expected.getDevice()));
      }
    }
  }

  @Test
  void theCatalogueNamesEveryKindAndEveryScenario() throws Exception {
    String page = Files.readString(CATALOGUE);
    for (Scenario.FaultKind kind : Scenario.FaultKind.values()) {
      if (kind != Scenario.FaultKind.FAULT_KIND_UNSPECIFIED
          && kind != Scenario.FaultKind.UNRECOGNIZED) {
        assertThat(page).contains("`" + kind.name() + "`");
      }
    }
    for (Path file : files()) {
      assertThat(page).contains("`" + name(file) + "`");
    }
    assertThat(page.lines().filter(line -> line.matches("\\| `[A-Z].*")).toList())
        .isNotEmpty()
        .allMatch(
            row -> {
              Matcher scenario = LAST_CELL.matcher(row);
              return scenario.find()
                  && Files.isRegularFile(SCENARIOS.resolve(scenario.group(1) + ".textproto"));
            });
  }

  @Test
  void eachRowNamesTheKindAndTheFaultThatItsScenarioShows() throws Exception {
    for (String row : Files.readAllLines(CATALOGUE)) {
      if (!row.matches("\\| `[A-Z].*")) {
        continue;
      }
      List<String> cells = List.of(row.split("\\s*\\|\\s*", -1));
      String name = cells.get(5).replace("`", "");
      Scenario scenario = ScenarioFile.read(SCENARIOS.resolve(name + ".textproto"), 2);
      Set<String> kinds = new HashSet<>();
      Set<String> faults = new HashSet<>();
      for (Scenario.Fault fault : scenario.getFaultsList()) {
        kinds.add(fault.getKind().name());
        fault.getExpectList().forEach(expected -> faults.add(expected.getFault().name()));
      }
      assertThat(kinds).as(name).containsAll(names(cells.get(1)));
      assertThat(names(cells.get(4))).as(name).isNotEmpty().isSubsetOf(faults);
    }
  }

  /** Names in capitals that stand in a cell. */
  private static List<String> names(String cell) {
    return NAME.matcher(cell).results().map(found -> found.group(1)).toList();
  }

  @Test
  void everyKindIsShownByAScenario() throws Exception {
    Set<Scenario.FaultKind> shown = new HashSet<>();
    for (Path file : files()) {
      ScenarioFile.read(file, 2).getFaultsList().forEach(fault -> shown.add(fault.getKind()));
    }
    assertThat(Scenario.FaultKind.values())
        .filteredOn(
            kind ->
                kind != Scenario.FaultKind.FAULT_KIND_UNSPECIFIED
                    && kind != Scenario.FaultKind.UNRECOGNIZED)
        .allMatch(shown::contains);
  }
}

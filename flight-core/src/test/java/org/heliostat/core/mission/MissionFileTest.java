package org.heliostat.core.mission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.heliostat.protocol.AppConfig;
import org.heliostat.protocol.DeviceConfig;
import org.heliostat.protocol.Mission;
import org.heliostat.protocol.Table;
import org.heliostat.protocol.TextFiles.BadTextFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MissionFileTest {
  private static final String GOOD =
      """
      name: "m" spacecraft_id: 1
      apps { name: "link" }
      devices { name: "bus" driver: "ina226" }
      devices { name: "a" driver: "nvml" }
      devices { name: "b" driver: "nvml" }
      cards { name: "card0" device: "a" }
      cards { name: "card1" device: "b" }
      """;

  @TempDir private Path folder;

  private Mission read(String text) throws IOException, BadTextFile {
    Path file = folder.resolve("m.textproto");
    Files.writeString(file, text);
    return MissionFile.read(
        MissionSource.read(file, folder),
        new MissionFile.Apps() {
          @Override
          public Set<String> names() {
            return Set.of("link");
          }

          @Override
          public Optional<String> problem(AppConfig app) {
            return app.getName().equals("link") || app.getClassName().equals("a.Known")
                ? Optional.empty()
                : Optional.of("nothing is called \"" + app.getName() + "\"");
          }

          @Override
          public List<String> problems(Mission mission, Table table) {
            return table.getVersion() == 13 ? List.of("that is unlucky") : List.of();
          }
        },
        new MissionFile.Drivers() {
          @Override
          public Set<String> names() {
            return Set.of("ina226", "nvml");
          }

          @Override
          public Optional<String> problem(DeviceConfig device) {
            return Optional.ofNullable(device.getParametersMap().get("wrong"));
          }
        });
  }

  private void fails(String more, String... words) {
    assertThatThrownBy(() -> read(GOOD + more))
        .isInstanceOf(BadTextFile.class)
        .message()
        .contains(words);
  }

  @Test
  void onlyTheDevicesOfCardsInUseAreActive() throws Exception {
    Mission mission = read(GOOD + "active_cards: 1");
    assertThat(MissionFile.activeCards(mission)).hasSize(1);
    assertThat(MissionFile.activeDevices(mission))
        .extracting(DeviceConfig::getName)
        .containsExactly("bus", "a");
    assertThat(MissionFile.activeCards(read(GOOD))).hasSize(2);
  }

  @Test
  void unknownAndDoubledNamesAreFound() {
    fails(
        "apps { name: \"lnik\" }", "m.textproto:8:", "apps[1].name", "nothing is called \"lnik\"");
    fails(
        "apps { name: \"mine\" class_name: \"a.Wrong\" }",
        "m.textproto:8:",
        "apps[1].class_name",
        "nothing");
    fails("apps { name: \"link\" }", "stands twice");
    fails("devices { name: \"c\" driver: \"ina227\" }", "m.textproto:8:", "ina227");
    fails("devices { name: \"a\" driver: \"nvml\" }", "device \"a\" stands twice");
    fails("cards { name: \"card0\" device: \"a\" }", "card \"card0\" stands twice");
    fails("cards { name: \"c\" device: \"zz\" }", "m.textproto:8:", "cards[2].device", "\"zz\"");
    fails("camera { device: \"zz\" }", "camera.device");
    fails(
        "buses { path: \"/dev/i2c-1\" }\nbuses { path: \"/dev/i2c-1\" }",
        "m.textproto:9:",
        "buses[1].path",
        "stands twice");
  }

  @Test
  void quotasOfTheRecorderAreChecked() {
    String bulk = "quotas { priority: BULK quota_mebibytes: 8 }";
    fails("recorder { " + bulk + "\n" + bulk + " }", "m.textproto:9:", "quotas[1]", "BULK");
    fails(
        "recorder { quota_mebibytes: 16 quotas { priority: BULK quota_mebibytes: 17 } }",
        "recorder.quotas[0]",
        "more than the recorder has");
  }

  @Test
  void parametersAndReferencesOfDevicesAreChecked() {
    fails(
        "devices { name: \"c\" driver: \"nvml\" parameters { key: \"wrong\" value: \"bad key\" } }",
        "m.textproto:8:",
        "devices[3].parameters",
        "bad key");
    fails("devices { name: \"c\" driver: \"nvml\" powered_by: \"zz\" }", "powered_by", "\"zz\"");
    fails("devices { name: \"c\" driver: \"nvml\" powered_by: \"c\" }", "no other device");
    fails(
        "devices { name: \"c\" driver: \"nvml\" plausibility { thermometer: \"c\" } }",
        "thermometer",
        "no other device");
    fails(
        "devices { name: \"c\" driver: \"nvml\" plausibility { neighbour: \"zz\" } }",
        "devices[3].plausibility.neighbour",
        "\"zz\"");
  }

  @Test
  void whatTheOwnerOfATableHasAgainstItIsSaid() throws Exception {
    String table = "tables { name: \"x\" version: %d\n  limits {} }\n";
    fails(
        table.formatted(12).replace("x", "y") + table.formatted(13),
        "m.textproto:11:",
        "tables[1].limits",
        "table \"x\": that is unlucky");
    fails(table.formatted(1).repeat(2), "m.textproto:10:", "tables[1].name", "stands twice");
    assertThat(read(GOOD + table.formatted(12)).getTablesCount()).isEqualTo(1);
    // its owner goes by devices, cards and apps that fit: those come first
    fails(table.formatted(13) + "active_cards: 3", "3 cards, but only 2");
  }

  @Test
  void limitsAndCountsMustFit() {
    fails(
        "cards { name: \"c\" device: \"a\" warm_celsius: 60 cool_celsius: 65 }", "cool_celsius <");
    fails("active_cards: 3", "3 cards, but only 2");
  }

  @Test
  void whatAppsWantOfEachOtherAndOfRateGroupsIsChecked() throws Exception {
    String group = "rate_groups { name: \"ten\" hertz: 10 }";
    fails(
        "executive { " + group + "\n" + group + " }",
        "m.textproto:9:",
        "executive.rate_groups[1].name",
        "rate group \"ten\" stands twice");
    fails(
        "apps { name: \"x\" class_name: \"a.Known\" rate_group: \"two\" }",
        "m.textproto:8:",
        "apps[1].rate_group",
        "no rate group is called \"two\"");
    fails(
        "apps { name: \"x\" class_name: \"a.Known\" needs: \"link\" needs: \"later\" }",
        "m.textproto:8:",
        "apps[1].needs[1]",
        "no app before this one is called \"later\"");
    fails(
        "apps { name: \"x\" class_name: \"a.Known\" app_class: PLATFORM needs: \"link\" }",
        "m.textproto:8:",
        "apps[1].needs[0]",
        "a platform app cannot need \"link\", which safe mode does not start");
    assertThat(
            read(GOOD
                    + "executive { "
                    + group
                    + " }\n"
                    + "apps { name: \"p\" class_name: \"a.Known\" app_class: PLATFORM"
                    + " rate_group: \"ten\" }\n"
                    + "apps { name: \"q\" class_name: \"a.Known\" app_class: PLATFORM"
                    + " needs: \"p\" }\n"
                    + "apps { name: \"r\" class_name: \"a.Known\" needs: \"link\" }")
                .getAppsCount())
        .isEqualTo(4);
  }

  @Test
  void theReceiverAndTheCameraAreDevices() throws Exception {
    fails(
        "time { receiver: \"gnss\" }",
        "m.textproto:8:",
        "time.receiver",
        "no device is called \"gnss\"");
    assertThat(read(GOOD + "time { receiver: \"bus\" } camera { device: \"b\" }").hasCamera())
        .isTrue();
  }

  @Test
  void referencesThatFitAreTaken() throws Exception {
    String device =
        "devices { name: \"c\" driver: \"nvml\" powered_by: \"bus\""
            + " plausibility { neighbour: \"a\" thermometer: \"b\" } }";
    assertThat(read(GOOD + device).getDevicesCount()).isEqualTo(4);
    fails(
        "cards { name: \"c\" device: \"a\" warm_celsius: 96 }",
        "m.textproto:8:",
        "cards[2].warm_celsius",
        "max_celsius");
  }

  @Test
  void theSwitchOfACardThatIsNotInUseIsNotInUseEither() throws Exception {
    Mission mission =
        read(
            GOOD.replace(
                    "devices { name: \"b\" driver: \"nvml\" }",
                    "devices { name: \"b\" driver: \"nvml\" powered_by: \"bus\" }")
                + "active_cards: 1");
    assertThat(MissionFile.activeDevices(mission))
        .extracting(DeviceConfig::getName)
        .containsExactly("a");
  }
}

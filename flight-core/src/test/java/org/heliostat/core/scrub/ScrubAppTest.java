package org.heliostat.core.scrub;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.heliostat.core.app.App;
import org.heliostat.core.fixture.TestSpacecraft;
import org.heliostat.core.table.ParameterDefinition;
import org.heliostat.core.table.Parameters;
import org.heliostat.protocol.CheckAreas;
import org.heliostat.protocol.LoadTable;
import org.heliostat.protocol.Mission;
import org.heliostat.protocol.ParameterTable;
import org.heliostat.protocol.ScrubConfig;
import org.heliostat.protocol.Stage;
import org.heliostat.protocol.Table;
import org.heliostat.protocol.Telecommand;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScrubAppTest {
  private static final List<String> NAMES = List.of("lib/a.jar", "models/m.onnx", "bin/flight");

  @TempDir Path folder;
  private TestSpacecraft craft;
  private App app;

  @BeforeEach
  void image() throws Exception {
    StringBuilder list = new StringBuilder();
    for (String name : NAMES) {
      for (Path root : List.of(folder, folder.resolve("golden"))) {
        Files.createDirectories(root.resolve(name).getParent());
        Files.writeString(root.resolve(name), "content of " + name);
      }
      list.append(ImageManifest.sha256(folder.resolve(name))).append("  ./").append(name);
      list.append('\n');
    }
    Files.writeString(folder.resolve(ImageManifest.NAME), list);
    open("golden");
  }

  private void open(String golden) {
    craft =
        new TestSpacecraft(
            folder,
            Mission.newBuilder()
                .setScrub(ScrubConfig.newBuilder().setRoundSeconds(30).setGoldenCopy(golden)));
    app = craft.start(new ScrubApp.Factory());
  }

  @AfterEach
  void end() {
    craft.close();
  }

  private Stage check() {
    craft.send(Telecommand.newBuilder().setCheckAreas(CheckAreas.getDefaultInstance()));
    craft.run(app, 0.1);
    return craft.lastStage();
  }

  @Test
  void goesRoundAndRound() {
    craft.run(app, 100);
    assertThat(craft.housekeeping().getScrub().getRounds()).isBetween(2, 3);
    assertThat(craft.housekeeping().getScrub().getFiles()).isEqualTo(3);
    assertThat(craft.events()).isEmpty();
    assertThat(check()).isEqualTo(Stage.COMPLETED);
  }

  @Test
  void repairsWhatIsDamagedOrGone() throws Exception {
    Files.writeString(folder.resolve("lib/a.jar"), "content of lib/b.jar");
    Files.delete(folder.resolve("models/m.onnx"));
    craft.run(app, 45);
    assertThat(folder.resolve("lib/a.jar")).hasContent("content of lib/a.jar");
    assertThat(folder.resolve("models/m.onnx")).hasContent("content of models/m.onnx");
    assertThat(craft.events())
        .containsExactly("AREA_DAMAGED", "AREA_REPAIRED", "AREA_DAMAGED", "AREA_REPAIRED");
    assertThat(craft.housekeeping().getScrub().getRepaired()).isEqualTo(2);
    assertThat(craft.housekeeping().getScrub().getDamaged()).isZero();
  }

  @Test
  void theClassDataOfTheBoardIsAnAreaToo() throws Exception {
    Files.writeString(folder.resolve("flight.jsa"), "classes");
    Files.writeString(
        folder.resolve(ImageManifest.CLASS_DATA_NAME),
        ImageManifest.sha256(folder.resolve("flight.jsa")) + "  flight.jsa\n");
    assertThat(check()).isEqualTo(Stage.COMPLETED);
    assertThat(craft.housekeeping().getScrub().getFiles()).isEqualTo(4);
    Files.writeString(folder.resolve("flight.jsa"), "clasees");
    assertThat(check()).isEqualTo(Stage.FAILED);
    assertThat(craft.reason()).contains("flight.jsa");
  }

  @Test
  void aStoredTableThatIsDamagedIsStoredAgain() throws Exception {
    Parameters table =
        craft
            .services()
            .tables()
            .parameters("a", List.of(new ParameterDefinition("p", "s", 1, 0, 9)));
    assertThat(craft.send(load(2))).isEqualTo(Stage.COMPLETED);
    Path file;
    try (Stream<Path> all = Files.walk(folder)) {
      file = all.filter(one -> one.toString().endsWith("parameters.a.table")).findFirst().get();
    }
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length - 1] ^= 1;
    Files.write(file, bytes);
    craft.run(app, 60);
    assertThat(craft.events()).contains("AREA_DAMAGED", "AREA_REPAIRED");
    assertThat(craft.housekeeping().getScrub().getDamaged()).isZero();
    assertThat(craft.housekeeping().getScrub().getTables()).isEqualTo(1);
    bytes[bytes.length - 1] ^= 1;
    assertThat(file).hasBinaryContent(bytes);
    assertThat(table.get("p")).isEqualTo(2);
    assertThat(check()).isEqualTo(Stage.COMPLETED);
  }

  private static Telecommand.Builder load(double value) {
    ParameterTable.Builder content = ParameterTable.newBuilder();
    content.addParametersBuilder().setName("p").setValue(value);
    Table.Builder table = Table.newBuilder().setName("parameters.a").setParameters(content);
    return Telecommand.newBuilder()
        .setLoadTable(LoadTable.newBuilder().setTable(table).setActivate(true));
  }

  @Test
  void aGoldenCopyThatIsDamagedItselfRepairsNothing() throws Exception {
    Files.writeString(folder.resolve("lib/a.jar"), "x");
    Files.writeString(folder.resolve("golden/lib/a.jar"), "y");
    assertThat(check()).isEqualTo(Stage.FAILED);
    assertThat(craft.reason()).contains("lib/a.jar");
    assertThat(craft.events()).contains("AREA_DAMAGED", "AREA_NOT_REPAIRED");
    assertThat(folder.resolve("lib/a.jar")).hasContent("x");
  }

  @Test
  void withoutAGoldenCopyItIsAnAlarmOnce() throws Exception {
    craft.close();
    open("");
    Files.writeString(folder.resolve("lib/a.jar"), "x");
    craft.run(app, 100);
    assertThat(craft.events()).containsExactly("AREA_DAMAGED");
    assertThat(craft.housekeeping().getScrub().getDamaged()).isEqualTo(1);
    Files.writeString(folder.resolve("lib/a.jar"), "content of lib/a.jar");
    craft.run(app, 40);
    assertThat(craft.housekeeping().getScrub().getDamaged()).isZero();
  }

  @Test
  void aRepairThatFailsIsAnEvent() throws Exception {
    Files.writeString(folder.resolve("lib/a.jar"), "x");
    Files.createDirectories(folder.resolve("lib/a.jar.new/in/the/way"));
    check();
    assertThat(craft.events()).contains("AREA_NOT_REPAIRED");
  }

  @Test
  void anImageWithoutItsListIsAnAlarmOnce() throws Exception {
    for (String bad : List.of("no list", "0".repeat(64) + "  ../out\n")) {
      Files.writeString(folder.resolve(ImageManifest.NAME), bad);
      assertThat(check()).isEqualTo(Stage.FAILED);
      assertThat(craft.reason()).contains("no list of its files");
    }
    Files.delete(folder.resolve(ImageManifest.NAME));
    craft.run(app, 60);
    assertThat(craft.events()).containsExactly("AREA_DAMAGED");
  }

  @Test
  void anEndFailsWhatIsLeftAndTooMuchIsRefused() {
    for (int i = 0; i < 4; i++) {
      assertThat(
              craft.send(Telecommand.newBuilder().setCheckAreas(CheckAreas.getDefaultInstance())))
          .isEqualTo(Stage.STARTED);
    }
    assertThat(craft.send(Telecommand.newBuilder().setCheckAreas(CheckAreas.getDefaultInstance())))
        .isEqualTo(Stage.FAILED);
    app.close();
    assertThat(craft.downlink().stream().filter(one -> one.hasCommandReport()))
        .filteredOn(report -> report.getCommandReport().getStage() == Stage.FAILED)
        .hasSize(5);
  }
}

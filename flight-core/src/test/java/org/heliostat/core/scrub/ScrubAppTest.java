package org.heliostat.core.scrub;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.heliostat.core.app.App;
import org.heliostat.core.command.Commands;
import org.heliostat.core.file.Changes;
import org.heliostat.core.file.Disk;
import org.heliostat.core.file.FileDigest;
import org.heliostat.core.file.HungDisk;
import org.heliostat.core.fixture.TestSpacecraft;
import org.heliostat.core.table.ParameterDefinition;
import org.heliostat.core.table.Parameters;
import org.heliostat.protocol.CheckAreas;
import org.heliostat.protocol.ImageDigest;
import org.heliostat.protocol.LoadTable;
import org.heliostat.protocol.Mission;
import org.heliostat.protocol.ParameterTable;
import org.heliostat.protocol.ScrubConfig;
import org.heliostat.protocol.SetArea;
import org.heliostat.protocol.Stage;
import org.heliostat.protocol.Table;
import org.heliostat.protocol.Telecommand;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
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
      list.append(sha256(folder.resolve(name))).append("  ./").append(name);
      list.append('\n');
    }
    Files.writeString(folder.resolve(ImageManifest.NAME), list);
    open("golden");
  }

  private static String sha256(Path file) throws Exception {
    FileDigest digest = new FileDigest(file);
    assertThat(digest.piece(Long.MAX_VALUE)).isFalse();
    return digest.hexadecimal();
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
    // it reads and copies a piece a step
    craft.run(app, 2);
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
        sha256(folder.resolve("flight.jsa")) + "  flight.jsa\n");
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
  void aLongFileIsReadAndRepairedInPieces() throws Exception {
    byte[] content = new byte[3 * (int) ScrubApp.PIECE_BYTES];
    new Random(2).nextBytes(content);
    Files.write(folder.resolve("golden/lib/big.jar"), content);
    Files.writeString(
        folder.resolve(ImageManifest.NAME),
        sha256(folder.resolve("golden/lib/big.jar")) + "  lib/big.jar\n");
    content[content.length - 1] ^= 1;
    Files.write(folder.resolve("lib/big.jar"), content);
    craft.send(Telecommand.newBuilder().setCheckAreas(CheckAreas.getDefaultInstance()));
    List<Integer> events = new ArrayList<>();
    int steps = 0;
    while (craft.lastStage() == Stage.STARTED && steps < 100) {
      app.step();
      steps++;
      events.add(craft.events().size());
    }
    // four reads of either copy, and four pieces of the copy
    assertThat(steps).isEqualTo(12);
    assertThat(events).startsWith(0, 0, 0, 1, 1).endsWith(1, 2);
    assertThat(craft.lastStage()).isEqualTo(Stage.COMPLETED);
    content[content.length - 1] ^= 1;
    assertThat(folder.resolve("lib/big.jar")).hasBinaryContent(content);
    assertThat(Files.getLastModifiedTime(folder.resolve("lib/big.jar")))
        .isEqualTo(Files.getLastModifiedTime(folder.resolve("golden/lib/big.jar")));
  }

  @Test
  void aDiskThatHangsFailsTheCommandAndNotTheApp() {
    app.close();
    CountDownLatch answer = new CountDownLatch(1);
    try {
      Disk hung = HungDisk.until(answer);
      app = craft.start(services -> new ScrubApp(services, hung, new Changes()));
      assertThat(check()).isEqualTo(Stage.FAILED);
      assertThat(craft.reason()).contains("the disk hangs");
      craft.run(app, 100);
      assertThat(craft.events()).containsExactly("AREA_NOT_CHECKED");
      assertThat(craft.housekeeping().getScrub().getDamaged()).isZero();
    } finally {
      answer.countDown();
    }
  }

  @Test
  void aDiskThatHangsAtTheListBlamesTheListAndLeavesNoFileOut() throws Exception {
    app.close();
    Disk disk = new Disk("test", 1, TimeUnit.SECONDS.toNanos(60));
    app = craft.start(services -> new ScrubApp(services, disk, new Changes()));
    assertThat(check()).isEqualTo(Stage.COMPLETED);
    Files.writeString(folder.resolve("lib/a.jar"), "x");
    CountDownLatch answer = new CountDownLatch(1);
    HungDisk.hang(disk, answer);
    try {
      assertThat(check()).isEqualTo(Stage.FAILED);
      assertThat(craft.reason()).startsWith(ImageManifest.NAME);
      assertThat(craft.services().events().newest(1).get(0).getText()).contains(ImageManifest.NAME);
    } finally {
      answer.countDown();
    }
    awaitAnswer(disk);
    craft.run(app, 45);
    assertThat(craft.events()).containsExactly("AREA_NOT_CHECKED", "AREA_DAMAGED", "AREA_REPAIRED");
    assertThat(folder.resolve("lib/a.jar")).hasContent("content of lib/a.jar");
  }

  private static void awaitAnswer(Disk disk) throws IOException {
    while (true) {
      try {
        disk.run(() -> {});
        return;
      } catch (Disk.Hung e) {
        Thread.onSpinWait();
      }
    }
  }

  /** Until a long file is half repaired. */
  private void repairHalf() throws Exception {
    byte[] content = new byte[3 * (int) ScrubApp.PIECE_BYTES];
    Files.write(folder.resolve("golden/lib/big.jar"), content);
    Files.writeString(
        folder.resolve(ImageManifest.NAME),
        sha256(folder.resolve("golden/lib/big.jar")) + "  lib/big.jar\n");
    content[0] = 1;
    Files.write(folder.resolve("lib/big.jar"), content);
    craft.send(Telecommand.newBuilder().setCheckAreas(CheckAreas.getDefaultInstance()));
    // four reads of either copy, and a piece of the copy
    for (int i = 0; i < 9; i++) {
      app.step();
    }
    assertThat(folder.resolve(ImageDigest.REPAIRS)).isNotEmptyDirectory();
  }

  private void repairsLeaveNothing() {
    assertThat(folder.resolve(ImageDigest.REPAIRS)).isEmptyDirectory();
    assertThat(folder.resolve("lib/big.jar")).isRegularFile();
    assertThat(folder.resolve("lib").toFile().list()).containsExactlyInAnyOrder("a.jar", "big.jar");
  }

  @Test
  void aRepairThatAnEndCutsOffLeavesNothing() throws Exception {
    repairHalf();
    app.close();
    repairsLeaveNothing();
  }

  @Test
  void aRepairOfAnAreaThatIsInhibitedMeanwhileLeavesNothing() throws Exception {
    repairHalf();
    assertThat(set("lib/big.jar", true)).isEqualTo(Stage.COMPLETED);
    app.step();
    repairsLeaveNothing();
  }

  @Test
  void aRepairWhoseCheckHasTimedOutGivesWayToTheNextCheck() throws Exception {
    repairHalf();
    craft.advance(Commands.DEADLINE_SECONDS + 1);
    craft.services().commands().tick();
    assertThat(craft.lastStage()).isEqualTo(Stage.FAILED);
    craft.send(Telecommand.newBuilder().setCheckAreas(CheckAreas.getDefaultInstance()));
    app.step();
    repairsLeaveNothing();
    craft.run(app, 2);
    assertThat(craft.lastStage()).isEqualTo(Stage.COMPLETED);
    repairsLeaveNothing();
  }

  @Test
  void whatAKillHasLeftOfARepairIsSweptAndIsNoPartOfTheImage() throws Exception {
    String before = ImageDigest.of(folder.resolve("golden"));
    Path left = folder.resolve("golden").resolve(ImageDigest.REPAIRS).resolve("1");
    Files.createDirectories(left.getParent());
    Files.writeString(left, "half");
    assertThat(ImageDigest.of(folder.resolve("golden"))).isEqualTo(before);
    Files.createDirectories(folder.resolve(ImageDigest.REPAIRS));
    Files.move(left, folder.resolve(ImageDigest.REPAIRS).resolve("1"));
    craft.run(app, 1);
    assertThat(folder.resolve(ImageDigest.REPAIRS)).isEmptyDirectory();
  }

  @Test
  void repairsThatCannotBeSweptAreNoDamage() throws Exception {
    Files.createDirectories(folder.resolve(ImageDigest.REPAIRS).resolve("in/the/way"));
    assertThat(check()).isEqualTo(Stage.COMPLETED);
    assertThat(craft.events()).isEmpty();
  }

  @Test
  void nothingIsRepairedWhileARepairBeforeItMayStillCome() throws Exception {
    app.close();
    Changes changes = new Changes();
    CountDownLatch answer = new CountDownLatch(1);
    var late = HungDisk.changing(changes, answer);
    try {
      Disk disk = new Disk("test", 1, TimeUnit.SECONDS.toNanos(60));
      app = craft.start(services -> new ScrubApp(services, disk, changes));
      Files.writeString(folder.resolve("lib/a.jar"), "x");
      assertThat(check()).isEqualTo(Stage.FAILED);
      assertThat(craft.events()).containsExactly("AREA_DAMAGED", "AREA_NOT_REPAIRED");
      answer.countDown();
      assertThat(late.get(60, TimeUnit.SECONDS)).isEqualTo(1);
      assertThat(check()).isEqualTo(Stage.COMPLETED);
    } finally {
      answer.countDown();
    }
  }

  @Test
  void aLongCheckThatGoesOnDoesNotTimeOut() throws Exception {
    repairHalf();
    for (int i = 0; i < 3; i++) {
      craft.advance(Commands.DEADLINE_SECONDS / 2);
      craft.services().commands().tick();
      app.step();
    }
    assertThat(craft.lastStage()).isEqualTo(Stage.COMPLETED);
  }

  @Test
  void aCheckThatComesAfterTheEndIsRefused() {
    app.close();
    assertThat(craft.send(Telecommand.newBuilder().setCheckAreas(CheckAreas.getDefaultInstance())))
        .isEqualTo(Stage.FAILED);
    assertThat(craft.reason()).contains("ends");
  }

  private Stage set(String area, boolean inhibited) {
    return craft.send(
        Telecommand.newBuilder()
            .setSetArea(SetArea.newBuilder().setArea(area).setInhibited(inhibited)));
  }

  @Test
  void anAreaIsInhibitedOverARestartUntilItIsEnabled() throws Exception {
    craft.run(app, 1);
    Files.writeString(folder.resolve("lib/a.jar"), "x");
    assertThat(set("lib/none.jar", true)).isEqualTo(Stage.FAILED);
    assertThat(set("lib/a.jar", true)).isEqualTo(Stage.COMPLETED);
    craft.run(app, 60);
    assertThat(craft.events()).containsExactly("AREA_INHIBITED");
    assertThat(check()).isEqualTo(Stage.COMPLETED);
    // the counter of commands goes on
    craft.services().state().save();
    craft.close();
    open("golden");
    assertThat(craft.housekeeping().getScrub().getInhibitedList()).containsExactly("lib/a.jar");
    craft.run(app, 60);
    assertThat(folder.resolve("lib/a.jar")).hasContent("x");
    assertThat(set("lib/a.jar", false)).isEqualTo(Stage.COMPLETED);
    assertThat(craft.housekeeping().getScrub().getInhibitedList()).isEmpty();
    craft.run(app, 60);
    assertThat(folder.resolve("lib/a.jar")).hasContent("content of lib/a.jar");
  }

  @Test
  void allFilesOrAllTablesAreInhibitedAtOnce() throws Exception {
    assertThat(set("image", true)).isEqualTo(Stage.COMPLETED);
    Files.writeString(folder.resolve("lib/a.jar"), "x");
    assertThat(check()).isEqualTo(Stage.COMPLETED);
    assertThat(set("tables", true)).isEqualTo(Stage.COMPLETED);
    assertThat(craft.housekeeping().getScrub().getInhibitedList())
        .containsExactly("image", "tables");
    assertThat(set("image", false)).isEqualTo(Stage.COMPLETED);
    craft.run(app, 60);
    assertThat(craft.events()).contains("AREA_REPAIRED");
  }

  @Test
  void aDamagedAreaThatIsInhibitedCountsNoMore() throws Exception {
    craft.close();
    open("");
    Files.writeString(folder.resolve("lib/a.jar"), "x");
    assertThat(check()).isEqualTo(Stage.FAILED);
    assertThat(set("lib/a.jar", true)).isEqualTo(Stage.COMPLETED);
    craft.run(app, 60);
    assertThat(craft.housekeeping().getScrub().getDamaged()).isZero();
  }

  @Test
  void aRepairThatFailsIsAnEvent() throws Exception {
    Files.delete(folder.resolve("lib/a.jar"));
    Files.createDirectories(folder.resolve("lib/a.jar/in/the/way"));
    check();
    assertThat(folder.resolve(ImageDigest.REPAIRS)).isEmptyDirectory();
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

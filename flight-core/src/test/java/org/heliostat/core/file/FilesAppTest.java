package org.heliostat.core.file;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.heliostat.core.app.App;
import org.heliostat.core.command.Commands;
import org.heliostat.core.command.Issued;
import org.heliostat.core.fixture.TestSpacecraft;
import org.heliostat.protocol.CopyFile;
import org.heliostat.protocol.DeleteFile;
import org.heliostat.protocol.DescribeFile;
import org.heliostat.protocol.Downlink;
import org.heliostat.protocol.DumpFile;
import org.heliostat.protocol.DumpFlightRecorder;
import org.heliostat.protocol.FileEntry;
import org.heliostat.protocol.FilePart;
import org.heliostat.protocol.InstalledFile;
import org.heliostat.protocol.InstalledList;
import org.heliostat.protocol.ListFiles;
import org.heliostat.protocol.MakeFolder;
import org.heliostat.protocol.MoveFile;
import org.heliostat.protocol.RemoveFolder;
import org.heliostat.protocol.Stage;
import org.heliostat.protocol.Telecommand;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FilesAppTest {
  @TempDir Path folder;
  private TestSpacecraft craft;
  private App app;
  private Path files;

  @BeforeEach
  void start() throws Exception {
    craft = new TestSpacecraft(folder);
    app = craft.start(new FilesApp.Factory());
    files = folder.resolve("files");
    Files.createDirectories(files.resolve("sub"));
  }

  @AfterEach
  void end() {
    craft.close();
  }

  private Stage send(Telecommand.Builder command) {
    Stage first = craft.send(command);
    if (first != Stage.STARTED) {
      return first;
    }
    // a piece a step
    craft.run(app, 0.5);
    return craft.lastStage();
  }

  private Stage list(String path, int most) {
    return send(
        Telecommand.newBuilder()
            .setListFiles(ListFiles.newBuilder().setFolder(path).setMost(most)));
  }

  private Stage dump(DumpFile.Builder wanted) {
    return send(Telecommand.newBuilder().setDumpFile(wanted));
  }

  private List<FilePart> parts() {
    return craft.downlink().stream()
        .filter(Downlink::hasFilePart)
        .map(Downlink::getFilePart)
        .toList();
  }

  @Test
  void listsAFolder() throws Exception {
    Files.writeString(files.resolve("a"), "four");
    Files.createSymbolicLink(files.resolve("link"), folder);
    assertThat(list("", 10)).isEqualTo(Stage.COMPLETED);
    List<FileEntry> entries =
        craft.downlink().stream()
            .filter(Downlink::hasFileList)
            .findFirst()
            .orElseThrow()
            .getFileList()
            .getEntriesList();
    assertThat(entries)
        .containsExactlyInAnyOrder(
            FileEntry.newBuilder().setName("a").setFolder(false).setSize(4).build(),
            FileEntry.newBuilder().setName("sub").setFolder(true).setSize(0).build(),
            FileEntry.newBuilder().setName("link").setFolder(false).setSize(0).build());
    assertThat(list("sub/../..", 10)).isEqualTo(Stage.FAILED);
    assertThat(list("a", 10)).isEqualTo(Stage.FAILED);
  }

  @Test
  void aLongListIsCut() throws Exception {
    for (int i = 0; i < 5; i++) {
      Files.writeString(files.resolve("f" + i), "");
    }
    list("", 3);
    Downlink answer =
        craft.downlink().stream().filter(Downlink::hasFileList).findFirst().orElseThrow();
    assertThat(answer.getFileList().getEntriesCount()).isEqualTo(3);
    assertThat(answer.getFileList().getCut()).isTrue();
  }

  @Test
  void describesAFile() throws Exception {
    Files.writeString(files.resolve("a"), "abc");
    assertThat(
            send(Telecommand.newBuilder().setDescribeFile(DescribeFile.newBuilder().setPath("a"))))
        .isEqualTo(Stage.COMPLETED);
    Downlink answer =
        craft.downlink().stream().filter(Downlink::hasFileDescription).findFirst().orElseThrow();
    assertThat(answer.getFileDescription().getSize()).isEqualTo(3);
    assertThat(answer.getFileDescription().getSha256())
        .isEqualTo(
            ByteString.copyFrom(
                MessageDigest.getInstance("SHA-256")
                    .digest("abc".getBytes(StandardCharsets.UTF_8))));
  }

  private Stage copy(String from, String to) {
    return send(
        Telecommand.newBuilder().setCopyFile(CopyFile.newBuilder().setFrom(from).setTo(to)));
  }

  @Test
  void copiesWithinTheJailAlone() throws Exception {
    Files.writeString(files.resolve("a"), "abc");
    assertThat(copy("a", "new/b")).isEqualTo(Stage.COMPLETED);
    assertThat(files.resolve("new/b")).hasContent("abc");
    assertThat(copy("a", "../out")).isEqualTo(Stage.FAILED);
    assertThat(copy("a", "sub")).isEqualTo(Stage.FAILED);
    assertThat(copy("a", ".")).isEqualTo(Stage.FAILED);
    assertThat(copy("none", "c")).isEqualTo(Stage.FAILED);
    assertThat(folder.resolve("out")).doesNotExist();
    try (var left = Files.list(files)) {
      assertThat(left.map(path -> path.getFileName().toString()))
          .containsExactlyInAnyOrder("a", "new", "sub");
    }
  }

  private Stage move(String from, String to) {
    return send(
        Telecommand.newBuilder().setMoveFile(MoveFile.newBuilder().setFrom(from).setTo(to)));
  }

  @Test
  void movesWithinTheJailAloneAndReplacesNothing() throws Exception {
    Files.writeString(files.resolve("a"), "abc");
    Files.writeString(files.resolve("c"), "other");
    Files.createSymbolicLink(files.resolve("link"), folder);
    Files.createSymbolicLink(files.resolve("dangling"), folder.resolve("nowhere"));
    for (String to : List.of("c", "sub", "a", ".", "../out", "link/out", "dangling")) {
      assertThat(move("a", to)).as(to).isEqualTo(Stage.FAILED);
    }
    for (String from : List.of("none", "sub", "../state.bin", "link/state.bin", "link")) {
      assertThat(move(from, "d")).as(from).isEqualTo(Stage.FAILED);
    }
    assertThat(files.resolve("c")).hasContent("other");
    assertThat(move("a", "new/b")).isEqualTo(Stage.COMPLETED);
    assertThat(files.resolve("a")).doesNotExist();
    assertThat(files.resolve("new/b")).hasContent("abc");
    assertThat(folder.resolve("out")).doesNotExist();
    assertThat(folder.resolve("nowhere")).doesNotExist();
    try (var left = Files.list(files)) {
      assertThat(left.map(path -> path.getFileName().toString()))
          .containsExactlyInAnyOrder("c", "new", "sub", "link", "dangling");
    }
  }

  private Stage makeFolder(String path) {
    return send(Telecommand.newBuilder().setMakeFolder(MakeFolder.newBuilder().setFolder(path)));
  }

  @Test
  void makesFoldersWithinTheJailAlone() throws Exception {
    Files.createSymbolicLink(files.resolve("link"), folder);
    assertThat(makeFolder("new/deep")).isEqualTo(Stage.COMPLETED);
    assertThat(files.resolve("new/deep")).isDirectory();
    for (String path : List.of("new", ".", "../out", "link/out", "link")) {
      assertThat(makeFolder(path)).as(path).isEqualTo(Stage.FAILED);
    }
    assertThat(folder.resolve("out")).doesNotExist();
  }

  private Stage removeFolder(String path) {
    Telecommand command =
        Telecommand.newBuilder().setRemoveFolder(RemoveFolder.newBuilder().setFolder(path)).build();
    Issued issued = craft.services().commands().issue(command, "sequence clean-up");
    craft.run(app, 0.1);
    return issued.state() == Issued.State.COMPLETED ? Stage.COMPLETED : Stage.FAILED;
  }

  @Test
  void removesOnlyAFolderThatIsEmptyAndOnlyOnceItIsArmed() throws Exception {
    Files.createDirectories(folder.resolve("beside"));
    Files.createSymbolicLink(files.resolve("link"), folder.resolve("beside"));
    Files.createDirectories(files.resolve("full"));
    Files.writeString(files.resolve("full/a"), "abc");
    for (String path : List.of("full", "full/a", ".", "none", "link", "../beside")) {
      assertThat(removeFolder(path)).as(path).isEqualTo(Stage.FAILED);
    }
    assertThat(files.resolve("full/a")).exists();
    assertThat(folder.resolve("beside")).exists();
    assertThat(
            send(
                Telecommand.newBuilder()
                    .setRemoveFolder(RemoveFolder.newBuilder().setFolder("sub"))))
        .isEqualTo(Stage.FAILED);
    assertThat(files.resolve("sub")).exists();
    assertThat(removeFolder("sub")).isEqualTo(Stage.COMPLETED);
    assertThat(files.resolve("sub")).doesNotExist();
  }

  @Test
  void deletesOnlyAFileAndOnlyOnceItIsArmed() throws Exception {
    Files.writeString(files.resolve("a"), "abc");
    Telecommand.Builder delete =
        Telecommand.newBuilder().setDeleteFile(DeleteFile.newBuilder().setPath("a"));
    assertThat(send(delete.clone())).isEqualTo(Stage.FAILED);
    assertThat(files.resolve("a")).exists();
    craft.services().commands().issue(delete.build(), "sequence clean-up");
    craft.run(app, 0.1);
    assertThat(files.resolve("a")).doesNotExist();
  }

  @Test
  void dumpsAFileInParts() throws Exception {
    byte[] content = new byte[FilesApp.PART_BYTES * 2 + 100];
    new Random(1).nextBytes(content);
    Files.write(files.resolve("big"), content);
    assertThat(dump(DumpFile.newBuilder().setPath("big"))).isEqualTo(Stage.COMPLETED);
    ByteString all = ByteString.EMPTY;
    for (FilePart part : parts()) {
      assertThat(part.getOffset()).isEqualTo(all.size());
      assertThat(part.getFileSize()).isEqualTo(content.length);
      all = all.concat(part.getContent());
    }
    assertThat(all.toByteArray()).isEqualTo(content);
    assertThat(craft.downlink())
        .filteredOn(packet -> packet.getCommandReport().getStage() == Stage.COMPLETED)
        .extracting(packet -> packet.getCommandReport().getAnswers())
        .containsExactly(3);
  }

  @Test
  void aLongFileIsCopiedAndDescribedInPieces() throws Exception {
    byte[] content = new byte[2 * (int) FilesApp.PIECE_BYTES + 1];
    new Random(3).nextBytes(content);
    Files.write(files.resolve("big"), content);
    craft.send(
        Telecommand.newBuilder().setCopyFile(CopyFile.newBuilder().setFrom("big").setTo("b")));
    app.step();
    app.step();
    assertThat(craft.lastStage()).isEqualTo(Stage.STARTED);
    assertThat(files.resolve("b")).doesNotExist();
    app.step();
    assertThat(craft.lastStage()).isEqualTo(Stage.COMPLETED);
    assertThat(files.resolve("b")).hasBinaryContent(content);
    craft.send(Telecommand.newBuilder().setDescribeFile(DescribeFile.newBuilder().setPath("b")));
    app.step();
    app.step();
    assertThat(craft.lastStage()).isEqualTo(Stage.STARTED);
    app.step();
    assertThat(craft.lastStage()).isEqualTo(Stage.COMPLETED);
    assertThat(craft.downlink().stream().filter(Downlink::hasFileDescription))
        .extracting(one -> one.getFileDescription().getSha256())
        .containsExactly(ByteString.copyFrom(MessageDigest.getInstance("SHA-256").digest(content)));
  }

  @Test
  void anEndInTheMiddleOfACopyLeavesNothing() throws Exception {
    Files.write(files.resolve("big"), new byte[2 * (int) FilesApp.PIECE_BYTES]);
    craft.send(
        Telecommand.newBuilder().setCopyFile(CopyFile.newBuilder().setFrom("big").setTo("b")));
    app.step();
    app.close();
    assertThat(craft.lastStage()).isEqualTo(Stage.FAILED);
    assertThat(files.resolve("b")).doesNotExist();
    assertThat(folder.resolve("files.fresh")).isEmptyDirectory();
  }

  @Test
  void aCopyTouchesNoFileButItsOwn() throws Exception {
    Files.writeString(files.resolve("a.new"), "abc");
    Files.writeString(files.resolve("b.new"), "mine");
    assertThat(copy("a.new", "a")).isEqualTo(Stage.COMPLETED);
    assertThat(copy("a", "b")).isEqualTo(Stage.COMPLETED);
    for (String name : List.of("a.new", "a", "b")) {
      assertThat(files.resolve(name)).hasContent("abc");
    }
    assertThat(files.resolve("b.new")).hasContent("mine");
    assertThat(copy("a", "sub/../a")).isEqualTo(Stage.FAILED);
    assertThat(copy("a", "./a")).isEqualTo(Stage.FAILED);
    assertThat(craft.reason()).contains("to itself");
    assertThat(files.resolve("a")).hasContent("abc");
  }

  @Test
  void whatAKillHasLeftOfACopyIsSweptAtTheStart() throws Exception {
    Files.createDirectories(folder.resolve("files.fresh"));
    Files.writeString(folder.resolve("files.fresh/1"), "half");
    app.step();
    assertThat(folder.resolve("files.fresh")).isEmptyDirectory();
  }

  private Stage issue(Telecommand.Builder command) {
    Issued issued = craft.services().commands().issue(command.build(), "sequence clean-up");
    craft.run(app, 0.1);
    return issued.state() == Issued.State.COMPLETED ? Stage.COMPLETED : Stage.FAILED;
  }

  @Test
  void nothingIsChangedWhileAChangeBeforeItMayStillCome() throws Exception {
    Files.writeString(files.resolve("a"), "abc");
    app.close();
    Changes changes = new Changes();
    CountDownLatch answer = new CountDownLatch(1);
    var late = HungDisk.changing(changes, answer);
    try {
      Disk disk = new Disk("test", 2, TimeUnit.SECONDS.toNanos(60));
      app = craft.start(services -> new FilesApp(services, disk, changes));
      Telecommand.Builder delete =
          Telecommand.newBuilder().setDeleteFile(DeleteFile.newBuilder().setPath("a"));
      assertThat(copy("a", "b")).isEqualTo(Stage.FAILED);
      assertThat(craft.reason()).contains("may still be made");
      assertThat(move("a", "b")).isEqualTo(Stage.FAILED);
      assertThat(makeFolder("b")).isEqualTo(Stage.FAILED);
      assertThat(removeFolder("sub")).isEqualTo(Stage.FAILED);
      assertThat(issue(delete)).isEqualTo(Stage.FAILED);
      assertThat(
              send(
                  Telecommand.newBuilder()
                      .setDumpFlightRecorder(DumpFlightRecorder.getDefaultInstance())))
          .isEqualTo(Stage.FAILED);
      assertThat(list("", 10)).isEqualTo(Stage.COMPLETED);
      assertThat(files.resolve("a")).exists();
      assertThat(files.resolve("b")).doesNotExist();
      assertThat(files.resolve("sub")).exists();
      answer.countDown();
      assertThat(late.get(60, TimeUnit.SECONDS)).isEqualTo(1);
      assertThat(issue(delete)).isEqualTo(Stage.COMPLETED);
    } finally {
      answer.countDown();
    }
  }

  @Test
  void aCommandThatHasTimedOutBeforeItsTurnIsNotCarriedOut() throws Exception {
    Files.write(files.resolve("big"), new byte[FilesApp.PART_BYTES * 2]);
    Files.writeString(files.resolve("a"), "abc");
    craft.send(Telecommand.newBuilder().setDumpFile(DumpFile.newBuilder().setPath("big")));
    app.step();
    Issued delete =
        craft
            .services()
            .commands()
            .issue(
                Telecommand.newBuilder()
                    .setDeleteFile(DeleteFile.newBuilder().setPath("a"))
                    .build(),
                "sequence clean-up");
    craft.advance(Commands.DEADLINE_SECONDS + 1);
    craft.services().commands().tick();
    assertThat(delete.state()).isEqualTo(Issued.State.FAILED);
    craft.run(app, 1);
    assertThat(files.resolve("a")).exists();
    // nor was the dump gone on with
    assertThat(parts()).hasSize(1);
    assertThat(app.queued()).isZero();
  }

  @Test
  void aCopyThatHasTimedOutIsGivenUp() throws Exception {
    Files.write(files.resolve("big"), new byte[2 * (int) FilesApp.PIECE_BYTES]);
    craft.send(
        Telecommand.newBuilder().setCopyFile(CopyFile.newBuilder().setFrom("big").setTo("b")));
    app.step();
    craft.advance(Commands.DEADLINE_SECONDS + 1);
    craft.services().commands().tick();
    craft.run(app, 1);
    assertThat(files.resolve("b")).doesNotExist();
    assertThat(folder.resolve("files.fresh")).isEmptyDirectory();
  }

  @Test
  void aLongCommandThatGoesOnDoesNotTimeOut() throws Exception {
    Files.write(files.resolve("big"), new byte[FilesApp.PART_BYTES * 4]);
    craft.send(Telecommand.newBuilder().setDumpFile(DumpFile.newBuilder().setPath("big")));
    for (int i = 0; i < 4; i++) {
      app.step();
      craft.advance(Commands.DEADLINE_SECONDS / 2);
      craft.services().commands().tick();
    }
    assertThat(craft.lastStage()).isEqualTo(Stage.COMPLETED);
    assertThat(parts()).hasSize(4);
  }

  @Test
  void aCommandThatComesAfterTheEndIsRefused() {
    app.close();
    assertThat(craft.send(Telecommand.newBuilder().setListFiles(ListFiles.newBuilder())))
        .isEqualTo(Stage.FAILED);
    assertThat(craft.reason()).contains("ends");
    assertThat(app.queued()).isZero();
  }

  @Test
  void aDiskThatHangsFailsCommandsAndNotTheApp() throws Exception {
    Files.writeString(files.resolve("a"), "abc");
    app.close();
    CountDownLatch answer = new CountDownLatch(1);
    try {
      Disk hung = HungDisk.until(answer);
      app = craft.start(services -> new FilesApp(services, hung, new Changes()));
      assertThat(list("", 10)).isEqualTo(Stage.FAILED);
      assertThat(copy("a", "b")).isEqualTo(Stage.FAILED);
      assertThat(dump(DumpFile.newBuilder().setPath("a"))).isEqualTo(Stage.FAILED);
      assertThat(
              send(
                  Telecommand.newBuilder().setDescribeFile(DescribeFile.newBuilder().setPath("a"))))
          .isEqualTo(Stage.FAILED);
      assertThat(
              send(
                  Telecommand.newBuilder()
                      .setDumpFlightRecorder(DumpFlightRecorder.getDefaultInstance())))
          .isEqualTo(Stage.FAILED);
      assertThat(craft.reason()).contains("the disk hangs");
    } finally {
      answer.countDown();
    }
  }

  @Test
  void dumpsASpanAndAnEmptyFile() throws Exception {
    Files.writeString(files.resolve("a"), "0123456789");
    assertThat(dump(DumpFile.newBuilder().setPath("a").setOffset(3).setLength(4)))
        .isEqualTo(Stage.COMPLETED);
    assertThat(parts().get(0).getContent().toStringUtf8()).isEqualTo("3456");
    assertThat(dump(DumpFile.newBuilder().setPath("a").setOffset(11))).isEqualTo(Stage.FAILED);
    assertThat(dump(DumpFile.newBuilder().setPath("a").setOffset(-1))).isEqualTo(Stage.FAILED);
    Files.writeString(files.resolve("empty"), "");
    assertThat(dump(DumpFile.newBuilder().setPath("empty"))).isEqualTo(Stage.COMPLETED);
    assertThat(parts()).hasSize(2);
    assertThat(dump(DumpFile.newBuilder().setPath("../state.bin"))).isEqualTo(Stage.FAILED);
  }

  @Test
  void whatIsTooMuchFailsAtOnce() throws Exception {
    Files.writeString(files.resolve("a"), "abc");
    Telecommand.Builder describe =
        Telecommand.newBuilder().setDescribeFile(DescribeFile.newBuilder().setPath("a"));
    for (int i = 0; i < FilesApp.MOST_WAITING; i++) {
      assertThat(craft.send(describe.clone())).isEqualTo(Stage.STARTED);
    }
    assertThat(craft.send(describe.clone())).isEqualTo(Stage.FAILED);
    assertThat(craft.reason()).contains("too many");
  }

  @Test
  void recordsTheJvmIntoTheJail() throws Exception {
    DumpFlightRecorder.Builder wanted = DumpFlightRecorder.newBuilder().setForSeconds(1);
    assertThat(send(Telecommand.newBuilder().setDumpFlightRecorder(wanted)))
        .isEqualTo(Stage.STARTED);
    assertThat(send(Telecommand.newBuilder().setDumpFlightRecorder(wanted)))
        .isEqualTo(Stage.FAILED);
    assertThat(craft.reason()).contains("runs already");
    craft.run(app, 2);
    byte[] magic = Arrays.copyOf(Files.readAllBytes(files.resolve("flight.jfr")), 3);
    assertThat(new String(magic, StandardCharsets.ISO_8859_1)).isEqualTo("FLR");
  }

  @Test
  void aRecordingThatHasNoPlaceIsRefusedAtOnce() throws Exception {
    Files.createDirectories(files.resolve("flight.jfr"));
    DumpFlightRecorder.Builder wanted = DumpFlightRecorder.newBuilder().setForSeconds(1);
    assertThat(send(Telecommand.newBuilder().setDumpFlightRecorder(wanted)))
        .isEqualTo(Stage.FAILED);
    assertThat(craft.reason()).contains("is a folder");
    wanted.setPath("traces/new/a.jfr");
    assertThat(send(Telecommand.newBuilder().setDumpFlightRecorder(wanted)))
        .isEqualTo(Stage.STARTED);
    assertThat(files.resolve("traces/new")).isDirectory();
  }

  @Test
  void neitherCopyNorMoveNorRecordingWritesWhereAFileHasComeByUpload() throws Exception {
    Files.writeString(files.resolve("old"), "version 3");
    Files.writeString(files.resolve("model"), "version 4");
    Files.createDirectories(folder.resolve("uploads"));
    UploadedNames.list(folder)
        .write(
            InstalledList.newBuilder()
                .addFiles(InstalledFile.newBuilder().setPath("model").setVersion(4))
                .build()
                .toByteArray());
    List<Telecommand.Builder> writing =
        List.of(
            Telecommand.newBuilder()
                .setCopyFile(CopyFile.newBuilder().setFrom("old").setTo("model")),
            Telecommand.newBuilder()
                .setMoveFile(MoveFile.newBuilder().setFrom("old").setTo("model")),
            Telecommand.newBuilder()
                .setDumpFlightRecorder(
                    DumpFlightRecorder.newBuilder().setForSeconds(1).setPath("model")));
    assertThat(send(writing.get(0).clone())).isEqualTo(Stage.FAILED);
    assertThat(send(writing.get(2).clone())).isEqualTo(Stage.FAILED);
    assertThat(files.resolve("model")).hasContent("version 4");
    Files.delete(files.resolve("model"));
    for (Telecommand.Builder command : writing) {
      assertThat(send(command.clone())).isEqualTo(Stage.FAILED);
      assertThat(craft.reason()).contains("only an upload replaces it");
    }
    assertThat(files.resolve("model")).doesNotExist();
  }

  @Test
  void aRecordingWhosePlaceIsTakenMeanwhileLeavesNothing() throws Exception {
    DumpFlightRecorder.Builder wanted = DumpFlightRecorder.newBuilder().setForSeconds(1);
    assertThat(send(Telecommand.newBuilder().setDumpFlightRecorder(wanted)))
        .isEqualTo(Stage.STARTED);
    Files.createDirectories(files.resolve("flight.jfr/full"));
    craft.run(app, 2);
    assertThat(craft.lastStage()).isEqualTo(Stage.FAILED);
    assertThat(folder.resolve("files.fresh")).isEmptyDirectory();
    try (var left = Files.list(files)) {
      assertThat(left.map(path -> path.getFileName().toString()))
          .containsExactlyInAnyOrder("flight.jfr", "sub");
    }
  }

  @Test
  void aRecordingWhoseCommandHasTimedOutIsClosed() throws Exception {
    DumpFlightRecorder.Builder wanted = DumpFlightRecorder.newBuilder().setForSeconds(600);
    assertThat(send(Telecommand.newBuilder().setDumpFlightRecorder(wanted)))
        .isEqualTo(Stage.STARTED);
    craft.advance(Commands.DEADLINE_SECONDS + 600 + 1);
    craft.services().commands().tick();
    assertThat(craft.lastStage()).isEqualTo(Stage.FAILED);
    craft.run(app, 1);
    assertThat(files.resolve("flight.jfr")).doesNotExist();
    assertThat(
            send(
                Telecommand.newBuilder()
                    .setDumpFlightRecorder(DumpFlightRecorder.newBuilder().setForSeconds(1))))
        .isEqualTo(Stage.STARTED);
  }

  @Test
  void anEndFailsWhatIsLeft() {
    craft.send(Telecommand.newBuilder().setDumpFlightRecorder(DumpFlightRecorder.newBuilder()));
    craft.run(app, 0.1);
    app.close();
    assertThat(craft.lastStage()).isEqualTo(Stage.FAILED);
    app = craft.start(new FilesApp.Factory());
    craft.send(Telecommand.newBuilder().setListFiles(ListFiles.newBuilder()));
    app.close();
    assertThat(craft.reason()).contains("ends");
  }
}

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
import org.heliostat.core.app.App;
import org.heliostat.core.fixture.TestSpacecraft;
import org.heliostat.protocol.CopyFile;
import org.heliostat.protocol.DeleteFile;
import org.heliostat.protocol.DescribeFile;
import org.heliostat.protocol.Downlink;
import org.heliostat.protocol.DumpFile;
import org.heliostat.protocol.DumpFlightRecorder;
import org.heliostat.protocol.FileEntry;
import org.heliostat.protocol.FilePart;
import org.heliostat.protocol.ListFiles;
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
    craft.run(app, 0.1);
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

package org.heliostat.core.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.heliostat.protocol.InstalledFile;
import org.heliostat.protocol.InstalledList;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JailFilesTest {
  @TempDir Path folder;
  private final List<Path> forced = new ArrayList<>();
  private final Disk.Turn turn = new Disk.Turn();
  private Path root;
  private JailFiles files;

  @BeforeEach
  void jail() {
    root = folder.resolve("files");
    files =
        new JailFiles(
            new Jail(root),
            new FreshFiles(folder.resolve("fresh")),
            new UploadedNames(folder),
            one -> forced.add(one));
  }

  @Test
  void everyFolderThatIsMadeIsForcedFromTheTopDown() throws Exception {
    files.makeFolder("a/b/c", turn);
    assertThat(forced)
        .containsExactly(root, root.resolve("a"), root.resolve("a/b"), root.resolve("a/b/c"));
    forced.clear();
    files.makeFolder("a/b/d", turn);
    assertThat(forced).containsExactly(root.resolve("a/b/d"));
    forced.clear();
    Files.writeString(root.resolve("f"), "");
    FileCopy unused = files.copy("f", "x/y/g", turn);
    assertThat(forced).containsExactly(root.resolve("x"), root.resolve("x/y"));
  }

  @Test
  void whatGoesIsForced() throws Exception {
    files.makeFolder("a", turn);
    Files.writeString(root.resolve("f"), "");
    Files.writeString(root.resolve("g"), "");
    forced.clear();
    files.delete("f", turn);
    files.removeFolder("a", turn);
    files.move("g", "new/h", turn);
    assertThat(forced)
        .containsExactly(
            root.resolve("f"),
            root.resolve("a"),
            root.resolve("new"),
            root.resolve("new/h"),
            root.resolve("g"));
  }

  @Test
  void nothingIsDoneForWhomNobodyWaitsAnyMore() throws Exception {
    files.makeFolder("a", turn);
    Files.writeString(root.resolve("f"), "");
    assertThat(turn.leave()).isTrue();
    List<ThrowingCallable> late =
        List.of(
            () -> files.move("f", "g", turn),
            () -> files.copy("f", "b/g", turn),
            () -> files.makeFolder("b", turn),
            () -> files.removeFolder("a", turn),
            () -> files.delete("f", turn));
    for (ThrowingCallable one : late) {
      assertThatThrownBy(one).isInstanceOf(IOException.class).hasMessageContaining("nobody waits");
    }
    assertThat(root.toFile().list()).containsExactlyInAnyOrder("a", "f");
  }

  private void uploaded(InstalledList.Builder list) throws IOException {
    Files.createDirectories(folder.resolve("uploads"));
    UploadedNames.list(folder).write(list.build().toByteArray());
  }

  private static InstalledList.Builder names(String name) {
    return InstalledList.newBuilder().addFiles(InstalledFile.newBuilder().setPath(name));
  }

  private void assertRefused(ThrowingCallable change, String why) {
    assertThatThrownBy(change).isInstanceOf(Jail.Refused.class).hasMessageContaining(why);
  }

  @Test
  void nothingIsWrittenWhereAFileHasComeByUpload() throws Exception {
    files.makeFolder("a", turn);
    Files.writeString(root.resolve("old"), "old");
    Files.writeString(root.resolve("a/model"), "new");
    uploaded(names("a/model"));
    for (String name : List.of("a/model", "./a//model")) {
      assertRefused(() -> files.copy("old", name, turn), "only an upload replaces it");
      assertRefused(() -> files.place(name, turn), "only an upload replaces it");
    }
    assertThat(root.resolve("a/model")).hasContent("new");
    // deleted or moved away, its name stays what it is
    files.move("a/model", "aside", turn);
    assertRefused(() -> files.move("old", "a/model", turn), "only an upload replaces it");
    assertRefused(() -> files.copy("old", "a/model", turn), "only an upload replaces it");
    assertThat(root.resolve("a/model")).doesNotExist();
    files.move("old", "a/other", turn);
    assertThat(root.resolve("a/other")).hasContent("old");
  }

  @Test
  void aFileThatComesWhileACopyIsUnderWayIsNotReplacedByIt() throws Exception {
    files.makeFolder("a", turn);
    Files.writeString(root.resolve("old"), "old");
    FileCopy copy = files.copy("old", "a/model", turn);
    assertThat(copy.piece(3)).isTrue();
    uploaded(names("a/model"));
    Files.writeString(root.resolve("a/model"), "new");
    assertRefused(() -> copy.piece(3), "only an upload replaces it");
    assertThat(root.resolve("a/model")).hasContent("new");
  }

  @Test
  void withAListOfUploadsThatIsNotWholeNothingIsWritten() throws Exception {
    files.makeFolder("a", turn);
    Files.writeString(root.resolve("f"), "");
    uploaded(InstalledList.newBuilder().setLost(true));
    assertRefused(() -> files.copy("f", "g", turn), "not whole");
    uploaded(names("a"));
    FileCopy unused = files.copy("f", "g", turn);
    UploadedNames.list(folder).write(new byte[] {-1, -1, -1});
    assertRefused(() -> files.move("f", "g", turn), "not whole");
    for (String copy : List.of("installed.bin", "installed.bin.bak")) {
      Files.writeString(folder.resolve("uploads").resolve(copy), "damaged");
    }
    assertRefused(() -> files.move("f", "g", turn), "not whole");
    files.delete("f", turn);
    assertThat(root.resolve("f")).doesNotExist();
  }
}

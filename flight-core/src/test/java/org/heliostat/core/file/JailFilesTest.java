package org.heliostat.core.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
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
            new Jail(root), new FreshFiles(folder.resolve("fresh")), one -> forced.add(one));
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
}

package org.heliostat.core.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileCopyTest {
  private final Disk disk = new Disk("test", 2, TimeUnit.SECONDS.toNanos(60));
  @TempDir Path folder;
  private Path fresh;
  private Path from;
  private Path to;

  @BeforeEach
  void file() throws Exception {
    fresh = folder.resolve("fresh");
    from = folder.resolve("from");
    to = folder.resolve("to");
    Files.writeString(from, "0123456789");
  }

  private FileCopy copy() {
    return new FileCopy(from, to, new FreshFiles(fresh), false);
  }

  private String[] freshNames() {
    String[] names = fresh.toFile().list();
    return names == null ? new String[0] : names;
  }

  @Test
  void twoCopiesToOnePlaceShareNothing() throws Exception {
    FileCopy first = copy();
    FileCopy second = copy();
    assertThat(first.piece(4)).isTrue();
    assertThat(second.piece(4)).isTrue();
    assertThat(freshNames()).hasSize(2);
    assertThat(first.piece(4)).isTrue();
    assertThat(second.piece(100)).isFalse();
    assertThat(to).hasContent("0123456789");
    assertThat(first.piece(100)).isFalse();
    assertThat(to).hasContent("0123456789");
    assertThat(fresh).isEmptyDirectory();
  }

  @Test
  void aPieceThatComesLateDoesNothing() throws Exception {
    FileCopy begun = copy();
    assertThat(begun.piece(4)).isTrue();
    begun.abandon(disk);
    assertThat(fresh).isEmptyDirectory();
    FileCopy untouched = copy();
    untouched.abandon(disk);
    for (FileCopy late : new FileCopy[] {begun, untouched}) {
      assertThatThrownBy(() -> late.piece(100))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("given up");
    }
    assertThat(to).doesNotExist();
    assertThat(fresh).isEmptyDirectory();
  }

  @Test
  void oneThatIsGivenUpWhileTheDiskHangsIsTakenAwayByWhoComesLate() throws Exception {
    FileCopy copy = copy();
    assertThat(copy.piece(4)).isTrue();
    CountDownLatch answer = new CountDownLatch(1);
    try {
      copy.abandon(HungDisk.until(answer));
    } finally {
      answer.countDown();
    }
    assertThat(freshNames()).hasSize(1);
    assertThatThrownBy(() -> copy.piece(100)).isInstanceOf(IOException.class);
    assertThat(fresh).isEmptyDirectory();
  }

  @Test
  void theSweepTakesAllAwayAndNeedsNoFolder() throws Exception {
    FreshFiles files = new FreshFiles(fresh);
    files.sweep();
    assertThat(fresh).doesNotExist();
    assertThat(copy().piece(4)).isTrue();
    files.sweep();
    assertThat(fresh).isEmptyDirectory();
  }
}

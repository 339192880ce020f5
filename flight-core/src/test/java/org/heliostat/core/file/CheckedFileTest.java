package org.heliostat.core.file;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckedFileTest {
  private static final byte[] OLD = {1, 2, 3};
  private static final byte[] NEW = {4, 5, 6, 7};

  @TempDir private Path folder;
  private Path path;
  private CheckedFile file;

  @BeforeEach
  void setUp() {
    path = folder.resolve("state.bin");
    file = new CheckedFile(path);
  }

  @Test
  void readsWhatWasWrittenLast() throws IOException {
    assertThat(file.read()).isEmpty();
    file.write(OLD);
    file.write(NEW);
    assertThat(file.read()).hasValue(NEW);
    assertThat(file.damaged()).isFalse();
  }

  @Test
  void fallsBackToTheOneBeforeWhereverTheNewestIsDamaged() throws IOException {
    file.write(OLD);
    file.write(NEW);
    byte[] whole = Files.readAllBytes(path);
    for (int at = 0; at < whole.length; at++) {
      byte[] damaged = whole.clone();
      damaged[at] ^= 0x40;
      Files.write(path, damaged);
      assertThat(file.read()).as("byte %d flipped", at).hasValue(OLD);
      assertThat(file.damaged()).isTrue();
      Files.write(path, Arrays.copyOf(whole, at));
      assertThat(file.read()).as("cut at byte %d", at).hasValue(OLD);
    }
  }

  @Test
  void aDamagedFileDoesNotTakeThePlaceOfTheGoodOneBefore() throws IOException {
    file.write(OLD);
    file.write(NEW);
    Files.write(path, new byte[] {9});
    file.write(NEW);
    assertThat(file.read()).hasValue(NEW);
    // as a kill between the two renames leaves it
    Files.delete(path);
    assertThat(file.read()).hasValue(OLD);
  }

  @Test
  void whatTheDiskCannotReadIsDamagedAndIsReplaced() throws IOException {
    file.write(OLD);
    file.write(NEW);
    CheckedFile failing =
        new CheckedFile(
            path,
            from -> {
              if (from.equals(path)) {
                throw new IOException("Input/output error");
              }
              return Files.readAllBytes(from);
            });
    assertThat(failing.read()).hasValue(OLD);
    assertThat(failing.damaged()).isTrue();
    failing.write(new byte[] {8});
    assertThat(file.read()).hasValue(new byte[] {8});
    Files.delete(path);
    assertThat(file.read()).as("the good one before has stayed").hasValue(OLD);
  }

  @Test
  void aKillBetweenTheTwoRenamesLosesNothing() throws IOException {
    file.write(OLD);
    Files.move(path, folder.resolve("state.bin.bak"));
    Files.write(folder.resolve("state.bin.new"), new byte[] {9});
    assertThat(file.read()).hasValue(OLD);
    file.write(NEW);
    assertThat(file.read()).hasValue(NEW);
  }
}

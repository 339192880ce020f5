package org.heliostat.core.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RawFileTest {
  @TempDir Path folder;

  private static byte[] read(RawFile file, int bytes) throws IOException {
    ByteBuffer all = ByteBuffer.allocate(bytes);
    file.read(all, 0);
    byte[] found = new byte[all.position()];
    all.flip().get(found);
    return found;
  }

  @Test
  void isReadAndWrittenAtAnyPlace() throws Exception {
    try (RawFile file = new RawFile(folder.resolve("new"))) {
      assertThat(file.size()).isZero();
      file.write(ByteBuffer.wrap(new byte[] {1, 2, 3}), 5);
      file.force(true);
      assertThat(file.size()).isEqualTo(8);
      assertThat(read(file, 9)).containsExactly(0, 0, 0, 0, 0, 1, 2, 3);
    }
  }

  /** The kernel takes no write for a program that runs, whoever asks. */
  @Test
  void whatCanOnlyBeReadIsReadAndIsWrittenAsSoonAsItCanBe() throws Exception {
    Path path = folder.resolve("program");
    Files.copy(Path.of("/bin/sleep"), path, StandardCopyOption.COPY_ATTRIBUTES);
    Process running = new ProcessBuilder(path.toString(), "60").start();
    try (RawFile file = new RawFile(path)) {
      try {
        assertThat(file.size()).isEqualTo(Files.size(path));
        assertThat(read(file, 4)).containsExactly(0x7f, 'E', 'L', 'F');
        assertThatThrownBy(() -> file.write(ByteBuffer.allocate(1), 0))
            .isInstanceOf(IOException.class);
        assertThatThrownBy(() -> file.force(false)).isInstanceOf(IOException.class);
      } finally {
        running.destroyForcibly().waitFor();
      }
      file.write(ByteBuffer.allocate(1), 0);
      file.force(false);
      assertThat(read(file, 4)).containsExactly(0, 'E', 'L', 'F');
    }
  }

  @Test
  void whatCannotBeMadeYetIsEmptyAndIsMadeLater() throws Exception {
    Path path = folder.resolve("later/file");
    try (RawFile file = new RawFile(path)) {
      assertThat(file.size()).isZero();
      assertThat(read(file, 4)).isEmpty();
      assertThatThrownBy(() -> file.write(ByteBuffer.allocate(1), 0))
          .isInstanceOf(IOException.class);
      Files.createDirectory(folder.resolve("later"));
      file.write(ByteBuffer.allocate(3), 0);
      assertThat(file.size()).isEqualTo(3);
    }
    assertThat(Files.size(path)).isEqualTo(3);
  }

  @Test
  void whatIsThereAndDoesNotReadIsNotTakenForEmpty() throws Exception {
    // a folder is read by nobody
    try (RawFile file = new RawFile(folder)) {
      assertThatThrownBy(() -> read(file, 4)).isInstanceOf(IOException.class);
    }
  }

  @Test
  void onceClosedItIsNotOpenedAgain() throws Exception {
    Path path = folder.resolve("closed");
    RawFile file = new RawFile(path);
    file.close();
    assertThatThrownBy(file::size).isInstanceOf(ClosedChannelException.class);
    RawFile never = new RawFile(folder.resolve("not/there"));
    never.close();
    Files.createDirectory(folder.resolve("not"));
    assertThatThrownBy(() -> never.write(ByteBuffer.allocate(1), 0))
        .isInstanceOf(ClosedChannelException.class);
  }
}

package org.heliostat.core.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RawFileTest {
  @TempDir Path folder;

  @Test
  void isReadAndWrittenAtAnyPlace() throws Exception {
    try (RawFile file = RawFile.open(folder.resolve("new"))) {
      assertThat(file.size()).isZero();
      file.write(ByteBuffer.wrap(new byte[] {1, 2, 3}), 5);
      file.force(true);
      assertThat(file.size()).isEqualTo(8);
      ByteBuffer all = ByteBuffer.allocate(9);
      file.read(all, 4);
      assertThat(all.position()).isEqualTo(4);
      assertThat(all.array()).startsWith(0, 1, 2, 3, 0);
    }
  }

  /** The kernel takes no write for a program that runs, whoever asks. */
  @Test
  void whatCanOnlyBeReadIsRead() throws Exception {
    Path path = folder.resolve("program");
    Files.copy(Path.of("/bin/sleep"), path, StandardCopyOption.COPY_ATTRIBUTES);
    Process running = new ProcessBuilder(path.toString(), "60").start();
    try (RawFile file = RawFile.open(path)) {
      ByteBuffer magic = ByteBuffer.allocate(4);
      file.read(magic, 0);
      assertThat(magic.getInt(0)).isEqualTo(0x7f454c46);
      assertThatThrownBy(() -> file.write(magic.flip(), 0))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("to be read alone");
      file.force(false);
    } finally {
      running.destroyForcibly().waitFor();
    }
  }

  @Test
  void whatCannotBeOpenedAtAllIsSaid() {
    assertThatThrownBy(() -> RawFile.open(folder.resolve("not/there")))
        .isInstanceOf(IOException.class);
  }
}

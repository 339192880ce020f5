package org.heliostat.core.file;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A state file with anything in it reads as what was written, as the one before, or as nothing. */
@Timeout(10)
class CheckedFileFuzzTest {
  private static final byte[] BEFORE = {1, 2, 3};

  @TempDir private Path folder;

  @FuzzTest(maxDuration = "60s")
  void damagedFile(byte[] bytes) throws IOException {
    Path path = folder.resolve("state");
    Files.deleteIfExists(folder.resolve("state.bak"));
    Files.write(path, bytes);
    CheckedFile file = new CheckedFile(path);
    boolean whole = file.read().isPresent();
    assertThat(file.damaged()).isEqualTo(!whole);
    if (whole) {
      byte[] content = file.read().orElseThrow();
      CRC32C crc = new CRC32C();
      crc.update(content);
      assertThat(content).hasSize(bytes.length - 12);
      assertThat(ByteBuffer.wrap(bytes).getInt(4)).isEqualTo((int) crc.getValue());
    }
    // the file before serves where this one does not read
    Path other = folder.resolve("other");
    new CheckedFile(other).write(BEFORE);
    Files.move(
        other, folder.resolve("state.bak"), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    assertThat(file.read()).isPresent();
    if (!whole) {
      assertThat(file.read().orElseThrow()).containsExactly(BEFORE);
    }
  }
}

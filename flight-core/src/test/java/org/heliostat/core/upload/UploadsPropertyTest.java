package org.heliostat.core.upload;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.lifecycle.AfterTry;
import net.jqwik.api.lifecycle.BeforeTry;
import org.heliostat.protocol.BeginUpload;
import org.heliostat.protocol.UploadState;

/**
 * Whatever comes in whatever order, with restarts in between: the file that was signed, or none.
 */
class UploadsPropertyTest {
  private static final int SIZE = 3_000;

  private final Signer signer = new Signer();
  private Path folder = Path.of("none");

  @BeforeTry
  void make() throws IOException {
    folder = Files.createTempDirectory(Files.createDirectories(Path.of("target/tmp")), "uploads");
  }

  @AfterTry
  void clean() throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path path : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }

  private static byte[] bytes(int seed) {
    byte[] made = new byte[SIZE];
    new Random(seed).nextBytes(made);
    return made;
  }

  @Property(tries = 60, seed = "42")
  void theFileOrNothing(
      @ForAll @Size(max = 40) List<@LongRange(max = 1L << 40) Long> deeds,
      @ForAll @IntRange(max = 1) int lies) {
    byte[] content = bytes(1);
    byte[] old = bytes(2);
    byte[] lie = bytes(3);
    Board board = new Board(folder, signer.publicKeys());
    assertThat(board.upload(signer.file("f", 1, old), old)).isEqualTo(UploadState.UPLOAD_DONE);
    BeginUpload file = signer.file("f", 2, content);
    assertThat(board.begin(file).completed()).isTrue();
    for (long deed : deeds) {
      int from = (int) (deed % SIZE);
      int to = Math.min(SIZE, from + 1 + (int) (deed / SIZE % 1_000));
      switch ((int) (deed % 17)) {
        case 0 -> board.restart();
        case 1 -> board.begin(file);
        case 2 -> board.chunk(board.newest(), deed, content, from, to);
        case 3 -> board.chunk(board.newest(), from, lies == 1 ? lie : content, from, to);
        case 4 -> board.chunk(board.newest() - 1, from, lie, from, to);
        default -> board.chunk(board.newest(), from, content, from, to);
      }
      if (deed % 3 == 0) {
        board.work();
      }
      assertThat(board.file("f").orElseThrow()).isIn(old, content);
      if (board.state() == UploadState.UPLOAD_DONE) {
        assertThat(board.file("f")).contains(content);
      }
    }
    board.work();
    for (int i = 0; i < Uploads.MOST_DAMAGED && board.state() != UploadState.UPLOAD_DONE; i++) {
      assertThat(board.begin(file).completed()).isTrue();
      board.sendMissing(content);
    }
    assertThat(board.state()).isEqualTo(UploadState.UPLOAD_DONE);
    assertThat(board.file("f")).contains(content);
  }
}

package org.heliostat.core.upload;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.heliostat.core.event.CoreEvent;
import org.heliostat.protocol.BeginUpload;
import org.heliostat.protocol.UploadState;
import org.heliostat.protocol.UploadStatus;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The process ends before any touch of the disk: the file that was, or the one that was signed. */
class UploadsCrashTest {
  private static final int SIZE = 40_000;

  @TempDir private Path folder;
  private final Signer signer = new Signer();
  private int left;

  private static byte[] bytes(int seed) {
    byte[] made = new byte[SIZE];
    new Random(seed).nextBytes(made);
    return made;
  }

  /** From the kill on nothing reaches the disk. */
  private void step() throws IOException {
    if (left-- <= 0) {
      throw new IOException("killed");
    }
  }

  @Test
  void aKillAtAnyMomentLeavesTheOldFileOrTheNewOneAndTheUploadGoesOn() {
    byte[] old = bytes(1);
    byte[] content = bytes(2);
    int kills = 0;
    boolean survived = false;
    while (!survived) {
      Path data = folder.resolve("kill" + kills);
      left = Integer.MAX_VALUE;
      Board board = new Board(data, signer.publicKeys(), this::step);
      assertThat(board.upload(signer.file("f", 1, old), old)).isEqualTo(UploadState.UPLOAD_DONE);
      BeginUpload file = signer.file("f", 2, content);
      left = kills;
      board.restart();
      Board.Answer begun = board.begin(file);
      if (begun.completed()) {
        for (int i = 0; i < 5; i++) {
          board.sendMissing(content);
        }
      }
      UploadStatus last = board.status(2);
      survived = left > 0;
      // what it said holds
      if (last.getState() == UploadState.UPLOAD_DONE) {
        assertThat(board.file("f")).as("kill %d", kills).contains(content);
      }
      assertThat(board.file("f").orElseThrow()).as("kill %d", kills).isIn(old, content);
      left = Integer.MAX_VALUE;
      board.restart();
      assertThat(board.begin(file).completed()).as("kill %d", kills).isTrue();
      board.sendMissing(content);
      assertThat(board.state()).as("kill %d", kills).isEqualTo(UploadState.UPLOAD_DONE);
      assertThat(board.file("f")).contains(content);
      board.work();
      assertThat(board.staged()).as("kill %d", kills).isEmpty();
      // and no version was forgotten
      assertThat(board.begin(signer.file("f", 1, old)).reason()).contains("is older than 2");
      kills++;
    }
    assertThat(kills).isGreaterThan(20);
    assertThat(Files.exists(folder.resolve("kill0"))).isTrue();
  }

  /** The list is stored for each upload; what another one has not forced is not to be in it. */
  @Test
  void aPowerCutCostsOfAnUploadWhatWasNotForcedAlsoWhereTheListWasStoredForAnother()
      throws IOException {
    Board board = new Board(folder, signer.publicKeys(), () -> {});
    byte[] content = bytes(1);
    BeginUpload file = signer.file("f", 1, content);
    BeginUpload other = signer.file("other", 1, bytes(2));
    assertThat(board.begin(file).completed()).isTrue();
    Path staged = folder.resolve("uploads").resolve(board.newest() + ".part");
    board.chunk(board.newest(), 0, content, 0, 16_384);
    for (int cut = 0; cut < Uploads.MOST_DAMAGED; cut++) {
      assertThat(board.begin(file).completed()).isTrue();
      assertThat(board.status(board.newest()).getReceived()).as("forced").isEqualTo(16_384);
      byte[] forced = Files.readAllBytes(staged);
      board.chunk(board.newest(), 16_384, content, 16_384, SIZE);
      board.uploads.begin(100 + cut, other, new Board.Answer());
      Files.write(staged, forced);
      board.restart();
    }
    assertThat(board.begin(file).completed()).isTrue();
    board.sendMissing(content);
    assertThat(board.state()).isEqualTo(UploadState.UPLOAD_DONE);
    assertThat(board.file("f")).contains(content);
    assertThat(board.events).doesNotContain(CoreEvent.UPLOAD_DAMAGED);
  }
}

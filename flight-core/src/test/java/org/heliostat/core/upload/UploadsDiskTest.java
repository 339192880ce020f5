package org.heliostat.core.upload;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.heliostat.core.event.CoreEvent;
import org.heliostat.protocol.BeginUpload;
import org.heliostat.protocol.UploadState;
import org.heliostat.protocol.UploadsStatus;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What uploads do where the disk refuses, is full, or gives other bytes than were written. */
class UploadsDiskTest {
  @TempDir private Path folder;
  private final Signer signer = new Signer();
  private final byte[] content = new byte[50_000];
  private Board board;
  private boolean refuses;

  @BeforeEach
  void open() {
    new Random(1).nextBytes(content);
    board = new Board(folder, signer.publicKeys(), this::touch);
  }

  private void touch() throws IOException {
    if (refuses) {
      throw new IOException("Input/output error");
    }
  }

  /** Sends a whole file and goes on until it has just been moved to its place. */
  private Path moved(BeginUpload file) {
    for (int at = 0; at < content.length; at += 16_384) {
      board.chunk(board.newest(), at, content, at, Math.min(content.length, at + 16_384));
    }
    Path place = folder.resolve("files").resolve(file.getPath());
    for (int i = 0; !Files.exists(place); i++) {
      assertThat(board.uploads.step() && i < 100).isTrue();
    }
    return place;
  }

  private Path changedAtItsPlace(BeginUpload file) throws IOException {
    assertThat(board.begin(file).completed()).isTrue();
    byte[] other = content.clone();
    other[7]++;
    return Files.write(moved(file), other);
  }

  @Test
  void aFileThatReadsOtherwiseAtItsPlaceIsTakenAwayAndSentAgain() throws IOException {
    BeginUpload file = signer.file("f", 1, content);
    Path place = changedAtItsPlace(file);
    board.work();
    assertThat(place).doesNotExist();
    assertThat(board.state()).isEqualTo(UploadState.UPLOAD_RECEIVING);
    assertThat(board.events).contains(CoreEvent.UPLOAD_DAMAGED);
    // one that is cut short is no better
    Files.write(moved(file), new byte[1]);
    board.work();
    assertThat(place).doesNotExist();
    board.sendMissing(content);
    assertThat(board.state()).isEqualTo(UploadState.UPLOAD_DONE);
    assertThat(board.file("f")).contains(content);
    assertThat(board.uploads.summary().getDamaged()).isEqualTo(2);
  }

  @Test
  void aFileThatReadsOtherwiseAtItsPlaceIsTakenAwayAlsoByTheRunAfterAKill() throws IOException {
    BeginUpload file = signer.file("f", 1, content);
    Path place = changedAtItsPlace(file);
    board.restart();
    board.work();
    assertThat(place).doesNotExist();
    assertThat(board.events).contains(CoreEvent.UPLOAD_DAMAGED);
    board.sendMissing(content);
    assertThat(board.state()).isEqualTo(UploadState.UPLOAD_DONE);
    assertThat(board.file("f")).contains(content);
  }

  @Test
  void aFileThatNeverReadsAsSignedIsGivenUpAndLeavesNothing() throws IOException {
    BeginUpload file = signer.file("f", 1, content);
    assertThat(board.begin(file).completed()).isTrue();
    for (int i = 0; i < Uploads.MOST_DAMAGED; i++) {
      Files.write(moved(file), new byte[content.length]);
      board.work();
    }
    assertThat(board.state()).isEqualTo(UploadState.UPLOAD_FAILED);
    assertThat(board.file("f")).isEmpty();
    assertThat(board.staged()).isEmpty();
    assertThat(board.uploads.summary().getFailed()).isEqualTo(1);
  }

  @Test
  void whatIsBeingPutIntoItsPlaceIsNotCancelled() {
    BeginUpload file = signer.file("f", 1, content);
    assertThat(board.begin(file).completed()).isTrue();
    Path place = moved(file);
    assertThat(board.cancel("f").reason()).isEqualTo("it is being put into its place");
    assertThat(place).hasBinaryContent(content);
    assertThat(board.state()).isEqualTo(UploadState.UPLOAD_DONE);
  }

  @Test
  void aFolderThatHasComeToItsPlaceEndsAnUpload() throws IOException {
    assertThat(board.begin(signer.file("f", 2, content)).completed()).isTrue();
    Files.createDirectories(folder.resolve("files/f"));
    board.sendMissing(content);
    assertThat(board.state()).isEqualTo(UploadState.UPLOAD_FAILED);
    assertThat(board.status(1).getReason()).isEqualTo("\"f\" is no file");
    board.work();
    assertThat(board.staged()).isEmpty();
    // no version has come to it
    Files.delete(folder.resolve("files/f"));
    assertThat(board.begin(signer.file("f", 1, content)).completed()).isTrue();
  }

  /** At whatever touch of the disk the folder comes, also between the list and the move. */
  @Test
  void aFileThatIsRefusedItsPlaceSpendsNeitherVersionNorWhatWasAllowed() throws IOException {
    int refused = 0;
    for (int at = 0; at < 40; at++) {
      Path own = Files.createDirectories(folder.resolve("at-" + at));
      Path place = own.resolve("files/f");
      AtomicInteger left = new AtomicInteger(Integer.MAX_VALUE);
      Board one =
          new Board(
              own,
              signer.publicKeys(),
              () -> {
                if (left.getAndDecrement() == 0) {
                  Files.delete(place);
                  Files.createDirectory(place);
                }
              });
      assertThat(one.upload(signer.file("f", 3, content), content))
          .isEqualTo(UploadState.UPLOAD_DONE);
      assertThat(one.rollBack("f", 1).completed()).isTrue();
      byte[] older = content.clone();
      older[0]++;
      assertThat(one.begin(signer.file("f", 2, older)).completed()).isTrue();
      left.set(at);
      one.sendMissing(older);
      if (one.state() == UploadState.UPLOAD_FAILED) {
        refused++;
        Files.delete(place);
        one.restart();
        assertThat(one.begin(signer.file("f", 1, content)).end()).as("touch " + at).hasValue("");
      }
    }
    assertThat(refused).isGreaterThan(10);
  }

  @Test
  void aCommandThatTheDiskRefusesChangesNothing() {
    assertThat(board.upload(signer.file("f", 3, content), content))
        .isEqualTo(UploadState.UPLOAD_DONE);
    assertThat(board.begin(signer.file("g", 1, content)).completed()).isTrue();
    refuses = true;
    assertThat(board.cancel("g").reason()).contains("Input/output error");
    assertThat(board.rollBack("f", 1).reason()).contains("Input/output error");
    refuses = false;
    board.work();
    board.sendMissing(content);
    assertThat(board.state()).isEqualTo(UploadState.UPLOAD_DONE);
    assertThat(board.begin(signer.file("f", 1, content)).reason()).contains("older than 3");
  }

  @Test
  void aListThatTheDiskDoesNotTakeIsNotAccepted() throws IOException {
    Files.createDirectories(folder.resolve("uploads"));
    for (String name : List.of("installed.bin", "installed.bin.bak")) {
      Files.write(folder.resolve("uploads").resolve(name), new byte[] {1, 2, 3});
    }
    board.work();
    refuses = true;
    assertThat(board.acceptList().reason()).contains("Input/output error");
    refuses = false;
    assertThat(board.begin(signer.file("f", 1, content)).reason()).contains("not known any more");
  }

  @Test
  void aCommandThatComesBeforeTheListsAreReadIsRefused() {
    refuses = true;
    board.work();
    Board.Answer answer = new Board.Answer();
    board.uploads.begin(1, signer.file("f", 1, content), answer);
    assertThat(answer.reason()).contains("cannot be read yet");
    assertThat(board.uploads.summary().hasQuotaLeftBytes()).isFalse();
    assertThat(board.uploads.summary().getRefusedDisk()).isEqualTo(1);
    refuses = false;
    assertThat(board.begin(signer.file("f", 1, content)).completed()).isTrue();
  }

  @Test
  void whatIsKeptFreeOfTheDiskIsLeftFree() {
    board =
        new Board(
            folder,
            signer.publicKeys(),
            this::touch,
            Board.CONFIG.clone().setReserveMebibytes(1 << 30).build());
    assertThat(board.begin(signer.file("f", 1, content)).reason())
        .isEqualTo("the disk is full but for what is kept free");
    assertThat(board.staged()).isEmpty();
    assertThat(board.uploads.summary().getRefusedRoom()).isEqualTo(1);
  }

  @Test
  void whoWaitsForRoomIsToldWhenAnotherCommandOrTheEndComes() {
    board.work();
    BeginUpload file = signer.file("f", 1, content);
    Board.Answer first = new Board.Answer();
    Board.Answer second = new Board.Answer();
    board.uploads.begin(1, file, first);
    assertThat(first.end()).isEmpty();
    board.uploads.begin(2, file, second);
    assertThat(first.reason()).isEqualTo("begun again by another command");
    board.uploads.close();
    assertThat(second.reason()).isEqualTo("the app ends");
  }

  @Test
  void onlyTheNewestEndsAreRemembered() {
    for (int i = 0; i < 65; i++) {
      assertThat(board.begin(signer.file("f", 1, content)).completed()).isTrue();
      assertThat(board.cancel("f").completed()).isTrue();
    }
    assertThat(board.status(1).getState()).isEqualTo(UploadState.UPLOAD_UNKNOWN);
    assertThat(board.status(2).getState()).isEqualTo(UploadState.UPLOAD_FAILED);
  }

  @Test
  void whatBecameOfFilesIsCounted() throws IOException {
    assertThat(board.upload(signer.file("f", 3, content), content))
        .isEqualTo(UploadState.UPLOAD_DONE);
    assertThat(board.begin(signer.file("f", 2, content)).completed()).isFalse();
    assertThat(board.begin(new Signer().file("g", 1, content)).completed()).isFalse();
    Board.Answer byABoard = new Board.Answer();
    board.uploads.begin(0, signer.file("g", 1, content), byABoard);
    assertThat(byABoard.reason()).isEqualTo("ground alone begins uploads");
    assertThat(board.begin(signer.file("../g", 1, content)).completed()).isFalse();
    assertThat(board.begin(signer.file("g", 1, new byte[3 << 20])).completed()).isFalse();
    assertThat(board.begin(signer.file("g", 1, content)).completed()).isTrue();
    assertThat(board.begin(signer.file("g", 2, content)).reason()).contains("CancelUpload ends it");
    board.chunk(board.newest() - 1, 0, content, 0, 16_384);
    board.chunk(99, 0, content, 0, 16_384);
    UploadsStatus.Builder expected =
        UploadsStatus.newBuilder()
            .setCompleted(1)
            .setFailed(0)
            .setRefusedSignature(2)
            .setRefusedPath(2)
            .setRefusedVersion(1)
            .setRefusedRoom(1)
            .setRefusedDisk(0)
            .setDamaged(0)
            .setRefusedParts(1)
            .setStoredBytes(content.length + 16_384)
            .setQuotaLeftBytes((3 << 20) - 2 * content.length)
            .setUnderWay(1)
            .setUnderWayBytes(16_384)
            .setUnderWaySize(content.length);
    assertThat(board.uploads.summary()).isEqualTo(expected.build());
    assertThat(board.cancel("g").completed()).isTrue();
    // an operator makes room, which is noticed within a minute
    Files.delete(folder.resolve("files/f"));
    board.clock.advance(60_000_000_000L);
    board.work();
    assertThat(board.uploads.summary())
        .isEqualTo(
            expected
                .setFailed(1)
                .setQuotaLeftBytes(3 << 20)
                .setUnderWay(0)
                .setUnderWayBytes(0)
                .setUnderWaySize(0)
                .build());
  }
}

package org.heliostat.core.upload;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.heliostat.core.event.CoreEvent;
import org.heliostat.protocol.BeginUpload;
import org.heliostat.protocol.FileChunk;
import org.heliostat.protocol.UploadState;
import org.heliostat.protocol.UploadStatus;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a station may do to files, and what it may not. */
class UploadsTest {
  private static final int MEBIBYTE = 1 << 20;

  @TempDir private Path folder;
  private final Signer signer = new Signer();
  private final byte[] content = bytes(100_000, 1);
  private Board board;
  private boolean full;

  private static byte[] bytes(int size, int seed) {
    byte[] made = new byte[size];
    new Random(seed).nextBytes(made);
    return made;
  }

  @BeforeEach
  void open() {
    board =
        new Board(
            folder,
            signer.publicKeys(),
            () -> {
              if (full) {
                throw new IOException("No space left on device");
              }
            });
  }

  @Test
  void aFileIsSeenAtItsPlaceWhenAllOfItHasCome() {
    assertThat(board.begin(signer.file("models/m.onnx", 1, content)).completed()).isTrue();
    board.chunk(1, 0, content, 0, 16_384);
    board.work();
    assertThat(board.state()).isEqualTo(UploadState.UPLOAD_RECEIVING);
    assertThat(board.file("models/m.onnx")).isEmpty();
    board.sendMissing(content);
    assertThat(board.state()).isEqualTo(UploadState.UPLOAD_DONE);
    assertThat(board.file("models/m.onnx")).contains(content);
    assertThat(board.staged()).isEmpty();
    assertThat(board.events).containsExactly(CoreEvent.UPLOAD_BEGUN, CoreEvent.UPLOAD_DONE);
    board.restart();
    board.work();
    assertThat(board.state()).isEqualTo(UploadState.UPLOAD_DONE);
  }

  @Test
  void whatTheSignerHasNotSignedIsRefusedBeforeAByteIsStored() {
    BeginUpload good = signer.file("f", 1, content);
    List<BeginUpload> forged =
        List.of(
            good.toBuilder().setPath("g").build(),
            good.toBuilder().setSize(content.length + 1).build(),
            good.toBuilder().setVersion(2).build(),
            good.toBuilder().setSha256(ByteString.copyFrom(new byte[32])).build(),
            good.toBuilder().setSignature(ByteString.copyFrom(new byte[64])).build(),
            good.toBuilder().clearSignature().build(),
            new Signer().file("f", 1, content));
    for (BeginUpload file : forged) {
      assertThat(board.begin(file).reason()).isEqualTo("the signature is not good");
    }
    assertThat(board.staged()).isEmpty();
    assertThat(board.events).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../escape",
        "a/../../escape",
        "/etc/passwd",
        "",
        ".",
        "link/x",
        "link",
        "folder",
        "file/x"
      })
  void noFileComesToAPathThatLeadsOutOrOverALink(String path) throws IOException {
    Path jail = folder.resolve("files");
    Files.createDirectories(jail.resolve("folder"));
    Files.createSymbolicLink(jail.resolve("link"), folder);
    Files.writeString(jail.resolve("file"), "x");
    assertThat(board.begin(signer.file(path, 1, content)).reason()).startsWith("\"" + path + "\"");
    assertThat(board.staged()).isEmpty();
    assertThat(folder.resolve("escape")).doesNotExist();
  }

  @Test
  void quotasHoldBeforeAByteIsStored() {
    byte[] two = bytes(2 * MEBIBYTE, 2);
    byte[] one = bytes(MEBIBYTE, 3);
    assertThat(board.begin(signer.file("large", 1, bytes(2 * MEBIBYTE + 1, 4))).reason())
        .isEqualTo("a file may have 2097152 bytes");
    assertThat(
            board
                .begin(
                    signer.sign(
                        Signer.unsigned("huge", 1, content).setSize(Long.MAX_VALUE).build()))
                .reason())
        .isEqualTo("a file may have 2097152 bytes");
    assertThat(
            board
                .begin(signer.sign(Signer.unsigned("minus", 1, content).setSize(-1).build()))
                .reason())
        .isEqualTo("a file may have 2097152 bytes");
    assertThat(board.upload(signer.file("two", 1, two), two)).isEqualTo(UploadState.UPLOAD_DONE);
    // what is in place counts, and what is declared
    assertThat(board.begin(signer.file("other", 1, two)).reason())
        .isEqualTo("of the quota of uploads 1048576 bytes are left");
    assertThat(board.begin(signer.file("one", 1, one)).completed()).isTrue();
    assertThat(board.begin(signer.file("small", 1, content)).reason())
        .isEqualTo("of the quota of uploads 0 bytes are left");
    assertThat(board.cancel("one").completed()).isTrue();
    assertThat(board.staged()).isEmpty();
    assertThat(board.begin(signer.file("a", 1, content)).completed()).isTrue();
    assertThat(board.begin(signer.file("b", 1, content)).completed()).isTrue();
    assertThat(board.begin(signer.file("c", 1, content)).reason())
        .isEqualTo("2 uploads are on their way already");
  }

  @Test
  void partsThatPointPastTheEndOrContradictGiveNoFile() {
    byte[] tiny = bytes(10, 5);
    assertThat(board.begin(signer.file("tiny", 1, tiny)).completed()).isTrue();
    for (long offset : new long[] {-1, Long.MIN_VALUE, Long.MAX_VALUE, 1L << 32, 10, 5}) {
      board.chunk(1, offset, bytes(6, 6), 0, 6);
    }
    board.chunk(99, 0, tiny, 0, 10);
    board.uploads.chunk(FileChunk.newBuilder().setUpload(1).build());
    assertThat(board.status(1).getReceived()).isZero();
    assertThat(board.status(1).getRefused()).isEqualTo(8);
    assertThat(board.status(1).getSize()).isEqualTo(10);
    // parts of another file: all is there, and nothing is reported as good
    for (int i = 0; i < Uploads.MOST_DAMAGED; i++) {
      assertThat(board.state()).isEqualTo(UploadState.UPLOAD_RECEIVING);
      board.chunk(1, 0, bytes(6, 7), 0, 6);
      board.chunk(1, 4, bytes(6, 8), 0, 6);
      board.work();
    }
    assertThat(board.state()).isEqualTo(UploadState.UPLOAD_FAILED);
    assertThat(board.file("tiny")).isEmpty();
    assertThat(board.staged()).isEmpty();
  }

  @Test
  void aThousandHolesNeitherGrowTheListNorTheStatus() {
    byte[] large = bytes(MEBIBYTE, 9);
    assertThat(board.begin(signer.file("large", 1, large)).completed()).isTrue();
    for (int i = 0; i < 5_000; i++) {
      board.chunk(1, 2L * i, large, 2 * i, 2 * i + 1);
    }
    UploadStatus status = board.status(1);
    assertThat(status.getMissingCount()).isEqualTo(Upload.MOST_MISSING);
    assertThat(status.getReceived()).isEqualTo(Upload.MOST_SPANS);
    assertThat(status.getRefused()).isEqualTo(5_000 - Upload.MOST_SPANS);
    board.sendMissing(large);
    assertThat(board.file("large")).contains(large);
  }

  @Test
  void anOlderVersionNeedsItsOwnCommand() {
    byte[] old = bytes(500, 10);
    assertThat(board.upload(signer.file("f", 3, content), content))
        .isEqualTo(UploadState.UPLOAD_DONE);
    assertThat(board.begin(signer.file("f", 2, old)).reason())
        .isEqualTo("version 2 is older than 3; RollBackFile allows one to come");
    // the same file by another name
    assertThat(board.begin(signer.file(".//f", 2, old)).reason()).contains("is older than 3");
    board.restart();
    assertThat(board.begin(signer.file("f", 2, old)).reason()).contains("is older than 3");
    assertThat(board.rollBack("f", 2).completed()).isTrue();
    board.restart();
    assertThat(board.begin(signer.file("f", 1, old)).reason()).contains("is older than 2");
    assertThat(board.upload(signer.file("f", 2, old), old)).isEqualTo(UploadState.UPLOAD_DONE);
    assertThat(board.file("f")).contains(old);
    // the allowance is used up, and what is newer may come again
    assertThat(board.begin(signer.file("f", 1, old)).reason()).contains("is older than 2");
    assertThat(board.upload(signer.file("f", 3, content), content))
        .isEqualTo(UploadState.UPLOAD_DONE);
    assertThat(board.rollBack("none", 1).reason())
        .isEqualTo("no file has come to this path by upload");
  }

  @Test
  void anUploadGoesOnAfterARestartAndUnderAnotherCommand() {
    byte[] large = bytes(MEBIBYTE, 11);
    BeginUpload file = signer.file("large", 1, large);
    assertThat(board.begin(file).completed()).isTrue();
    board.chunk(1, 16_384, large, 16_384, 32_768);
    board.work();
    board.restart();
    board.work();
    assertThat(board.status(1).getReceived()).isEqualTo(16_384);
    assertThat(board.begin(file).completed()).isTrue();
    assertThat(board.status(1).getState()).isEqualTo(UploadState.UPLOAD_UNKNOWN);
    assertThat(board.status(2).getReceived()).isEqualTo(16_384);
    assertThat(board.begin(signer.file("large", 2, large)).reason())
        .isEqualTo("another upload to this path is on its way; CancelUpload ends it");
    assertThat(board.status(2).getMissingCount()).isEqualTo(2);
    assertThat(board.begin(file).completed()).isTrue();
    board.sendMissing(large);
    assertThat(board.file("large")).contains(large);
    // once more: it is in place already
    assertThat(board.begin(file).completed()).isTrue();
    assertThat(board.state()).isEqualTo(UploadState.UPLOAD_DONE);
  }

  @Test
  void aFullDiskEndsABeginAndOnlyHoldsUpWhatHasRoom() {
    assertThat(board.begin(signer.file("f", 1, content)).completed()).isTrue();
    full = true;
    board.chunk(1, 0, content, 0, 16_384);
    assertThat(board.status(1).getReceived()).isZero();
    assertThat(board.begin(signer.file("g", 1, content)).reason())
        .contains("No space left on device");
    full = false;
    assertThat(board.begin(signer.file("f", 1, content)).completed()).isTrue();
    board.sendMissing(content);
    assertThat(board.state()).isEqualTo(UploadState.UPLOAD_DONE);
    assertThat(board.events).contains(CoreEvent.UPLOAD_DISK);
    assertThat(board.staged()).isEmpty();
  }

  @Test
  void anUploadOfWhichNothingComesIsGivenUp() {
    assertThat(board.begin(signer.file("f", 1, content)).completed()).isTrue();
    board.clock.advance(15L * 86_400 * 1_000_000_000L);
    board.work();
    assertThat(board.state()).isEqualTo(UploadState.UPLOAD_FAILED);
    board.work();
    assertThat(board.staged()).isEmpty();
    assertThat(board.cancel("f").reason()).isEqualTo("no upload to this path is on its way");
  }

  @Test
  void aListOfVersionsThatIsLostLetsNothingOlderIn() throws IOException {
    assertThat(board.upload(signer.file("f", 3, content), content))
        .isEqualTo(UploadState.UPLOAD_DONE);
    for (String name : List.of("installed.bin", "installed.bin.bak")) {
      Files.write(folder.resolve("uploads").resolve(name), bytes(50, 12));
    }
    board.restart();
    assertThat(board.begin(signer.file("f", 9, content)).reason())
        .startsWith("which version came to this path last is not known any more");
    assertThat(board.events).contains(CoreEvent.UPLOAD_LIST_DAMAGED);
    board.restart();
    assertThat(board.begin(signer.file("new", 1, content)).reason()).contains("not known any more");
    assertThat(board.rollBack("f", 2).completed()).isTrue();
    assertThat(board.begin(signer.file("f", 1, content)).reason()).contains("is older than 2");
    assertThat(board.upload(signer.file("f", 2, content), content))
        .isEqualTo(UploadState.UPLOAD_DONE);
  }

  @Test
  void aListThatWasLostCountsAsWholeAgainWhenGroundSaysSo() throws IOException {
    assertThat(board.acceptList().reason()).isEqualTo("the list is whole");
    for (String name : List.of("installed.bin", "installed.bin.bak")) {
      Files.createDirectories(folder.resolve("uploads"));
      Files.write(folder.resolve("uploads").resolve(name), bytes(50, 12));
    }
    board.restart();
    assertThat(board.rollBack("f", 2).completed()).isTrue();
    assertThat(board.upload(signer.file("f", 2, content), content))
        .isEqualTo(UploadState.UPLOAD_DONE);
    assertThat(board.acceptList().completed()).isTrue();
    assertThat(board.events).contains(CoreEvent.UPLOAD_LIST_ACCEPTED);
    board.restart();
    assertThat(board.begin(signer.file("new", 1, content)).completed()).isTrue();
    assertThat(board.begin(signer.file("f", 1, content)).reason()).contains("is older than 2");
    assertThat(board.acceptList().reason()).isEqualTo("the list is whole");
  }

  @Test
  void aListOrAStagingFileThatIsDamagedCostsPartsThatAreSentAgain() throws IOException {
    BeginUpload file = signer.file("f", 1, content);
    List<Path> victims = new ArrayList<>();
    victims.add(folder.resolve("uploads/open.bin"));
    victims.add(folder.resolve("uploads/open.bin.bak"));
    assertThat(board.begin(file).completed()).isTrue();
    board.chunk(1, 0, content, 0, 16_384);
    board.work();
    for (Path victim : victims) {
      Files.write(victim, bytes(40, 13));
    }
    board.restart();
    board.work();
    assertThat(board.state()).isEqualTo(UploadState.UPLOAD_UNKNOWN);
    assertThat(board.staged()).isEmpty();
    assertThat(board.begin(file).completed()).isTrue();
    board.chunk(2, 0, content, 0, 16_384);
    board.work();
    // a staging file of other bytes, and one that is too short
    Files.write(folder.resolve("uploads/2.part"), bytes(content.length, 14));
    board.restart();
    board.sendMissing(content);
    assertThat(board.state()).isEqualTo(UploadState.UPLOAD_DONE);
    assertThat(board.file("f")).contains(content);
    assertThat(board.events).contains(CoreEvent.UPLOAD_DAMAGED);
    byte[] other = bytes(50_000, 15);
    assertThat(board.begin(signer.file("f", 2, other)).completed()).isTrue();
    Files.write(folder.resolve("uploads/3.part"), bytes(10, 16));
    board.restart();
    board.work();
    board.sendMissing(other);
    assertThat(board.file("f")).contains(other);
  }

  @Test
  void aStagingFileThatIsGoneHoldsUpNoOtherUpload() throws IOException {
    BeginUpload file = signer.file("f", 1, content);
    assertThat(board.begin(file).completed()).isTrue();
    byte[] other = bytes(50_000, 17);
    assertThat(board.begin(signer.file("g", 1, other)).completed()).isTrue();
    Files.delete(folder.resolve("uploads/1.part"));
    board.chunk(1, 0, content, 0, 16_384);
    board.sendMissing(other);
    // the turn in which the loss is noticed ends at it
    board.work();
    assertThat(board.file("g")).contains(other);
    assertThat(board.begin(file).completed()).isTrue();
    board.sendMissing(content);
    assertThat(board.file("f")).contains(content);
  }
}

package org.heliostat.core.upload;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.google.protobuf.InvalidProtocolBufferException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.heliostat.core.file.CheckedFile;
import org.heliostat.protocol.Uplink;
import org.heliostat.protocol.UploadState;
import org.heliostat.protocol.UploadStatus;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whatever a station sends, and whatever stands in the lists. */
@Timeout(20)
class UploadFuzzTest {
  private static final byte[] CONTENT = new byte[100];

  @TempDir private Path folder;
  private final Signer signer = new Signer();

  /** Length-prefixed packets by the dozen; afterwards the file is there, or nothing is. */
  @FuzzTest(maxDuration = "60s")
  void packets(byte[] bytes) throws IOException {
    Board board = new Board(Files.createTempDirectory(folder, "b"), signer.publicKeys());
    assertThat(board.begin(signer.file("f", 1, CONTENT)).completed()).isTrue();
    for (int at = 0; at < bytes.length; ) {
      int length = Math.min(bytes[at] & 0xFF, bytes.length - at - 1);
      try {
        Uplink packet =
            Uplink.parseFrom(java.util.Arrays.copyOfRange(bytes, at + 1, at + 1 + length));
        if (packet.hasFileChunk()) {
          board.uploads.chunk(packet.getFileChunk());
        } else if (packet.hasUploadInquiry()) {
          UploadStatus status = board.uploads.answer(packet.getUploadInquiry());
          assertThat(UploadStatus.parseFrom(status.toByteArray())).isEqualTo(status);
        }
      } catch (InvalidProtocolBufferException e) {
        assertThat(e).hasMessageMatching("(?s).+");
      }
      at += 1 + length;
    }
    board.work();
    assertThat(board.state() == UploadState.UPLOAD_DONE).isEqualTo(board.file("f").isPresent());
    board.file("f").ifPresent(file -> assertThat(file).isEqualTo(CONTENT));
  }

  /** Lists whose checksum is right and whose content is anything. */
  @FuzzTest(maxDuration = "60s")
  void lists(byte[] bytes) throws IOException {
    Path data = Files.createTempDirectory(folder, "l");
    Files.createDirectories(data.resolve("uploads"));
    new CheckedFile(data.resolve("uploads/open.bin")).write(bytes);
    new CheckedFile(data.resolve("uploads/installed.bin")).write(bytes);
    Board board = new Board(data, signer.publicKeys());
    board.work();
    assertThat(board.status(1)).isNotNull();
  }
}

package org.heliostat.core.recorder;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.CRC32C;
import org.heliostat.core.recorder.Recorder.Pending;
import org.heliostat.protocol.Downlink;
import org.heliostat.protocol.Housekeeping;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A segment with anything in it: the recorder opens, keeps what is whole and works on. */
@Timeout(10)
class RecorderFuzzTest {
  private static final int HEADER_BYTES = 16;
  private static final int RECORD_HEADER_BYTES = 18;
  private static final int MANY = 10_000;

  @TempDir private Path folder;

  @FuzzTest(maxDuration = "60s")
  void damagedSegment(byte[] bytes) throws IOException, RecorderFault {
    check(bytes);
  }

  /** Damage below the checksums, as a fault in memory makes it. */
  @FuzzTest(maxDuration = "60s")
  void wrongRecords(byte[] bytes) throws IOException, RecorderFault {
    check(checksummed(bytes));
  }

  private void check(byte[] bytes) throws IOException, RecorderFault {
    clear();
    Files.write(folder.resolve("seg-0000000001.log"), bytes);
    List<Pending> recovered;
    long id;
    try (Recorder recorder = Recorder.open(folder, 1 << 16, 1 << 20)) {
      recovered = recorder.pending(MANY);
      assertThat(recorder.pendingRecords()).isEqualTo(recovered.size());
      assertThat(recorder.pendingBytes())
          .isEqualTo(recovered.stream().mapToLong(Pending::bytes).sum());
      for (Pending pending : recovered) {
        assertThat(recorder.read(pending.id())).hasSize(pending.bytes());
      }
      id =
          recorder.append(
              Recorder.Priority.BULK,
              Downlink.newBuilder().setHousekeeping(Housekeeping.getDefaultInstance()).build());
      assertThat(recovered).extracting(Pending::id).allMatch(old -> old < id);
    }
    try (Recorder recorder = Recorder.open(folder, 1 << 16, 1 << 20)) {
      assertThat(recorder.recoveries()).isEmpty();
      assertThat(recorder.pending(MANY)).containsAll(recovered).hasSize(recovered.size() + 1);
      recorder.confirm(recorder.pending(MANY).stream().map(Pending::id).toList());
      assertThat(recorder.pendingRecords()).isZero();
      assertThat(recorder.pendingBytes()).isZero();
    }
  }

  private void clear() throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
      for (Path file : files) {
        Files.delete(file);
      }
    }
  }

  /** The bytes with every checksum put right that stands where one is looked for. */
  private static byte[] checksummed(byte[] bytes) {
    if (bytes.length < HEADER_BYTES) {
      return bytes;
    }
    byte[] right = bytes.clone();
    ByteBuffer buffer = ByteBuffer.wrap(right);
    buffer.putInt(0, 0x48535247).putInt(12, checksum(right, 0, 12));
    int at = HEADER_BYTES;
    while (at + RECORD_HEADER_BYTES <= right.length) {
      int length = buffer.getInt(at + 4);
      if (length < 0 || length > right.length - at - RECORD_HEADER_BYTES) {
        break;
      }
      buffer.putInt(at, checksum(right, at + 4, RECORD_HEADER_BYTES - 4 + length));
      at += RECORD_HEADER_BYTES + length;
    }
    return right;
  }

  private static int checksum(byte[] bytes, int from, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, from, length);
    return (int) crc.getValue();
  }
}

package org.heliostat.core.recorder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.heliostat.core.recorder.Fixture.append;
import static org.heliostat.core.recorder.Fixture.ids;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.zip.CRC32C;
import org.heliostat.core.recorder.Recorder.Pending;
import org.junit.jupiter.api.Timeout;

/** Files with anything in them: the recorder opens, keeps what is whole and works on. */
@Timeout(10)
class RecorderFuzzTest {
  private static final Limits LIMITS = Fixture.limits(1 << 12, 1 << 20);

  private final Fixture fixture = new Fixture();

  @FuzzTest(maxDuration = "60s")
  void damagedSegment(byte[] bytes) throws IOException, RecorderFault {
    check("seg-0000000001.log", bytes);
  }

  /** Damage below the checksums, as a fault in memory makes it. */
  @FuzzTest(maxDuration = "60s")
  void wrongRecords(byte[] bytes) throws IOException, RecorderFault {
    check("seg-0000000001.log", checksummed(bytes));
  }

  @FuzzTest(maxDuration = "60s")
  void damagedNumbers(byte[] bytes) throws IOException, RecorderFault {
    check(Numbers.FILE, bytes);
  }

  private void check(String name, byte[] bytes) throws IOException, RecorderFault {
    fixture.folder = new FakeFolder();
    fixture.folder.put(name, bytes);
    List<Pending> recovered;
    long id;
    try (Recorder recorder = fixture.open(LIMITS)) {
      recovered = recorder.pending(Fixture.MANY);
      assertThat(recovered.size()).isLessThanOrEqualTo(recorder.pendingRecords());
      for (Pending pending : recovered) {
        assertThat(recorder.read(pending.id())).hasSize(pending.bytes());
      }
      id = append(recorder, "next");
      assertThat(recovered).extracting(Pending::id).allMatch(old -> old < id);
    }
    List<Long> all = new ArrayList<>(recovered.stream().map(Pending::id).toList());
    all.add(id);
    try (Recorder recorder = fixture.open(LIMITS)) {
      assertThat(recorder.recoveries()).isEmpty();
      assertThat(ids(recorder)).containsExactlyInAnyOrderElementsOf(all);
      recorder.confirm(all);
      Recorder.Playback played = recorder.playback(0, Long.MAX_VALUE, Set.of(), 1000);
      assertThat(played.records()).isPositive();
      recorder.confirm(ids(recorder));
      recorder.expire(Long.MAX_VALUE);
      assertThat(recorder.pendingRecords()).isZero();
      assertThat(recorder.pendingBytes()).isZero();
      assertThat(recorder.statistics().storedBytes()).isZero();
    }
  }

  /** The bytes with every checksum put right that stands where one is looked for. */
  private static byte[] checksummed(byte[] bytes) {
    if (bytes.length < Segment.START) {
      return bytes;
    }
    byte[] right = bytes.clone();
    ByteBuffer buffer = ByteBuffer.wrap(right);
    CRC32C header = new CRC32C();
    buffer.putInt(0, 0x48535332);
    header.update(right, 0, 4);
    header.update(right, 8, Segment.START - 8);
    buffer.putInt(4, (int) header.getValue());
    int at = Segment.START;
    while (at + Frame.HEADER_BYTES <= right.length) {
      int length = buffer.getInt(at + 4);
      if (length < 0 || length > right.length - at - Frame.HEADER_BYTES) {
        break;
      }
      CRC32C crc = new CRC32C();
      for (int shift = 0; shift < Long.SIZE; shift += Byte.SIZE) {
        crc.update((int) ((long) at >>> shift) & 0xff);
      }
      crc.update(right, at + 4, Frame.HEADER_BYTES - 4 + length);
      buffer.putInt(at, (int) crc.getValue());
      at += Frame.bytes(length);
    }
    return right;
  }
}

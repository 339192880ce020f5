package org.heliostat.core.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.ByteBuffer;
import org.heliostat.core.command.CommandJournal.Content;
import org.junit.jupiter.api.Timeout;

/** A slot with anything in it is what was written, or nothing. */
@Timeout(10)
class CommandJournalFuzzTest {
  @FuzzTest(maxDuration = "60s")
  void slot(byte[] bytes) {
    // with and without a right checksum, so that what lies behind it is reached
    CommandJournal.decode(ByteBuffer.wrap(bytes)).ifPresent(CommandJournalFuzzTest::same);
    byte[] padded = java.util.Arrays.copyOf(bytes, CommandJournal.SLOT_BYTES);
    ByteBuffer sealed = ByteBuffer.wrap(padded);
    java.util.zip.CRC32C crc = new java.util.zip.CRC32C();
    crc.update(padded, 8, padded.length - 8);
    sealed.putInt(0, 0x4853434A).putInt(4, (int) crc.getValue());
    CommandJournal.decode(sealed).ifPresent(CommandJournalFuzzTest::same);
  }

  private static void same(Content content) {
    assertThat(content.sequence()).isPositive();
    assertThat(content.executing()).hasSizeLessThanOrEqualTo(CommandJournal.MOST_ENTRIES);
    assertThat(CommandJournal.decode(CommandJournal.encode(content))).contains(content);
  }
}

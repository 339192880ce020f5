package org.heliostat.core.recorder;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * Up to which number records may have been numbered, on disk before a number is given: whatever
 * becomes of the segments, no number is given twice. A file of two slots that say the same, so that
 * one may be damaged. Owned by the recorder's thread.
 */
final class Numbers {
  /** No recorder comes so far; what says more is damage. */
  private static final long MAX_NUMBER = 1L << 62;

  /** Without this file no record with a higher number is believed; with it, none so far beyond. */
  private static final long MAX_BELIEVED = 1L << 61;

  private static final long FAR = 1L << 40;

  static final String FILE = "numbers";

  /** So many are set aside at once: what a crash costs of them. */
  static final int BLOCK = 1 << 16;

  private static final int MAGIC = 0x48534e31; // HSN1
  private static final int SLOT_BYTES = 512;
  private static final int USED_BYTES = 4 + 4 + 8;

  private final Folder folder;
  private final Folder.OneFile file;
  private long reserved;

  Numbers(Folder folder) throws IOException {
    this.folder = folder;
    this.file = folder.open(FILE);
    this.reserved = Math.max(1, Math.max(slot(0), slot(SLOT_BYTES)));
  }

  private long slot(int at) {
    ByteBuffer slot = ByteBuffer.allocate(USED_BYTES);
    try {
      file.read(slot, at);
    } catch (IOException e) {
      return 0;
    }
    long number = slot.getLong(8);
    return !slot.hasRemaining()
            && slot.getInt(0) == MAGIC
            && slot.getInt(4) == checksum(number)
            && number > 0
            && number <= MAX_NUMBER
        ? number
        : 0;
  }

  /** The lowest number that has certainly not been given. */
  long reserved() {
    return reserved;
  }

  /** A record or a segment that says a higher number is damaged, whatever its checksum. */
  long highestBelieved() {
    return Math.max(MAX_BELIEVED, reserved + FAR);
  }

  /** Sees to it that this number may be given. */
  void reach(long number) throws IOException {
    if (number >= reserved) {
      write(number + BLOCK);
    }
  }

  /** All numbers from this one on have not been given. */
  void end(long next) throws IOException {
    write(next);
    file.close();
  }

  private void write(long number) throws IOException {
    for (int at = 0; at <= SLOT_BYTES; at += SLOT_BYTES) {
      ByteBuffer slot =
          ByteBuffer.allocate(USED_BYTES).putInt(MAGIC).putInt(checksum(number)).putLong(number);
      file.write(slot.flip(), at);
      file.force();
    }
    folder.force();
    reserved = number;
  }

  private static int checksum(long number) {
    CRC32C crc = new CRC32C();
    crc.update(ByteBuffer.allocate(8).putLong(number).flip());
    return (int) crc.getValue();
  }
}

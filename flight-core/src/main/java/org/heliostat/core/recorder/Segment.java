package org.heliostat.core.recorder;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * One use of one file of the log: a header, frames, and what is left. The file is as long from the
 * beginning as it will be: one that grows costs more at every force. When all in it has been given
 * up, the file is used again under another number; what stands in it from before is left there, and
 * is not taken for frames of now.
 *
 * <p>Header: magic, CRC-32C of what follows, number, 1 where the file was all zeros before, number
 * of the first record, length of the file. The recorder's thread alone changes a segment.
 */
final class Segment {
  /** Where the first frame stands. */
  static final int START = 4 + 4 + 4 + 4 + 8 + 8;

  /** No log comes so far; what says more is damage, or not ours. */
  static final int MAX_NUMBER = Integer.MAX_VALUE - (1 << 20);

  /** Beyond what any mission may ask for. */
  private static final long LONGEST_FILE = 1L << 30;

  private static final int MAGIC = 0x48535332; // HSS2
  private static final int MAGIC_OF_THE_FIRST_VERSION = 0x48535247; // HSRG

  final String name;
  final Folder.OneFile file;
  final int number;
  final long size;

  /** Whether nothing but zeros stood in the file before. */
  final boolean fresh;

  /** Where the next frame goes. */
  long end = START;

  /** Records that were written to it, and those of them that wait for ground. */
  int records;

  int live;

  /** Mission time of its oldest and its newest record. */
  long firstNanos = Long.MAX_VALUE;

  long lastNanos = Long.MIN_VALUE;

  /** Records that are not to be read here any more, by their position. */
  private final BitSet gone = new BitSet();

  private int goneRecords;

  Segment(String name, Folder.OneFile file, int number, long size, boolean fresh) {
    this.name = name;
    this.file = file;
    this.number = number;
    this.size = size;
    this.fresh = fresh;
  }

  /** What a file says of itself. */
  record Label(int number, boolean fresh, long firstId, long size) {}

  /** Whose file it is. */
  enum Owner {
    OURS,
    /** Written by another version of the recorder, and whole. */
    ANOTHER_VERSION,
    /** Nothing to be made out. */
    NOBODY
  }

  /** Writes the header of a new use of a file. */
  void writeHeader(long firstId) throws IOException {
    ByteBuffer header =
        ByteBuffer.allocate(START + Frame.END_BYTES)
            .putInt(MAGIC)
            .putInt(0)
            .putInt(number)
            .putInt(fresh ? 1 : 0)
            .putLong(firstId)
            .putLong(size);
    header.putInt(4, checksum(header, 0, 4, 8, START));
    file.write(header.position(0), 0);
  }

  /** Whose the first bytes of a file are. */
  static Owner owner(ByteBuffer header) {
    if (header.limit() < START) {
      return Owner.NOBODY;
    }
    boolean whole = header.getInt(4) == checksum(header, 0, 4, 8, START);
    if (whole) {
      return header.getInt(0) == MAGIC ? Owner.OURS : Owner.ANOTHER_VERSION;
    }
    return header.getInt(0) == MAGIC_OF_THE_FIRST_VERSION
            && header.getInt(12) == checksum(header, 0, 12, 12, 12)
        ? Owner.ANOTHER_VERSION
        : Owner.NOBODY;
  }

  /** The header, where it is ours and says what can be. */
  static Optional<Label> label(ByteBuffer header, long highestId) {
    if (owner(header) != Owner.OURS) {
      return Optional.empty();
    }
    Label label =
        new Label(header.getInt(8), header.getInt(12) == 1, header.getLong(16), header.getLong(24));
    return label.number > 0
            && label.number <= MAX_NUMBER
            && label.size >= START
            && label.size <= LONGEST_FILE
            && label.firstId > 0
            && label.firstId <= highestId
        ? Optional.of(label)
        : Optional.empty();
  }

  /** Of two stretches of the bytes. */
  private static int checksum(ByteBuffer bytes, int from, int to, int andFrom, int andTo) {
    CRC32C crc = new CRC32C();
    crc.update(bytes.slice(from, to - from));
    crc.update(bytes.slice(andFrom, andTo - andFrom));
    return (int) crc.getValue();
  }

  /** Counts a record that was written to it. */
  void add(long nanos) {
    records++;
    firstNanos = Math.min(firstNanos, nanos);
    lastNanos = Math.max(lastNanos, nanos);
  }

  /** The record at this position is not to be read here any more. */
  void setGone(long position) {
    int bit = (int) (position / Frame.ALIGNMENT);
    if (!gone.get(bit)) {
      gone.set(bit);
      goneRecords++;
    }
  }

  boolean isGone(long position) {
    return gone.get((int) (position / Frame.ALIGNMENT));
  }

  /** Records in it that ground has and that could be sent once more. */
  int kept() {
    return Math.max(0, records - live - goneRecords);
  }
}

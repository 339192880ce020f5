package org.heliostat.core.recorder;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * How a record, or a note about records, lies in a segment: a header of {@value #HEADER_BYTES}
 * bytes, the payload, zeros up to a multiple of {@value #ALIGNMENT}. The CRC-32C (RFC 3720) covers
 * all of it but the zeros, and the position within the segment: bytes that only look like a frame,
 * in the payload of another or left from what the segment was used for before, are not taken for
 * one.
 */
final class Frame {
  /** crc, length, segment, kind, priority, type, id, mission time, expiry. */
  static final int HEADER_BYTES = 4 + 4 + 4 + 1 + 1 + 2 + 8 + 8 + 8;

  static final int ALIGNMENT = 8;

  /** Where in a frame the number of its segment stands. */
  static final int SEGMENT_AT = 8;

  /** So many zeros where a frame could begin are the end of a log. */
  static final int END_BYTES = 16;

  private static final int LARGEST_PAYLOAD = Recorder.MAX_RECORD_BYTES;

  /** What a frame is. Numbers stand on disk. */
  enum Kind {
    /** A record; numbers grow from one to the next. */
    DATA(1),
    /** A record once more, as it was: from here on it counts, and waits for ground. */
    COPY(2),
    /** Numbers of records that ground has. */
    CONFIRMED(3),
    /** Numbers of records that were given up, or that nobody was promised. */
    FREED(4),
    /** A stretch of a segment that does not read and has been told of. */
    DAMAGE(5);

    private static final Kind[] ALL = values();
    private final byte code;

    Kind(int code) {
      this.code = (byte) code;
    }
  }

  /**
   * What stands before a payload.
   *
   * @param length of the payload, in bytes
   * @param segment number of the segment
   * @param priority as {@link Recorder.Priority} has it, 0 of a note
   * @param type field number of the body of a record, 0 of a note
   * @param nanos mission time at which the record was stored
   * @param expiryNanos mission time from which the record is worth nothing; 0 stands for never
   */
  record Header(
      int length,
      int segment,
      Kind kind,
      byte priority,
      int type,
      long id,
      long nanos,
      long expiryNanos) {
    /** Of a record that was not stored before. */
    static Header data(
        Recorder.Priority priority, int type, long id, long nanos, long expiryNanos, int length) {
      return new Header(length, 0, Kind.DATA, priority.code(), type, id, nanos, expiryNanos);
    }

    /** Of the same record, stored once more. */
    Header copy() {
      return new Header(length, 0, Kind.COPY, priority, type, id, nanos, expiryNanos);
    }

    /** A note's. */
    static Header note(Kind kind, int length) {
      return new Header(length, 0, kind, (byte) 0, 0, 0, 0, 0);
    }

    /** The same in another segment. */
    Header in(int otherSegment) {
      return new Header(length, otherSegment, kind, priority, type, id, nanos, expiryNanos);
    }

    /** Of the whole frame. */
    int bytes() {
      return Frame.bytes(length);
    }
  }

  private Frame() {}

  /** Bytes of a frame with a payload of so many. */
  static int bytes(int length) {
    return (HEADER_BYTES + length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }

  /** Puts a frame into a buffer; it will stand at this position of the segment. */
  static void put(ByteBuffer to, long position, Header header, ByteBuffer payload) {
    int start = to.position();
    to.putInt(0)
        .putInt(header.length)
        .putInt(header.segment)
        .put(header.kind.code)
        .put(header.priority)
        .putShort((short) header.type)
        .putLong(header.id)
        .putLong(header.nanos)
        .putLong(header.expiryNanos)
        .put(payload);
    while ((to.position() - start) % ALIGNMENT != 0) {
      to.put((byte) 0);
    }
    to.putInt(start, checksum(to, start, header.length, position));
  }

  /** Whether a frame of a segment may begin here; cheap, and wrong once in a while. */
  static boolean plausible(ByteBuffer from, int at, int segment) {
    int kind = from.get(at + 12);
    int length = from.getInt(at + 4);
    return from.getInt(at + SEGMENT_AT) == segment
        && kind >= 1
        && kind <= Kind.ALL.length
        && length >= 0
        && length <= LARGEST_PAYLOAD;
  }

  /** The header that stands here; only of a frame that is plausible. */
  static Header header(ByteBuffer from, int at) {
    return new Header(
        from.getInt(at + 4),
        from.getInt(at + 8),
        Kind.ALL[from.get(at + 12) - 1],
        from.get(at + 13),
        Short.toUnsignedInt(from.getShort(at + 14)),
        from.getLong(at + 16),
        from.getLong(at + 24),
        from.getLong(at + 32));
  }

  /** Whether what stands here is as it was written to this position of its segment. */
  static boolean intact(ByteBuffer from, int at, int length, long position) {
    return from.getInt(at) == checksum(from, at, length, position);
  }

  /** The payload of a frame that stands here. */
  static ByteBuffer payload(ByteBuffer from, int at, int length) {
    return from.slice(at + HEADER_BYTES, length);
  }

  private static int checksum(ByteBuffer bytes, int at, int length, long position) {
    CRC32C crc = new CRC32C();
    for (int shift = 0; shift < Long.SIZE; shift += Byte.SIZE) {
      crc.update((int) (position >>> shift) & 0xff);
    }
    crc.update(bytes.slice(at + 4, HEADER_BYTES - 4 + length));
    return (int) crc.getValue();
  }
}

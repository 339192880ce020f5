package org.heliostat.core.recorder;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The end of the log: frames gather in a buffer, are written together and forced together. After a
 * write or a force that failed, nothing more goes into that segment: it may have a hole. Owned by
 * the recorder's thread.
 */
final class Log {
  /** What gathers before it is written; from the first frame on that is larger, the other. */
  private static final int BUFFER_BYTES = 1 << 17;

  private static final int LARGE_BUFFER_BYTES = 1 << 20;

  private final Segments segments;
  private ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);

  /** Where frames go; none before the first one, so that a full disk can still be read. */
  private Optional<Segment> active = Optional.empty();

  private boolean doubtful;
  private boolean unforced;
  private final AtomicLong forces = new AtomicLong();

  /** Where a frame stands. */
  record Place(Segment segment, long position) {}

  /** Without a segment: the first frame begins one. */
  Log(Segments segments) {
    this.segments = segments;
  }

  /**
   * Adds a frame. It is on disk after the next {@link #force} that does not fail.
   *
   * @param nextId no record after it has a lower number
   * @param header its segment is that of the log's end, whatever it says
   */
  Place append(long nextId, Frame.Header header, ByteBuffer payload) throws IOException {
    int bytes = header.bytes();
    Segment segment =
        active.isPresent() && hasRoom(active.get(), bytes) ? active.get() : turn(nextId, bytes);
    if (buffer.remaining() < bytes + Frame.END_BYTES) {
      write();
    }
    if (buffer.remaining() < bytes + Frame.END_BYTES) {
      buffer = ByteBuffer.allocateDirect(LARGE_BUFFER_BYTES);
    }
    long position = segment.end + buffer.position();
    Frame.put(buffer, position, header.in(segment.number), payload);
    return new Place(segment, position);
  }

  private boolean hasRoom(Segment segment, int bytes) {
    return !doubtful && segment.end + buffer.position() + bytes <= segment.size;
  }

  /** To the next segment. All before it is on disk, but for what has failed already. */
  private Segment turn(long nextId, int bytes) throws IOException {
    if (!doubtful) {
      force();
    }
    Segment next = segments.next(bytes, nextId);
    active = Optional.of(next);
    doubtful = false;
    unforced = true;
    return next;
  }

  /** Writes what has gathered. It survives the end of the process from here on. */
  void write() throws IOException {
    if (active.isPresent() && buffer.position() > 0) {
      write(active.get());
    }
  }

  private void write(Segment segment) throws IOException {
    long position = segment.end;
    int bytes = buffer.position();
    if (!segment.fresh && position + bytes + Frame.END_BYTES <= segment.size) {
      // the end, over what was here before; the next frame goes over it
      buffer.putLong(0).putLong(0);
    }
    try {
      segment.file.write(buffer.flip(), position);
    } catch (IOException e) {
      doubtful = true;
      throw e;
    } finally {
      buffer.clear();
    }
    segment.end += bytes;
    unforced = true;
  }

  /** Brings all frames to disk. They survive power loss from here on. */
  void force() throws IOException {
    write();
    if (active.isPresent() && unforced) {
      try {
        active.get().file.force();
      } catch (IOException e) {
        // the kernel reports a write that failed to one force alone, and takes it for done then
        doubtful = true;
        throw e;
      }
      unforced = false;
      forces.incrementAndGet();
    }
  }

  /** Gives up what has gathered and was not written; nothing more goes into this segment. */
  void abandon() {
    buffer.clear();
    doubtful = true;
  }

  /** Times that the disk was forced. Any thread may ask. */
  long forces() {
    return forces.get();
  }
}

package org.heliostat.core.recorder;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The end of the log: frames gather in a buffer, are written together and forced together. After a
 * write or a force that failed, nothing more goes into that segment: it may have a hole. Owned by
 * the recorder's thread.
 */
final class Log {
  private static final int BUFFER_BYTES = 1 << 20;

  private final Segments segments;
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
  private Segment active;
  private boolean doubtful;
  private boolean unforced;
  private final AtomicLong forces = new AtomicLong();

  /** Where a frame stands. */
  record Place(Segment segment, long position) {}

  /** Begins a segment. */
  Log(Segments segments, long firstId) throws IOException {
    this.segments = segments;
    this.active = segments.next(0, firstId);
  }

  /**
   * Adds a frame. It is on disk after the next {@link #force} that does not fail.
   *
   * @param nextId no record after it has a lower number
   * @param header its segment is that of the log's end, whatever it says
   */
  Place append(long nextId, Frame.Header header, ByteBuffer payload) throws IOException {
    int bytes = header.bytes();
    if (doubtful || active.end + buffer.position() + bytes > active.size) {
      turn(nextId, bytes);
    }
    if (buffer.remaining() < bytes + Frame.END_BYTES) {
      write();
    }
    long position = active.end + buffer.position();
    Frame.put(buffer, position, header.in(active.number), payload);
    return new Place(active, position);
  }

  /** To the next segment. All before it is on disk, but for what has failed already. */
  private void turn(long nextId, int bytes) throws IOException {
    if (!doubtful) {
      force();
    }
    active = segments.next(bytes, nextId);
    doubtful = false;
    unforced = true;
  }

  /** Writes what has gathered. It survives the end of the process from here on. */
  void write() throws IOException {
    if (buffer.position() == 0) {
      return;
    }
    long position = active.end;
    int bytes = buffer.position();
    if (!active.fresh && position + bytes + Frame.END_BYTES <= active.size) {
      // the end, over what was here before; the next frame goes over it
      buffer.putLong(0).putLong(0);
    }
    try {
      active.file.write(buffer.flip(), position);
    } catch (IOException e) {
      doubtful = true;
      throw e;
    } finally {
      buffer.clear();
    }
    active.end += bytes;
    unforced = true;
  }

  /** Brings all frames to disk. They survive power loss from here on. */
  void force() throws IOException {
    write();
    if (unforced) {
      try {
        active.file.force();
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

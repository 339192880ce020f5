package org.heliostat.hil.spacelink;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.AtomicLong;

/**
 * One direction of one connection: a reader that puts chunks on the line and a writer that hands
 * them over when they have arrived. The queue between them holds {@value #CHUNKS} chunks; when it
 * is full the reader waits, and the sender's TCP window closes.
 */
final class Pipe {
  /** At the largest chunk of 8 KiB: 2 MiB in flight for each direction of a connection. */
  static final int CHUNKS = 256;

  /** Bytes and when they arrive; no bytes means that the sender has ended. */
  private static final class Chunk {
    private final byte[] bytes;
    private final long arrivesNanos;

    Chunk(byte[] bytes, long arrivesNanos) {
      this.bytes = bytes;
      this.arrivesNanos = arrivesNanos;
    }

    boolean isEnd() {
      return bytes.length == 0;
    }
  }

  private final Line line;
  private final LinkClock clock;
  private final AtomicLong delivered;
  private final BlockingQueue<Chunk> inFlight = new ArrayBlockingQueue<>(CHUNKS);

  Pipe(Line line, LinkClock clock, AtomicLong delivered) {
    this.line = line;
    this.clock = clock;
    this.delivered = delivered;
  }

  /**
   * Reads until the stream ends. Ends with an exception when the socket is closed or the thread
   * interrupted.
   */
  void read(InputStream in) throws IOException, InterruptedException {
    byte[] buffer = new byte[line.chunkBytes()];
    int count = in.read(buffer);
    while (count > 0) {
      inFlight.put(new Chunk(Arrays.copyOf(buffer, count), line.send(count, clock.nanoTime())));
      count = in.read(buffer);
    }
    inFlight.put(new Chunk(new byte[0], clock.nanoTime()));
  }

  /** Writes what has arrived until the sender has ended. */
  void write(OutputStream out) throws IOException, InterruptedException {
    for (Chunk chunk = inFlight.take(); !chunk.isEnd(); chunk = inFlight.take()) {
      clock.awaitUntil(chunk.arrivesNanos);
      out.write(chunk.bytes);
      delivered.addAndGet(chunk.bytes.length);
    }
  }
}

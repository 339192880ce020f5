package org.heliostat.hil.spacelink;

/**
 * One direction of the link: bytes go out one after another at its rate, whichever connection they
 * belong to. This is a token bucket of no depth: silence earns no credit, as on a radio.
 * Thread-safe.
 */
final class Line {
  /** A chunk takes at most this long, so that a slow line trickles instead of arriving in lumps. */
  private static final double CHUNK_SECONDS = 0.02;

  private static final int SMALLEST_CHUNK = 64;
  private static final int LARGEST_CHUNK = 8192;

  private final double nanosPerByte;
  private final long delayNanos;
  private final int chunkBytes;
  private boolean busy;
  private long freeAtNanos;

  Line(LinkModel model) {
    double rate = model.rateBytesPerHostSecond();
    nanosPerByte = rate == 0 ? 0 : 1e9 / rate;
    delayNanos = model.delayNanos();
    chunkBytes =
        rate == 0
            ? LARGEST_CHUNK
            : (int) Math.max(SMALLEST_CHUNK, Math.min(LARGEST_CHUNK, rate * CHUNK_SECONDS));
  }

  /** The most bytes to send as one. */
  int chunkBytes() {
    return chunkBytes;
  }

  /**
   * Takes the next free stretch of the line for some bytes; returns when the last of them arrives,
   * on the clock of {@code now}.
   */
  synchronized long send(int bytes, long now) {
    long start = busy ? Math.max(freeAtNanos, now) : now;
    busy = true;
    freeAtNanos = start + (long) Math.ceil(bytes * nanosPerByte);
    return freeAtNanos + delayNanos;
  }

  /** Forgets what was on the line: the link was cut. */
  synchronized void clear() {
    busy = false;
  }
}

package org.heliostat.protocol;

/**
 * Messages that were handed over and are not acknowledged: how many there may be, and how many
 * bytes. Overflow policy: what finds no room is not taken, and whoever sends it keeps it; a message
 * that is larger than all the room goes when it is the only one. Thread-safe.
 */
final class SendWindow {
  private final int most;
  private final long mostBytes;
  private int messages;
  private long bytes;
  private long progress;

  /** An empty window for so many messages and bytes. */
  SendWindow(int most, long mostBytes) {
    this.most = most;
    this.mostBytes = mostBytes;
  }

  /** Takes a message in, at a host time in ns; false when there is no room. */
  synchronized boolean take(int size, long now) {
    if (messages >= most || (messages > 0 && bytes + size > mostBytes)) {
      return false;
    }
    if (messages == 0) {
      progress = now;
    }
    messages++;
    bytes += size;
    return true;
  }

  /** Lets one go that was acknowledged, or that could not be sent. */
  synchronized void give(int size, long now) {
    messages--;
    bytes -= size;
    progress = now;
  }

  /** Whether there are messages and none of them was let go for so long. */
  synchronized boolean stalled(long now, long deadlineNanos) {
    return messages > 0 && now - progress > deadlineNanos;
  }

  synchronized int messages() {
    return messages;
  }
}

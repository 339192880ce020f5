package org.heliostat.core.recorder;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The content of the records that were stored last: while ground is in view they are sent at once,
 * and need not be read from disk. Overflow policy: the oldest go. Thread-safe.
 */
final class Recent {
  /** Bytes of one; a larger one is worth a read. */
  static final int LARGEST = 4 << 10;

  private final Map<Long, byte[]> contents = new LinkedHashMap<>();
  private final int mostBytes;
  private int bytes;

  /**
   * Without any.
   *
   * @param mostBytes of all contents
   */
  Recent(int mostBytes) {
    this.mostBytes = mostBytes;
  }

  synchronized void add(long id, byte[] content) {
    if (content.length > Math.min(LARGEST, mostBytes)) {
      return;
    }
    byte[] before = contents.put(id, content);
    bytes += content.length - (before == null ? 0 : before.length);
    Iterator<byte[]> oldest = contents.values().iterator();
    while (bytes > mostBytes) {
      bytes -= oldest.next().length;
      oldest.remove();
    }
  }

  /** A copy. */
  synchronized Optional<byte[]> get(long id) {
    return Optional.ofNullable(contents.get(id)).map(byte[]::clone);
  }
}

package org.heliostat.core.recorder;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Looks at a file through a window of bounded size that moves with whoever reads from front to
 * back. What the disk cannot read is passed over in blocks, as bytes that are no frame.
 */
final class Window {
  private static final int BYTES = 2 << 20;
  private static final int BLOCK = 4096;

  private final Folder.OneFile file;
  private final long to;
  private final ByteBuffer bytes;
  private long start;

  /** A window on the first so many bytes of a file. */
  Window(Folder.OneFile file, long to) {
    this.file = file;
    this.to = to;
    this.bytes = ByteBuffer.allocate((int) Math.min(BYTES, to)).limit(0);
  }

  /**
   * The bytes of the window.
   *
   * @return whether this stretch lies in it; not where it is beyond the end
   */
  boolean covers(long position, int length) {
    if (position + length > to || length > bytes.capacity()) {
      return false;
    }
    if (position < start || position + length > start + bytes.limit()) {
      fill(position);
    }
    return true;
  }

  /** The window's content; the place of a position that is covered is {@link #at}. */
  ByteBuffer bytes() {
    return bytes;
  }

  /** Where in the content a position stands. */
  int at(long position) {
    return (int) (position - start);
  }

  private void fill(long position) {
    start = position;
    int length = (int) Math.min(bytes.capacity(), to - position);
    bytes.limit(length);
    try {
      file.read(bytes.position(0), position);
    } catch (IOException e) {
      fillByBlocks(length);
    }
    bytes.position(0).limit(length);
  }

  private void fillByBlocks(int length) {
    int at = 0;
    while (at < length) {
      // a disk loses whole blocks
      int end = (int) Math.min(length, at + BLOCK - (start + at) % BLOCK);
      try {
        file.read(bytes.limit(end).position(at), start + at);
      } catch (IOException e) {
        for (int i = at; i < end; i++) {
          bytes.put(i, (byte) 0xff);
        }
      }
      at = end;
    }
  }
}

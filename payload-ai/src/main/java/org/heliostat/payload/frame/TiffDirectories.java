package org.heliostat.payload.frame;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Looks over the directories of a TIFF file (TIFF 6.0, section 2) before the library reads it: the
 * library follows a chain of directories that closes on itself for ever, and takes memory for
 * values that the file does not hold.
 */
final class TiffDirectories {
  private static final int MAX_DIRECTORIES = 64;
  private static final int ENTRY_BYTES = 12;
  private static final int INLINE_BYTES = 4;
  // bytes of a value by type: none, BYTE, ASCII, SHORT, LONG, RATIONAL, SBYTE, UNDEFINED, SSHORT,
  // SLONG, SRATIONAL, FLOAT, DOUBLE
  private static final int[] VALUE_BYTES = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8};

  private TiffDirectories() {}

  static void check(Path file) throws IOException, FrameFault {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long size = channel.size();
      ByteBuffer head = read(channel, 0, 8);
      ByteOrder order = head.get(0) == 'M' ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
      long at = unsigned(head.order(order).getInt(4));
      for (int directories = 0; at != 0; directories++) {
        if (directories == MAX_DIRECTORIES) {
          throw new FrameFault("GeoTIFF has more than " + MAX_DIRECTORIES + " directories");
        }
        int entries = read(channel, at, 2).order(order).getShort(0) & 0xFFFF;
        ByteBuffer directory = read(channel, at + 2, entries * ENTRY_BYTES + 4).order(order);
        for (int i = 0; i < entries; i++) {
          checkEntry(directory, i * ENTRY_BYTES, size);
        }
        at = unsigned(directory.getInt(entries * ENTRY_BYTES));
      }
    }
  }

  private static void checkEntry(ByteBuffer directory, int at, long size) throws FrameFault {
    int type = directory.getShort(at + 2) & 0xFFFF;
    if (type >= VALUE_BYTES.length) {
      // the library refuses the type by itself
      return;
    }
    long bytes = unsigned(directory.getInt(at + 4)) * VALUE_BYTES[type];
    long from = bytes <= INLINE_BYTES ? 0 : unsigned(directory.getInt(at + 8));
    if (from + bytes > size) {
      throw new FrameFault(
          "GeoTIFF is truncated or damaged: tag "
              + (directory.getShort(at) & 0xFFFF)
              + " has "
              + bytes
              + " bytes beyond the end");
    }
  }

  private static ByteBuffer read(FileChannel channel, long at, int count)
      throws IOException, FrameFault {
    ByteBuffer bytes = ByteBuffer.allocate(count);
    long from = at;
    while (bytes.hasRemaining()) {
      int read = channel.read(bytes, from);
      if (read < 0) {
        throw new FrameFault("GeoTIFF is truncated or damaged: it ends within a directory");
      }
      from += read;
    }
    return bytes;
  }

  private static long unsigned(int value) {
    return value & 0xFFFFFFFFL;
  }
}

package org.heliostat.hil.ground;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A file of JSON objects, one a line, that only grows. A line that could not be written whole (a
 * full disk) is taken back, so that the file always ends with a whole line. One thread.
 */
final class JsonLines implements AutoCloseable {
  private final FileChannel channel;
  private long end;
  private boolean dirty;

  private JsonLines(FileChannel channel, long end) {
    this.channel = channel;
    this.end = end;
  }

  /** Opens a file for more lines, or makes it. */
  static JsonLines open(Path file) throws IOException {
    FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.READ);
    JsonLines lines = new JsonLines(channel, wholeLines(channel));
    channel.truncate(lines.end);
    return lines;
  }

  /** Adds a line; it is durable after {@link #force}. */
  void append(JsonObject line) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8));
    try {
      long position = end;
      while (bytes.hasRemaining()) {
        position += channel.write(bytes, position);
      }
      end = position;
      dirty = true;
    } catch (IOException e) {
      channel.truncate(end);
      throw e;
    }
  }

  /** Brings all lines to disk. */
  void force() throws IOException {
    if (dirty) {
      channel.force(false);
      dirty = false;
    }
  }

  @Override
  public void close() throws IOException {
    try {
      force();
    } finally {
      channel.close();
    }
  }

  /** Where the last whole line ends: a crash may have left half of one. */
  private static long wholeLines(FileChannel channel) throws IOException {
    ByteBuffer one = ByteBuffer.allocate(1);
    for (long at = channel.size(); at > 0; at--) {
      one.clear();
      if (channel.read(one, at - 1) == 1 && one.get(0) == '\n') {
        return at;
      }
    }
    return 0;
  }
}

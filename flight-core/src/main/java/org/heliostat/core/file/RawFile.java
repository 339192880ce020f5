package org.heliostat.core.file;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.NonWritableChannelException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A file that is read and written at any place. One that can only be read, as all are after a disk
 * fault on ext4, is opened all the same, and takes no write. Thread-safe.
 */
public final class RawFile implements Closeable {
  private final FileChannel channel;

  private RawFile(FileChannel channel) {
    this.channel = channel;
  }

  /** Opens a file, or makes an empty one. */
  public static RawFile open(Path path) throws IOException {
    try {
      return new RawFile(
          FileChannel.open(
              path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE));
    } catch (IOException e) {
      try {
        return new RawFile(FileChannel.open(path, StandardOpenOption.READ));
      } catch (IOException unreadable) {
        e.addSuppressed(unreadable);
        throw e;
      }
    }
  }

  /** Bytes in it. */
  public long size() throws IOException {
    return channel.size();
  }

  /** Fills the buffer from this position on as far as the file goes. */
  public void read(ByteBuffer to, long position) throws IOException {
    long from = position;
    while (to.hasRemaining()) {
      int count = channel.read(to, from);
      if (count < 0) {
        return;
      }
      from += count;
    }
  }

  /** Writes all of the buffer. */
  public void write(ByteBuffer from, long position) throws IOException {
    long to = position;
    try {
      while (from.hasRemaining()) {
        to += channel.write(from, to);
      }
    } catch (NonWritableChannelException e) {
      throw new IOException("it could be opened to be read alone", e);
    }
  }

  /**
   * Brings what was written to disk, and its size with it.
   *
   * @param all whether all that is known about the file goes with it ({@code fsync}), or what is
   *     needed to read it again ({@code fdatasync})
   */
  public void force(boolean all) throws IOException {
    channel.force(all);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}

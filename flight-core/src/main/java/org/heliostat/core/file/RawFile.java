package org.heliostat.core.file;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * A file that is read and written at any place, and made by the first who opens it. A disk that
 * gives it to be read alone, as ext4 does after a fault, or not at all, keeps nobody from having
 * one: what cannot be done is said when it is tried, and is tried anew each time. Thread-safe.
 */
public final class RawFile implements Closeable {
  private final Path path;
  private volatile Optional<FileChannel> read = Optional.empty();
  private volatile Optional<FileChannel> written = Optional.empty();
  private boolean closed;

  /** The file at this path, on a disk that may not give it. */
  public RawFile(Path path) {
    this.path = path;
    try {
      FileChannel unused = toWrite();
    } catch (IOException e) {
      // tried again when it is used
    }
  }

  private FileChannel toWrite() throws IOException {
    Optional<FileChannel> open = written;
    return open.isPresent() ? open.get() : openToWrite();
  }

  private synchronized FileChannel openToWrite() throws IOException {
    checkOpen();
    if (written.isEmpty()) {
      written =
          Optional.of(
              FileChannel.open(
                  path,
                  StandardOpenOption.CREATE,
                  StandardOpenOption.READ,
                  StandardOpenOption.WRITE));
    }
    return written.orElseThrow();
  }

  /** Nothing where the file is not there, and cannot be made. */
  private Optional<FileChannel> toRead() throws IOException {
    try {
      return Optional.of(toWrite());
    } catch (IOException e) {
      return read.isPresent() || !Files.notExists(path)
          ? Optional.of(openToRead())
          : Optional.empty();
    }
  }

  private synchronized FileChannel openToRead() throws IOException {
    checkOpen();
    if (read.isEmpty()) {
      read = Optional.of(FileChannel.open(path, StandardOpenOption.READ));
    }
    return read.orElseThrow();
  }

  private void checkOpen() throws IOException {
    if (closed) {
      throw new ClosedChannelException();
    }
  }

  /** Bytes in it. */
  public long size() throws IOException {
    Optional<FileChannel> channel = toRead();
    return channel.isPresent() ? channel.get().size() : 0;
  }

  /** Fills the buffer from this position on as far as the file goes. */
  public void read(ByteBuffer to, long position) throws IOException {
    Optional<FileChannel> channel = toRead();
    if (channel.isEmpty()) {
      return;
    }
    long from = position;
    while (to.hasRemaining()) {
      int count = channel.get().read(to, from);
      if (count < 0) {
        return;
      }
      from += count;
    }
  }

  /** Writes all of the buffer. */
  public void write(ByteBuffer from, long position) throws IOException {
    FileChannel channel = toWrite();
    long to = position;
    while (from.hasRemaining()) {
      to += channel.write(from, to);
    }
  }

  /**
   * Brings what was written to disk, and its size with it.
   *
   * @param all whether all that is known about the file goes with it ({@code fsync}), or what is
   *     needed to read it again ({@code fdatasync})
   */
  public void force(boolean all) throws IOException {
    toWrite().force(all);
  }

  @Override
  public synchronized void close() throws IOException {
    closed = true;
    if (read.isPresent()) {
      read.get().close();
    }
    if (written.isPresent()) {
      written.get().close();
    }
  }
}

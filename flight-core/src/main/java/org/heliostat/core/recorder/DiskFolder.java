package org.heliostat.core.recorder;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.NonWritableChannelException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.heliostat.core.file.CheckedFile;

/**
 * A folder on the host's disk. Forces with {@code fdatasync}. What can only be read, as after a
 * disk fault on ext4, is read all the same.
 */
final class DiskFolder implements Folder {
  private final Path path;

  DiskFolder(Path path) throws IOException {
    this.path = path;
    Files.createDirectories(path);
  }

  @Override
  public List<String> list() throws IOException {
    List<String> names = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(path)) {
      files.forEach(file -> names.add(String.valueOf(file.getFileName())));
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    return names;
  }

  @Override
  public OneFile open(String name) throws IOException {
    Path file = path.resolve(name);
    try {
      return new DiskFile(
          FileChannel.open(
              file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE));
    } catch (IOException e) {
      try {
        return new DiskFile(FileChannel.open(file, StandardOpenOption.READ));
      } catch (IOException unreadable) {
        e.addSuppressed(unreadable);
        throw e;
      }
    }
  }

  @Override
  public void delete(String name) throws IOException {
    Files.deleteIfExists(path.resolve(name));
  }

  @Override
  public void force() throws IOException {
    CheckedFile.forceFolder(path.resolve("any"));
  }

  private record DiskFile(FileChannel channel) implements OneFile {
    @Override
    public long size() throws IOException {
      return channel.size();
    }

    @Override
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

    @Override
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

    @Override
    public void force() throws IOException {
      // fdatasync brings the size with it wherever it is needed to read the data again
      channel.force(false);
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }
}

package org.heliostat.core.recorder;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.heliostat.core.file.CheckedFile;
import org.heliostat.core.file.RawFile;

/** A folder on the host's disk. Forces with {@code fdatasync}. */
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
    return new DiskFile(new RawFile(path.resolve(name)));
  }

  @Override
  public void delete(String name) throws IOException {
    Files.deleteIfExists(path.resolve(name));
  }

  @Override
  public void force() throws IOException {
    CheckedFile.forceFolder(path.resolve("any"));
  }

  private record DiskFile(RawFile file) implements OneFile {
    @Override
    public long size() throws IOException {
      return file.size();
    }

    @Override
    public void read(ByteBuffer to, long position) throws IOException {
      file.read(to, position);
    }

    @Override
    public void write(ByteBuffer from, long position) throws IOException {
      file.write(from, position);
    }

    @Override
    public void force() throws IOException {
      file.force(false);
    }

    @Override
    public void close() throws IOException {
      file.close();
    }
  }
}

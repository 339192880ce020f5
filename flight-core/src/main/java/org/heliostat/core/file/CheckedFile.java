package org.heliostat.core.file;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * A small file that is replaced as a whole: written beside, forced to disk, renamed. The file
 * before it stays as {@code .bak}, so that a kill at any instruction leaves one that reads. What
 * the disk cannot read counts as damaged. Layout: magic, CRC-32C of the content, length, content.
 * Not thread-safe; one owner a path.
 */
public final class CheckedFile {
  private static final int MAGIC = 0x48535446; // HSTF
  private static final int HEADER_BYTES = 12;
  private static final int MAX_BYTES = 16 << 20;

  private final Path path;
  private final Path backup;
  private final Path fresh;
  private final Reading reading;

  /** Reads a whole file. */
  interface Reading {
    byte[] all(Path from) throws IOException;
  }

  /** The file at this path; it need not exist. */
  public CheckedFile(Path path) {
    this(path, Files::readAllBytes);
  }

  /** On a disk that may be made to fail. */
  CheckedFile(Path path, Reading reading) {
    this.reading = reading;
    this.path = path;
    this.backup = path.resolveSibling(path.getFileName() + ".bak");
    this.fresh = path.resolveSibling(path.getFileName() + ".new");
  }

  /** Replaces the content; on return it is on disk. */
  public void write(byte[] content) throws IOException {
    CRC32C crc = new CRC32C();
    crc.update(content);
    ByteBuffer bytes =
        ByteBuffer.allocate(HEADER_BYTES + content.length)
            .putInt(MAGIC)
            .putInt((int) crc.getValue())
            .putInt(content.length)
            .put(content)
            .flip();
    try (FileChannel channel =
        FileChannel.open(
            fresh,
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            StandardOpenOption.TRUNCATE_EXISTING)) {
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
    }
    // a newest file that does not read must not take the place of the good one before
    if (read(path).isPresent()) {
      Files.move(path, backup, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
    Files.move(fresh, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    forceFolder(path);
  }

  /**
   * The content, or that of the file before where the newest is damaged or missing; nothing where
   * neither reads.
   */
  public Optional<byte[]> read() {
    Optional<byte[]> newest = read(path);
    return newest.isPresent() ? newest : read(backup);
  }

  /** Whether something stands at the path that does not read. */
  public boolean damaged() {
    return (Files.exists(path) && read(path).isEmpty())
        || (Files.exists(backup) && !Files.exists(path) && read(backup).isEmpty());
  }

  /** Removes the file and the one before. */
  public void delete() throws IOException {
    // the one before first: left alone it would come back
    Files.deleteIfExists(backup);
    Files.deleteIfExists(path);
    Files.deleteIfExists(fresh);
    forceFolder(path);
  }

  /** Forces the entry of a file in its folder to disk. */
  public static void forceFolder(Path file) throws IOException {
    Path folder = file.toAbsolutePath().getParent();
    if (folder != null) {
      try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
        channel.force(true);
      }
    }
  }

  private Optional<byte[]> read(Path from) {
    byte[] bytes;
    try {
      if (!Files.isRegularFile(from) || Files.size(from) > MAX_BYTES) {
        return Optional.empty();
      }
      bytes = reading.all(from);
    } catch (IOException e) {
      return Optional.empty();
    }
    if (bytes.length < HEADER_BYTES) {
      return Optional.empty();
    }
    ByteBuffer header = ByteBuffer.wrap(bytes);
    if (header.getInt() != MAGIC) {
      return Optional.empty();
    }
    int expected = header.getInt();
    if (header.getInt() != bytes.length - HEADER_BYTES) {
      return Optional.empty();
    }
    CRC32C crc = new CRC32C();
    crc.update(bytes, HEADER_BYTES, bytes.length - HEADER_BYTES);
    return (int) crc.getValue() == expected
        ? Optional.of(Arrays.copyOfRange(bytes, HEADER_BYTES, bytes.length))
        : Optional.empty();
  }
}

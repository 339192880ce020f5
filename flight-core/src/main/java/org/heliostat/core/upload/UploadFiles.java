package org.heliostat.core.upload;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collection;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.heliostat.core.file.Changes;
import org.heliostat.core.file.CheckedFile;
import org.heliostat.core.file.Disk;
import org.heliostat.core.file.FileDigest;
import org.heliostat.core.file.Jail;
import org.heliostat.core.file.JailFiles;
import org.heliostat.core.file.UploadedNames;
import org.heliostat.protocol.InstalledList;
import org.heliostat.protocol.SchemaCheck;
import org.heliostat.protocol.UploadList;

/**
 * The folder of uploads and the way from there into the jail. Each method runs on a thread of the
 * disk and is on disk when it returns, but for {@link #write}; none runs while one that was left in
 * a system call may still come late (see {@link Changes}). Holds no state of its own that changes;
 * one caller at a time.
 */
final class UploadFiles {
  /** Longest file that a table is loaded from. */
  static final int MOST_TABLE_BYTES = 1 << 20;

  private static final int ZEROS = 1 << 16;

  private final Path folder;
  private final Jail jail;
  private final JailFiles files;
  private final Disk disk;
  private final Changes changes;
  private final CheckedFile open;
  private final CheckedFile installed;
  private final Step step;

  /** Called before each touch of the disk. */
  @FunctionalInterface
  interface Step {
    void next() throws IOException;
  }

  /**
   * A list as it was stored.
   *
   * @param damaged what was written last did not read, or nothing that was ever written
   */
  record Stored<M>(Optional<M> list, boolean damaged) {}

  private interface Work<T> {
    T run(Disk.Turn turn) throws IOException;
  }

  /**
   * Nothing is touched yet.
   *
   * @param data the folder that holds those of uploads and of the jail
   * @param step for tests
   */
  UploadFiles(Path data, Disk disk, Changes changes, Step step) {
    this.folder = data.resolve("uploads");
    this.jail = new Jail(data.resolve("files"));
    this.files = new JailFiles(data, jail, CheckedFile::forceFolder);
    this.disk = disk;
    this.changes = changes;
    this.open = new CheckedFile(folder.resolve("open.bin"));
    this.installed = UploadedNames.list(data);
    this.step = step;
  }

  private <T> T make(Work<T> work) throws IOException {
    return changes.make(
        disk,
        turn -> {
          step.next();
          return work.run(turn);
        });
  }

  private interface Doing {
    void run(Disk.Turn turn) throws IOException;
  }

  private void run(Doing doing) throws IOException {
    boolean unused =
        make(
            turn -> {
              doing.run(turn);
              return true;
            });
  }

  // ---- lists

  Stored<UploadList> readOpen() throws IOException {
    return make(turn -> read(open, UploadList.parser()));
  }

  Stored<InstalledList> readInstalled() throws IOException {
    return make(turn -> read(installed, InstalledList.parser()));
  }

  private <M extends Message> Stored<M> read(CheckedFile file, Parser<M> parser)
      throws IOException {
    Files.createDirectories(folder);
    Optional<M> list =
        file.read()
            .flatMap(bytes -> parsed(bytes, parser))
            .filter(read -> SchemaCheck.problems(read).isEmpty());
    return new Stored<>(list, file.damaged() || (list.isEmpty() && file.read().isPresent()));
  }

  private static <M extends Message> Optional<M> parsed(byte[] bytes, Parser<M> parser) {
    try {
      return Optional.of(parser.parseFrom(bytes));
    } catch (InvalidProtocolBufferException e) {
      return Optional.empty();
    }
  }

  void store(UploadList list) throws IOException {
    run(turn -> open.write(list.toByteArray()));
  }

  /** Twice, so that the copy behind it knows no less. */
  void store(InstalledList list) throws IOException {
    run(turn -> installed.write(list.toByteArray()));
    run(turn -> installed.write(list.toByteArray()));
  }

  // ---- staging

  private Path staged(long staging) {
    return folder.resolve(Long.toUnsignedString(staging) + ".part");
  }

  /** Takes room on the disk, from a position on: zeros, forced. */
  void prepare(long staging, long from, int bytes) throws IOException {
    run(
        turn -> {
          Path file = staged(staging);
          if (from == 0) {
            boolean unused = Files.deleteIfExists(file);
          }
          try (FileChannel channel =
              FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            ByteBuffer zeros = ByteBuffer.allocate(Math.min(bytes, ZEROS));
            long at = from;
            while (at < from + bytes) {
              int length = (int) Math.min(zeros.capacity(), from + bytes - at);
              writeAll(channel, zeros.clear().limit(length), at);
              at += length;
            }
            channel.force(true);
          }
          if (from == 0) {
            CheckedFile.forceFolder(file);
          }
        });
  }

  /** Writes into the room that was taken. */
  void write(long staging, long offset, ByteString content) throws IOException {
    run(
        turn -> {
          try (FileChannel channel =
              FileChannel.open(
                  staged(staging), StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
            writeAll(channel, content.asReadOnlyByteBuffer(), offset);
          }
        });
  }

  private static void writeAll(FileChannel channel, ByteBuffer from, long position)
      throws IOException {
    long at = position;
    while (from.hasRemaining()) {
      at += channel.write(from, at);
    }
  }

  /** Brings what was written to disk. */
  void force(long staging) throws IOException {
    run(
        turn -> {
          try (FileChannel channel = FileChannel.open(staged(staging), StandardOpenOption.WRITE)) {
            channel.force(false);
          }
        });
  }

  /** Whether a staging file is there, with this size. */
  boolean isStaged(long staging, long size) throws IOException {
    return make(
        turn ->
            Files.isRegularFile(staged(staging), LinkOption.NOFOLLOW_LINKS)
                && Files.size(staged(staging)) == size);
  }

  FileDigest stagedDigest(long staging) {
    return new FileDigest(staged(staging));
  }

  /** Reads on; false at the end of the file. */
  boolean read(FileDigest digest, long bytes) throws IOException {
    return make(turn -> digest.piece(bytes));
  }

  /** Takes away all staging files but these. */
  void sweep(Collection<Long> keep) throws IOException {
    run(
        turn -> {
          Set<Path> kept = new HashSet<>();
          keep.forEach(staging -> kept.add(staged(staging)));
          try (DirectoryStream<Path> left = Files.newDirectoryStream(folder, "*.part")) {
            for (Path file : left) {
              if (!kept.contains(file) && !turn.left()) {
                boolean unused = Files.deleteIfExists(file);
              }
            }
          } catch (DirectoryIteratorException e) {
            throw new IOException(e.getCause());
          }
        });
  }

  // ---- the jail

  /**
   * The one name that a path has among all that mean the same file.
   *
   * @throws Jail.Refused where no file may come there
   */
  String name(String path) throws IOException {
    return make(turn -> jail.root().relativize(files.uploadable(path)).toString());
  }

  /** Bytes that files take in the jail, those of these names. */
  long installedBytes(Collection<String> names) throws IOException {
    return make(
        turn -> {
          long sum = 0;
          for (String name : names) {
            sum += size(name);
          }
          return sum;
        });
  }

  /** Of a file in the jail; 0 where there is none. */
  long installedSize(String name) throws IOException {
    return make(turn -> size(name));
  }

  private long size(String name) throws IOException {
    Path file = jail.root().resolve(name);
    return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) ? Files.size(file) : 0;
  }

  FileDigest installedDigest(String name) {
    return new FileDigest(jail.root().resolve(name));
  }

  /** Bytes that are free on the disk. */
  long freeBytes() throws IOException {
    return make(turn -> Files.getFileStore(folder).getUsableSpace());
  }

  /** Moves a staging file to its place, in one go. */
  void install(long staging, String name) throws IOException {
    run(turn -> files.install(staged(staging), name, turn));
  }

  /** A file that is not what was signed must not be taken for it. */
  void remove(String name) throws IOException {
    run(
        turn -> {
          Path file = jail.file(name);
          Files.delete(file);
          CheckedFile.forceFolder(file);
        });
  }

  /** A file for {@code LoadTableFile}. */
  byte[] table(String path) throws IOException {
    return make(
        turn -> {
          Path file = jail.file(path);
          if (Files.size(file) > MOST_TABLE_BYTES) {
            throw new IOException("it is larger than " + MOST_TABLE_BYTES + " bytes");
          }
          return Files.readAllBytes(file);
        });
  }
}

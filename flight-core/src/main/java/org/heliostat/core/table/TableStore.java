package org.heliostat.core.table;

import com.google.protobuf.InvalidProtocolBufferException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.heliostat.core.file.CheckedFile;
import org.heliostat.core.file.Disk;
import org.heliostat.protocol.Table;

/**
 * The tables on disk: one checked file each, so that a power loss at any byte leaves the old table
 * or the new one. No call waits longer than {@link Disk#DEADLINE_NANOS} for the disk. Thread-safe,
 * but for two calls about one table at a time.
 */
class TableStore {
  private static final String SUFFIX = ".table";
  private static final int DISK_THREADS = 2;

  private final Path folder;
  private final Disk disk;

  /**
   * What is stored of a table.
   *
   * @param table the newest that reads
   * @param damaged something newer, or all that there was, does not
   */
  record Stored(Optional<Table> table, boolean damaged) {}

  TableStore(Path folder) {
    this(folder, new Disk("table-disk", DISK_THREADS, Disk.DEADLINE_NANOS));
  }

  /** On a disk that may be made to fail. */
  TableStore(Path folder, Disk disk) {
    this.folder = folder;
    this.disk = disk;
  }

  /** Reads a table; nothing where none is stored. */
  Stored read(String name) throws IOException {
    return disk.get(
        () -> {
          CheckedFile file = file(name);
          boolean damaged = file.damaged();
          Optional<byte[]> bytes = file.read();
          if (bytes.isEmpty()) {
            return new Stored(Optional.empty(), damaged);
          }
          try {
            return new Stored(Optional.of(Table.parseFrom(bytes.get())), damaged);
          } catch (InvalidProtocolBufferException e) {
            return new Stored(Optional.empty(), true);
          }
        });
  }

  /**
   * Stores a table; on return it is on disk.
   *
   * @throws Disk.Hung when the disk does not answer; whether the table is stored is not known then
   */
  void write(Table table) throws IOException {
    disk.run(
        () -> {
          Files.createDirectories(folder);
          file(table.getName()).write(table.toByteArray());
        });
  }

  /** Removes what is stored of a table. */
  void delete(String name) throws IOException {
    disk.run(
        () -> {
          if (Files.isDirectory(folder)) {
            file(name).delete();
          }
        });
  }

  /** Names of the stored tables that begin so. */
  Set<String> names(String prefix) throws IOException {
    return disk.get(
        () -> {
          Set<String> names = new TreeSet<>();
          if (!Files.isDirectory(folder)) {
            return names;
          }
          try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            for (Path path : files) {
              String file = String.valueOf(path.getFileName());
              int end = file.indexOf(SUFFIX);
              if (end > 0 && file.startsWith(prefix) && !file.endsWith(".new")) {
                names.add(file.substring(0, end));
              }
            }
          }
          return names;
        });
  }

  private CheckedFile file(String name) {
    return new CheckedFile(folder.resolve(name + SUFFIX));
  }
}

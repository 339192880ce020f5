package org.heliostat.hil.ground;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Opens the growing files of an archive, for reading and writing, and makes those that are not. */
interface ArchiveFiles {
  /** Those of the disk. */
  ArchiveFiles DISK = new ArchiveFiles() {};

  /**
   * Opens a file; on return its name is on disk, also that of one which a station that was killed
   * has made.
   */
  default FileChannel open(Path file) throws IOException {
    FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    try {
      forceNameOf(file);
    } catch (IOException e) {
      try (channel) {
        throw e;
      }
    }
    return channel;
  }

  /** Makes a folder, and those above it; on return the names of all that were made are on disk. */
  default void makeFolder(Path folder) throws IOException {
    Path above = folder.toAbsolutePath().getParent();
    if (above != null && !Files.isDirectory(above)) {
      makeFolder(above);
    }
    Files.createDirectories(folder);
    forceNameOf(folder);
  }

  /** Brings the name of a file or folder to disk: its folder, where it stands. */
  default void forceNameOf(Path file) throws IOException {
    Path folder = file.toAbsolutePath().getParent();
    if (folder != null) {
      forceFolder(folder);
    }
  }

  /** Brings the names in a folder to disk. */
  default void forceFolder(Path folder) throws IOException {
    DurableFile.forceFolder(folder);
  }
}

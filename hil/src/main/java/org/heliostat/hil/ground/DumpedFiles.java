package org.heliostat.hil.ground;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import org.heliostat.protocol.FilePart;

/**
 * Puts the files that the satellite dumps together again, one folder for each dump command. Parts
 * may come in any order and twice. Owned by the archive's thread.
 */
final class DumpedFiles {
  private final Path folder;
  private final ArchiveFiles files;

  /** The file of the newest part, whose name is on disk. */
  private Optional<Path> named = Optional.empty();

  DumpedFiles(Path folder, ArchiveFiles files) {
    this.folder = folder;
    this.files = files;
  }

  /** Where a part goes, below the folder of the dumps. */
  static String place(FilePart part) {
    String name = part.getPath().replaceAll(".*/", "").replaceAll("[^A-Za-z0-9._-]", "_");
    if (name.isEmpty() || name.startsWith(".")) {
      name = "file" + name;
    }
    return Long.toUnsignedString(part.getCounter()) + "/" + name;
  }

  /**
   * Writes one part to its place; its name is that of the file alone, whatever its path says. On
   * return content and names are on disk. A part beyond the end of its file is left out.
   */
  void store(FilePart part) throws IOException {
    if (part.getOffset() < 0
        || part.getOffset() > part.getFileSize()
        || part.getContent().size() > part.getFileSize() - part.getOffset()) {
      // would come again and again if it were refused
      return;
    }
    Path place = folder.resolve(place(part));
    boolean known = named.filter(place::equals).isPresent();
    if (!known) {
      files.makeFolder(folder);
      files.makeFolder(folder.resolve(Long.toUnsignedString(part.getCounter())));
    }
    try (FileChannel file =
        FileChannel.open(place, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      ByteBuffer content = part.getContent().asReadOnlyByteBuffer();
      long position = part.getOffset();
      while (content.hasRemaining()) {
        position += file.write(content, position);
      }
      file.force(true);
    }
    if (!known) {
      files.forceNameOf(place);
      named = Optional.of(place);
    }
  }
}

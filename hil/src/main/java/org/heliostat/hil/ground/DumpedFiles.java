package org.heliostat.hil.ground;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.heliostat.protocol.FilePart;

/**
 * Puts the files that the satellite dumps together again, one folder for each dump command. Parts
 * may come in any order and twice. Owned by the archive's thread.
 */
final class DumpedFiles {
  private final Path folder;

  DumpedFiles(Path folder) {
    this.folder = folder;
  }

  /**
   * Writes one part to its place; its name is that of the file alone, whatever its path says. A
   * part beyond the end of its file is left out.
   */
  void store(FilePart part) throws IOException {
    String name = part.getPath().replaceAll(".*/", "").replaceAll("[^A-Za-z0-9._-]", "_");
    if (name.isEmpty() || name.startsWith(".")) {
      name = "file" + name;
    }
    if (part.getOffset() < 0
        || part.getOffset() > part.getFileSize()
        || part.getContent().size() > part.getFileSize() - part.getOffset()) {
      // would come again and again if it were refused
      return;
    }
    Path dump = folder.resolve(Long.toUnsignedString(part.getCounter()));
    Files.createDirectories(dump);
    try (FileChannel file =
        FileChannel.open(dump.resolve(name), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      ByteBuffer content = part.getContent().asReadOnlyByteBuffer();
      long position = part.getOffset();
      while (content.hasRemaining()) {
        position += file.write(content, position);
      }
      file.force(true);
    }
  }
}

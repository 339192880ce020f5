package org.heliostat.hil.launch;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import org.heliostat.protocol.SignerKeys;
import org.jspecify.annotations.Nullable;

/**
 * The folder of a flight's sockets, shared memory and temporary files, gone with the flight. Its
 * path is short, because that of a Unix socket holds 107 characters.
 */
final class RunFolder {
  private static final int LONGEST_PATH = 75;

  private final Path path;

  private RunFolder(Path path) {
    this.path = path;
  }

  static RunFolder create() throws IOException {
    Path made = Files.createTempDirectory("hs").toAbsolutePath();
    if (made.toString().length() > LONGEST_PATH) {
      Files.delete(made);
      made = Files.createTempDirectory(Path.of("/tmp"), "hs");
    }
    Files.createDirectories(made.resolve("tmp"));
    Files.createDirectories(made.resolve("flight"));
    return new RunFolder(made);
  }

  Path path() {
    return path;
  }

  Path temporary() {
    return path.resolve("tmp");
  }

  Path flight() {
    return path.resolve("flight");
  }

  /** The secret of the board and the keys of the launch; the station's are its own. */
  Path boardKeys() {
    return path.resolve("keys");
  }

  Path stationKeys() {
    return path.resolve("station");
  }

  /** The private key of the one who signs files for this flight. */
  Path fileSigner() {
    return stationKeys().resolve(SignerKeys.PRIVATE);
  }

  Path world() {
    return path.resolve("world");
  }

  Path operators() {
    return path.resolve("ground.sock");
  }

  /** Removes a folder and what is in it, never through a link; one that is gone is no error. */
  static void removeTree(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    Files.walkFileTree(
        folder,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.deleteIfExists(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException failure) {
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException failure)
              throws IOException {
            Files.deleteIfExists(visited);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}

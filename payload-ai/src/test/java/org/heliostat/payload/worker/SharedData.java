package org.heliostat.payload.worker;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;

/** Real frames, where they lie; tests that want them are skipped where they do not. */
final class SharedData {
  private SharedData() {}

  /** A file of the shared data, or a skipped test. */
  static Path file(String name) {
    String set = System.getProperty("heliostat.shared", "");
    // surefire runs in the module's folder
    Path shared =
        set.isEmpty() ? Path.of("../../shared").toAbsolutePath().normalize() : Path.of(set);
    Path file = shared.resolve("data").resolve(name);
    assumeTrue(
        Files.isRegularFile(file),
        "real frames are not here (" + file + "); name their folder with -Dheliostat.shared=DIR");
    return file;
  }
}

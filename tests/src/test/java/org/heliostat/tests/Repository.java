package org.heliostat.tests;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The source tree that the tests look at. Surefire runs in the folder of its module. */
final class Repository {
  static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  static final List<String> MODULES = List.of("hal", "flight-core", "payload-ai", "hil");
  static final List<String> ALL_MODULES =
      List.of("hal", "flight-core", "payload-ai", "hil", "tests");

  private Repository() {}

  /** Files below a folder of the repository with this ending, in order; none when it is absent. */
  static List<Path> files(String folder, String ending) throws IOException {
    Path start = ROOT.resolve(folder);
    if (!Files.isDirectory(start)) {
      return List.of();
    }
    try (Stream<Path> all = Files.walk(start)) {
      return all.filter(Files::isRegularFile)
          .filter(path -> path.toString().endsWith(ending))
          .sorted()
          .toList();
    }
  }
}

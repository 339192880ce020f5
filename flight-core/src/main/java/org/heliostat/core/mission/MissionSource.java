package org.heliostat.core.mission;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.heliostat.protocol.ImageDigest;
import org.heliostat.protocol.TextFiles;
import org.heliostat.protocol.TextFiles.BadTextFile;

/**
 * What a mission is made of: the text that people have written, and the image whose apps and
 * drivers it is checked against. The same source gives the same mission.
 *
 * @param file that the text stands in
 * @param image the checksums of the image's files; empty where it has none, and is nothing that
 *     could be known again
 */
public record MissionSource(Path file, String text, Optional<String> image) {
  /**
   * Reads the text, and which image this is.
   *
   * @throws BadTextFile where the text cannot be read
   */
  public static MissionSource read(Path file, Path image) throws BadTextFile {
    return new MissionSource(file, TextFiles.text(file), checksums(image));
  }

  private static Optional<String> checksums(Path image) {
    Path sums = image.resolve(ImageDigest.CHECKSUMS);
    try {
      return Files.size(sums) > TextFiles.MAX_BYTES
          ? Optional.empty()
          : Optional.of(Files.readString(sums, StandardCharsets.UTF_8));
    } catch (IOException e) {
      // an image that was put together by hand, or a disk that fails: the text is read and checked
      return Optional.empty();
    }
  }
}

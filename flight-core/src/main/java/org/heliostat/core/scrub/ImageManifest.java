package org.heliostat.core.scrub;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.heliostat.protocol.ImageDigest;

/**
 * The lists of an image's files with the SHA-256 of each, as {@code sha256sum} writes and checks
 * them: that of the build, and that of what the JVM of the board makes of it.
 */
final class ImageManifest {
  /** Name of the file, in the image's folder. */
  static final String NAME = ImageDigest.CHECKSUMS;

  /** Where it is there. */
  static final String CLASS_DATA_NAME = "flight.jsa.sha256";

  private static final int MOST_FILES = 10_000;
  private static final Pattern LINE = Pattern.compile("([0-9a-f]{64}) [ *](\\S.*)");

  private ImageManifest() {}

  /** One file of the image, by its path from the image's folder. */
  record Entry(String path, String sha256) {}

  /**
   * Reads the lists.
   *
   * @throws IOException where it is missing, or is not what the build wrote
   */
  static List<Entry> read(Path image) throws IOException {
    List<Entry> entries = new ArrayList<>(read(image, NAME));
    if (Files.exists(image.resolve(CLASS_DATA_NAME))) {
      entries.addAll(read(image, CLASS_DATA_NAME));
    }
    return List.copyOf(entries);
  }

  private static List<Entry> read(Path image, String list) throws IOException {
    List<Entry> entries = new ArrayList<>();
    for (String line : Files.readAllLines(image.resolve(list), StandardCharsets.UTF_8)) {
      Matcher matcher = LINE.matcher(line);
      if (!matcher.matches() || entries.size() == MOST_FILES) {
        throw new IOException(list + " of the image is damaged");
      }
      String path =
          matcher.group(2).startsWith("./") ? matcher.group(2).substring(2) : matcher.group(2);
      if (!image.resolve(path).normalize().startsWith(image)) {
        throw new IOException(list + " of the image is damaged: it leads out of the image");
      }
      entries.add(new Entry(path, matcher.group(1)));
    }
    return entries;
  }
}

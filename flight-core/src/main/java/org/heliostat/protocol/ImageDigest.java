package org.heliostat.protocol;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The digest that names a flight image: SHA-256 over the relative paths, lengths and contents of
 * its files in path order. The build writes it beside the image, the flight reports it, and ground
 * compares. Stateless.
 */
public final class ImageDigest {
  /** Made of the image by the JVM that runs it, and another one for each JVM. */
  private static final Set<Path> CLASS_DATA =
      Set.of(Path.of("flight.jsa"), Path.of("flight.jsa.sha256"));

  private ImageDigest() {}

  /** Digest of all files below a folder, in hexadecimal. */
  public static String of(Path image) throws IOException {
    List<Path> files;
    try (Stream<Path> walk = Files.walk(image)) {
      files =
          walk.filter(Files::isRegularFile)
              .filter(file -> !CLASS_DATA.contains(image.relativize(file)))
              .sorted()
              .toList();
    }
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
    byte[] buffer = new byte[1 << 16];
    for (Path file : files) {
      digest.update(image.relativize(file).toString().getBytes(StandardCharsets.UTF_8));
      digest.update((byte) 0);
      digest.update(ByteBuffer.allocate(8).putLong(Files.size(file)).flip());
      try (InputStream in = Files.newInputStream(file)) {
        for (int read = in.read(buffer); read > 0; read = in.read(buffer)) {
          digest.update(buffer, 0, read);
        }
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  /** For the build: writes the digest of a folder (first argument) to a file (second argument). */
  public static void main(String[] arguments) throws IOException {
    Files.writeString(Path.of(arguments[1]), of(Path.of(arguments[0])) + System.lineSeparator());
  }
}

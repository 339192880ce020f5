package org.heliostat.protocol;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;

/**
 * The digest that names a flight image: SHA-256 over the relative paths, lengths and contents of
 * its files in path order. The build writes it beside the image, the flight reports it, and ground
 * compares. Stateless.
 */
public final class ImageDigest {
  /** Made of the image by the JVM that runs it, and another one for each JVM. */
  private static final Set<Path> CLASS_DATA =
      Set.of(Path.of("flight.jsa"), Path.of("flight.jsa.sha256"));

  /** The file of an image that has the checksums of its other files, as sha256sum writes them. */
  public static final String CHECKSUMS = "SHA256SUMS";

  /** The folder of an image in which the flight prepares repairs of its files: no part of it. */
  public static final String REPAIRS = ".repairs";

  private static final Path REPAIRS_PATH = Path.of(REPAIRS);

  private ImageDigest() {}

  /** Digest of all files below a folder, in hexadecimal. */
  public static String of(Path image) throws IOException {
    List<Path> files = new ArrayList<>();
    Path unusedStart =
        Files.walkFileTree(
            image,
            new SimpleFileVisitor<>() {
              @Override
              public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes is) {
                // files come and go there
                return image.relativize(folder).equals(REPAIRS_PATH)
                    ? FileVisitResult.SKIP_SUBTREE
                    : FileVisitResult.CONTINUE;
              }

              @Override
              public FileVisitResult visitFile(Path file, BasicFileAttributes is) {
                if (Files.isRegularFile(file) && !CLASS_DATA.contains(image.relativize(file))) {
                  files.add(file);
                }
                return FileVisitResult.CONTINUE;
              }
            });
    Collections.sort(files);
    MessageDigest digest = sha256();
    try (OutputStream to = new DigestOutputStream(OutputStream.nullOutputStream(), digest)) {
      for (Path file : files) {
        digest.update(image.relativize(file).toString().getBytes(StandardCharsets.UTF_8));
        digest.update((byte) 0);
        digest.update(ByteBuffer.allocate(Long.BYTES).putLong(Files.size(file)).flip());
        long unusedBytes = Files.copy(file, to);
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /** For the build: writes the digest of a folder (first argument) to a file (second argument). */
  public static void main(String[] arguments) throws IOException {
    Files.writeString(Path.of(arguments[1]), of(Path.of(arguments[0])) + System.lineSeparator());
  }
}

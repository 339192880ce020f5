package org.heliostat.core.file;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * SHA-256 of one file that is no link, taken piece by piece, so that a reader who must not be held
 * up can do something else in between. No file stays open between two pieces. One thread at a time.
 */
public final class FileDigest {
  private static final int BUFFER_BYTES = 1 << 16;

  private final Path file;
  private final MessageDigest digest;
  private long at;

  /** Nothing is read yet. */
  public FileDigest(Path file) {
    this.file = file;
    try {
      this.digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /**
   * Reads on.
   *
   * @param mostBytes of this piece
   * @return whether there may be more
   */
  public boolean piece(long mostBytes) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
    long left = mostBytes;
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
      while (left > 0) {
        buffer.clear().limit((int) Math.min(BUFFER_BYTES, left));
        int read = channel.read(buffer, at);
        if (read < 0) {
          return false;
        }
        digest.update(buffer.flip());
        at += read;
        left -= read;
      }
    }
    return true;
  }

  /** The digest of what was read, once. */
  public byte[] digest() {
    return digest.digest();
  }

  /** {@link #digest} in hexadecimal. */
  public String hexadecimal() {
    return HexFormat.of().formatHex(digest());
  }
}

package org.heliostat.protocol;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.util.Arrays;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;

/** Raw DEFLATE (RFC 1951) of small pieces. Stateless and thread-safe. */
final class Deflated {
  private Deflated() {}

  static ByteString pack(byte[] content) {
    Deflater deflater = new Deflater(Deflater.BEST_COMPRESSION, true);
    try {
      deflater.setInput(content);
      deflater.finish();
      // what does not become smaller grows by five bytes for each 64 KiB
      byte[] packed = new byte[content.length + content.length / 1024 + 64];
      int length = deflater.deflate(packed);
      if (!deflater.finished()) {
        throw new IllegalStateException("DEFLATE has made more of it than it can");
      }
      return ByteString.copyFrom(packed, 0, length);
    } finally {
      deflater.end();
    }
  }

  /**
   * The content of a piece.
   *
   * @throws IOException when it does not read, or holds more than {@code most} bytes
   */
  static byte[] unpack(ByteString packed, int most) throws IOException {
    Inflater inflater = new Inflater(true);
    try {
      inflater.setInput(packed.toByteArray());
      byte[] content = new byte[most];
      int length = inflater.inflate(content);
      // an end that was not looked for yet is seen with the next read
      if (!inflater.finished() && (inflater.inflate(new byte[1]) > 0 || !inflater.finished())) {
        throw new IOException("no end within " + most + " bytes");
      }
      if (inflater.getRemaining() > 0) {
        throw new IOException("something behind the end");
      }
      return Arrays.copyOf(content, length);
    } catch (DataFormatException e) {
      throw new IOException("no DEFLATE", e);
    } finally {
      inflater.end();
    }
  }
}

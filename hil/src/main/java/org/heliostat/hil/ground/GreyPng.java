package org.heliostat.hil.ground;

import java.awt.image.BufferedImage;
import java.awt.image.DataBufferByte;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import javax.imageio.ImageIO;

/**
 * PNG pictures of 8-bit grey (ISO/IEC 15948). Written here, so that a pixel is a byte and no colour
 * space comes between; read by the JDK, so that what is written is checked by someone else's
 * reader. Stateless.
 */
public final class GreyPng {
  private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};

  private GreyPng() {}

  /** The file of a picture, row by row. */
  static byte[] encode(byte[] pixels, int width, int height) {
    if (pixels.length != (long) width * height || pixels.length == 0) {
      throw new IllegalArgumentException(pixels.length + " pixels for " + width + " x " + height);
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(SIGNATURE);
    // bit depth 8, grey, deflate, adaptive filters, not interlaced
    chunk(
        out,
        "IHDR",
        ByteBuffer.allocate(13)
            .putInt(width)
            .putInt(height)
            .put(new byte[] {8, 0, 0, 0, 0})
            .array());
    chunk(out, "IDAT", deflated(pixels, width, height));
    chunk(out, "IEND", new byte[0]);
    return out.toByteArray();
  }

  /**
   * The pixels of a picture.
   *
   * @throws IOException when it is not 8-bit grey of this size
   */
  public static byte[] decode(byte[] file, int width, int height) throws IOException {
    ImageIO.setUseCache(false);
    BufferedImage image = ImageIO.read(new ByteArrayInputStream(file));
    if (image == null || image.getType() != BufferedImage.TYPE_BYTE_GRAY) {
      throw new IOException("not a PNG of 8-bit grey");
    }
    if (image.getWidth() != width || image.getHeight() != height) {
      throw new IOException(
          image.getWidth() + " x " + image.getHeight() + " pixels, not " + width + " x " + height);
    }
    Raster raster = image.getRaster();
    byte[] pixels = ((DataBufferByte) raster.getDataBuffer()).getData();
    return Arrays.copyOf(pixels, width * height);
  }

  private static byte[] deflated(byte[] pixels, int width, int height) {
    Deflater deflater = new Deflater(Deflater.DEFAULT_COMPRESSION);
    try {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      byte[] row = new byte[width + 1]; // filter type 0, then the samples
      byte[] buffer = new byte[8192];
      for (int y = 0; y < height; y++) {
        System.arraycopy(pixels, y * width, row, 1, width);
        deflater.setInput(row);
        if (y == height - 1) {
          deflater.finish();
        }
        while (y == height - 1 ? !deflater.finished() : !deflater.needsInput()) {
          out.write(buffer, 0, deflater.deflate(buffer));
        }
      }
      return out.toByteArray();
    } finally {
      deflater.end();
    }
  }

  private static void chunk(ByteArrayOutputStream out, String type, byte[] data) {
    byte[] name = type.getBytes(StandardCharsets.US_ASCII);
    CRC32 crc = new CRC32();
    crc.update(name);
    crc.update(data);
    out.writeBytes(ByteBuffer.allocate(4).putInt(data.length).array());
    out.writeBytes(name);
    out.writeBytes(data);
    out.writeBytes(ByteBuffer.allocate(4).putInt((int) crc.getValue()).array());
  }
}

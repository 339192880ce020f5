package org.heliostat.tests.flight;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** A folder of frames that are none, and one that is. */
final class BadFrames {
  /** Files that {@link #write} leaves. */
  static final int COUNT = 7;

  private BadFrames() {}

  static void write(Path folder) throws IOException {
    byte[] tiff = new byte[200];
    ByteBuffer.wrap(tiff)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put(new byte[] {'I', 'I', 42, 0})
        .putInt(8)
        .putShort((short) 12)
        .put(tiffEntry(256, 512))
        .put(tiffEntry(257, 512));
    Files.write(folder.resolve("cut.tif"), tiff);
    Files.writeString(folder.resolve("text.tif"), "not a picture at all");
    Files.write(folder.resolve("empty.npy"), new byte[0]);
    Files.write(folder.resolve("nan.npy"), npy("<f4", 6, 32, 32, Float.NaN));
    byte[] cut = npy("<f4", 6, 32, 32, 0.1f);
    Files.write(folder.resolve("cut.npy"), java.util.Arrays.copyOf(cut, cut.length / 2));
    Files.write(folder.resolve("good.npy"), npy("<f4", 6, 32, 32, 0.1f));
    try (ZipOutputStream zip =
        new ZipOutputStream(Files.newOutputStream(folder.resolve("complex.npz")))) {
      zip.putNextEntry(new ZipEntry("img.npy"));
      writeTo(zip, npy("<c8", 6, 32, 32, 0.1f));
      zip.closeEntry();
    }
  }

  private static void writeTo(OutputStream out, byte[] bytes) throws IOException {
    out.write(bytes);
  }

  private static byte[] tiffEntry(int tag, int value) {
    return ByteBuffer.allocate(12)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putShort((short) tag)
        .putShort((short) 3)
        .putInt(1)
        .putInt(value)
        .array();
  }

  private static byte[] npy(String type, int bands, int height, int width, float value)
      throws IOException {
    String header =
        "{'descr': '"
            + type
            + "', 'fortran_order': False, 'shape': ("
            + bands
            + ", "
            + height
            + ", "
            + width
            + "), }\n";
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0});
    out.writeBytes(
        ByteBuffer.allocate(2)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putShort((short) header.length())
            .array());
    out.writeBytes(header.getBytes(StandardCharsets.US_ASCII));
    ByteBuffer data =
        ByteBuffer.allocate(4 * bands * height * width).order(ByteOrder.LITTLE_ENDIAN);
    while (data.hasRemaining()) {
      data.putFloat(value);
    }
    out.writeBytes(data.array());
    return out.toByteArray();
  }
}

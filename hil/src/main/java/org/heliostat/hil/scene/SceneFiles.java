package org.heliostat.hil.scene;

import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.ShortBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;

/**
 * Writes scenes and truths. Formats: npy 1.0 (NumPy enhancement proposal 1) and PNG (ISO/IEC
 * 15948), 8-bit grey. All methods throw {@link IOException} if the file cannot be written; what
 * lies there then is incomplete. Thread-safe for different paths.
 */
public final class SceneFiles {
  private static final byte[] PNG_SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};

  private SceneFiles() {}

  /**
   * Samples as uint16, little endian, C order, shape (6, height, width), bands as in {@link
   * SceneBand}; 0 is nodata.
   */
  public static void writeNpy(Scene scene, Path file) throws IOException {
    SceneBand[] bands = SceneBand.values();
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file), 1 << 16)) {
      out.write(npyHeader("<u2", bands.length, scene.height(), scene.width()));
      ByteBuffer raw =
          ByteBuffer.allocate(scene.width() * scene.height() * 2).order(ByteOrder.LITTLE_ENDIAN);
      for (SceneBand band : bands) {
        ShortBuffer samples = scene.band(band);
        raw.clear();
        raw.asShortBuffer().put(samples);
        out.write(raw.array());
      }
    }
  }

  /** Class codes ({@link SceneClass}) as uint8, shape (height, width). */
  public static void writeTruthNpy(Scene scene, Path file) throws IOException {
    writeBytesNpy(scene, scene.truth(), file);
  }

  /** Cloud opacity (0 to 255) as uint8, shape (height, width). */
  public static void writeOpacityNpy(Scene scene, Path file) throws IOException {
    writeBytesNpy(scene, scene.cloudOpacity(), file);
  }

  /** The cloud truth as a grey PNG: 255 cloud, 0 anything else. */
  public static void truthPng(Scene scene, Path file) throws IOException {
    ByteBuffer truth = scene.truth();
    byte[] grey = new byte[scene.width() * scene.height()];
    for (int at = 0; at < grey.length; at++) {
      grey[at] = (byte) (truth.get(at) == SceneClass.CLOUD.code() ? 255 : 0);
    }
    writePng(grey, scene.width(), scene.height(), 1, file);
  }

  /** A look at the scene: red, green and blue, stretched so that a reflectance of 0.45 is white. */
  public static void quicklookPng(Scene scene, Path file) throws IOException {
    byte[] colours = new byte[scene.width() * scene.height() * 3];
    SceneBand[] order = {SceneBand.RED, SceneBand.GREEN, SceneBand.BLUE};
    for (int channel = 0; channel < 3; channel++) {
      ShortBuffer band = scene.band(order[channel]);
      for (int at = 0; at < scene.width() * scene.height(); at++) {
        double level = band.get(at) * scene.reflectanceScale() / 0.45;
        colours[3 * at + channel] =
            (byte) Math.min(255, Math.round(255 * Math.min(1, Math.sqrt(level))));
      }
    }
    writePng(colours, scene.width(), scene.height(), 3, file);
  }

  private static void writeBytesNpy(Scene scene, ByteBuffer bytes, Path file) throws IOException {
    byte[] copy = new byte[bytes.remaining()];
    bytes.get(copy);
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file), 1 << 16)) {
      out.write(npyHeader("|u1", scene.height(), scene.width()));
      out.write(copy);
    }
  }

  private static byte[] npyHeader(String type, int... shape) {
    StringBuilder text =
        new StringBuilder("{'descr': '" + type + "', 'fortran_order': False, 'shape': (");
    for (int size : shape) {
      text.append(size).append(", ");
    }
    text.setLength(text.length() - 2);
    text.append("), }");
    // magic, version and length take 10 bytes; data starts at a multiple of 64
    while ((10 + text.length() + 1) % 64 != 0) {
      text.append(' ');
    }
    text.append('\n');
    byte[] body = text.toString().getBytes(StandardCharsets.US_ASCII);
    ByteBuffer header = ByteBuffer.allocate(10 + body.length).order(ByteOrder.LITTLE_ENDIAN);
    header
        .put((byte) 0x93)
        .put("NUMPY".getBytes(StandardCharsets.US_ASCII))
        .put((byte) 1)
        .put((byte) 0);
    header.putShort((short) body.length).put(body);
    return header.array();
  }

  private static void writePng(byte[] pixels, int width, int height, int channels, Path file)
      throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    Deflater deflater = new Deflater(6);
    try (DeflaterOutputStream rows = new DeflaterOutputStream(packed, deflater)) {
      for (int y = 0; y < height; y++) {
        rows.write(0);
        rows.write(pixels, y * width * channels, width * channels);
      }
    } finally {
      deflater.end();
    }
    ByteBuffer header = ByteBuffer.allocate(13);
    header.putInt(width).putInt(height).put((byte) 8).put((byte) (channels == 1 ? 0 : 2));
    header.put((byte) 0).put((byte) 0).put((byte) 0);
    try (DataOutputStream out =
        new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(file)))) {
      out.write(PNG_SIGNATURE);
      chunk(out, "IHDR", header.array());
      chunk(out, "IDAT", packed.toByteArray());
      chunk(out, "IEND", new byte[0]);
    }
  }

  private static void chunk(DataOutputStream out, String name, byte[] body) throws IOException {
    byte[] type = name.getBytes(StandardCharsets.US_ASCII);
    CRC32 sum = new CRC32();
    sum.update(type);
    sum.update(body);
    out.writeInt(body.length);
    out.write(type);
    out.write(body);
    out.writeInt((int) sum.getValue());
  }
}

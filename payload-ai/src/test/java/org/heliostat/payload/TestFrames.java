package org.heliostat.payload;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.heliostat.payload.frame.Frame;
import org.heliostat.protocol.FrameLayout;
import org.heliostat.protocol.SampleType;

/** Makes frame files and frames for tests. */
public final class TestFrames {
  /** The bands of the default mission. */
  public static final List<String> BANDS =
      List.of("blue", "green", "red", "nir", "swir16", "swir22");

  private TestFrames() {}

  /** An npy file: header as NumPy writes it, then the samples as they are given. */
  public static byte[] npy(int major, String descr, boolean fortran, String shape, byte[] samples) {
    String header =
        "{'descr': '%s', 'fortran_order': %s, 'shape': (%s), }"
            .formatted(descr, fortran ? "True" : "False", shape);
    int before = major == 1 ? 10 : 12;
    int padding = 63 - (before + header.length()) % 64;
    byte[] text = (header + " ".repeat(padding) + "\n").getBytes(StandardCharsets.US_ASCII);
    ByteBuffer file =
        ByteBuffer.allocate(before + text.length + samples.length).order(ByteOrder.LITTLE_ENDIAN);
    file.put((byte) 0x93).put("NUMPY".getBytes(StandardCharsets.US_ASCII));
    file.put((byte) major).put((byte) 0);
    if (major == 1) {
      file.putShort((short) text.length);
    } else {
      file.putInt(text.length);
    }
    return file.put(text).put(samples).array();
  }

  /** An npz file with these entries, in the map's order. */
  public static byte[] npz(Map<String, byte[]> entries) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
        zip.putNextEntry(new ZipEntry(entry.getKey()));
        zip.write(entry.getValue());
        zip.closeEntry();
      }
    } catch (IOException e) {
      throw new IllegalStateException("nothing is written but memory", e);
    }
    return bytes.toByteArray();
  }

  /** The numbers as samples of an npy type such as {@code <f4}. */
  public static byte[] samples(String descr, double... values) {
    int size = Integer.parseInt(descr.substring(2));
    ByteBuffer bytes =
        ByteBuffer.allocate(size * values.length)
            .order(descr.charAt(0) == '>' ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
    for (double value : values) {
      switch (descr.substring(1)) {
        case "u1", "i1" -> bytes.put((byte) value);
        case "u2", "i2" -> bytes.putShort((short) (int) value);
        case "f4" -> bytes.putFloat((float) value);
        case "f8" -> bytes.putDouble(value);
        case "i4" -> bytes.putInt((int) value);
        default -> bytes.putLong((long) value);
      }
    }
    return bytes.array();
  }

  /** A planar float frame in a file, with a value for each band, row and column. */
  public static Frame planar(
      Path file, String id, int width, int height, List<String> bands, Fill fill)
      throws IOException {
    ByteBuffer bytes =
        ByteBuffer.allocate(4 * bands.size() * width * height).order(ByteOrder.LITTLE_ENDIAN);
    int valid = 0;
    for (int b = 0; b < bands.size(); b++) {
      for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
          float value = fill.at(b, x, y);
          bytes.putFloat(value);
          valid += b == 0 && !Float.isNaN(value) ? 1 : 0;
        }
      }
    }
    Files.write(file, bytes.array());
    return new Frame(
        id,
        id + ".npy",
        file,
        FrameLayout.newBuilder()
            .setPath(file.toString())
            .setWidth(width)
            .setHeight(height)
            .addAllBands(bands)
            .setSampleType(SampleType.FLOAT32)
            .build(),
        7,
        List.of(1.0, 2.0, 3.0, 4.0),
        bands.size() * (long) width * height * 12 / 8,
        (double) valid / (width * height));
  }

  /** Gives the sample of a band at a place. */
  @FunctionalInterface
  public interface Fill {
    /** The sample. */
    float at(int band, int x, int y);
  }

  /** Smooth, seeded reflectances that look like something to a network. */
  public static Fill smooth(long seed) {
    Random random = new Random(seed);
    double a = 20 + 30 * random.nextDouble();
    double b = 20 + 30 * random.nextDouble();
    double phase = 6 * random.nextDouble();
    return (band, x, y) ->
        (float) (0.3 + 0.25 * Math.sin(x / a + phase) * Math.cos(y / b) + 0.02 * band);
  }
}

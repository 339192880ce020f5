package org.heliostat.payload.frame;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipInputStream;
import org.heliostat.protocol.SampleType;

/**
 * Reads NumPy's npy (format version 1 to 3, NumPy Enhancement Proposal 1) and npz (a zip of npy).
 * Takes u1, u2, i2, f4 and f8 of either byte order, in C order, with 2 or 3 axes. In an npz the
 * array {@code img} is the frame, or the only one with 3 axes.
 */
final class NpyReader {
  private static final Pattern DESCRIPTION = Pattern.compile("'descr'\\s*:\\s*'([^']*)'");
  private static final Pattern FORTRAN = Pattern.compile("'fortran_order'\\s*:\\s*(True|False)");
  private static final Pattern SHAPE = Pattern.compile("'shape'\\s*:\\s*\\(([0-9, ]*)\\)");
  private static final int MAX_HEADER_BYTES = 1 << 16;
  private static final int BUFFER_BYTES = 1 << 14;
  private static final int MAX_ENTRIES = 64;

  /** Deflate makes at most 1032 bytes of one; what claims more is damaged. */
  private static final long MAX_INFLATION = 1032;

  /**
   * How the bands lie; a frame with as many bands as this along one axis only is laid out along
   * that axis.
   */
  private final int expectedBands;

  private final long maxSamples;
  private final String layout;

  /**
   * A reader.
   *
   * @param layout CHW, HWC, or empty to tell by the axis that holds the bands
   */
  NpyReader(int expectedBands, long maxSamples, String layout) {
    this.expectedBands = expectedBands;
    this.maxSamples = maxSamples;
    this.layout = layout;
  }

  private record Header(char kind, int size, boolean bigEndian, List<Integer> shape) {}

  Planes readNpy(Path file) throws FrameFault {
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file), BUFFER_BYTES)) {
      return array(in, header(in), Files.size(file));
    } catch (EOFException e) {
      throw new FrameFault("npy is truncated", e);
    } catch (IOException e) {
      throw new FrameFault("npy cannot be read: " + e.getMessage(), e);
    }
  }

  Planes readNpz(Path file) throws FrameFault {
    String wanted = frameEntry(file);
    try (ZipInputStream zip =
        new ZipInputStream(new BufferedInputStream(Files.newInputStream(file), BUFFER_BYTES))) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        if (entry.getName().equals(wanted)) {
          InputStream in = new BufferedInputStream(zip, BUFFER_BYTES);
          Planes planes = array(in, header(in), Files.size(file) * MAX_INFLATION);
          // reading to the end is what checks the entry's CRC
          if (in.read() >= 0) {
            throw new FrameFault("npz array is longer than its header says");
          }
          return planes;
        }
      }
      throw new FrameFault("npz is truncated");
    } catch (EOFException e) {
      throw new FrameFault("npz is truncated", e);
    } catch (ZipException | IllegalArgumentException e) {
      // the JDK lets a damaged entry name or extra field through unchecked
      throw new FrameFault("npz is damaged: " + e.getMessage(), e);
    } catch (IOException e) {
      throw new FrameFault("npz cannot be read: " + e.getMessage(), e);
    }
  }

  private static String frameEntry(Path file) throws FrameFault {
    String only = "";
    int found = 0;
    try (ZipInputStream zip =
        new ZipInputStream(new BufferedInputStream(Files.newInputStream(file), BUFFER_BYTES))) {
      int count = 0;
      for (ZipEntry entry = zip.getNextEntry();
          entry != null && count < MAX_ENTRIES;
          entry = zip.getNextEntry(), count++) {
        if (entry.getName().equals("img.npy")) {
          return entry.getName();
        }
        if (entry.getName().endsWith(".npy") && header(zip).shape.size() == 3) {
          only = entry.getName();
          found++;
        }
      }
    } catch (EOFException e) {
      throw new FrameFault("npz is truncated", e);
    } catch (ZipException | IllegalArgumentException e) {
      // the JDK lets a damaged entry name or extra field through unchecked
      throw new FrameFault("npz is damaged: " + e.getMessage(), e);
    } catch (IOException e) {
      throw new FrameFault("npz cannot be read: " + e.getMessage(), e);
    }
    if (found != 1) {
      throw new FrameFault(
          "npz has no array img and " + found + " arrays with 3 axes; one would be the frame");
    }
    return only;
  }

  private static Header header(InputStream in) throws IOException, FrameFault {
    byte[] magic = in.readNBytes(8);
    if (magic.length < 8
        || (magic[0] & 0xFF) != 0x93
        || !new String(magic, 1, 5, StandardCharsets.US_ASCII).equals("NUMPY")) {
      throw new FrameFault("not an npy array");
    }
    int major = magic[6];
    byte[] lengthBytes = in.readNBytes(major == 1 ? 2 : 4);
    ByteBuffer lengthBuffer = ByteBuffer.wrap(lengthBytes).order(ByteOrder.LITTLE_ENDIAN);
    if (lengthBytes.length < (major == 1 ? 2 : 4)) {
      throw new EOFException();
    }
    int length = major == 1 ? lengthBuffer.getShort() & 0xFFFF : lengthBuffer.getInt();
    if (major < 1 || major > 3 || length < 0 || length > MAX_HEADER_BYTES) {
      throw new FrameFault("npy header of version " + major + " with " + length + " bytes");
    }
    byte[] text = in.readNBytes(length);
    if (text.length < length) {
      throw new EOFException();
    }
    String header = new String(text, StandardCharsets.UTF_8);
    Matcher description = DESCRIPTION.matcher(header);
    Matcher fortran = FORTRAN.matcher(header);
    Matcher shape = SHAPE.matcher(header);
    if (!description.find() || !fortran.find() || !shape.find()) {
      throw new FrameFault("npy header is not of a plain array");
    }
    String type = description.group(1);
    if (!type.matches("[<>|=][a-zA-Z][0-9]{1,4}")) {
      throw new FrameFault("npy type " + type + " is not a sample type");
    }
    if (fortran.group(1).equals("True")) {
      throw new FrameFault("npy is in Fortran order");
    }
    String[] sizes =
        shape.group(1).isBlank()
            ? new String[0]
            : shape.group(1).trim().replaceAll(",$", "").split("\\s*,\\s*", -1);
    List<Integer> axes = new ArrayList<>();
    for (String size : sizes) {
      try {
        axes.add(Integer.valueOf(size));
      } catch (NumberFormatException e) {
        throw new FrameFault("npy axis of length " + size, e);
      }
    }
    return new Header(
        type.charAt(1), Integer.parseInt(type.substring(2)), type.charAt(0) == '>', axes);
  }

  /**
   * Reads the samples.
   *
   * @param maxBytes more than this cannot be there: a damaged header must not take memory for it
   */
  private Planes array(InputStream in, Header header, long maxBytes)
      throws IOException, FrameFault {
    SampleType type = sampleType(header);
    int[] shape = header.shape.stream().mapToInt(Integer::intValue).toArray();
    if (shape.length != 2 && shape.length != 3) {
      throw new FrameFault("array has " + shape.length + " axes; a frame has 2 or 3");
    }
    boolean bandsFirst = shape.length == 2 || bandsFirst(shape);
    int bands = shape.length == 2 ? 1 : bandsFirst ? shape[0] : shape[2];
    int height = shape.length == 2 ? shape[0] : bandsFirst ? shape[1] : shape[0];
    int width = shape.length == 2 ? shape[1] : bandsFirst ? shape[2] : shape[1];
    long samples = (long) bands * height * width;
    if (bands < 1 || bands > 64 || height < 1 || width < 1) {
      throw new FrameFault(bands + " bands of " + width + " x " + height + " pixels");
    }
    if (samples > maxSamples
        || (long) bands * height > Integer.MAX_VALUE
        || samples > Integer.MAX_VALUE / 8) {
      throw new FrameFault(samples + " samples are over the mission's limit of " + maxSamples);
    }
    if (samples * header.size > maxBytes) {
      throw new EOFException();
    }
    ByteBuffer[] planes = new ByteBuffer[bands];
    for (int b = 0; b < bands; b++) {
      planes[b] = Planes.plane(height * width, type);
    }
    ByteOrder order = header.bigEndian ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
    int rowSamples = bandsFirst ? width : width * bands;
    byte[] row = new byte[rowSamples * header.size];
    ByteBuffer samplesOfRow = ByteBuffer.wrap(row).order(order);
    int rows = bandsFirst ? bands * height : height;
    for (int r = 0; r < rows; r++) {
      if (in.readNBytes(row, 0, row.length) < row.length) {
        throw new EOFException();
      }
      for (int i = 0; i < rowSamples; i++) {
        ByteBuffer plane = bandsFirst ? planes[r / height] : planes[i % bands];
        copy(samplesOfRow, i * header.size, header, plane);
      }
    }
    for (ByteBuffer plane : planes) {
      plane.flip();
    }
    return new Planes(width, height, type, List.of(planes), Double.NaN);
  }

  private static void copy(ByteBuffer from, int at, Header header, ByteBuffer to) {
    switch (header.size) {
      case 1 -> to.put(from.get(at));
      case 2 -> to.putShort(from.getShort(at));
      case 4 -> to.putFloat(from.getFloat(at));
      default -> to.putFloat((float) from.getDouble(at));
    }
  }

  private static SampleType sampleType(Header header) throws FrameFault {
    return switch ("" + header.kind + header.size) {
      case "u1", "b1" -> SampleType.UINT8;
      case "u2" -> SampleType.UINT16;
      case "i2" -> SampleType.INT16;
      case "f4", "f8" -> SampleType.FLOAT32;
      default ->
          throw new FrameFault(
              "npy type " + header.kind + header.size + " is not a sample type (u1 u2 i2 f4 f8)");
    };
  }

  private boolean bandsFirst(int[] shape) {
    if (!layout.isEmpty()) {
      return layout.equals("CHW");
    }
    boolean first = shape[0] == expectedBands;
    boolean last = shape[2] == expectedBands;
    return first == last ? shape[0] <= shape[2] : first;
  }
}

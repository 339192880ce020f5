package org.heliostat.payload.frame;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.heliostat.protocol.FrameLayout;
import org.heliostat.protocol.SampleType;

/**
 * Gives the samples of a planar frame file as reflectance. It holds some rows of each band at a
 * time, so that it is quick for who goes down the rows, and reads them rather than mapping the
 * file: a map keeps the pages and the disk blocks of a deleted frame until the next collection, and
 * a disk that fails under it is no error that can be caught. For one thread.
 */
public final class SampleReader implements AutoCloseable {
  /** Rows of a band that are held, together; at least one. */
  private static final int WINDOW_BYTES = 1 << 13;

  private final FileChannel channel;
  private final String path;
  private final SampleType type;
  private final int width;
  private final int height;
  private final int pixels;
  private final double scale;
  private final double offset;
  private final double nodata;
  private final Rows[] bands;

  /** Rows of a band: those from {@code first} on that are in the buffer. */
  private static final class Rows {
    private final ByteBuffer bytes;
    private int first;
    private int count;

    Rows(int capacity) {
      bytes = ByteBuffer.allocate(capacity).order(ByteOrder.LITTLE_ENDIAN);
    }
  }

  /**
   * Opens the file of a layout.
   *
   * @throws IOException when the file is missing or not of its layout's size
   */
  public SampleReader(FrameLayout layout) throws IOException {
    type = layout.getSampleType();
    width = layout.getWidth();
    height = layout.getHeight();
    pixels = Math.multiplyExact(width, height);
    scale = layout.getScale();
    offset = layout.getOffset();
    nodata = layout.hasNodata() ? layout.getNodata() : Double.NaN;
    path = layout.getPath();
    bands = new Rows[layout.getBandsCount()];
    long bytes = (long) pixels * bands.length * Planes.bytes(type);
    channel = FileChannel.open(Path.of(path), StandardOpenOption.READ);
    if (channel.size() != bytes) {
      long there = channel.size();
      channel.close();
      throw new IOException(path + " has " + there + " bytes, its layout " + bytes);
    }
  }

  /**
   * Reflectance of one pixel of one band; NaN where there is no data.
   *
   * @throws IOException when the file cannot be read
   */
  public float reflectance(int band, int x, int y) throws IOException {
    Rows rows = bands[band];
    if (rows == null || y < rows.first || y >= rows.first + rows.count) {
      rows = read(band, y);
    }
    int index = (y - rows.first) * width + x;
    double sample =
        switch (type) {
          case UINT8 -> rows.bytes.get(index) & 0xFF;
          case UINT16 -> rows.bytes.getShort(2 * index) & 0xFFFF;
          case INT16 -> rows.bytes.getShort(2 * index);
          default -> rows.bytes.getFloat(4 * index);
        };
    // NaN equals nothing, so a file without a nodata value passes
    return sample == nodata || Double.isInfinite(sample)
        ? Float.NaN
        : (float) (sample * scale + offset);
  }

  private Rows read(int band, int y) throws IOException {
    int rowBytes = Math.multiplyExact(width, Planes.bytes(type));
    int most = Math.min(height, Math.max(1, WINDOW_BYTES / rowBytes));
    Rows rows = bands[band];
    if (rows == null) {
      rows = new Rows(most * rowBytes);
      bands[band] = rows;
    }
    rows.count = 0;
    int count = Math.min(most, height - y);
    rows.bytes.clear().limit(count * rowBytes);
    long at = ((long) band * pixels + (long) y * width) * Planes.bytes(type);
    while (rows.bytes.hasRemaining()) {
      int got = channel.read(rows.bytes, at);
      if (got < 0) {
        throw new EOFException(path + " ends at " + at);
      }
      at += got;
    }
    rows.first = y;
    rows.count = count;
    return rows;
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}

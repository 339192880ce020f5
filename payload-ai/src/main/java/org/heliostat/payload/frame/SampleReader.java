package org.heliostat.payload.frame;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.heliostat.protocol.FrameLayout;
import org.heliostat.protocol.SampleType;

/** Gives the samples of a planar frame file as reflectance, from a memory map. Thread-safe. */
public final class SampleReader {
  private final ByteBuffer map;
  private final SampleType type;
  private final int width;
  private final int pixels;
  private final double scale;
  private final double offset;
  private final double nodata;

  /**
   * Maps the file of a layout.
   *
   * @throws IOException when the file is missing or shorter than its layout
   */
  public SampleReader(FrameLayout layout) throws IOException {
    type = layout.getSampleType();
    width = layout.getWidth();
    pixels = Math.multiplyExact(width, layout.getHeight());
    scale = layout.getScale();
    offset = layout.getOffset();
    nodata = layout.hasNodata() ? layout.getNodata() : Double.NaN;
    long bytes = (long) pixels * layout.getBandsCount() * Planes.bytes(type);
    try (FileChannel channel =
        FileChannel.open(Path.of(layout.getPath()), StandardOpenOption.READ)) {
      if (channel.size() != bytes) {
        throw new IOException(
            layout.getPath() + " has " + channel.size() + " bytes, its layout " + bytes);
      }
      map = channel.map(FileChannel.MapMode.READ_ONLY, 0, bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
  }

  /** Reflectance of one pixel of one band; NaN where there is no data. */
  public float reflectance(int band, int x, int y) {
    int index = band * pixels + y * width + x;
    double sample =
        switch (type) {
          case UINT8 -> map.get(index) & 0xFF;
          case UINT16 -> map.getShort(2 * index) & 0xFFFF;
          case INT16 -> map.getShort(2 * index);
          default -> map.getFloat(4 * index);
        };
    // NaN equals nothing, so a file without a nodata value passes
    return sample == nodata || Double.isInfinite(sample)
        ? Float.NaN
        : (float) (sample * scale + offset);
  }
}

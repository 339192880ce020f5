package org.heliostat.payload.frame;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.heliostat.protocol.SampleType;

/**
 * The samples of a frame as a reader found them: one buffer a band, height * width samples each,
 * little endian, row by row.
 *
 * @param nodata sample that stands for no data; NaN where the file names none
 */
record Planes(int width, int height, SampleType type, List<ByteBuffer> bands, double nodata) {
  /**
   * An empty plane; outside the heap, whose collections would stop the flight for it.
   *
   * @throws FrameFault when there is no memory for it
   */
  static ByteBuffer plane(int pixels, SampleType type) throws FrameFault {
    try {
      return ByteBuffer.allocateDirect(pixels * bytes(type)).order(ByteOrder.LITTLE_ENDIAN);
    } catch (OutOfMemoryError e) {
      // thrown by the JDK's own count of direct memory; the heap has not run out
      throw new FrameFault("no memory for " + pixels + " samples: " + e.getMessage(), e);
    }
  }

  static int bytes(SampleType type) {
    return switch (type) {
      case UINT8 -> 1;
      case UINT16, INT16 -> 2;
      case FLOAT32 -> 4;
      default -> throw new IllegalArgumentException("no sample type");
    };
  }
}

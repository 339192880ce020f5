package org.heliostat.payload.frame;

import java.nio.ByteBuffer;
import java.util.List;
import org.heliostat.protocol.SampleType;

/**
 * The samples of a frame as a reader found them: one buffer a band, height * width samples each,
 * little endian, row by row.
 *
 * @param nodata sample that stands for no data; NaN where the file names none
 */
record Planes(int width, int height, SampleType type, List<ByteBuffer> bands, double nodata) {
  static int bytes(SampleType type) {
    return switch (type) {
      case UINT8 -> 1;
      case UINT16, INT16 -> 2;
      case FLOAT32 -> 4;
      default -> throw new IllegalArgumentException("no sample type");
    };
  }
}

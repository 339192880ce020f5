package org.heliostat.payload.product;

import com.google.protobuf.ByteString;
import java.awt.image.BufferedImage;
import java.awt.image.DataBufferByte;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.Optional;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.MemoryCacheImageOutputStream;
import org.heliostat.payload.frame.SampleReader;
import org.heliostat.protocol.FrameLayout;
import org.heliostat.protocol.Thumbnail;
import org.heliostat.protocol.ThumbnailConfig;

/**
 * Small pictures for people: red, green and blue, averaged down, stretched between their 2nd and
 * 98th percentile (of some thousand pixels), JPEG. For one thread.
 */
final class Thumbnails {
  private static final double LOW = 0.02;
  private static final double HIGH = 0.98;

  /** Of so many averaged pixels the percentiles are taken, or of one row of each band. */
  private static final int MOST_SAMPLED = 4096;

  private final FrameLayout layout;
  private final SampleReader samples;
  private final int[] bands;
  private final int width;
  private final int height;
  private final double[] sum;
  private final int[] count;

  private Thumbnails(FrameLayout layout, SampleReader samples, int[] bands, int mostPixels) {
    this.layout = layout;
    this.samples = samples;
    this.bands = bands;
    int longer = Math.max(layout.getWidth(), layout.getHeight());
    double shrink = Math.max(1.0, (double) longer / mostPixels);
    this.width = Math.max(1, (int) (layout.getWidth() / shrink));
    this.height = Math.max(1, (int) (layout.getHeight() / shrink));
    this.sum = new double[width];
    this.count = new int[width];
  }

  /** The thumbnail of a frame; nothing for a frame without red, green and blue. */
  static Optional<Thumbnail> make(FrameLayout layout, SampleReader samples, ThumbnailConfig config)
      throws IOException {
    int[] bands = {
      layout.getBandsList().indexOf("red"),
      layout.getBandsList().indexOf("green"),
      layout.getBandsList().indexOf("blue")
    };
    if (Arrays.stream(bands).anyMatch(band -> band < 0)) {
      return Optional.empty();
    }
    Thumbnails made = new Thumbnails(layout, samples, bands, config.getMaxPixels());
    return Optional.of(
        Thumbnail.newBuilder()
            .setJpeg(ByteString.copyFrom(jpeg(made.image(), (float) config.getQuality())))
            .setWidth(made.width)
            .setHeight(made.height)
            .build());
  }

  private BufferedImage image() throws IOException {
    float[] range = range();
    // of bytes and written as such: ImageIO and setRGB handle other kinds pixel by pixel
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_3BYTE_BGR);
    byte[] bgr = ((DataBufferByte) image.getRaster().getDataBuffer()).getData();
    for (int y = 0; y < height; y++) {
      for (int c = 0; c < bands.length; c++) {
        average(bands[c], y);
        for (int x = 0; x < width; x++) {
          bgr[3 * (y * width + x) + 2 - c] = (byte) level(averaged(x), range[0], range[1]);
        }
      }
    }
    return image;
  }

  /** What is shown as black, and what as full. */
  private float[] range() throws IOException {
    int rows = Math.max(1, Math.min(height, MOST_SAMPLED / (bands.length * width)));
    float[] values = new float[rows * bands.length * width];
    int found = 0;
    for (int i = 0; i < rows; i++) {
      // the middle ones of as many parts
      int y = (int) ((2L * i + 1) * height / (2L * rows));
      for (int band : bands) {
        average(band, y);
        for (int x = 0; x < width; x++) {
          if (count[x] > 0) {
            values[found++] = averaged(x);
          }
        }
      }
    }
    Arrays.sort(values, 0, found);
    return found == 0
        ? new float[] {0, 1}
        : new float[] {values[(int) (LOW * (found - 1))], values[(int) (HIGH * (found - 1))]};
  }

  private static int level(float value, float low, float high) {
    if (Float.isNaN(value)) {
      return 0;
    }
    float span = high > low ? high - low : 1;
    return Math.round(255 * Math.min(1, Math.max(0, (value - low) / span)));
  }

  private float averaged(int x) {
    return count[x] == 0 ? Float.NaN : (float) (sum[x] / count[x]);
  }

  /** Averages what becomes one row of a band. */
  private void average(int band, int y) throws IOException {
    Arrays.fill(sum, 0);
    Arrays.fill(count, 0);
    int top = (int) ((long) y * layout.getHeight() / height);
    int bottom = (int) ((long) (y + 1) * layout.getHeight() / height);
    for (int sy = top; sy < bottom; sy++) {
      for (int x = 0; x < width; x++) {
        int left = (int) ((long) x * layout.getWidth() / width);
        int right = (int) ((long) (x + 1) * layout.getWidth() / width);
        for (int sx = left; sx < right; sx++) {
          float value = samples.reflectance(band, sx, sy);
          if (!Float.isNaN(value)) {
            sum[x] += value;
            count[x]++;
          }
        }
      }
    }
  }

  private static byte[] jpeg(BufferedImage image, float quality) throws IOException {
    ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (MemoryCacheImageOutputStream out = new MemoryCacheImageOutputStream(bytes)) {
      ImageWriteParam param = writer.getDefaultWriteParam();
      param.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
      param.setCompressionQuality(quality);
      writer.setOutput(out);
      writer.write(null, new IIOImage(image, null, null), param);
    } finally {
      writer.dispose();
    }
    return bytes.toByteArray();
  }
}

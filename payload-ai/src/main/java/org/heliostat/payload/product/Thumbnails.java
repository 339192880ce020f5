package org.heliostat.payload.product;

import com.google.protobuf.ByteString;
import java.awt.image.BufferedImage;
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
 * 98th percentile, JPEG.
 */
final class Thumbnails {
  private static final double LOW = 0.02;
  private static final double HIGH = 0.98;

  private Thumbnails() {}

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
    int longer = Math.max(layout.getWidth(), layout.getHeight());
    double shrink = Math.max(1.0, (double) longer / config.getMaxPixels());
    int width = Math.max(1, (int) (layout.getWidth() / shrink));
    int height = Math.max(1, (int) (layout.getHeight() / shrink));
    float[][] planes = new float[3][];
    for (int i = 0; i < 3; i++) {
      planes[i] = average(layout, samples, bands[i], width, height);
    }
    float[] all = new float[3 * width * height];
    int count = 0;
    for (float[] plane : planes) {
      for (float value : plane) {
        if (!Float.isNaN(value)) {
          all[count++] = value;
        }
      }
    }
    Arrays.sort(all, 0, count);
    float low = count == 0 ? 0 : all[(int) (LOW * (count - 1))];
    float high = count == 0 ? 1 : all[(int) (HIGH * (count - 1))];
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int rgb = 0;
        for (float[] plane : planes) {
          rgb = rgb << 8 | level(plane[y * width + x], low, high);
        }
        image.setRGB(x, y, rgb);
      }
    }
    return Optional.of(
        Thumbnail.newBuilder()
            .setJpeg(ByteString.copyFrom(jpeg(image, (float) config.getQuality())))
            .setWidth(width)
            .setHeight(height)
            .build());
  }

  private static int level(float value, float low, float high) {
    if (Float.isNaN(value)) {
      return 0;
    }
    float span = high > low ? high - low : 1;
    return Math.round(255 * Math.min(1, Math.max(0, (value - low) / span)));
  }

  private static float[] average(
      FrameLayout layout, SampleReader samples, int band, int width, int height)
      throws IOException {
    float[] plane = new float[width * height];
    for (int y = 0; y < height; y++) {
      int top = (int) ((long) y * layout.getHeight() / height);
      int bottom = (int) ((long) (y + 1) * layout.getHeight() / height);
      double[] sum = new double[width];
      int[] count = new int[width];
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
      for (int x = 0; x < width; x++) {
        plane[y * width + x] = count[x] == 0 ? Float.NaN : (float) (sum[x] / count[x]);
      }
    }
    return plane;
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

package org.heliostat.hil.report;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Optional;
import javax.imageio.ImageIO;

/** Pictures small enough to stand in a page. Stateless. */
final class Pictures {
  private static final int SIZE = 128;
  private static final int COLOUR = 0xE8368F;

  private Pictures() {}

  /** A file as an address that holds it, or nothing when it is not there. */
  static Optional<String> inline(Path file, String type) {
    try {
      return Files.isRegularFile(file)
          ? Optional.of(inline(Files.readAllBytes(file), type))
          : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /**
   * A mask as something to lay over the picture: the more of a pixel is set, the less can be seen
   * through it.
   */
  static Optional<String> overlay(Path mask) {
    try {
      ImageIO.setUseCache(false);
      BufferedImage full = ImageIO.read(new ByteArrayInputStream(Files.readAllBytes(mask)));
      if (full == null) {
        return Optional.empty();
      }
      double scale = Math.min(1, (double) SIZE / Math.max(full.getWidth(), full.getHeight()));
      int width = Math.max(1, (int) Math.round(full.getWidth() * scale));
      int height = Math.max(1, (int) Math.round(full.getHeight() * scale));
      BufferedImage small = new BufferedImage(width, height, BufferedImage.TYPE_INT_ARGB);
      for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
          small.setRGB(x, y, share(full, x, y, width, height) << 24 | COLOUR);
        }
      }
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      ImageIO.write(small, "png", out);
      return Optional.of(inline(out.toByteArray(), "image/png"));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static int share(BufferedImage full, int x, int y, int width, int height) {
    int left = x * full.getWidth() / width;
    int right = Math.max(left + 1, (x + 1) * full.getWidth() / width);
    int top = y * full.getHeight() / height;
    int bottom = Math.max(top + 1, (y + 1) * full.getHeight() / height);
    long sum = 0;
    for (int row = top; row < bottom; row++) {
      for (int column = left; column < right; column++) {
        sum += full.getRaster().getSample(column, row, 0);
      }
    }
    return (int) (sum / ((long) (right - left) * (bottom - top)));
  }

  private static String inline(byte[] bytes, String type) {
    return "data:" + type + ";base64," + Base64.getEncoder().encodeToString(bytes);
  }
}

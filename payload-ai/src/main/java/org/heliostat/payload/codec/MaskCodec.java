package org.heliostat.payload.codec;

import java.io.ByteArrayOutputStream;

/**
 * Lossless codec for two-valued masks: each pixel is predicted from twelve coded neighbours (the
 * idea of JBIG2's generic region, ITU-T T.88) by an adaptive estimate for each neighbourhood, and
 * coded by a binary range coder. Output is the same on every machine (integers only). Stateless and
 * thread-safe.
 */
public final class MaskCodec {
  /** Most pixels that a mask may have. */
  public static final int MAX_PIXELS = 1 << 28;

  private static final int CONTEXT_BITS = 12;
  private static final int HALF = 1 << 15;
  private static final int RATE_LIMIT = 60;

  /**
   * More than a byte can hold: a pixel takes 24 of 65536 parts of the coder's range at least, which
   * is 1/15144 byte. A few bytes must not claim a quarter of a gigabyte.
   */
  private static final long MAX_PIXELS_A_BYTE = 1 << 14;

  /** Stands for a row that is not there. */
  private static final int NONE = -1;

  // what the coder still holds back when it ends
  private static final int TAIL_BYTES = 4;

  private MaskCodec() {}

  /**
   * Codes a mask.
   *
   * @param mask height * width bytes, row by row; anything but 0 is set
   */
  public static byte[] encode(byte[] mask, int width, int height) {
    check(width, height);
    if (mask.length != width * height) {
      throw new IllegalArgumentException(
          mask.length + " bytes for " + width + " x " + height + " pixels");
    }
    Coding coding = new Coding(width, height);
    byte[] row = new byte[width];
    for (int y = 0; y < height; y++) {
      System.arraycopy(mask, y * width, row, 0, width);
      coding.row(row);
    }
    return coding.finish();
  }

  /** A mask that is coded row by row, so that it need not be there as a whole. For one thread. */
  public static final class Coding {
    private static final int ROWS = 3;

    private final int width;
    private final int height;
    private final byte[] rows;
    private final Encoder encoder = new Encoder();
    private final Model model = new Model();
    private int y;

    /**
     * Nothing is coded yet.
     *
     * @throws IllegalArgumentException when the size is not one that a mask can have
     */
    public Coding(int width, int height) {
      check(width, height);
      this.width = width;
      this.height = height;
      this.rows = new byte[ROWS * width];
    }

    /**
     * Codes the next row.
     *
     * @param pixels width bytes; anything but 0 is set. They are the caller's again afterwards
     */
    public void row(byte[] pixels) {
      if (pixels.length != width || y == height) {
        throw new IllegalArgumentException(
            "row " + y + " of " + pixels.length + " bytes for " + width + " x " + height);
      }
      int row = y % ROWS * width;
      int above = y < 1 ? NONE : (y - 1) % ROWS * width;
      int twoAbove = y < 2 ? NONE : (y - 2) % ROWS * width;
      System.arraycopy(pixels, 0, rows, row, width);
      for (int x = 0; x < width; x++) {
        int context = context(rows, width, x, row, above, twoAbove);
        int bit = pixels[x] == 0 ? 0 : 1;
        encoder.encode(bit, model.probability(context));
        model.update(context, bit);
      }
      y++;
    }

    /** The coded mask, when all its rows have come. */
    public byte[] finish() {
      if (y != height) {
        throw new IllegalStateException(y + " rows of " + height);
      }
      return encoder.finish();
    }
  }

  /**
   * Decodes a mask into bytes of 0 and 255. Damaged data gives some mask; its SHA-256 tells.
   *
   * @throws IllegalArgumentException when the size is not one that a mask, or a mask of so few
   *     bytes, can have
   */
  public static byte[] decode(byte[] data, int width, int height) {
    check(width, height);
    if ((long) width * height > (data.length + (long) TAIL_BYTES) * MAX_PIXELS_A_BYTE) {
      throw new IllegalArgumentException(
          data.length + " bytes for a mask of " + width + " x " + height + " pixels");
    }
    byte[] mask = new byte[width * height];
    Decoder decoder = new Decoder(data);
    Model model = new Model();
    for (int y = 0; y < height; y++) {
      int row = y * width;
      int above = y < 1 ? NONE : row - width;
      int twoAbove = y < 2 ? NONE : row - 2 * width;
      for (int x = 0; x < width; x++) {
        int context = context(mask, width, x, row, above, twoAbove);
        int bit = decoder.decode(model.probability(context));
        model.update(context, bit);
        mask[row + x] = (byte) (bit == 0 ? 0 : 255);
      }
    }
    return mask;
  }

  private static void check(int width, int height) {
    if (width < 1 || height < 1 || (long) width * height > MAX_PIXELS) {
      throw new IllegalArgumentException("a mask of " + width + " x " + height + " pixels");
    }
  }

  /**
   * Neighbours: four to the left, five above (two left to two right), three two rows above.
   *
   * @param row where the pixel's row begins in the mask; so do the rows above, or {@link #NONE}
   */
  private static int context(byte[] mask, int width, int x, int row, int above, int twoAbove) {
    int context = 0;
    for (int dx = 4; dx >= 1; dx--) {
      context = context << 1 | at(mask, row, x - dx, width);
    }
    for (int dx = -2; dx <= 2; dx++) {
      context = context << 1 | at(mask, above, x + dx, width);
    }
    for (int dx = -1; dx <= 1; dx++) {
      context = context << 1 | at(mask, twoAbove, x + dx, width);
    }
    return context;
  }

  private static int at(byte[] mask, int row, int x, int width) {
    return row == NONE || x < 0 || x >= width || mask[row + x] == 0 ? 0 : 1;
  }

  /**
   * For each neighbourhood the probability of a set pixel, in 1/65536, that learns fast at first
   * and slowly later.
   */
  private static final class Model {
    private final int[] probability = new int[1 << CONTEXT_BITS];
    private final int[] seen = new int[1 << CONTEXT_BITS];

    private Model() {
      java.util.Arrays.fill(probability, HALF);
    }

    private int probability(int context) {
      return probability[context];
    }

    private void update(int context, int bit) {
      int n = Math.min(seen[context]++, RATE_LIMIT);
      // 1 / (n + 1.5)
      int change = ((bit == 0 ? 0 : 65535) - probability[context]) * 2 / (2 * n + 3);
      probability[context] = Math.min(65535 - 24, Math.max(24, probability[context] + change));
    }
  }

  /** Carry-less binary range coder (after Subbotin): 32-bit low and range. */
  private static final class Encoder {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private int low;
    private int high = -1;

    private void encode(int bit, int probability) {
      int middle = low + split(low, high, probability);
      if (bit == 1) {
        high = middle;
      } else {
        low = middle + 1;
      }
      while (((low ^ high) & 0xFF000000) == 0) {
        out.write(high >>> 24);
        low <<= 8;
        high = high << 8 | 0xFF;
      }
    }

    private byte[] finish() {
      // enough of a number between low and high that the decoder, which reads zeros beyond the end,
      // stays inside
      long from = low & 0xFFFFFFFFL;
      long to = high & 0xFFFFFFFFL;
      for (int bytes = 0; bytes <= 4; bytes++) {
        int shift = 32 - 8 * bytes;
        long value = bytes == 0 ? 0 : ((from + (1L << shift) - 1) >>> shift) << shift;
        if (value >= from && value <= to) {
          for (int i = 0; i < bytes; i++) {
            out.write((int) (value >>> (24 - 8 * i)));
          }
          break;
        }
      }
      return out.toByteArray();
    }
  }

  private static final class Decoder {
    private final byte[] data;
    private int position;
    private int low;
    private int high = -1;
    private int code;

    private Decoder(byte[] data) {
      this.data = data;
      for (int i = 0; i < 4; i++) {
        code = code << 8 | next();
      }
    }

    private int decode(int probability) {
      int middle = low + split(low, high, probability);
      int bit;
      if (Integer.compareUnsigned(code, middle) <= 0) {
        bit = 1;
        high = middle;
      } else {
        bit = 0;
        low = middle + 1;
      }
      while (((low ^ high) & 0xFF000000) == 0) {
        low <<= 8;
        high = high << 8 | 0xFF;
        code = code << 8 | next();
      }
      return bit;
    }

    private int next() {
      return position < data.length ? data[position++] & 0xFF : 0;
    }
  }

  private static int split(int low, int high, int probability) {
    long range = (high & 0xFFFFFFFFL) - (low & 0xFFFFFFFFL);
    return (int) ((range * probability) >>> 16);
  }
}

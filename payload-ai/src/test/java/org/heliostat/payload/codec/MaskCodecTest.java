package org.heliostat.payload.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import java.util.zip.Deflater;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class MaskCodecTest {
  private static byte[] noise(int width, int height, double density, long seed) {
    Random random = new Random(seed);
    byte[] mask = new byte[width * height];
    for (int i = 0; i < mask.length; i++) {
      mask[i] = (byte) (random.nextDouble() < density ? 255 : 0);
    }
    return mask;
  }

  /** Discs with ragged rims: what a cloud mask looks like. */
  private static byte[] blobs(int width, int height, int count, long seed) {
    Random random = new Random(seed);
    byte[] mask = new byte[width * height];
    for (int i = 0; i < count; i++) {
      int cx = random.nextInt(width);
      int cy = random.nextInt(height);
      int r = 2 + random.nextInt(Math.max(1, Math.min(width, height) / 6));
      for (int y = Math.max(0, cy - r); y < Math.min(height, cy + r); y++) {
        for (int x = Math.max(0, cx - r); x < Math.min(width, cx + r); x++) {
          int d = (x - cx) * (x - cx) + (y - cy) * (y - cy);
          if (d < r * r - random.nextInt(2 * r)) {
            mask[y * width + x] = (byte) 255;
          }
        }
      }
    }
    return mask;
  }

  private static void assertRoundTrip(byte[] mask, int width, int height) {
    assertThat(MaskCodec.decode(MaskCodec.encode(mask, width, height), width, height))
        .isEqualTo(mask);
  }

  @Property(tries = 300, seed = "1")
  void randomMasksComeBack(
      @ForAll @IntRange(min = 1, max = 70) int width,
      @ForAll @IntRange(min = 1, max = 70) int height,
      @ForAll @IntRange(max = 100) int percent,
      @ForAll long seed) {
    assertRoundTrip(noise(width, height, percent / 100.0, seed), width, height);
  }

  @Property(tries = 200, seed = "2")
  void blobsComeBack(
      @ForAll @IntRange(min = 1, max = 90) int width,
      @ForAll @IntRange(min = 1, max = 90) int height,
      @ForAll @IntRange(max = 12) int count,
      @ForAll long seed) {
    assertRoundTrip(blobs(width, height, count, seed), width, height);
  }

  @Test
  void structuredMasksOfEverySmallSizeComeBack() {
    for (int height = 1; height <= 12; height++) {
      for (int width = 1; width <= 12; width++) {
        byte[] clear = new byte[width * height];
        byte[] full = new byte[width * height];
        Arrays.fill(full, (byte) 255);
        byte[] board = new byte[width * height];
        byte[] rows = new byte[width * height];
        byte[] last = new byte[width * height];
        last[last.length - 1] = (byte) 255;
        for (int i = 0; i < board.length; i++) {
          board[i] = (byte) ((i / width + i % width) % 2 == 0 ? 255 : 0);
          rows[i] = (byte) (i / width % 2 == 0 ? 255 : 0);
        }
        for (byte[] mask : new byte[][] {clear, full, board, rows, last}) {
          assertRoundTrip(mask, width, height);
        }
      }
    }
  }

  @Test
  void aSinglePixelComesBack() {
    assertRoundTrip(new byte[] {0}, 1, 1);
    assertRoundTrip(new byte[] {(byte) 255}, 1, 1);
  }

  @Test
  void anythingButZeroIsSetAndComesBackAs255() {
    byte[] coded = MaskCodec.encode(new byte[] {0, 1, 4, (byte) 128}, 2, 2);
    assertThat(MaskCodec.decode(coded, 2, 2))
        .containsExactly(0, (byte) 255, (byte) 255, (byte) 255);
  }

  @Test
  void aLongRunThatSuddenlyEndsComesBack() {
    // the estimate is as sure as it gets, and wrong
    byte[] mask = new byte[512 * 512];
    mask[mask.length - 2] = (byte) 255;
    mask[512 * 400 + 17] = (byte) 255;
    assertRoundTrip(mask, 512, 512);
    assertThat(MaskCodec.encode(mask, 512, 512)).hasSizeLessThan(80);
  }

  @Property(tries = 500, seed = "3")
  void anyBytesDecodeToSomeMask(
      @ForAll @Size(max = 300) byte[] anything,
      @ForAll @IntRange(min = 1, max = 40) int width,
      @ForAll @IntRange(min = 1, max = 40) int height) {
    byte[] mask = MaskCodec.decode(anything, width, height);
    assertThat(mask).hasSize(width * height);
    for (byte pixel : mask) {
      assertThat(pixel == 0 || pixel == (byte) 255).isTrue();
    }
  }

  @Test
  void truncatedDataDecodesToAnotherMaskOfTheSameSize() {
    byte[] mask = blobs(64, 64, 8, 5);
    byte[] coded = MaskCodec.encode(mask, 64, 64);
    int different = 0;
    for (int length = 0; length < coded.length; length++) {
      byte[] decoded = MaskCodec.decode(Arrays.copyOf(coded, length), 64, 64);
      assertThat(decoded).hasSize(64 * 64);
      different += Arrays.equals(decoded, mask) ? 0 : 1;
    }
    assertThat(different).isGreaterThan(coded.length - 4);
  }

  @Test
  void impossibleSizesAreRefused() {
    for (int[] size :
        new int[][] {{0, 1}, {1, 0}, {-1, 5}, {1 << 15, 1 << 14}, {1 << 16, 1 << 16}}) {
      assertThatThrownBy(() -> MaskCodec.decode(new byte[0], size[0], size[1]))
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(() -> MaskCodec.encode(new byte[5], 2, 2))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void rowsThatAreTooWideTooManyOrTooFewAreRefused() {
    MaskCodec.Coding coding = new MaskCodec.Coding(3, 2);
    assertThatThrownBy(() -> coding.row(new byte[4])).isInstanceOf(IllegalArgumentException.class);
    coding.row(new byte[] {0, 1, 0});
    assertThatThrownBy(coding::finish).isInstanceOf(IllegalStateException.class);
    coding.row(new byte[] {1, 0, 1});
    assertThatThrownBy(() -> coding.row(new byte[3])).isInstanceOf(IllegalArgumentException.class);
    assertThat(MaskCodec.decode(coding.finish(), 3, 2))
        .containsExactly(new byte[] {0, -1, 0, -1, 0, -1});
    assertThatThrownBy(() -> new MaskCodec.Coding(0, 2))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void theFormatDoesNotDrift() throws Exception {
    // ground decodes what was coded on board years before: a change here needs a new codec number
    byte[] coded = MaskCodec.encode(blobs(200, 150, 12, 2026), 200, 150);
    assertThat(HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(coded)))
        .isEqualTo("4d6b729608fbe7fffec30052a4a2f56062a054fa53f71490eeee1b3803394abf");
  }

  @Test
  void blobsTakeLessThanDeflatedBits() {
    for (int seed = 0; seed < 5; seed++) {
      byte[] mask = blobs(512, 512, 25, seed);
      byte[] bits = new byte[mask.length / 8];
      for (int i = 0; i < mask.length; i++) {
        bits[i / 8] |= (byte) (mask[i] == 0 ? 0 : 1 << i % 8);
      }
      Deflater deflater = new Deflater(Deflater.BEST_COMPRESSION, true);
      deflater.setInput(bits);
      deflater.finish();
      int deflated = deflater.deflate(new byte[bits.length * 2]);
      deflater.end();
      assertThat(MaskCodec.encode(mask, 512, 512).length).isLessThan(deflated * 8 / 10);
    }
  }
}

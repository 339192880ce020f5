package org.heliostat.hil.ground;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Masks through a PNG and back, by the JDK's reader. */
class GreyPngTest {
  @Test
  void everyPixelComesBack() throws IOException {
    Random random = new Random(5);
    for (int[] size : new int[][] {{1, 1}, {1, 300}, {300, 1}, {257, 129}}) {
      byte[] pixels = new byte[size[0] * size[1]];
      for (int at = 0; at < pixels.length; at++) {
        pixels[at] = (byte) (random.nextBoolean() ? 255 : 0);
      }
      byte[] png = GreyPng.encode(pixels, size[0], size[1]);
      assertThat(GreyPng.decode(png, size[0], size[1])).isEqualTo(pixels);
    }
  }

  @Test
  void anotherSizeIsRefused() {
    byte[] png = GreyPng.encode(new byte[6], 3, 2);
    assertThatThrownBy(() -> GreyPng.decode(png, 2, 3)).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> GreyPng.decode(new byte[] {1, 2}, 2, 3))
        .isInstanceOf(IOException.class);
  }
}

package org.heliostat.hil.scene;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class FractalNoiseTest {
  @Test
  void fieldIsStandardised() {
    float[] field = FractalNoise.field(9, 100, 80, 30, 30, -0.7, 5, 0.5);
    double sum = 0;
    double squares = 0;
    for (float v : field) {
      sum += v;
      squares += (double) v * v;
    }
    assertThat(sum / field.length).isCloseTo(0, within(1e-4));
    assertThat(squares / field.length).isCloseTo(1, within(1e-3));
  }

  @Test
  void quantileCutsWhereAsked() {
    float[] field = FractalNoise.field(10, 128, 128, 40, 40, 0, 6, 0.6);
    float cut = FractalNoise.quantile(field, 0.3);
    int below = 0;
    for (float v : field) {
      below += v < cut ? 1 : 0;
    }
    assertThat((double) below / field.length).isCloseTo(0.3, within(0.01));
  }

  @Test
  void neighboursAreAlike() {
    float[] field = FractalNoise.field(11, 256, 4, 64, 64, 0, 1, 0.5);
    for (int x = 1; x < 256; x++) {
      assertThat(Math.abs(field[x] - field[x - 1])).isLessThan(0.4f);
    }
  }

  @Test
  void gaussianHashIsNormalEnough() {
    double sum = 0;
    double squares = 0;
    int count = 100_000;
    for (int i = 0; i < count; i++) {
      double v = Hash.gaussian(Hash.mix(i));
      sum += v;
      squares += v * v;
    }
    assertThat(sum / count).isCloseTo(0, within(0.02));
    assertThat(squares / count).isCloseTo(1, within(0.02));
  }
}

package org.heliostat.hil.scene;

/**
 * Fractal value noise: octaves of a random lattice, interpolated by cubic B-splines (which leave no
 * grid visible), scaled to mean 0 and standard deviation 1 over the frame. Uses the four exact
 * operations and square root only, so that it gives the same bits on every JVM.
 */
final class FractalNoise {
  private static final int PHASES = 256;
  private static final float[] WEIGHTS = splineWeights();

  private FractalNoise() {}

  /**
   * A field of noise.
   *
   * @param seed selects the field
   * @param width columns
   * @param height rows
   * @param waveX longest wavelength along a row, in pixels
   * @param waveY longest wavelength along a column, in pixels
   * @param shear pixels by which each row is shifted against the one before, for slanted streaks
   * @param octaves number of octaves, each half as long as the one before
   * @param gain amplitude of an octave relative to the one before
   * @return {@code height * width} values, row after row
   */
  static float[] field(
      long seed,
      int width,
      int height,
      double waveX,
      double waveY,
      double shear,
      int octaves,
      double gain) {
    float[] out = new float[width * height];
    double amplitude = 1;
    double stepX = waveX;
    double stepY = waveY;
    for (int octave = 0; octave < octaves; octave++) {
      if (octave > 0 && Math.min(stepX, stepY) < 1.5) {
        break;
      }
      addOctave(
          out, Hash.mix(seed + octave), width, height, stepX, stepY, shear, (float) amplitude);
      amplitude *= gain;
      stepX /= 2;
      stepY /= 2;
    }
    standardise(out);
    return out;
  }

  private static void addOctave(
      float[] out,
      long seed,
      int width,
      int height,
      double stepX,
      double stepY,
      double shear,
      float amplitude) {
    double inverseX = 1 / stepX;
    double inverseY = 1 / stepY;
    double slide = shear * (height - 1);
    double lowest = Math.min(0, slide) * inverseX;
    double offsetX = Hash.unit(Hash.mix(seed ^ 0x51L)) - lowest;
    double offsetY = Hash.unit(Hash.mix(seed ^ 0x52L));
    int columns = (int) ((width + Math.abs(slide)) * inverseX) + 6;
    float[] line = new float[columns];
    int[] cells = new int[width];
    int[] phases = new int[width];
    float[][] rows = new float[4][columns];
    int loaded = Integer.MIN_VALUE;
    for (int y = 0; y < height; y++) {
      double fy = y * inverseY + offsetY;
      int iy = (int) fy;
      if (iy != loaded) {
        for (int k = 0; k < 4; k++) {
          latticeRow(rows[k], seed, iy + k);
        }
        loaded = iy;
      }
      int py = 4 * (int) ((fy - iy) * PHASES);
      float a = WEIGHTS[py] * amplitude;
      float b = WEIGHTS[py + 1] * amplitude;
      float c = WEIGHTS[py + 2] * amplitude;
      float d = WEIGHTS[py + 3] * amplitude;
      for (int i = 0; i < columns; i++) {
        line[i] = a * rows[0][i] + b * rows[1][i] + c * rows[2][i] + d * rows[3][i];
      }
      if (shear != 0 || y == 0) {
        // without shear every row meets the lattice at the same places
        double start = (shear * y) * inverseX + offsetX;
        for (int x = 0; x < width; x++) {
          double fx = start + x * inverseX;
          cells[x] = (int) fx;
          phases[x] = 4 * (int) ((fx - cells[x]) * PHASES);
        }
      }
      int at = y * width;
      for (int x = 0; x < width; x++) {
        int ix = cells[x];
        int px = phases[x];
        out[at + x] +=
            WEIGHTS[px] * line[ix]
                + WEIGHTS[px + 1] * line[ix + 1]
                + WEIGHTS[px + 2] * line[ix + 2]
                + WEIGHTS[px + 3] * line[ix + 3];
      }
    }
  }

  private static void latticeRow(float[] row, long seed, int y) {
    long base = seed + y * 0x9E3779B97F4A7C15L;
    for (int i = 0; i < row.length; i++) {
      row[i] = (float) (Hash.unit(Hash.mix(base ^ (i * 0xD1B54A32D192ED03L))) * 2 - 1);
    }
  }

  private static void standardise(float[] field) {
    double sum = 0;
    double squares = 0;
    for (float v : field) {
      sum += v;
      squares += (double) v * v;
    }
    double mean = sum / field.length;
    double variance = squares / field.length - mean * mean;
    float scale = (float) (1 / Math.sqrt(Math.max(variance, 1e-12)));
    float shift = (float) mean;
    for (int i = 0; i < field.length; i++) {
      field[i] = (field[i] - shift) * scale;
    }
  }

  /**
   * The value that a part {@code fraction} (0 to 1) of the field lies below, to about 1/500 of a
   * standard deviation.
   */
  static float quantile(float[] field, double fraction) {
    int bins = 4096;
    float low = -4;
    float span = 8;
    int[] counts = new int[bins];
    for (float v : field) {
      int bin = (int) ((v - low) / span * bins);
      counts[Math.max(0, Math.min(bins - 1, bin))]++;
    }
    long wanted = (long) (fraction * field.length);
    long seen = 0;
    for (int bin = 0; bin < bins; bin++) {
      seen += counts[bin];
      if (seen > wanted) {
        return low + span * bin / bins;
      }
    }
    return low + span;
  }

  private static float[] splineWeights() {
    float[] weights = new float[PHASES * 4];
    for (int p = 0; p < PHASES; p++) {
      double t = (p + 0.5) / PHASES;
      double u = 1 - t;
      weights[4 * p] = (float) (u * u * u / 6);
      weights[4 * p + 1] = (float) ((3 * t * t * t - 6 * t * t + 4) / 6);
      weights[4 * p + 2] = (float) ((3 * u * u * u - 6 * u * u + 4) / 6);
      weights[4 * p + 3] = (float) (t * t * t / 6);
    }
    return weights;
  }
}

package org.heliostat.hil.scene;

/**
 * Makes scenes from a seed. The same seed, index and size give the same scene on every JVM.
 * Stateless after construction, so that many threads may share one.
 */
public final class SceneGenerator {
  /** TOA reflectance of one 12-bit count; full scale is 1.638. */
  public static final double REFLECTANCE_SCALE = 0.0004;

  /**
   * A pixel is cloud in truth when cloud reflects at least this part of the light at it (an optical
   * depth of about 0.7).
   */
  public static final double CLOUD_TRUTH_OPACITY = 0.05;

  private static final int FULL_SCALE = 4095;

  /** A cloud this deep takes half of the direct sunlight from the ground below it. */
  private static final float SHADOW_HALF_DEPTH = 3f;

  private final long seed;

  /** A generator of one endless series of scenes. */
  public SceneGenerator(long seed) {
    this.seed = seed;
  }

  /**
   * One scene.
   *
   * @param index place in the series, 0 or more
   * @param width columns, 16 to 8192
   * @param height rows, 16 to 8192
   * @throws IllegalArgumentException if an argument is out of range
   */
  public Scene scene(int index, int width, int height) {
    if (index < 0) {
      throw new IllegalArgumentException("index " + index + " is negative");
    }
    if (width < 16 || width > 8192 || height < 16 || height > 8192) {
      throw new IllegalArgumentException(
          "size " + width + "x" + height + " is not within 16 to 8192");
    }
    Recipe recipe = new Recipe(seed, index);
    Ground ground = new Ground(recipe, width, height);
    Sky sky = new Sky(recipe, width, height);
    byte[] opacity = new byte[width * height];
    byte[] truth = ground.classes;
    light(recipe, ground, sky, truth, opacity, width, height);
    short[][] bands = digitise(recipe, ground, width, height);
    if (recipe.swathEdge) {
      cutSwath(recipe, bands, truth, opacity, width, height);
    }
    return new Scene(width, height, bands, truth, opacity, recipe);
  }

  /** Turns surface reflectance into TOA reflectance in place: shadow, air, cloud. */
  private static void light(
      Recipe recipe, Ground ground, Sky sky, byte[] truth, byte[] opacity, int width, int height) {
    float[] path = new float[Spectra.BANDS];
    float[] through = new float[Spectra.BANDS];
    float[] absorbed = new float[Spectra.BANDS];
    float slant = (float) (0.85 + 0.25 * recipe.tanSunZenith);
    for (int b = 0; b < Spectra.BANDS; b++) {
      path[b] = Spectra.RAYLEIGH[b] * slant + Spectra.AEROSOL[b] * (float) recipe.aerosol * slant;
      through[b] =
          Spectra.TRANSMITTANCE[b] * (1 - 0.8f * Spectra.AEROSOL[b] * (float) recipe.aerosol);
      absorbed[b] =
          Spectra.WATER_CLOUD_ABSORPTION[b]
              + sky.ice * (Spectra.ICE_CLOUD_ABSORPTION[b] - Spectra.WATER_CLOUD_ABSORPTION[b]);
    }
    boolean cloudy = recipe.layers.length > 0;
    int reachX = Math.round(2 * (float) recipe.sunX);
    int reachY = Math.round(2 * (float) recipe.sunY);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int at = y * width + x;
        float depth = sky.depth[at];
        float direct = 1;
        if (cloudy) {
          // beyond the frame the cloud is its mirror image, so that shadows do not end in a
          // straight line
          int fromX = mirrorIndex(Math.round(x - sky.shadowX), width);
          int fromY = mirrorIndex(Math.round(y - sky.shadowY), height);
          direct = SHADOW_HALF_DEPTH / (SHADOW_HALF_DEPTH + sky.depth[fromY * width + fromX]);
        }
        float part = Sky.opacity(depth);
        float shade = 1;
        if (part > 0) {
          int sunward = clampIndex(x + reachX, width) + clampIndex(y + reachY, height) * width;
          int behind = clampIndex(x - reachX, width) + clampIndex(y - reachY, height) * width;
          float rise = Sky.opacity(sky.depth[behind]) - Sky.opacity(sky.depth[sunward]);
          // the side that looks at the sun falls toward it, and is brighter
          shade = 1 + Math.max(-0.25f, Math.min(0.25f, 0.9f * rise));
        }
        opacity[at] = (byte) Math.min(255, Math.round(part * 255));
        for (int b = 0; b < Spectra.BANDS; b++) {
          float surface = ground.reflectance[b][at];
          float lit = Spectra.DIFFUSE[b] + (1 - Spectra.DIFFUSE[b]) * direct;
          float below = surface * lit;
          float value;
          if (part > 0) {
            float reflects = part * (1 - absorbed[b] * part) * shade;
            float passes = (1 - part) * (1 - 0.3f * absorbed[b] * part);
            below = passes * below / (1 - Math.min(0.9f, reflects * surface));
            value = path[b] * (1 - 0.7f * part) + through[b] * (reflects + below);
          } else {
            value = path[b] + through[b] * below;
          }
          ground.reflectance[b][at] = value;
        }
        if (part >= CLOUD_TRUTH_OPACITY) {
          truth[at] = SceneClass.CLOUD.code();
        } else if (direct <= 0.5f
            && truth[at] != SceneClass.SHIP.code()
            && truth[at] != SceneClass.HOTSPOT.code()) {
          truth[at] = SceneClass.SHADOW.code();
        }
      }
    }
  }

  /** Sensor: column striping of 0.15 %, read and photon noise, 12 bits. */
  private static short[][] digitise(Recipe recipe, Ground ground, int width, int height) {
    short[][] bands = new short[Spectra.BANDS][width * height];
    float counts = (float) (1 / REFLECTANCE_SCALE);
    float[] stripe = new float[width];
    for (int b = 0; b < Spectra.BANDS; b++) {
      long key = Hash.mix(recipe.seed + 0xB00L + b);
      for (int x = 0; x < width; x++) {
        stripe[x] = counts * (1 + 0.0015f * Hash.gaussian(Hash.mix(key - 1 - x)));
      }
      float[] reflectance = ground.reflectance[b];
      short[] out = bands[b];
      for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
          int at = y * width + x;
          float signal = reflectance[at] * stripe[x];
          // read noise of 1.5 counts; photon noise of 4 counts at a reflectance of 0.3
          float sigma = (float) Math.sqrt(2.25f + 0.0215f * Math.max(0, signal));
          int dn = Math.round(signal + sigma * Hash.gaussian(Hash.mix(key + at)));
          out[at] = (short) Math.max(1, Math.min(FULL_SCALE, dn));
        }
      }
    }
    return bands;
  }

  private static void cutSwath(
      Recipe recipe, short[][] bands, byte[] truth, byte[] opacity, int width, int height) {
    float normalX = (float) StrictMath.cos(recipe.swathAngle);
    float normalY = (float) StrictMath.sin(recipe.swathAngle);
    float limit = (float) recipe.swathPlace * Math.min(width, height);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        if ((x - width * 0.5f) * normalX + (y - height * 0.5f) * normalY > limit) {
          int at = y * width + x;
          for (short[] band : bands) {
            band[at] = 0;
          }
          truth[at] = SceneClass.NODATA.code();
          opacity[at] = 0;
        }
      }
    }
  }

  private static int mirrorIndex(int value, int size) {
    int folded = Math.floorMod(value, 2 * size);
    return folded < size ? folded : 2 * size - 1 - folded;
  }

  private static int clampIndex(int value, int size) {
    return Math.max(0, Math.min(size - 1, value));
  }
}

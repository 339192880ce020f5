package org.heliostat.hil.scene;

/** The surface below the air: reflectance of every pixel in every band, and its class. */
final class Ground {
  final float[][] reflectance;
  final byte[] classes;

  private final Recipe recipe;
  private final int width;
  private final int height;
  private final float[] mixed = new float[Spectra.BANDS];

  Ground(Recipe recipe, int width, int height) {
    this.recipe = recipe;
    this.width = width;
    this.height = height;
    reflectance = new float[Spectra.BANDS][width * height];
    classes = new byte[width * height];
    paint();
    placeShips();
    lightFires();
  }

  private void paint() {
    float[] elevation = FractalNoise.field(recipe.seed + 100, width, height, 260, 260, 0, 8, 0.52);
    float[] moisture = FractalNoise.field(recipe.seed + 200, width, height, 110, 110, 0, 6, 0.6);
    float[] rock = FractalNoise.field(recipe.seed + 300, width, height, 60, 60, 0, 6, 0.7);
    float[] course =
        recipe.river
            ? FractalNoise.field(recipe.seed + 400, width, height, 300, 300, 0, 5, 0.45)
            : new float[0];
    float sea = FractalNoise.quantile(elevation, recipe.waterFraction);
    float snowLine =
        FractalNoise.quantile(elevation, 1 - recipe.brightFraction * (1 - recipe.waterFraction));
    float wet = FractalNoise.quantile(moisture, 1 - recipe.vegetationFraction);
    float town = FractalNoise.quantile(rock, 1 - recipe.urbanFraction);
    boolean bright = recipe.brightFraction > 0;
    float relief = (float) (recipe.relief * recipe.tanSunZenith);
    float sunX = (float) recipe.sunX;
    float sunY = (float) recipe.sunY;
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int at = y * width + x;
        float above = elevation[at] - sea;
        float texture = 1 + 0.05f * Hash.gaussian(Hash.mix(recipe.seed + 7 + at));
        boolean inRiver = recipe.river && Math.abs(course[at]) < 0.045f && above < 1.6f;
        if (above < 0 || inRiver) {
          float shallow = inRiver ? 0.7f : smooth((above + 0.35f) / 0.35f);
          float murk = (float) recipe.turbidity * shallow;
          blend(Spectra.CLEAR_WATER, Spectra.TURBID_WATER, murk);
          store(at, 1 + 0.02f * rock[at], SceneClass.WATER);
          continue;
        }
        float green = smooth(0.5f + 1.2f * (moisture[at] - wet) + 0.25f * rock[at]);
        float kind = smooth(0.5f + 0.5f * rock[at] - 0.4f * above);
        float brightness = 1 + 0.12f * rock[at];
        if (recipe.biome.fields > 0.05) {
          long plot = plotOf(x, y);
          float strength = (float) recipe.biome.fields;
          green += strength * ((float) Hash.unit(Hash.mix(plot + 1)) - 0.5f) * 1.6f;
          kind += strength * ((float) Hash.unit(Hash.mix(plot + 2)) - 0.5f);
          brightness += strength * ((float) Hash.unit(Hash.mix(plot + 3)) - 0.5f) * 0.35f;
        }
        green = clamp(green);
        kind = clamp(kind);
        for (int b = 0; b < Spectra.BANDS; b++) {
          float soil = recipe.soilA[b] + kind * (recipe.soilB[b] - recipe.soilA[b]);
          float plant =
              recipe.vegetationA[b] + kind * (recipe.vegetationB[b] - recipe.vegetationA[b]);
          mixed[b] = soil + green * (plant - soil);
        }
        SceneClass what = green > 0.5f ? SceneClass.VEGETATION : SceneClass.LAND;
        if (rock[at] > town && recipe.urbanFraction > 0 && above > 0.05f && above < 2.5f) {
          build(x, y);
          what = SceneClass.LAND;
        }
        if (bright && elevation[at] + 0.25f * rock[at] > snowLine) {
          float cover = smooth((elevation[at] + 0.25f * rock[at] - snowLine) / 0.25f);
          blendInto(recipe.bright, cover);
          if (cover > 0.5f) {
            what = SceneClass.BRIGHT;
          }
        }
        int west = x > 0 ? at - 1 : at;
        int east = x < width - 1 ? at + 1 : at;
        int north = y > 0 ? at - width : at;
        int south = y < height - 1 ? at + width : at;
        float slope =
            (elevation[east] - elevation[west]) * sunX
                + (elevation[south] - elevation[north]) * sunY;
        // a slope that looks away from the sun rises toward it
        float light = Math.max(0.35f, Math.min(1.5f, 1 - 2.2f * relief * slope));
        store(at, brightness * texture * light, what);
      }
    }
  }

  /** Fields are cells of a grid turned by a fixed angle, with rows of different lengths. */
  private long plotOf(int x, int y) {
    double u = 0.91 * x + 0.41 * y;
    double v = -0.41 * x + 0.91 * y;
    long row = (long) Math.floor(v / 13);
    double length = 14 + 22 * Hash.unit(Hash.mix(recipe.seed ^ row));
    long column = (long) Math.floor(u / length);
    return Hash.mix(recipe.seed ^ (row * 0x9E3779B9L + column * 0x85EBCA6BL));
  }

  private void build(int x, int y) {
    boolean street = x % 7 == 0 || y % 9 == 0;
    double block =
        Hash.unit(Hash.mix(recipe.seed ^ ((x / 3) * 0x9E3779B9L + (y / 3) * 0xC2B2AE35L)));
    float[] roof;
    if (street || block < 0.30) {
      roof = Spectra.ASPHALT;
    } else {
      roof = block > 0.95 ? Spectra.BRIGHT_ROOF : Spectra.CONCRETE;
    }
    blendInto(roof, 0.75f);
  }

  private void placeShips() {
    for (int ship = 0; ship < recipe.ships; ship++) {
      long key = Hash.mix(recipe.seed ^ (0x5417L + ship));
      int cx = (int) (Hash.unit(Hash.mix(key + 1)) * width);
      int cy = (int) (Hash.unit(Hash.mix(key + 2)) * height);
      double heading = 2 * Math.PI * Hash.unit(Hash.mix(key + 3));
      double alongX = StrictMath.cos(heading);
      double alongY = StrictMath.sin(heading);
      double halfLength = 2 + 4 * Hash.unit(Hash.mix(key + 4));
      double halfWidth = 0.7 + 0.6 * Hash.unit(Hash.mix(key + 5));
      for (int y = Math.max(0, cy - 7); y <= Math.min(height - 1, cy + 7); y++) {
        for (int x = Math.max(0, cx - 7); x <= Math.min(width - 1, cx + 7); x++) {
          double along = (x - cx) * alongX + (y - cy) * alongY;
          double across = (y - cy) * alongX - (x - cx) * alongY;
          int at = y * width + x;
          if (classes[at] == SceneClass.WATER.code()
              && Math.abs(along) <= halfLength
              && Math.abs(across) <= halfWidth) {
            for (int b = 0; b < Spectra.BANDS; b++) {
              reflectance[b][at] = Spectra.SHIP[b];
            }
            classes[at] = SceneClass.SHIP.code();
          }
        }
      }
    }
  }

  /**
   * Fires, as apparent reflectance: a front at about 1,000 K that fills a few percent of a 30 m
   * pixel emits, at 2.2 um, more than a white surface would reflect, and at 1.6 um about half of
   * that (Planck's law).
   */
  private void lightFires() {
    for (int fire = 0; fire < recipe.hotspots; fire++) {
      long key = Hash.mix(recipe.seed ^ (0xF14EL + fire));
      int cx = (int) (Hash.unit(Hash.mix(key + 1)) * width);
      int cy = (int) (Hash.unit(Hash.mix(key + 2)) * height);
      double radius = 1.2 + 2.5 * Hash.unit(Hash.mix(key + 3));
      float power = (float) (0.5 + 0.7 * Hash.unit(Hash.mix(key + 4)));
      for (int y = Math.max(0, cy - 4); y <= Math.min(height - 1, cy + 4); y++) {
        for (int x = Math.max(0, cx - 4); x <= Math.min(width - 1, cx + 4); x++) {
          double distance = ((x - cx) * (x - cx) + (y - cy) * (y - cy)) / (radius * radius);
          int at = y * width + x;
          boolean burns =
              classes[at] == SceneClass.LAND.code() || classes[at] == SceneClass.VEGETATION.code();
          if (distance <= 1 && burns) {
            float heat = power * (float) (1 - 0.5 * distance);
            reflectance[SceneBand.SWIR16.index()][at] += 0.5f * heat;
            reflectance[SceneBand.SWIR22.index()][at] += heat;
            classes[at] = SceneClass.HOTSPOT.code();
          }
        }
      }
    }
  }

  private void blend(float[] from, float[] to, float part) {
    for (int b = 0; b < Spectra.BANDS; b++) {
      mixed[b] = from[b] + part * (to[b] - from[b]);
    }
  }

  private void blendInto(float[] to, float part) {
    for (int b = 0; b < Spectra.BANDS; b++) {
      mixed[b] += part * (to[b] - mixed[b]);
    }
  }

  private void store(int at, float factor, SceneClass what) {
    for (int b = 0; b < Spectra.BANDS; b++) {
      reflectance[b][at] = Math.max(0.0005f, Math.min(1f, mixed[b] * factor));
    }
    classes[at] = what.code();
  }

  static float smooth(float t) {
    float c = clamp(t);
    return c * c * (3 - 2 * c);
  }

  private static float clamp(float t) {
    return Math.max(0, Math.min(1, t));
  }
}

package org.heliostat.hil.scene;

/**
 * Cloud optical depth over the frame. What a layer does to light follows from its depth by the
 * two-stream solution for a conservative layer with asymmetry 0.85 (Bohren, Am. J. Phys. 55, 1987):
 * reflected part = x / (1 + x), x = 0.075 x optical depth.
 */
final class Sky {
  /** x of a layer for each unit of optical depth: (1 - asymmetry) / 2. */
  static final float BACKSCATTER = 0.075f;

  /** Optical depth of each pixel, all layers together. */
  final float[] depth;

  /** Part of the depth that is ice, 0 to 1, for the frame. */
  final float ice;

  /** Where the shadow of a pixel's cloud falls, in pixels from the cloud. */
  final float shadowX;

  final float shadowY;

  Sky(Recipe recipe, int width, int height) {
    depth = new float[width * height];
    double iceSum = 0;
    double weights = 0;
    double heightMetres = 0;
    for (int n = 0; n < recipe.layers.length; n++) {
      Recipe.CloudLayer layer = recipe.layers[n];
      addLayer(recipe.seed + 1000 + 100L * n, layer, width, height);
      double weight = layer.cover() * layer.maximumOpticalDepth() + 1e-9;
      iceSum += weight * layer.ice();
      heightMetres += weight * layer.heightMetres();
      weights += weight;
    }
    ice = weights == 0 ? 0 : (float) (iceSum / weights);
    double reach =
        weights == 0 ? 0 : heightMetres / weights * recipe.tanSunZenith / recipe.groundSampleMetres;
    shadowX = (float) (-reach * recipe.sunX);
    shadowY = (float) (-reach * recipe.sunY);
  }

  private void addLayer(long seed, Recipe.CloudLayer layer, int width, int height) {
    float[] field =
        FractalNoise.field(
            seed,
            width,
            height,
            layer.waveX(),
            layer.waveY(),
            layer.shear(),
            layer.octaves(),
            layer.gain());
    float edge = FractalNoise.quantile(field, 1 - layer.cover());
    float peak = (float) layer.maximumOpticalDepth();
    // the depth at which truth says cloud is met exactly on the quantile, so that the cover comes
    // out as drawn
    float truth = (float) SceneGenerator.CLOUD_TRUTH_OPACITY;
    float truthDepth = truth / (1 - truth) / BACKSCATTER;
    float start = (float) Math.sqrt(truthDepth / peak);
    float perUnit = (float) (1 / layer.softness());
    for (int at = 0; at < field.length; at++) {
      float t = (field[at] - edge) * perUnit + start;
      if (t > 0) {
        float held = Math.min(t, 1.3f);
        depth[at] += peak * held * held;
      }
    }
  }

  /** Part of the light that a depth reflects, 0 to 1. */
  static float opacity(float opticalDepth) {
    float x = BACKSCATTER * opticalDepth;
    return x / (1 + x);
  }
}

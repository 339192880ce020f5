package org.heliostat.hil.scene;

import java.util.SplittableRandom;

/** What is drawn once for a frame, before any pixel: the place, the sky and the sun. */
final class Recipe {
  /**
   * Shares of the surfaces of a kind of place. Fractions of land, but {@code water}, a fraction of
   * the frame.
   */
  enum Biome {
    TEMPERATE(0.12, 0.55, 0.00, 0.10, 0.03),
    FOREST(0.08, 0.85, 0.00, 0.02, 0.01),
    FARMLAND(0.04, 0.55, 0.00, 0.85, 0.03),
    URBAN(0.10, 0.35, 0.00, 0.10, 0.45),
    DESERT(0.01, 0.06, 0.12, 0.02, 0.01),
    COAST(0.50, 0.45, 0.02, 0.15, 0.06),
    OCEAN(0.93, 0.40, 0.02, 0.00, 0.01),
    MOUNTAIN(0.04, 0.50, 0.22, 0.02, 0.01);

    /** Fraction of the frame under water. */
    final double water;

    /** Fraction of the land under green vegetation. */
    final double vegetation;

    /** Fraction of the land that is snow or bright sand. */
    final double bright;

    /** How strongly fields show, 0 to 1. */
    final double fields;

    /** Fraction of the land that is built up. */
    final double urban;

    Biome(double water, double vegetation, double bright, double fields, double urban) {
      this.water = water;
      this.vegetation = vegetation;
      this.bright = bright;
      this.fields = fields;
      this.urban = urban;
    }
  }

  /** One layer of cloud. */
  record CloudLayer(
      double cover,
      double waveX,
      double waveY,
      double shear,
      int octaves,
      double gain,
      double softness,
      double maximumOpticalDepth,
      double ice,
      double heightMetres) {}

  private static final Biome[] BIOMES = Biome.values();

  final Biome biome;
  final long seed;
  final double groundSampleMetres = 30;
  final double sunZenithDegrees;
  final double sunAzimuthDegrees;
  final double sunX;
  final double sunY;
  final double tanSunZenith;
  final double waterFraction;
  final double vegetationFraction;
  final double brightFraction;
  final double urbanFraction;
  final boolean river;
  final double relief;
  final double aerosol;
  final double turbidity;
  final CloudLayer[] layers;
  final int ships;
  final int hotspots;
  final boolean swathEdge;
  final double swathAngle;
  final double swathPlace;
  final float[] vegetationA;
  final float[] vegetationB;
  final float[] soilA;
  final float[] soilB;
  final float[] bright;

  Recipe(long generatorSeed, int index) {
    seed = Hash.mix(generatorSeed ^ Hash.mix(0x5CE4EL + index));
    SplittableRandom random = new SplittableRandom(seed);
    biome = BIOMES[random.nextInt(BIOMES.length)];
    sunZenithDegrees = 18 + 47 * random.nextDouble();
    sunAzimuthDegrees = 360 * random.nextDouble();
    double azimuth = StrictMath.toRadians(sunAzimuthDegrees);
    // image rows run southward
    sunX = StrictMath.sin(azimuth);
    sunY = -StrictMath.cos(azimuth);
    tanSunZenith = StrictMath.tan(StrictMath.toRadians(sunZenithDegrees));
    waterFraction = clampFraction(biome.water * (0.4 + 1.2 * random.nextDouble()));
    vegetationFraction = clampFraction(biome.vegetation * (0.4 + 1.1 * random.nextDouble()));
    brightFraction = random.nextDouble() < 0.6 ? biome.bright * 2 * random.nextDouble() : 0;
    urbanFraction = biome.urban * (0.3 + 1.2 * random.nextDouble());
    river = biome != Biome.OCEAN && biome != Biome.DESERT && random.nextDouble() < 0.45;
    relief =
        biome == Biome.MOUNTAIN
            ? 0.5 + 0.7 * random.nextDouble()
            : 0.03 + 0.25 * random.nextDouble();
    double haze = random.nextDouble();
    aerosol = 0.03 + 0.45 * haze * haze;
    turbidity = random.nextDouble();
    layers = clouds(random);
    ships = waterFraction > 0.2 ? random.nextInt(9) : random.nextInt(2);
    hotspots = biome != Biome.OCEAN && random.nextDouble() < 0.25 ? 1 + random.nextInt(4) : 0;
    swathEdge = random.nextDouble() < 0.22;
    swathAngle = 2 * Math.PI * random.nextDouble();
    swathPlace = 0.12 + 0.33 * random.nextDouble();
    vegetationA = vary(random, biome == Biome.MOUNTAIN ? Spectra.CONIFER : Spectra.BROADLEAF);
    vegetationB = vary(random, biome == Biome.FOREST ? Spectra.CONIFER : Spectra.GRASS);
    float[][] soils = {Spectra.DARK_SOIL, Spectra.BRIGHT_SOIL, Spectra.RED_SOIL, Spectra.DRY_GRASS};
    soilA = vary(random, biome == Biome.DESERT ? Spectra.DUNE_SAND : soils[random.nextInt(4)]);
    soilB =
        vary(
            random,
            biome == Biome.DESERT ? soils[1 + random.nextInt(2)] : soils[random.nextInt(4)]);
    bright =
        switch (biome) {
          case DESERT, COAST, OCEAN -> vary(random, Spectra.WHITE_SAND);
          default -> vary(random, random.nextBoolean() ? Spectra.FRESH_SNOW : Spectra.OLD_SNOW);
        };
  }

  /**
   * No cloud on a tenth of the frames, traces on another tenth, 5 to 80 % on most, up to 95 % on
   * the rest.
   */
  private static double drawCover(SplittableRandom random) {
    double kind = random.nextDouble();
    double within = random.nextDouble();
    if (kind < 0.10) {
      return 0;
    }
    if (kind < 0.20) {
      return 0.05 * within;
    }
    return kind < 0.88 ? 0.05 + 0.75 * within : 0.80 + 0.15 * within;
  }

  private static CloudLayer[] clouds(SplittableRandom random) {
    double cover = drawCover(random);
    if (cover == 0) {
      return new CloudLayer[0];
    }
    CloudLayer first = layer(random, random.nextInt(3), cover);
    if (random.nextDouble() > 0.35) {
      return new CloudLayer[] {first};
    }
    return new CloudLayer[] {
      first, layer(random, random.nextInt(3), cover * 0.5 * random.nextDouble())
    };
  }

  private static CloudLayer layer(SplittableRandom random, int kind, double cover) {
    double a = random.nextDouble();
    double b = random.nextDouble();
    double c = random.nextDouble();
    return switch (kind) {
      // fair-weather cumulus: small, broken, sharp
      case 0 ->
          new CloudLayer(
              cover,
              24 + 70 * a,
              24 + 70 * a,
              0,
              6,
              0.62,
              0.8 + 0.8 * b,
              15 + 45 * c,
              0.1 * b,
              700 + 1800 * c);
      // layered decks and frontal cloud: large, thick, with broken rims
      case 1 ->
          new CloudLayer(
              cover,
              130 + 260 * a,
              130 + 200 * b,
              0.6 * c - 0.3,
              8,
              0.58,
              0.9 + 1.2 * b,
              10 + 60 * a,
              0.5 * c,
              1000 + 3500 * b);
      // cirrus: streaks of thin ice
      default -> {
        double along = 200 + 300 * a;
        double across = 26 + 60 * b;
        boolean northward = random.nextBoolean();
        yield new CloudLayer(
            cover,
            northward ? across : along,
            northward ? along : across,
            northward ? 1.6 * c - 0.8 : 3 * c - 1.5,
            6,
            0.55,
            2.2 + b,
            3 + 9 * c,
            0.8 + 0.2 * b,
            5000 + 3000 * a);
      }
    };
  }

  /** A spectrum with its own brightness and tilt, as fields of one kind differ between places. */
  private static float[] vary(SplittableRandom random, float[] spectrum) {
    float gain = (float) (0.75 + 0.5 * random.nextDouble());
    float tilt = (float) (0.3 * random.nextDouble() - 0.15);
    float[] varied = new float[Spectra.BANDS];
    for (int band = 0; band < Spectra.BANDS; band++) {
      float jitter = (float) (0.94 + 0.12 * random.nextDouble());
      varied[band] =
          Math.min(0.97f, spectrum[band] * gain * jitter * (1 + tilt * (band - 2.5f) / 2.5f));
    }
    return varied;
  }

  private static double clampFraction(double value) {
    return Math.max(0, Math.min(0.98, value));
  }
}

package org.heliostat.hil.scene;

/**
 * Surface and cloud optics in the six bands of {@link SceneBand}.
 *
 * <p>The surface values are hemispherical reflectances (0 to 1), rounded approximations read off
 * the shape of published spectra, not convolutions with a sensor's response. Sources: USGS Spectral
 * Library Version 7 (Kokaly et al., USGS Data Series 1035, 2017; doi:10.3133/ds1035) for soil,
 * minerals, man-made surfaces, vegetation and melting snow; ECOSTRESS Spectral Library 1.0
 * (Meerdink et al., Remote Sensing of Environment 230, 2019; doi:10.1016/j.rse.2019.05.015) for
 * water, snow by grain size and grasses.
 */
final class Spectra {
  /** Number of bands. */
  static final int BANDS = 6;

  /**
   * Deep clear sea (ECOSTRESS, sea water; water-leaving part raised in the blue as in open ocean).
   */
  static final float[] CLEAR_WATER = {0.030f, 0.020f, 0.008f, 0.004f, 0.002f, 0.001f};

  /** Turbid river or shallow coast (USGS v7, water with suspended sediment). */
  static final float[] TURBID_WATER = {0.060f, 0.095f, 0.085f, 0.030f, 0.008f, 0.005f};

  /** Broadleaf canopy (USGS v7, aspen and oak leaves, reduced for canopy structure). */
  static final float[] BROADLEAF = {0.025f, 0.055f, 0.030f, 0.410f, 0.190f, 0.085f};

  /** Conifer canopy (USGS v7, lodgepole pine and spruce). */
  static final float[] CONIFER = {0.018f, 0.032f, 0.022f, 0.240f, 0.105f, 0.045f};

  /** Green grass and crops (ECOSTRESS, green grass; USGS v7, lawn grass). */
  static final float[] GRASS = {0.040f, 0.085f, 0.050f, 0.460f, 0.250f, 0.120f};

  /** Dry grass and stubble (USGS v7, golden dry grass). */
  static final float[] DRY_GRASS = {0.085f, 0.130f, 0.180f, 0.310f, 0.400f, 0.280f};

  /** Dark loam (ECOSTRESS, mollisol). */
  static final float[] DARK_SOIL = {0.050f, 0.075f, 0.100f, 0.180f, 0.260f, 0.220f};

  /** Bright sandy or calcareous soil (ECOSTRESS, aridisol). */
  static final float[] BRIGHT_SOIL = {0.130f, 0.200f, 0.280f, 0.370f, 0.470f, 0.430f};

  /** Iron-rich red soil (ECOSTRESS, alfisol and ultisol). */
  static final float[] RED_SOIL = {0.050f, 0.090f, 0.200f, 0.310f, 0.400f, 0.340f};

  /** Quartz dune sand (USGS v7, quartz sand with iron staining). */
  static final float[] DUNE_SAND = {0.200f, 0.310f, 0.420f, 0.520f, 0.610f, 0.570f};

  /**
   * Gypsum sand or salt crust (USGS v7, gypsum and halite): white in the visible, dark at 2.2 um.
   */
  static final float[] WHITE_SAND = {0.560f, 0.630f, 0.670f, 0.700f, 0.580f, 0.360f};

  /** Asphalt (USGS v7, asphalt road). */
  static final float[] ASPHALT = {0.070f, 0.080f, 0.090f, 0.110f, 0.140f, 0.130f};

  /** Concrete (USGS v7, concrete road). */
  static final float[] CONCRETE = {0.170f, 0.210f, 0.240f, 0.280f, 0.310f, 0.280f};

  /** Bright painted or membrane roof (USGS v7, painted aluminium and plastics, averaged). */
  static final float[] BRIGHT_ROOF = {0.450f, 0.480f, 0.500f, 0.520f, 0.480f, 0.400f};

  /** Fine fresh snow (ECOSTRESS, fine granular snow). */
  static final float[] FRESH_SNOW = {0.950f, 0.940f, 0.920f, 0.820f, 0.140f, 0.110f};

  /** Coarse old snow (ECOSTRESS, coarse granular snow; USGS v7, melting snow). */
  static final float[] OLD_SNOW = {0.780f, 0.770f, 0.740f, 0.580f, 0.050f, 0.040f};

  /** Ship: painted steel deck, superstructure and cargo (USGS v7, painted metals, averaged). */
  static final float[] SHIP = {0.300f, 0.310f, 0.320f, 0.340f, 0.300f, 0.260f};

  /**
   * How strongly a water cloud absorbs, relative to its own albedo. Zero in the visible; the
   * shortwave values reproduce the ratios that thick water cloud shows (Nakajima and King, J.
   * Atmos. Sci. 47, 1990: droplet radius of about 10 um).
   */
  static final float[] WATER_CLOUD_ABSORPTION = {0f, 0f, 0f, 0.020f, 0.180f, 0.380f};

  /**
   * The same for an ice cloud (King et al., IEEE TGRS 42, 2004: particle radius of about 30 um).
   */
  static final float[] ICE_CLOUD_ABSORPTION = {0f, 0f, 0f, 0.050f, 0.520f, 0.700f};

  /**
   * Molecular path reflectance at nadir, sun at 40 degrees, sea level (Rayleigh optical depth after
   * Bodhaine et al., 1999).
   */
  static final float[] RAYLEIGH = {0.062f, 0.034f, 0.017f, 0.006f, 0.0005f, 0.0001f};

  /**
   * Aerosol path reflectance for each unit of optical depth at 550 nm, Angstrom exponent of about
   * 1.2, over dark ground.
   */
  static final float[] AEROSOL = {0.105f, 0.090f, 0.074f, 0.052f, 0.024f, 0.016f};

  /** Two-way gas and scattering transmittance of a clean atmosphere in the window of each band. */
  static final float[] TRANSMITTANCE = {0.84f, 0.89f, 0.93f, 0.95f, 0.96f, 0.94f};

  /** Part of the light on the ground that comes from the sky, not from the sun's disc. */
  static final float[] DIFFUSE = {0.32f, 0.24f, 0.17f, 0.10f, 0.05f, 0.04f};

  private Spectra() {}
}

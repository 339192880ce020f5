package org.heliostat.hil.scene;

import java.util.Locale;

/**
 * The instrument's bands in file order, with nominal centre wavelengths in nanometres (Sentinel-2
 * MSI B2, B3, B4, B8, B11, B12 and Landsat OLI B2 to B7 lie within 40 nm of them).
 */
public enum SceneBand {
  BLUE(0, 490),
  GREEN(1, 560),
  RED(2, 660),
  NIR(3, 850),
  SWIR16(4, 1610),
  SWIR22(5, 2200);

  private final int index;
  private final int centreNanometres;

  SceneBand(int index, int centreNanometres) {
    this.index = index;
    this.centreNanometres = centreNanometres;
  }

  /** Nominal centre wavelength in nanometres. */
  public int centreNanometres() {
    return centreNanometres;
  }

  /** Place of the band in a file: 0 for blue. */
  public int index() {
    return index;
  }

  /** The band's name as manifests and catalogues write it: {@code blue}, {@code swir16}. */
  public String commonName() {
    return name().toLowerCase(Locale.ROOT);
  }
}

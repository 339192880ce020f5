package org.heliostat.hal;

import java.util.List;

/**
 * Vibration since the poll before.
 *
 * @param bands root mean square in each band of the driver's parameters, in their order
 * @param peakMetresPerSecondSquared greatest deviation from the mean, over all axes, m/s2
 * @param samples how many samples of each axis this is made of
 * @param overrun whether the part had to drop samples before these
 * @param takenNanos mission time of the last sample, ns
 */
public record VibrationReading(
    List<Band> bands,
    double peakMetresPerSecondSquared,
    int samples,
    boolean overrun,
    long takenNanos)
    implements Reading {
  public VibrationReading {
    bands = List.copyOf(bands);
  }

  /**
   * One band.
   *
   * @param fromHertz lower edge, Hz, inclusive
   * @param toHertz upper edge, Hz, exclusive
   * @param rmsMetresPerSecondSquared root mean square of the three axes together, m/s2
   */
  public record Band(double fromHertz, double toHertz, double rmsMetresPerSecondSquared) {}
}

package org.heliostat.hal;

/**
 * One sample of a dosimeter.
 *
 * @param thresholdVolts threshold voltage of the RADFET, V
 * @param doseGrays total dose since the part was new, Gy (silicon)
 * @param takenNanos mission time of the sample, ns
 */
public record DoseReading(double thresholdVolts, double doseGrays, long takenNanos)
    implements Reading {}

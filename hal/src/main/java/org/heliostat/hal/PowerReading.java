package org.heliostat.hal;

/**
 * One sample of a rail.
 *
 * @param busVoltageVolts voltage of the rail against ground, V
 * @param currentAmperes current through the shunt, A, positive from source to load
 * @param powerWatts power, W, with the sign of the current
 * @param takenNanos mission time of the sample, ns
 */
public record PowerReading(
    double busVoltageVolts, double currentAmperes, double powerWatts, long takenNanos)
    implements Reading {}

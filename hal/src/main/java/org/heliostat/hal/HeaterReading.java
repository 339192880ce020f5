package org.heliostat.hal;

/**
 * What the driver of a heater does, as read back from the part.
 *
 * @param duty share of time in which the heater is on, 0 to 1
 * @param takenNanos mission time of the sample, ns
 */
public record HeaterReading(double duty, long takenNanos) implements Reading {}

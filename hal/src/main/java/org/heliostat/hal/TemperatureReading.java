package org.heliostat.hal;

/**
 * One temperature.
 *
 * @param celsius degrees Celsius
 * @param takenNanos mission time of the sample, ns
 */
public record TemperatureReading(double celsius, long takenNanos) implements Reading {}

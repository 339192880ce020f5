package org.heliostat.hal;

/**
 * One sample of a compute card.
 *
 * @param temperatureCelsius temperature of the die, degrees Celsius
 * @param powerWatts power of the whole card, W
 * @param powerLimitWatts power that the card holds itself to, W
 * @param utilisation share of the last sampling period in which the card computed, 0 to 1
 * @param memoryUsedBytes memory in use on the card, bytes
 * @param takenNanos mission time of the sample, ns
 */
public record CardReading(
    double temperatureCelsius,
    double powerWatts,
    double powerLimitWatts,
    double utilisation,
    long memoryUsedBytes,
    long takenNanos) {}

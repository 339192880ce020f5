package org.heliostat.hal;

/**
 * Errors of the board's memory since boot.
 *
 * @param corrected those that were put right
 * @param uncorrected those that were not
 * @param takenNanos mission time of the sample, ns
 */
public record MemoryErrorReading(long corrected, long uncorrected, long takenNanos)
    implements Reading {}

package org.heliostat.hal;

/**
 * One sample of a pump.
 *
 * @param duty drive as read back from the part, 0 to 1
 * @param revolutionsPerMinute what the tachometer counts, 1/min; 0 while it stands
 * @param stalled whether it is driven and does not turn
 * @param takenNanos mission time of the sample, ns
 */
public record PumpReading(
    double duty, double revolutionsPerMinute, boolean stalled, long takenNanos)
    implements Reading {}

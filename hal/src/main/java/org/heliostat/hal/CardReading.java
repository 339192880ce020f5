package org.heliostat.hal;

/**
 * One sample of a compute card.
 *
 * @param temperatureCelsius temperature of the die, degrees Celsius
 * @param powerWatts power of the whole card, W
 * @param powerLimitWatts power that the card holds itself to, W
 * @param utilisation share of the last sampling period in which the card computed, 0 to 1
 * @param memoryUsedBytes memory in use on the card, bytes
 * @param health what else the card says of itself
 * @param takenNanos mission time of the sample, ns
 */
public record CardReading(
    double temperatureCelsius,
    double powerWatts,
    double powerLimitWatts,
    double utilisation,
    long memoryUsedBytes,
    CardHealth health,
    long takenNanos)
    implements Reading {
  /** Of a card that says nothing of its health. */
  public CardReading(
      double temperatureCelsius,
      double powerWatts,
      double powerLimitWatts,
      double utilisation,
      long memoryUsedBytes,
      long takenNanos) {
    this(
        temperatureCelsius,
        powerWatts,
        powerLimitWatts,
        utilisation,
        memoryUsedBytes,
        CardHealth.UNKNOWN,
        takenNanos);
  }
}

package org.heliostat.hal;

/**
 * What a card says of its own state, beside heat and power. A value that the card does not give is
 * NaN or -1.
 *
 * @param marginCelsius how far the die is below the temperature at which it slows down, K; NaN
 *     where the part does not say
 * @param computeMegahertz clock of the compute units, MHz
 * @param memoryMegahertz clock of the memory, MHz
 * @param memoryTotalBytes memory on the card, bytes
 * @param correctedErrors memory errors corrected since power-on
 * @param uncorrectedErrors memory errors that could not be corrected, since power-on
 * @param correctedErrorsEver the same, in the life of the card
 * @param uncorrectedErrorsEver the same, in the life of the card
 * @param retiredPages pages or rows that are no longer used
 * @param repairPending whether more will be retired at the next reset
 * @param throttleReasons why the card is slower than it could be: bits of {@code
 *     nvmlClocksThrottleReason...}; 0 for no reason
 * @param criticalEvents how many critical events (Xid) the driver has reported since it was opened
 * @param lastCriticalEvent number of the last of them; -1 for none
 */
public record CardHealth(
    double marginCelsius,
    int computeMegahertz,
    int memoryMegahertz,
    long memoryTotalBytes,
    long correctedErrors,
    long uncorrectedErrors,
    long correctedErrorsEver,
    long uncorrectedErrorsEver,
    long retiredPages,
    boolean repairPending,
    long throttleReasons,
    long criticalEvents,
    long lastCriticalEvent) {
  /** Of a card that says nothing of itself. */
  public static final CardHealth UNKNOWN =
      new CardHealth(Double.NaN, -1, -1, -1, -1, -1, -1, -1, -1, false, 0, 0, -1);

  /** Bits of {@link #throttleReasons} that stand for heat, as in {@code nvml.h}. */
  public static final long THROTTLED_BY_HEAT = 0x20 | 0x40;

  /** Bits of {@link #throttleReasons} that stand for power, as in {@code nvml.h}. */
  public static final long THROTTLED_BY_POWER = 0x04 | 0x80;
}

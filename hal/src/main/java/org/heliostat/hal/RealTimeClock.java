package org.heliostat.hal;

/** The clock that runs while the board is off. It may be wrong, and it may read 1970. */
public interface RealTimeClock extends Device {
  /**
   * UTC, ns since 1970, to the second.
   *
   * @throws HardwareFault of kind {@code BAD_DATA} where the clock has lost its time
   */
  long utcNanos() throws HardwareFault;

  /** Sets the clock to UTC, ns since 1970, cut to the second. */
  void set(long utcNanos) throws HardwareFault;
}

package org.heliostat.hal;

/**
 * A device that is sampled.
 *
 * <p>{@link #poll} talks to the part and keeps the values in a sample that is used again and again:
 * it allocates nothing unless it fails. {@link #reading} makes a record of that sample; it never
 * waits for the part, so that one thread may hang in a poll and another still be answered.
 *
 * @param <R> what a sample of the device holds
 */
public interface Polled<R extends Reading> extends Device {
  /** Takes one fresh sample; a part that has lost its set-up is set up again first. */
  void poll() throws HardwareFault;

  /**
   * The sample of the last {@link #poll} that ended well.
   *
   * @throws HardwareFault of kind {@code STALE} while there was none
   */
  R reading() throws HardwareFault;

  /** Takes one fresh sample and gives it. */
  default R read() throws HardwareFault {
    poll();
    return reading();
  }

  /**
   * What the device shares with others: devices of one lane (the parts on one bus) wait for one
   * another, those of different lanes do not.
   */
  default String lane() {
    return name();
  }

  /** How often the part was found without its set-up and was set up again, since it was opened. */
  default long resets() {
    return 0;
  }
}

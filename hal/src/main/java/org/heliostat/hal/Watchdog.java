package org.heliostat.hal;

/**
 * Resets the board unless it is kicked in time. Opening it starts it, so it is opened at the first
 * {@link #kick}, and it goes on when the process dies.
 */
public interface Watchdog extends Device {
  /** What the watchdog knows of the last reset. */
  enum BootReason {
    /** Power-on, or a reset that the watchdog had no part in. */
    POWER_ON,
    /** The watchdog was not kicked. */
    WATCHDOG,
    /** Too hot. */
    OVER_TEMPERATURE,
    /** The supply was too low or too high. */
    POWER_FAULT,
    /** The part cannot say. */
    UNKNOWN
  }

  /** Starts the watchdog, or starts its time anew. */
  void kick() throws HardwareFault;

  /** The time that a kick lasts, s; 0 before the first kick. */
  double timeoutSeconds() throws HardwareFault;

  /** Why the board booted. */
  BootReason bootReason() throws HardwareFault;

  /**
   * Stops the watchdog for an orderly end, where it can be stopped; {@link #close} leaves it
   * running.
   */
  void disarm() throws HardwareFault;
}

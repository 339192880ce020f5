package org.heliostat.hal;

/**
 * Switches a rail and guards it: a hot-swap controller that measures what it feeds and turns the
 * rail off by itself when the current or its own heat is too much. What has tripped stays off
 * (latched) until {@link #off}, {@link #clearFaults} and {@link #on}.
 */
public interface PowerSwitch extends Polled<RailReading> {
  /** Turns the rail on; does nothing to one that is latched off. */
  void on() throws HardwareFault;

  /** Turns the rail off; done when this returns. */
  void off() throws HardwareFault;

  /** Clears what the controller has noted; a condition that is still there is noted again. */
  void clearFaults() throws HardwareFault;
}

package org.heliostat.hal;

/** A heater that is driven by a pulse width. It has no sense of its own: a thermometer tells. */
public interface Heater extends Polled<HeaterReading> {
  /**
   * Sets the share of time in which the heater is on. A part that resets itself goes off; the next
   * poll notices and sets this share again.
   *
   * @param duty 0 to 1
   */
  void setDuty(double duty) throws HardwareFault;
}

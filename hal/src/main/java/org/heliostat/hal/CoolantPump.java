package org.heliostat.hal;

/** A pump of a coolant loop: driven by a pulse width, watched by a tachometer. */
public interface CoolantPump extends Polled<PumpReading> {
  /**
   * Sets the drive; done again by the next poll if the part has reset itself.
   *
   * @param duty 0 (still) to 1 (full)
   */
  void setDuty(double duty) throws HardwareFault;
}

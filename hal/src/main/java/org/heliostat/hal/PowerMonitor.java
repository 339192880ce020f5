package org.heliostat.hal;

/** Measures the voltage of a rail and the current through it. */
public interface PowerMonitor extends Device {
  /** Takes one fresh sample; a part that has reset itself is set up again first. */
  PowerReading read() throws HardwareFault;
}

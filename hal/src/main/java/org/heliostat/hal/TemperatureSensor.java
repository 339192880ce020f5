package org.heliostat.hal;

/** Measures one temperature. */
public interface TemperatureSensor extends Device {
  /** Takes one fresh sample. */
  TemperatureReading read() throws HardwareFault;
}

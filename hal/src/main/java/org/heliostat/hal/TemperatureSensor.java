package org.heliostat.hal;

/** Measures one temperature. */
public interface TemperatureSensor extends Polled<TemperatureReading> {}

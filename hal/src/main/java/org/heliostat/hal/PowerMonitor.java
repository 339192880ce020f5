package org.heliostat.hal;

/** Measures the voltage of a rail and the current through it. */
public interface PowerMonitor extends Polled<PowerReading> {}

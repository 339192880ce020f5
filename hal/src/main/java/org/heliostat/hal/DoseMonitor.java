package org.heliostat.hal;

/** Measures the total ionising dose that the board has taken. */
public interface DoseMonitor extends Polled<DoseReading> {}

package org.heliostat.hal;

/** Measures vibration: of launch, of wheels, of a pump's bearing. */
public interface Accelerometer extends Polled<VibrationReading> {}

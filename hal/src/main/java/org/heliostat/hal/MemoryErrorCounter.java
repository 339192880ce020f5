package org.heliostat.hal;

/** Counts the errors that the memory controller of the board's processor has met (EDAC). */
public interface MemoryErrorCounter extends Polled<MemoryErrorReading> {}

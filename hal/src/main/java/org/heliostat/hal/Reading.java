package org.heliostat.hal;

/** One sample of a device: immutable, in SI units, with the time at which it was taken. */
public interface Reading {
  /** Mission time of the sample, ns. */
  long takenNanos();
}

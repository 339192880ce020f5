package org.heliostat.hil.scene;

/**
 * Stateless random numbers: the finaliser of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014) over a
 * key.
 */
final class Hash {
  private Hash() {}

  /** Spreads every bit of the key over the result. */
  static long mix(long key) {
    long z = key + 0x9E3779B97F4A7C15L;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  /** A hash as a number from 0 (inclusive) to 1 (exclusive). */
  static double unit(long hash) {
    return (hash >>> 11) * 0x1.0p-53;
  }

  /**
   * A hash as a nearly normal deviate (mean 0, deviation 1, no further out than 3.5): the sum of
   * its four 16-bit parts, by the central limit theorem. Good enough for sensor noise, and the same
   * on every JVM.
   */
  static float gaussian(long hash) {
    long sum =
        (hash & 0xFFFF) + ((hash >>> 16) & 0xFFFF) + ((hash >>> 32) & 0xFFFF) + (hash >>> 48);
    return (sum - 131070) * (1.7320508f / 65536f);
  }
}

package org.heliostat.hil.rig;

/** What stands between the truth and what a part feels: its noise, and what is wrong with it. */
interface Senses {
  /** Nothing. */
  Senses TRUE = (chip, quantity, truth, noise) -> truth;

  /** What a part measures. */
  enum Quantity {
    VOLTS(0),
    AMPERES(1),
    CELSIUS(2),
    GRAY(3);

    /** Tells the noise of one quantity from that of another. */
    final long place;

    Quantity(long place) {
      this.place = place;
    }
  }

  /**
   * What a part feels.
   *
   * @param chip number of the part in the world; -1 for the thermal zone
   * @param noise root mean square of a part that is well
   */
  double felt(int chip, Quantity quantity, double truth, double noise);

  /**
   * A number from a normal distribution that depends on nothing but what it is made of.
   *
   * @param seed of the noise
   * @param place what tells one source from another
   * @param moment changes with time
   */
  static double gaussian(long seed, long place, long moment) {
    long bits = mixed(mixed(mixed(seed) ^ place) ^ moment);
    double first = ((bits >>> 32) + 1) / 4_294_967_297.0;
    double second = (bits & 0xffff_ffffL) / 4_294_967_296.0;
    return Math.sqrt(-2 * Math.log(first)) * Math.cos(2 * Math.PI * second);
  }

  /** The mixer of splitmix64. */
  private static long mixed(long seed) {
    long z = seed + 0x9e37_79b9_7f4a_7c15L;
    z = (z ^ z >>> 30) * 0xbf58_476d_1ce4_e5b9L;
    z = (z ^ z >>> 27) * 0x94d0_49bb_1331_11ebL;
    return z ^ z >>> 31;
  }
}

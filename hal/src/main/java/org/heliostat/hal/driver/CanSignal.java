package org.heliostat.hal.driver;

/**
 * Where a number stands in the data of a CAN frame, as DBC files have it.
 *
 * @param name within its frame
 * @param start little endian: number of the lowest bit; big endian: number of the highest bit; bit
 *     0 is the lowest of byte 0, bit 8 the lowest of byte 1
 * @param length bits, 1 to 64
 * @param bigEndian whether more significant bits come first
 * @param signed whether it is two's complement
 * @param scale value of a step
 * @param offset value of 0
 */
record CanSignal(
    String name,
    int start,
    int length,
    boolean bigEndian,
    boolean signed,
    double scale,
    double offset) {
  /** Number of the bit that holds bit {@code i} (0 is the lowest) of the signal. */
  private int place(int i) {
    if (!bigEndian) {
      return start + i;
    }
    // big endian bits run from the highest of a byte to its lowest, and on in the next byte
    int sequence = (start >> 3) * 8 + (7 - (start & 7)) + (length - 1 - i);
    return (sequence >> 3) * 8 + (7 - (sequence & 7));
  }

  /** Bytes of data that the signal needs. */
  int bytes() {
    return Math.max(place(0), place(length - 1)) / 8 + 1;
  }

  /** The value in a frame's data, the first byte lowest. */
  double decode(long data) {
    long raw = 0;
    for (int i = 0; i < length; i++) {
      raw |= (data >>> place(i) & 1) << i;
    }
    if (signed) {
      raw = raw << (64 - length) >> (64 - length);
    }
    double number = !signed && raw < 0 ? (raw >>> 1) * 2.0 + (raw & 1) : raw;
    return number * scale + offset;
  }

  /** Whether the field can hold a value. */
  boolean holds(double value) {
    double steps = Math.rint((value - offset) / scale);
    double most = Math.scalb(1.0, signed ? length - 1 : length);
    return steps < most && steps >= (signed ? -most : 0);
  }

  /** Puts a value that the field can hold into a frame's data. */
  long encode(double value, long data) {
    double steps = Math.rint((value - offset) / scale);
    double half = Math.scalb(1.0, 63);
    long raw = steps >= half ? (long) (steps - half) | Long.MIN_VALUE : (long) steps;
    long with = data;
    for (int i = 0; i < length; i++) {
      long bit = 1L << place(i);
      with = (raw >>> i & 1) != 0 ? with | bit : with & ~bit;
    }
    return with;
  }
}

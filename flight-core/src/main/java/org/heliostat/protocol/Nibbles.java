package org.heliostat.protocol;

import java.io.ByteArrayOutputStream;
import java.util.OptionalLong;

/**
 * Numbers in half bytes: three bits of the number in each, least significant first, and one that
 * says whether another follows; what is below 8 takes one, below 64 two. The lower half of a byte
 * comes first; an upper half that is left over is 0.
 */
final class Nibbles {
  /** So many hold 64 bits. */
  private static final int MOST = 22;

  private Nibbles() {}

  /** Writes numbers, as unsigned. One thread. */
  static final class Writer {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private int half = -1;

    void write(long number) {
      long left = number;
      while ((left & ~7L) != 0) {
        nibble((int) (left & 7) | 8);
        left >>>= 3;
      }
      nibble((int) left);
    }

    private void nibble(int nibble) {
      if (half < 0) {
        half = nibble;
      } else {
        bytes.write(half | (nibble << 4));
        half = -1;
      }
    }

    /** All that was written; nothing may be written after. */
    byte[] end() {
      if (half >= 0) {
        nibble(0);
      }
      return bytes.toByteArray();
    }
  }

  /** Reads numbers. One thread. */
  static final class Reader {
    private final byte[] bytes;
    private int at;

    Reader(byte[] bytes) {
      this.bytes = bytes;
    }

    /** The next number; nothing where there is none, or one of more than 64 bits. */
    OptionalLong read() {
      long number = 0;
      for (int i = 0; i < MOST; i++) {
        if (at >= 2 * bytes.length) {
          return OptionalLong.empty();
        }
        int nibble = (bytes[at / 2] >> (4 * (at % 2))) & 15;
        at++;
        if (i == MOST - 1 && nibble > 1) {
          return OptionalLong.empty();
        }
        number |= (nibble & 7L) << (3 * i);
        if ((nibble & 8) == 0) {
          return OptionalLong.of(number);
        }
      }
      return OptionalLong.empty();
    }

    /** Whether nothing is left but half a byte of 0. */
    boolean isAtEnd() {
      return at == 2 * bytes.length
          || (at == 2 * bytes.length - 1 && bytes[bytes.length - 1] >> 4 == 0);
    }
  }
}

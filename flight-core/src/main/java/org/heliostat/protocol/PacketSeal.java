package org.heliostat.protocol;

import java.util.Optional;

/**
 * What is put around every packet before it leaves and taken off before anything of it is
 * interpreted. This is the seam for end-to-end authentication; {@link ChecksumSeal} stands in it
 * until then. Implementations are thread-safe.
 */
public interface PacketSeal {
  /** Which way a packet goes; it is part of what is sealed, so that one cannot be turned around. */
  enum Direction {
    UPLINK(1),
    DOWNLINK(2);

    private final byte code;

    Direction(int code) {
      this.code = (byte) code;
    }

    /** The direction as it is sealed in. */
    public byte code() {
      return code;
    }
  }

  /** The packet as it goes over the link. */
  byte[] seal(Direction direction, byte[] packet);

  /** The packet inside, or nothing when the seal is not whole. Never throws on bad input. */
  Optional<byte[]> open(Direction direction, byte[] sealed);
}

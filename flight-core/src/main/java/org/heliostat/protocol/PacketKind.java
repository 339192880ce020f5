package org.heliostat.protocol;

import java.util.Optional;

/**
 * What a packet of the link is. It is part of what is authenticated, and each kind has keys of its
 * own, so that none can be passed off as another, nor be turned around.
 */
public enum PacketKind {
  /** Ground to satellite: a telecommand, counted for ever. */
  COMMAND(1, true),
  /** Ground to satellite: what ground has, and what it lacks. */
  RECEIPT(2, true),
  /** Ground to satellite: a part of a file. */
  FILE(3, true),
  /** Satellite to ground. */
  TELEMETRY(4, false);

  private final byte code;
  private final boolean up;

  PacketKind(int code, boolean up) {
    this.code = (byte) code;
    this.up = up;
  }

  /** As it stands in a packet. */
  byte code() {
    return code;
  }

  /** Whether it goes from ground to the satellite. */
  public boolean up() {
    return up;
  }

  static Optional<PacketKind> of(int code) {
    for (PacketKind kind : values()) {
      if (kind.code == code) {
        return Optional.of(kind);
      }
    }
    return Optional.empty();
  }
}

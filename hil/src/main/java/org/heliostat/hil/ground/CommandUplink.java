package org.heliostat.hil.ground;

import java.util.Optional;
import org.heliostat.protocol.LinkKey;
import org.heliostat.protocol.Role;
import org.heliostat.protocol.Telecommand;

/** How a command gets into a packet that the satellite takes, and on its way. */
interface CommandUplink {
  /**
   * Which key a command is sealed with; where neither is chosen, that of the role that the schema
   * names.
   *
   * @param emergency the emergency key
   * @param trial the key that is to follow, of this role; empty for one that is good
   */
  record Choice(boolean emergency, Optional<Role> trial) {}

  /** A sealed command. The same one is sent each time: its counter is good for one packet. */
  final class Sealed {
    private final int key;
    private final byte[] packet;

    Sealed(int key, byte[] packet) {
      this.key = key;
      this.packet = packet;
    }

    /** The number of the key. */
    int key() {
      return key;
    }

    Role role() {
      return LinkKey.role(key).orElse(Role.ROLE_UNSPECIFIED);
    }

    byte[] packet() {
      return packet;
    }
  }

  /**
   * Seals a command, once.
   *
   * @param notAfterHostNanos host time after which it must not be run
   */
  Sealed seal(Telecommand command, Choice choice, long notAfterHostNanos);

  /** Sends what was sealed; false where the link did not take it. */
  boolean send(Sealed sealed);
}

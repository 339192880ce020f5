package org.heliostat.hil.ground;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.LongUnaryOperator;
import java.util.function.Predicate;
import org.heliostat.protocol.CommandRoles;
import org.heliostat.protocol.LinkKey;
import org.heliostat.protocol.LinkRun;
import org.heliostat.protocol.LinkSeal;
import org.heliostat.protocol.PacketKind;
import org.heliostat.protocol.Receipt;
import org.heliostat.protocol.Role;
import org.heliostat.protocol.Telecommand;
import org.heliostat.protocol.Uplink;

/**
 * Seals what goes up: a command with the key of its role, all else with that of the station.
 * Thread-safe.
 */
final class SecureUplink implements CommandUplink {
  /**
   * A command may be this late beyond the wait of its operator: clocks differ, and links are slow.
   */
  static final long MARGIN_NANOS = 60_000_000_000L;

  /**
   * Commands that were armed; beyond it the oldest is fired with the key of maintenance, and so is
   * what was armed before the station was started.
   */
  private static final int MOST_ARMED = 64;

  private final GroundKeys keys;
  private final LinkSeal seal;
  private final LinkRun run;
  private final LongUnaryOperator utcNanos;
  private final Predicate<byte[]> port;
  private final Map<Long, Role> armedBy = new LinkedHashMap<>();

  /**
   * An uplink.
   *
   * @param random as {@link LinkRun} needs it
   * @param utcNanos UTC at a host time, ns
   * @param port sends a packet; false when it could not
   */
  SecureUplink(
      GroundKeys keys,
      LinkSeal seal,
      LongSupplier random,
      LongUnaryOperator utcNanos,
      Predicate<byte[]> port) {
    this.keys = keys;
    this.seal = seal;
    this.run = new LinkRun(seal, random);
    this.utcNanos = utcNanos;
    this.port = port;
  }

  @Override
  public synchronized Sealed seal(Telecommand command, Choice choice, long notAfterHostNanos) {
    LinkKey key = key(command, choice);
    if (command.hasArmCommand()) {
      if (armedBy.size() == MOST_ARMED) {
        armedBy.remove(armedBy.keySet().iterator().next());
      }
      armedBy.put(command.getCounter(), key.role());
    }
    return new Sealed(
        key.id(),
        seal.command(
            key,
            run.id(),
            command.getCounter(),
            utcNanos.applyAsLong(notAfterHostNanos) + MARGIN_NANOS,
            Uplink.newBuilder().setTelecommand(command).build().toByteArray()));
  }

  private LinkKey key(Telecommand command, Choice choice) {
    Optional<LinkKey> trial = choice.trial().flatMap(keys::following);
    if (trial.isPresent()) {
      return trial.get();
    }
    if (choice.emergency()) {
      return keys.key(Role.ROLE_EMERGENCY);
    }
    if (command.hasFireCommand()) {
      return keys.key(
          armedBy.getOrDefault(command.getFireCommand().getArmed(), Role.ROLE_MAINTENANCE));
    }
    return keys.key(CommandRoles.of(command).orElse(Role.ROLE_OPERATOR));
  }

  @Override
  public boolean send(Sealed sealed) {
    return port.test(sealed.packet());
  }

  /** Seals and sends what is no command; false where the link did not take it. */
  boolean send(PacketKind kind, Uplink message) {
    // a key that is to follow proves itself by what is sealed with it
    LinkKey key = keys.following(Role.ROLE_STATION).filter(keys::isThere).orElseGet(this::station);
    return port.test(run.seal(key, kind, message.toByteArray()));
  }

  /**
   * Has the satellite take a packet that is sealed with this key of the station. It names no run of
   * the satellite, and so confirms nothing.
   */
  void probe(LinkKey key) {
    Uplink nothing = Uplink.newBuilder().setReceipt(Receipt.getDefaultInstance()).build();
    // one that is lost is followed by another
    boolean unused = port.test(run.seal(key, PacketKind.RECEIPT, nothing.toByteArray()));
  }

  private LinkKey station() {
    return keys.key(Role.ROLE_STATION);
  }
}

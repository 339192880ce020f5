package org.heliostat.core.link;

import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.heliostat.core.app.AppFailure;
import org.heliostat.core.app.Services;
import org.heliostat.core.command.Authority;
import org.heliostat.core.event.CoreEvent;
import org.heliostat.core.event.Events;
import org.heliostat.core.file.Changes;
import org.heliostat.core.file.Disk;
import org.heliostat.protocol.KeyFile;
import org.heliostat.protocol.KeyStatus;
import org.heliostat.protocol.LinkKey;
import org.heliostat.protocol.LinkRun;
import org.heliostat.protocol.LinkSeal;
import org.heliostat.protocol.PacketKind;
import org.heliostat.protocol.Role;
import org.heliostat.protocol.SeenPackets;
import org.heliostat.protocol.Telecommand.CommandCase;

/**
 * Where packets of the link are authenticated, and those that go down are sealed. What comes in is
 * opened exactly as it was received, before anything of it is interpreted; whether it has come
 * before is asked only then. Whoever sends what is not authentic changes nothing and learns
 * nothing: it is not answered, and the caller counts it. One thread.
 */
final class LinkGate implements AutoCloseable {
  /** Runs of ground that are told apart; one that has been forgotten can only repeat receipts. */
  private static final int MOST_RUNS = 64;

  private final KeyStore keys;
  private final LinkSeal seal;
  private final LinkRun run;
  private final Events events;
  private final SeenPackets seen = new SeenPackets(MOST_RUNS);
  private boolean notStored;

  /** What has been authenticated. */
  static final class Inbound {
    private final LinkSeal.Header header;
    private final byte[] packet;

    Inbound(LinkSeal.Header header, byte[] packet) {
      this.header = header;
      this.packet = packet;
    }

    PacketKind kind() {
      return header.kind();
    }

    /** Of a command. */
    long counter() {
      return header.counter();
    }

    /** Of a command. */
    Authority authority() {
      return new Authority(LinkKey.role(header.key()).orElseThrow(), header.notAfterNanos());
    }

    byte[] packet() {
      return packet;
    }
  }

  /**
   * A gate.
   *
   * @param random as {@link LinkRun} needs it
   */
  LinkGate(KeyStore keys, LinkSeal seal, LongSupplier random, Events events) {
    this.keys = keys;
    this.seal = seal;
    this.run = new LinkRun(seal, random);
    this.events = events;
  }

  /**
   * The gate of a spacecraft, with the keys in its data folder or those of its launch. Takes the
   * command that loads a key.
   *
   * @param changes of the file of keys; it outlives the gate
   * @throws AppFailure where there are no keys
   */
  static LinkGate open(Services services, Changes changes) throws AppFailure {
    SecureRandom random = new SecureRandom();
    Path folder = services.keys();
    Path secret = folder.resolve(KeyFile.SECRET);
    try (KeyFile launched =
        KeyFile.open(folder.resolve(KeyFile.LAUNCHED), secret, random::nextBytes)) {
      KeyStore keys =
          KeyStore.open(
              KeyFile.open(services.data().resolve("keys.bin"), secret, random::nextBytes),
              launched,
              new Disk("key-disk", 2, Disk.DEADLINE_NANOS),
              changes);
      if (keys.asLaunched()) {
        services.events().report(CoreEvent.KEYS_AS_LAUNCHED);
      }
      services
          .commands()
          .handle("link", CommandCase.LOAD_KEY, new LoadKeyCommand(keys, services.events()));
      return new LinkGate(
          keys,
          new LinkSeal(services.mission().getSpacecraftId()),
          random::nextLong,
          services.events());
    } catch (IOException e) {
      throw new AppFailure("no keys in " + folder + ": " + e.getMessage(), e);
    }
  }

  /** The number of this run of the link, which receipts name. */
  long run() {
    return run.id();
  }

  /**
   * What is inside a packet from ground; empty where it is not authentic, or has come before.
   * Whether a command is new its counter tells, not this.
   */
  Optional<Inbound> open(byte[] sealed) {
    Optional<LinkSeal.Header> header = LinkSeal.header(sealed).filter(LinkGate::comesUp);
    Optional<LinkKey> key = header.flatMap(known -> keys.key(known.key()));
    Optional<byte[]> packet = key.flatMap(known -> seal.open(known, sealed));
    if (packet.isEmpty()) {
      return Optional.empty();
    }
    LinkSeal.Header believed = header.orElseThrow();
    proven(key.orElseThrow());
    if (believed.kind() != PacketKind.COMMAND && !seen.fresh(believed.run(), believed.counter())) {
      return Optional.empty();
    }
    return Optional.of(new Inbound(believed, packet.get()));
  }

  /** Commands are sealed with the key of a person, all else with that of the station. */
  private static boolean comesUp(LinkSeal.Header header) {
    boolean station =
        LinkKey.role(header.key()).filter(role -> role == Role.ROLE_STATION).isPresent();
    return header.kind().up() && station != (header.kind() == PacketKind.COMMAND);
  }

  private void proven(LinkKey key) {
    try {
      if (keys.proven(key)) {
        events.report(CoreEvent.KEY_ROTATED, key.role(), key.id());
      }
      notStored = false;
    } catch (IOException e) {
      if (!notStored) {
        events.report(CoreEvent.KEYS_NOT_STORED, e);
      }
      notStored = true;
    }
  }

  /** Numbers of the keys. From any thread. */
  KeyStatus keyStatus() {
    return keys.status();
  }

  /** A packet for ground; empty where there is no key for it. */
  Optional<byte[]> seal(byte[] packet) {
    return keys.station().map(key -> run.seal(key, PacketKind.TELEMETRY, packet));
  }

  @Override
  public void close() {
    keys.close();
  }
}

package org.heliostat.core.link;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.heliostat.core.event.Events;
import org.heliostat.core.file.Changes;
import org.heliostat.core.file.Disk;
import org.heliostat.core.fixture.ByGround;
import org.heliostat.protocol.KeyFile;
import org.heliostat.protocol.LinkKey;
import org.heliostat.protocol.LinkRun;
import org.heliostat.protocol.LinkSeal;
import org.heliostat.protocol.PacketKind;
import org.heliostat.protocol.Role;
import org.heliostat.protocol.Telecommand;
import org.heliostat.protocol.Uplink;

/** Ground's end of a link: seals what goes up and opens what comes down, with the launch's keys. */
final class GroundSeal {
  static final int SPACECRAFT = 1;
  static final byte[] BOARD_SECRET = secret(99);

  private final LinkSeal seal = new LinkSeal(SPACECRAFT);
  private final Random random = new Random(5);
  private final Map<Role, LinkKey> keys = new EnumMap<>(Role.class);
  private final LinkRun run = new LinkRun(seal, random::nextLong);

  GroundSeal() {
    for (int role = Role.ROLE_OPERATOR_VALUE; role <= Role.ROLE_STATION_VALUE; role++) {
      Role one = Role.forNumber(role);
      keys.put(one, new LinkKey(LinkKey.id(one, 1), secret(role)));
    }
  }

  /** A secret of 32 equal bytes. */
  static byte[] secret(int value) {
    byte[] secret = new byte[LinkKey.SECRET_BYTES];
    Arrays.fill(secret, (byte) value);
    return secret;
  }

  LinkKey key(Role role) {
    return Objects.requireNonNull(keys.get(role));
  }

  /** From now on ground uses this one. */
  void use(LinkKey key) {
    keys.put(key.role(), key);
  }

  /** The keys of the launch, in a file. */
  KeyFile launched(Path folder) throws IOException {
    KeyFile file =
        new KeyFile(folder.resolve(KeyFile.LAUNCHED), BOARD_SECRET, new Random(6)::nextBytes);
    List<KeyFile.Entry> entries = new ArrayList<>();
    keys.values().forEach(key -> entries.add(new KeyFile.Entry(key, false)));
    file.write(entries);
    return file;
  }

  /** The satellite's keys as they stand in a folder. */
  KeyStore store(Path folder) throws IOException {
    return KeyStore.open(
        new KeyFile(folder.resolve("keys.bin"), BOARD_SECRET, new Random(7)::nextBytes),
        launched(folder),
        new Disk("key-disk", 2, Disk.DEADLINE_NANOS),
        new Changes());
  }

  /** The satellite's gate. */
  LinkGate gate(Path folder, Events events) {
    try {
      return new LinkGate(store(folder), seal, random::nextLong, events);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A packet that goes up, with the key that ground's station chooses. */
  byte[] seal(Uplink message) {
    if (!message.hasTelecommand()) {
      return receipt(message.toByteArray());
    }
    return command(
        ByGround.authority(message.getTelecommand()).role(), message.getTelecommand(), 0);
  }

  byte[] command(Role role, Telecommand command, long notAfterNanos) {
    // a seal of its own: tests send what no ground would, one counter twice
    return new LinkSeal(SPACECRAFT)
        .command(
            key(role),
            run.id(),
            command.getCounter(),
            notAfterNanos,
            Uplink.newBuilder().setTelecommand(command).build().toByteArray());
  }

  byte[] receipt(byte[] packet) {
    return run.seal(key(Role.ROLE_STATION), PacketKind.RECEIPT, packet);
  }

  byte[] file(Uplink message) {
    return run.seal(key(Role.ROLE_STATION), PacketKind.FILE, message.toByteArray());
  }

  /** What is inside a packet that came down. */
  byte[] open(byte[] sealed) {
    return seal.open(key(Role.ROLE_STATION), sealed).orElseThrow();
  }
}

package org.heliostat.hil.ground;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.heliostat.protocol.KeyFile;
import org.heliostat.protocol.KeyStatus;
import org.heliostat.protocol.LinkKey;
import org.heliostat.protocol.Role;
import org.jspecify.annotations.Nullable;

/**
 * The station's keys: of each role the one that is good, and while it is being replaced the one
 * that is to follow. Both are on disk before either is used. Which of them the satellite takes its
 * authenticated telemetry says; so a replacement that was cut off anywhere settles by itself.
 * Thread-safe.
 */
final class GroundKeys implements AutoCloseable {
  private final KeyFile file;
  private final Consumer<byte[]> random;
  private final Map<Role, LinkKey> good = new EnumMap<>(Role.class);
  private final Map<Role, LinkKey> following = new EnumMap<>(Role.class);

  /** Replaced last, and perhaps in use by another thread at that moment: wiped with the next. */
  private final Map<Role, LinkKey> replaced = new EnumMap<>(Role.class);

  /** Of those that are to follow, the ones that the satellite has. */
  private final Set<Integer> there = new HashSet<>();

  private GroundKeys(KeyFile file, Consumer<byte[]> random, List<KeyFile.Entry> keys) {
    this.file = file;
    this.random = random;
    for (KeyFile.Entry entry : keys) {
      (entry.unproven() ? following : good).put(entry.key().role(), entry.key());
    }
  }

  /** The keys in a folder, with the secret that they are sealed with. */
  static GroundKeys open(Path folder, Consumer<byte[]> random) throws IOException {
    KeyFile file =
        new KeyFile(
            folder.resolve(KeyFile.STATION),
            KeyFile.readSecret(folder.resolve(KeyFile.SECRET)),
            random);
    return new GroundKeys(
        file,
        random,
        file.read().orElseThrow(() -> new IOException("the keys in " + folder + " do not read")));
  }

  /** The key that packets of a role are sealed with. */
  synchronized LinkKey key(Role role) {
    LinkKey key = good.get(role);
    if (key == null) {
      throw new IllegalStateException("the station has no key of " + role);
    }
    return key;
  }

  /** The key with this number, where the station has it. */
  synchronized Optional<LinkKey> key(int id) {
    return LinkKey.role(id)
        .flatMap(
            role ->
                Optional.ofNullable(with(good.get(role), id))
                    .or(() -> Optional.ofNullable(with(following.get(role), id))));
  }

  private static @Nullable LinkKey with(@Nullable LinkKey key, int id) {
    return key != null && key.id() == id ? key : null;
  }

  /** The key that is to follow, where a role's is being replaced. */
  synchronized Optional<LinkKey> following(Role role) {
    return Optional.ofNullable(following.get(role));
  }

  /** Makes the key that is to follow; on return it is on disk. */
  synchronized LinkKey makeFollowing(Role role) throws IOException {
    byte[] secret = new byte[LinkKey.SECRET_BYTES];
    random.accept(secret);
    LinkKey fresh = new LinkKey(LinkKey.next(key(role).id()), secret);
    Arrays.fill(secret, (byte) 0);
    LinkKey old = following.put(role, fresh);
    try {
      store();
    } catch (IOException e) {
      following.remove(role);
      if (old != null) {
        following.put(role, old);
      }
      throw e;
    }
    return fresh;
  }

  /** The satellite has stored the key that is to follow: from now on it may be used. */
  synchronized void there(Role role) {
    LinkKey key = following.get(role);
    if (key != null) {
      there.add(key.id());
    }
  }

  /** Whether the satellite has said that it has this key. */
  synchronized boolean isThere(LinkKey key) {
    return there.contains(key.id());
  }

  /** Whether the key with this number is good. */
  synchronized boolean isGood(int id) {
    return LinkKey.role(id).filter(role -> with(good.get(role), id) != null).isPresent();
  }

  /** Takes what the satellite says of its keys: one that is to follow and is good there is here. */
  synchronized void take(KeyStatus status) throws IOException {
    for (int id : status.getGoodList()) {
      replace(id);
    }
  }

  /**
   * The satellite has taken a packet that was sealed with this key. Where it is one that is to
   * follow, it is good now, and the one before is gone; otherwise nothing happens.
   *
   * @throws IOException where that cannot be stored: it stays as it is
   */
  synchronized void replace(int id) throws IOException {
    Role role = LinkKey.role(id).orElse(Role.ROLE_UNSPECIFIED);
    LinkKey fresh = with(following.get(role), id);
    if (fresh == null) {
      return;
    }
    LinkKey old = key(role);
    following.remove(role);
    good.put(role, fresh);
    try {
      store();
    } catch (IOException e) {
      good.put(role, old);
      following.put(role, fresh);
      throw e;
    }
    there.remove(id);
    LinkKey older = replaced.put(role, old);
    if (older != null) {
      older.close();
    }
  }

  private void store() throws IOException {
    List<KeyFile.Entry> entries = new ArrayList<>();
    good.values().forEach(key -> entries.add(new KeyFile.Entry(key, false)));
    following.values().forEach(key -> entries.add(new KeyFile.Entry(key, true)));
    file.write(entries);
  }

  /** Wipes all keys. */
  @Override
  public synchronized void close() {
    good.values().forEach(LinkKey::close);
    following.values().forEach(LinkKey::close);
    replaced.values().forEach(LinkKey::close);
    good.clear();
    following.clear();
    replaced.clear();
  }
}

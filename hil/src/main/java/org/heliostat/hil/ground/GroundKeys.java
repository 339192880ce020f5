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

  /**
   * Of those that are to follow, the ones that are meant where the satellite names their number: it
   * has said that it has stored them, or they were made before the station was started anew.
   */
  private final Set<Integer> there = new HashSet<>();

  /** Numbers of the satellite's keys, as it has said last; none before. */
  private Set<Integer> onBoard = Set.of();

  /** Of the newest telemetry that no key has opened, the number of its key; 0 for none. */
  private int unopened;

  private GroundKeys(KeyFile file, Consumer<byte[]> random, List<KeyFile.Entry> keys) {
    this.file = file;
    this.random = random;
    for (KeyFile.Entry entry : keys) {
      (entry.unproven() ? following : good).put(entry.key().role(), entry.key());
      if (entry.unproven() && entry.key().role() != Role.ROLE_STATION) {
        there.add(entry.key().id());
      }
    }
  }

  /** The keys in a folder, with the secret that they are sealed with. */
  static GroundKeys open(Path folder, Consumer<byte[]> random) throws IOException {
    KeyFile file =
        KeyFile.open(folder.resolve(KeyFile.STATION), folder.resolve(KeyFile.SECRET), random);
    Optional<List<KeyFile.Entry>> keys = file.read();
    if (keys.isEmpty()) {
      file.close();
      throw new IOException("the keys in " + folder + " do not read");
    }
    return new GroundKeys(file, random, keys.get());
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

  /** Whether the satellite has said which keys it has. */
  synchronized boolean knowsBoard() {
    return !onBoard.isEmpty();
  }

  /**
   * Telemetry has come that no key opens. Nothing of it is authentic; so its number is left out,
   * and otherwise it changes nothing.
   */
  synchronized void unopened(int id) {
    unopened = id;
  }

  /** Whether telemetry came last that has the number of this key, and does not open with it. */
  synchronized boolean isAnother(LinkKey key) {
    return key.id() == unopened;
  }

  /** The number for a role's next key: none that the satellite has, whatever ground knows of it. */
  private int fresh(Role role) throws IOException {
    int good = key(role).id();
    for (int id = LinkKey.next(good); id != good; id = LinkKey.next(id)) {
      if (!onBoard.contains(id) && id != unopened) {
        return id;
      }
    }
    throw new IOException("the satellite has keys with all numbers of " + role);
  }

  /** Makes the key that is to follow; on return it is on disk. */
  synchronized LinkKey makeFollowing(Role role) throws IOException {
    int id = fresh(role);
    byte[] secret = new byte[LinkKey.SECRET_BYTES];
    random.accept(secret);
    LinkKey fresh = new LinkKey(id, secret);
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
    if (old != null) {
      there.remove(old.id());
      retire(old);
    }
    return fresh;
  }

  /**
   * The satellite has refused to load the key that is to follow: a key with its number is good
   * there. That it says so is no sign any more that this one is.
   */
  synchronized void refused(Role role) {
    LinkKey key = following.get(role);
    if (key != null) {
      there.remove(key.id());
    }
  }

  /**
   * Gives up the key that is to follow, and its number with it.
   *
   * @throws IOException where that cannot be stored: it stays
   */
  synchronized void drop(Role role) throws IOException {
    LinkKey key = following.remove(role);
    if (key == null) {
      return;
    }
    try {
      store();
    } catch (IOException e) {
      following.put(role, key);
      throw e;
    }
    there.remove(key.id());
    Set<Integer> known = new HashSet<>(onBoard);
    known.add(key.id());
    onBoard = Set.copyOf(known);
    retire(key);
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

  /**
   * Takes what the satellite says of its keys: one that is to follow, and may be there, is good
   * here, too. A number alone is no proof: ground's keys may come out of an older copy. That of the
   * station is proven by what it opens.
   */
  synchronized void take(KeyStatus status) throws IOException {
    Set<Integer> named = new HashSet<>(status.getGoodList());
    named.addAll(status.getUnprovenList());
    onBoard = Set.copyOf(named);
    for (int id : status.getGoodList()) {
      if (there.contains(id) && LinkKey.role(id).orElseThrow() != Role.ROLE_STATION) {
        replace(id);
      }
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
    retire(old);
  }

  private void retire(LinkKey key) {
    LinkKey older = replaced.put(key.role(), key);
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

  /** Wipes all keys, and the secret of their file. */
  @Override
  public synchronized void close() {
    file.close();
    good.values().forEach(LinkKey::close);
    following.values().forEach(LinkKey::close);
    replaced.values().forEach(LinkKey::close);
    good.clear();
    following.clear();
    replaced.clear();
  }
}

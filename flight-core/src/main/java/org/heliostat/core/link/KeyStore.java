package org.heliostat.core.link;

import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.heliostat.core.file.Changes;
import org.heliostat.core.file.Disk;
import org.heliostat.protocol.KeyFile;
import org.heliostat.protocol.KeyStatus;
import org.heliostat.protocol.LinkKey;
import org.heliostat.protocol.Role;
import org.jspecify.annotations.Nullable;

/**
 * The keys of the spacecraft. Each role has one that is good, and a second one from the moment that
 * it is loaded until a packet that was sealed with it has come: then it takes the place of the
 * first. So a rotation that is cut off anywhere leaves a key that ground has.
 *
 * <p>What is loaded or proven is on disk before it holds here; where the disk takes nothing, both
 * keys stay good. A write that hangs is the last one until it has come back, so that a late one
 * brings back no key that is gone. Where no key file reads, the keys that the spacecraft was
 * launched with hold. No call waits longer than the {@link Disk} does. Owned by one thread; {@link
 * #status} from any.
 */
final class KeyStore implements AutoCloseable {
  private final KeyFile file;
  private final Disk disk;
  private final Changes changes;
  private final boolean asLaunched;
  private final Map<Role, LinkKey> good = new EnumMap<>(Role.class);
  private final Map<Role, LinkKey> unproven = new EnumMap<>(Role.class);
  private volatile KeyStatus status = KeyStatus.getDefaultInstance();

  private KeyStore(
      KeyFile file, Disk disk, Changes changes, boolean asLaunched, List<KeyFile.Entry> keys) {
    this.file = file;
    this.disk = disk;
    this.changes = changes;
    this.asLaunched = asLaunched;
    for (KeyFile.Entry entry : keys) {
      LinkKey old = (entry.unproven() ? unproven : good).put(entry.key().role(), entry.key());
      if (old != null) {
        old.close();
      }
    }
    note();
  }

  /**
   * Opens the store.
   *
   * @param file of the keys as they are now; it need not be there. It is closed with the store, or
   *     at once where that does not open
   * @param launched those that the spacecraft was launched with
   * @param changes of that file; it outlives the store
   * @throws IOException where neither reads
   */
  static KeyStore open(KeyFile file, KeyFile launched, Disk disk, Changes changes)
      throws IOException {
    try {
      return read(file, launched, disk, changes);
    } catch (IOException e) {
      file.close();
      throw e;
    }
  }

  private static KeyStore read(KeyFile file, KeyFile launched, Disk disk, Changes changes)
      throws IOException {
    Optional<List<KeyFile.Entry>> now = disk.get(file::read);
    if (now.isPresent()) {
      return new KeyStore(file, disk, changes, false, now.get());
    }
    boolean lost = disk.get(file::exists);
    Optional<List<KeyFile.Entry>> first = disk.get(launched::read);
    return new KeyStore(
        file,
        disk,
        changes,
        lost,
        first.orElseThrow(() -> new IOException("the keys of the link cannot be read")));
  }

  /** Whether the keys as they were are lost, and those of the launch hold again. */
  boolean asLaunched() {
    return asLaunched;
  }

  /** The key with this number. */
  Optional<LinkKey> key(int id) {
    Optional<Role> role = LinkKey.role(id);
    return role.flatMap(
        known ->
            Optional.ofNullable(with(good.get(known), id))
                .or(() -> Optional.ofNullable(with(unproven.get(known), id))));
  }

  private static @Nullable LinkKey with(@Nullable LinkKey key, int id) {
    return key != null && key.id() == id ? key : null;
  }

  /** The key that what goes down is sealed with. */
  Optional<LinkKey> station() {
    return Optional.ofNullable(good.get(Role.ROLE_STATION));
  }

  /**
   * Takes a key that is to take the place of its role's; on return it is on disk.
   *
   * @param id its number, not that of the key that is good
   * @param secret copied
   * @throws IOException where it cannot be stored: it is not taken then
   */
  void load(int id, byte[] secret) throws IOException {
    LinkKey fresh = new LinkKey(id, secret);
    Map<Role, LinkKey> next = new EnumMap<>(Role.class);
    next.putAll(unproven);
    next.put(fresh.role(), fresh);
    try {
      store(good, next);
    } catch (IOException e) {
      fresh.close();
      throw e;
    }
    LinkKey old = unproven.put(fresh.role(), fresh);
    if (old != null) {
      old.close();
    }
    note();
  }

  /**
   * A packet that was sealed with this key has come.
   *
   * @return whether it has taken the place of the one before
   * @throws IOException where that cannot be stored: both stay good, and it is tried again with the
   *     next packet
   */
  boolean proven(LinkKey key) throws IOException {
    Role role = key.role();
    if (!key.equals(unproven.get(role))) {
      return false;
    }
    Map<Role, LinkKey> now = new EnumMap<>(Role.class);
    now.putAll(good);
    now.put(role, key);
    Map<Role, LinkKey> rest = new EnumMap<>(Role.class);
    rest.putAll(unproven);
    rest.remove(role);
    store(now, rest);
    LinkKey old = good.put(role, key);
    unproven.remove(role);
    if (old != null) {
      old.close();
    }
    note();
    return true;
  }

  /** Numbers of the keys; the counters are filled in by whoever has them. */
  KeyStatus status() {
    return status;
  }

  private void note() {
    KeyStatus.Builder next = KeyStatus.newBuilder();
    good.values().forEach(key -> next.addGood(key.id()));
    unproven.values().forEach(key -> next.addUnproven(key.id()));
    status = next.build();
  }

  /**
   * The disk may come back after its deadline, when this thread may have wiped a key: it is given
   * copies of its own.
   */
  private void store(Map<Role, LinkKey> good, Map<Role, LinkKey> unproven) throws IOException {
    List<KeyFile.Entry> entries = new ArrayList<>();
    good.values().forEach(key -> entries.add(new KeyFile.Entry(key.copy(), false)));
    unproven.values().forEach(key -> entries.add(new KeyFile.Entry(key.copy(), true)));
    boolean unused =
        changes.make(
            disk,
            turn -> {
              try {
                file.write(entries);
                return true;
              } finally {
                KeyFile.close(entries);
              }
            });
  }

  /** Wipes all keys, and the secret of their file. */
  @Override
  public void close() {
    file.close();
    good.values().forEach(LinkKey::close);
    unproven.values().forEach(LinkKey::close);
    good.clear();
    unproven.clear();
  }
}

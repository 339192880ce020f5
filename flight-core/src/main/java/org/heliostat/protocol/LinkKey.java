package org.heliostat.protocol;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.SecretKey;
import org.jspecify.annotations.Nullable;

/**
 * One secret of the link: 32 bytes, and the number that names it in every packet. The number is
 * {@code role * 256 + generation}, so that the role of a key can be seen from it; generations go
 * from 1 to {@value #MOST_GENERATIONS} and begin again at 1. The secret itself encrypts nothing: a
 * key of its own is derived for each kind of packet, and, where packets are counted within a run,
 * for each run (HMAC-SHA256, as the expansion of RFC 5869 with one block).
 *
 * <p>{@link #close} wipes the secret and what was derived here; copies that the cipher makes of a
 * key are the JVM's. Thread-safe.
 */
public final class LinkKey implements AutoCloseable {
  /** Length of a secret, in bytes. */
  public static final int SECRET_BYTES = 32;

  static final int MOST_GENERATIONS = 255;

  /** Derived keys that are kept; beyond it the one that was derived first is wiped. */
  private static final int MOST_DERIVED = 16;

  private static final byte[] LABEL = "heliostat link 3".getBytes(StandardCharsets.US_ASCII);

  private final int id;
  private final byte[] secret;
  private final Map<Use, Derived> derived = new LinkedHashMap<>();
  private boolean closed;

  /**
   * Compared by hand: what the JDK makes for a record costs a start some 20 ms at its first use.
   */
  private record Use(int spacecraft, PacketKind kind, long run) {
    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Use use
          && use.spacecraft == spacecraft
          && use.kind == kind
          && use.run == run;
    }

    @Override
    public int hashCode() {
      return (31 * spacecraft + kind.hashCode()) * 31 + Long.hashCode(run);
    }
  }

  /** What a cipher is given; unlike the JDK's own it can be wiped. */
  static final class Derived implements SecretKey {
    private static final long serialVersionUID = 1L;
    private final byte[] bytes;

    private Derived(byte[] bytes) {
      this.bytes = bytes;
    }

    private Derived copy() {
      return new Derived(bytes.clone());
    }

    @Override
    public String getAlgorithm() {
      return "AES";
    }

    @Override
    public String getFormat() {
      return "RAW";
    }

    @Override
    public byte[] getEncoded() {
      return bytes.clone();
    }

    @Override
    public void destroy() {
      Arrays.fill(bytes, (byte) 0);
    }
  }

  /**
   * A key.
   *
   * @param id its number
   * @param secret copied; the caller wipes its own
   * @throws IllegalArgumentException where the number names no role, or the length is another
   */
  public LinkKey(int id, byte[] secret) {
    if (role(id).isEmpty()) {
      throw new IllegalArgumentException("no key has the number " + id);
    }
    if (secret.length != SECRET_BYTES) {
      throw new IllegalArgumentException("a secret has " + SECRET_BYTES + " bytes");
    }
    this.id = id;
    this.secret = secret.clone();
  }

  /** The number of a key of this role. */
  public static int id(Role role, int generation) {
    if (generation < 1 || generation > MOST_GENERATIONS) {
      throw new IllegalArgumentException("no generation " + generation);
    }
    return (role.getNumber() << 8) | generation;
  }

  /** The number that follows: of the same role, one generation on. */
  public static int next(int id) {
    return (id & ~0xFF) | ((id & 0xFF) % MOST_GENERATIONS + 1);
  }

  /** The role that a number names; empty where it names none. */
  public static Optional<Role> role(int id) {
    Role role = Role.forNumber(id >> 8);
    return role == null || role == Role.ROLE_UNSPECIFIED || (id & 0xFF) == 0
        ? Optional.empty()
        : Optional.of(role);
  }

  /** Its number. */
  public int id() {
    return id;
  }

  /** Whose key it is. */
  public Role role() {
    return role(id).orElseThrow();
  }

  /** A copy of the secret, for the file that keeps it and for LoadKey; the caller wipes it. */
  public byte[] secret() {
    return secret.clone();
  }

  /** A key with the same number and secret, which ends by itself. */
  public LinkKey copy() {
    return new LinkKey(id, secret);
  }

  /**
   * The key for one kind of packet of one run, for the caller alone, who wipes it: whoever sends
   * packets of many runs has others forgotten, and none may be wiped while it is in use.
   *
   * @throws IllegalStateException after {@link #close}
   */
  synchronized Derived derive(int spacecraft, PacketKind kind, long run) {
    if (closed) {
      throw new IllegalStateException("the key has been wiped");
    }
    Use use = new Use(spacecraft, kind, run);
    Derived known = derived.get(use);
    if (known != null) {
      return known.copy();
    }
    if (derived.size() == MOST_DERIVED) {
      var oldest = derived.entrySet().iterator().next();
      oldest.getValue().destroy();
      derived.remove(oldest.getKey());
    }
    Derived made = new Derived(expand(use));
    derived.put(use, made);
    return made.copy();
  }

  private byte[] expand(Use use) {
    ByteBuffer info =
        ByteBuffer.allocate(LABEL.length + 4 + 2 + 1 + 8 + 1)
            .put(LABEL)
            .putInt(use.spacecraft)
            .putShort((short) id)
            .put(use.kind.code())
            .putLong(use.run)
            .put((byte) 1);
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      Derived whole = new Derived(secret.clone());
      mac.init(whole);
      whole.destroy();
      return mac.doFinal(info.array());
    } catch (NoSuchAlgorithmException | InvalidKeyException e) {
      throw new IllegalStateException("every JVM has HmacSHA256", e);
    }
  }

  /** Wipes it. */
  @Override
  public synchronized void close() {
    closed = true;
    Arrays.fill(secret, (byte) 0);
    derived.values().forEach(Derived::destroy);
    derived.clear();
  }

  @Override
  public String toString() {
    return "key " + id;
  }
}

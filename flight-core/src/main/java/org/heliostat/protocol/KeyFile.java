package org.heliostat.protocol;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * The keys of one end of the link, on disk: sealed with AES-256-GCM under the secret of the board
 * (or of the station), which stands elsewhere; readable by its owner alone (0600); replaced as a
 * whole, first the file and then the copy {@code .bak}, so that a kill at any instruction leaves
 * one that reads. One owner a path; not thread-safe, but for {@link #close()}, which wipes the
 * secret: what is under way then goes on with a copy, and wipes that.
 *
 * <p>Layout: magic, nonce of 12 bytes, cipher text with tag. Inside: count, then for each key its
 * number (2 bytes), 1 where it is not proven yet, and its secret. A damaged file and one that was
 * sealed with another secret cannot be told apart.
 */
public final class KeyFile implements AutoCloseable {
  /** Name of the file with the secret of the board, in the folder that the flight is given. */
  public static final String SECRET = "secret";

  /** Name of the file with the keys of the launch, in the same folder. */
  public static final String LAUNCHED = "launched.keys";

  /** Name of the file with the station's keys, in the folder that the station is given. */
  public static final String STATION = "station.keys";

  private static final int MAGIC = 0x48534B32; // HSK2
  private static final int NONCE_BYTES = 12;
  private static final int TAG_BYTES = 16;
  private static final int ENTRY_BYTES = 2 + 1 + LinkKey.SECRET_BYTES;
  private static final int MOST_KEYS = 32;
  private static final int HEAD_BYTES = 4 + NONCE_BYTES;
  private static final int MOST_BYTES = HEAD_BYTES + 1 + MOST_KEYS * ENTRY_BYTES + TAG_BYTES;
  private static final Set<PosixFilePermission> OWNER_ALONE =
      PosixFilePermissions.fromString("rw-------");

  private final Path path;
  private final Path backup;
  private final byte[] sealSecret;
  private final Consumer<byte[]> random;
  private boolean closed;

  /**
   * A key as it stands in the file.
   *
   * @param unproven nothing that was sealed with it has come yet
   */
  public record Entry(LinkKey key, boolean unproven) {}

  /**
   * The file at this path; it need not exist.
   *
   * @param sealSecret of 32 bytes; copied
   * @param random fills what it is given as {@code SecureRandom.nextBytes} does
   */
  public KeyFile(Path path, byte[] sealSecret, Consumer<byte[]> random) {
    if (sealSecret.length != LinkKey.SECRET_BYTES) {
      throw new IllegalArgumentException("a secret has " + LinkKey.SECRET_BYTES + " bytes");
    }
    this.path = path;
    this.backup = path.resolveSibling(path.getFileName() + ".bak");
    this.sealSecret = sealSecret.clone();
    this.random = random;
  }

  /**
   * The file at this path, sealed with the secret in another.
   *
   * @throws IOException where the secret does not read
   */
  public static KeyFile open(Path path, Path secret, Consumer<byte[]> random) throws IOException {
    byte[] sealSecret = readSecret(secret);
    try {
      return new KeyFile(path, sealSecret, random);
    } finally {
      Arrays.fill(sealSecret, (byte) 0);
    }
  }

  /** Reads a secret of 32 bytes that stands in a file by itself; the caller wipes it. */
  public static byte[] readSecret(Path file) throws IOException {
    if (Files.size(file) != LinkKey.SECRET_BYTES) {
      throw new IOException(file + " does not hold a secret of 32 bytes");
    }
    return Files.readAllBytes(file);
  }

  /** Writes a fresh secret into a file of its own that only its owner may read. */
  public static void makeSecret(Path file, Consumer<byte[]> random) throws IOException {
    byte[] secret = new byte[LinkKey.SECRET_BYTES];
    random.accept(secret);
    try {
      writeOwn(file, ByteBuffer.wrap(secret));
    } finally {
      Arrays.fill(secret, (byte) 0);
    }
  }

  /** The keys, or those of the copy where the file does not read; empty for neither. */
  public Optional<List<Entry>> read() {
    byte[] secret = secret();
    try {
      Optional<List<Entry>> newest = read(path, secret);
      return newest.isPresent() ? newest : read(backup, secret);
    } finally {
      Arrays.fill(secret, (byte) 0);
    }
  }

  /** Whether anything stands there. */
  public boolean exists() {
    return Files.exists(path) || Files.exists(backup);
  }

  /**
   * Replaces the keys in the file and in the copy behind it, which must not bring back a key that
   * is gone; on return both are on disk.
   *
   * @throws IOException where that fails; the file may hold the new keys already
   */
  public void write(List<Entry> keys) throws IOException {
    byte[] secret = secret();
    try {
      replace(keys, secret);
      replace(keys, secret);
    } finally {
      Arrays.fill(secret, (byte) 0);
    }
  }

  private synchronized byte[] secret() {
    if (closed) {
      throw new IllegalStateException("the file of keys is closed");
    }
    return sealSecret.clone();
  }

  /** Wipes the secret; nothing is read or written any more. */
  @Override
  public synchronized void close() {
    closed = true;
    Arrays.fill(sealSecret, (byte) 0);
  }

  /** Replaces the file; the one before becomes the copy. */
  private void replace(List<Entry> keys, byte[] secret) throws IOException {
    if (keys.size() > MOST_KEYS) {
      throw new IllegalArgumentException("more than " + MOST_KEYS + " keys");
    }
    byte[] plain = new byte[1 + keys.size() * ENTRY_BYTES];
    ByteBuffer inside = ByteBuffer.wrap(plain).put((byte) keys.size());
    for (Entry entry : keys) {
      byte[] own = entry.key().secret();
      inside.putShort((short) entry.key().id()).put((byte) (entry.unproven() ? 1 : 0)).put(own);
      Arrays.fill(own, (byte) 0);
    }
    byte[] nonce = new byte[NONCE_BYTES];
    random.accept(nonce);
    ByteBuffer sealed = ByteBuffer.allocate(HEAD_BYTES + plain.length + TAG_BYTES);
    sealed.putInt(MAGIC).put(nonce);
    try {
      sealed.put(cipher(Cipher.ENCRYPT_MODE, secret, nonce).doFinal(plain)).flip();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JVM has AES-GCM", e);
    } finally {
      Arrays.fill(plain, (byte) 0);
    }
    Path fresh = path.resolveSibling(path.getFileName() + ".new");
    writeOwn(fresh, sealed);
    Optional<List<Entry>> before = read(path, secret);
    if (before.isPresent()) {
      close(before.get());
      Files.move(path, backup, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
    Files.move(fresh, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    forceFolder();
  }

  private void forceFolder() throws IOException {
    Path folder = path.toAbsolutePath().getParent();
    if (folder != null) {
      try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
        channel.force(true);
      }
    }
  }

  private static void writeOwn(Path file, ByteBuffer content) throws IOException {
    Files.deleteIfExists(file);
    try (FileChannel channel =
        FileChannel.open(
            file,
            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(OWNER_ALONE))) {
      while (content.hasRemaining()) {
        channel.write(content);
      }
      channel.force(true);
    }
  }

  private static Optional<List<Entry>> read(Path from, byte[] secret) {
    byte[] sealed;
    try {
      if (!Files.isRegularFile(from) || Files.size(from) > MOST_BYTES) {
        return Optional.empty();
      }
      sealed = Files.readAllBytes(from);
    } catch (IOException e) {
      return Optional.empty();
    }
    if (sealed.length < HEAD_BYTES + 1 + TAG_BYTES || ByteBuffer.wrap(sealed).getInt() != MAGIC) {
      return Optional.empty();
    }
    byte[] plain;
    try {
      plain =
          cipher(Cipher.DECRYPT_MODE, secret, Arrays.copyOfRange(sealed, 4, HEAD_BYTES))
              .doFinal(sealed, HEAD_BYTES, sealed.length - HEAD_BYTES);
    } catch (GeneralSecurityException e) {
      return Optional.empty();
    }
    try {
      return decode(plain);
    } finally {
      Arrays.fill(plain, (byte) 0);
    }
  }

  private static Optional<List<Entry>> decode(byte[] plain) {
    ByteBuffer inside = ByteBuffer.wrap(plain);
    int count = inside.get();
    if (count < 0 || inside.remaining() != count * ENTRY_BYTES) {
      return Optional.empty();
    }
    List<Entry> keys = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int id = Short.toUnsignedInt(inside.getShort());
      boolean unproven = inside.get() != 0;
      byte[] secret = new byte[LinkKey.SECRET_BYTES];
      inside.get(secret);
      // of a later image, which knows more roles
      if (LinkKey.role(id).isPresent()) {
        keys.add(new Entry(new LinkKey(id, secret), unproven));
      }
      Arrays.fill(secret, (byte) 0);
    }
    return Optional.of(List.copyOf(keys));
  }

  /** Wipes keys that are not needed. */
  public static void close(List<Entry> keys) {
    keys.forEach(entry -> entry.key().close());
  }

  private static Cipher cipher(int mode, byte[] secret, byte[] nonce)
      throws GeneralSecurityException {
    Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
    cipher.init(mode, new SecretKeySpec(secret, "AES"), new GCMParameterSpec(TAG_BYTES * 8, nonce));
    cipher.updateAAD(ByteBuffer.allocate(4).putInt(MAGIC).array());
    return cipher;
  }
}

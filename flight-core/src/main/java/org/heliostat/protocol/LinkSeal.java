package org.heliostat.protocol;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.InvalidAlgorithmParameterException;
import java.util.Optional;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;

/**
 * What is put around every packet before it leaves, and taken off before anything of it is
 * interpreted: AES-256-GCM (NIST SP 800-38D) with a tag of 16 bytes. Ahead of the cipher text
 * stands what it takes to open it, and all of that is authenticated, with the number of the
 * spacecraft and the direction, which are not sent. Numbers are big endian.
 *
 * <pre>
 * byte  version 3 (upper half), kind (lower half)
 * short number of the key
 * long  run
 * of a command:          long counter, long not-after (UTC in ns since 1970; 0 for none)
 * of any other packet:   int counter within the run
 * </pre>
 *
 * <p>The nonce is the counter. It never comes twice with one key: each run, that is each start of
 * an end of the link, has a key of its own, which is made from a random number that stands in the
 * packet. Commands are counted over all runs, and their counter is on disk before one is sent; all
 * else is counted from 0 within its run. So nothing has to be on disk for telemetry to be sent, and
 * no nonce is brought back by a power loss, a counter that was lost or came out of an older copy,
 * or a second station. Thread-safe.
 */
public final class LinkSeal {
  /** Largest counter of a command; there is none after it. */
  public static final long MOST_COUNTER = Long.MAX_VALUE - 1;

  /** Bytes that a packet of a run grows by. */
  public static final int OVERHEAD_BYTES = 1 + 2 + 8 + 4 + 16;

  private static final int VERSION = 3;
  private static final int COMMAND_HEADER_BYTES = 1 + 2 + 8 + 8 + 8;
  private static final int RUN_HEADER_BYTES = 1 + 2 + 8 + 4;
  private static final int TAG_BYTES = 16;
  private static final int NONCE_BYTES = 12;

  private final int spacecraft;

  /** To be looked for once: that takes as long as sealing does. Each is locked while in use. */
  private final Cipher sealing = cipher();

  private final Cipher opening = cipher();

  /**
   * What stands ahead of the cipher text; to be believed only of a packet that has been opened.
   *
   * @param notAfterNanos UTC in ns since 1970; 0 for none
   */
  public record Header(PacketKind kind, int key, long run, long counter, long notAfterNanos) {}

  /** For packets to and from one spacecraft. */
  public LinkSeal(int spacecraft) {
    this.spacecraft = spacecraft;
  }

  /**
   * A sealed command.
   *
   * @param run of the sender, as {@link LinkRun#id} has it
   * @param counter never to be used again with another packet
   * @param notAfterNanos UTC in ns since 1970 after which it must not be run; 0 for none
   * @throws IllegalStateException for the counter of the command before
   */
  public byte[] command(LinkKey key, long run, long counter, long notAfterNanos, byte[] packet) {
    if (counter < 1 || counter > MOST_COUNTER) {
      throw new IllegalArgumentException("no command has the counter " + counter);
    }
    return seal(key, new Header(PacketKind.COMMAND, key.id(), run, counter, notAfterNanos), packet);
  }

  /** A sealed packet of a run; {@link LinkRun} sees to the counter. */
  byte[] inRun(LinkKey key, PacketKind kind, long run, int counter, byte[] packet) {
    return seal(key, new Header(kind, key.id(), run, Integer.toUnsignedLong(counter), 0), packet);
  }

  private byte[] seal(LinkKey key, Header header, byte[] packet) {
    int length = headerBytes(header.kind);
    ByteBuffer sealed = ByteBuffer.allocate(length + packet.length + TAG_BYTES);
    put(header, sealed);
    try {
      synchronized (sealing) {
        begin(sealing, Cipher.ENCRYPT_MODE, key, header, sealed.array());
        int unused = sealing.doFinal(packet, 0, packet.length, sealed.array(), length);
      }
      return sealed.array();
    } catch (InvalidAlgorithmParameterException e) {
      throw new IllegalStateException("two packets of one counter", e);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JVM has AES-GCM", e);
    }
  }

  /** What a packet says of itself; empty where it is none. Nothing of it is to be believed yet. */
  public static Optional<Header> header(byte[] sealed) {
    if (sealed.length < RUN_HEADER_BYTES + TAG_BYTES || (sealed[0] & 0xFF) >> 4 != VERSION) {
      return Optional.empty();
    }
    Optional<PacketKind> kind = PacketKind.of(sealed[0] & 0xF);
    if (kind.isEmpty() || sealed.length < headerBytes(kind.get()) + TAG_BYTES) {
      return Optional.empty();
    }
    ByteBuffer from = ByteBuffer.wrap(sealed, 1, sealed.length - 1);
    int key = Short.toUnsignedInt(from.getShort());
    long run = from.getLong();
    return Optional.of(
        kind.get() == PacketKind.COMMAND
            ? new Header(kind.get(), key, run, from.getLong(), from.getLong())
            : new Header(kind.get(), key, run, Integer.toUnsignedLong(from.getInt()), 0));
  }

  /** The packet inside; empty where it was not sealed with this key, or not as it is now. */
  public Optional<byte[]> open(LinkKey key, byte[] sealed) {
    Optional<Header> header = header(sealed);
    if (header.isEmpty() || header.get().key != key.id()) {
      return Optional.empty();
    }
    int length = headerBytes(header.get().kind);
    try {
      synchronized (opening) {
        begin(opening, Cipher.DECRYPT_MODE, key, header.get(), sealed);
        return Optional.of(opening.doFinal(sealed, length, sealed.length - length));
      }
    } catch (AEADBadTagException e) {
      return Optional.empty();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JVM has AES-GCM", e);
    }
  }

  private static Cipher cipher() {
    try {
      return Cipher.getInstance("AES/GCM/NoPadding");
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JVM has AES-GCM", e);
    }
  }

  private void begin(Cipher cipher, int mode, LinkKey key, Header header, byte[] sealed)
      throws GeneralSecurityException {
    byte[] nonce = ByteBuffer.allocate(NONCE_BYTES).putInt(0).putLong(header.counter).array();
    LinkKey.Derived derived = key.derive(spacecraft, header.kind, header.run);
    try {
      cipher.init(mode, derived, new GCMParameterSpec(TAG_BYTES * 8, nonce));
    } finally {
      derived.destroy();
    }
    cipher.updateAAD(
        ByteBuffer.allocate(5).putInt(spacecraft).put((byte) (header.kind.up() ? 1 : 2)).array());
    cipher.updateAAD(sealed, 0, headerBytes(header.kind));
  }

  private static int headerBytes(PacketKind kind) {
    return kind == PacketKind.COMMAND ? COMMAND_HEADER_BYTES : RUN_HEADER_BYTES;
  }

  private static void put(Header header, ByteBuffer to) {
    to.put((byte) ((VERSION << 4) | header.kind.code()))
        .putShort((short) header.key)
        .putLong(header.run);
    if (header.kind == PacketKind.COMMAND) {
      to.putLong(header.counter).putLong(header.notAfterNanos);
    } else {
      to.putInt((int) header.counter);
    }
  }
}

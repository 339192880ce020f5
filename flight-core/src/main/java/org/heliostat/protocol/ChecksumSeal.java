package org.heliostat.protocol;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * Detects damage, not forgery: one version byte, then the packet, then CRC-32C over spacecraft id,
 * direction, version and packet. Thread-safe.
 */
public final class ChecksumSeal implements PacketSeal {
  private static final byte VERSION = 1;
  private static final int OVERHEAD = 5;

  private final int spacecraftId;

  /** A seal for packets to and from one spacecraft. */
  public ChecksumSeal(int spacecraftId) {
    this.spacecraftId = spacecraftId;
  }

  @Override
  public byte[] seal(Direction direction, byte[] packet) {
    return ByteBuffer.allocate(packet.length + OVERHEAD)
        .put(VERSION)
        .put(packet)
        .putInt(checksum(direction, packet, 0, packet.length))
        .array();
  }

  @Override
  public Optional<byte[]> open(Direction direction, byte[] sealed) {
    int length = sealed.length - OVERHEAD;
    if (length < 0 || sealed[0] != VERSION) {
      return Optional.empty();
    }
    int expected = ByteBuffer.wrap(sealed).getInt(1 + length);
    return expected == checksum(direction, sealed, 1, length)
        ? Optional.of(Arrays.copyOfRange(sealed, 1, 1 + length))
        : Optional.empty();
  }

  private int checksum(Direction direction, byte[] bytes, int from, int length) {
    CRC32C crc = new CRC32C();
    crc.update(
        ByteBuffer.allocate(6).putInt(spacecraftId).put(direction.code()).put(VERSION).flip());
    crc.update(bytes, from, length);
    return (int) crc.getValue();
  }
}

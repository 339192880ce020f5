package org.heliostat.hil.launch;

import com.google.protobuf.InvalidProtocolBufferException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.heliostat.protocol.FlightState;

/**
 * Reads what a flight has kept of itself: four bytes of magic, CRC-32C and length of the content,
 * then the content. Stateless.
 */
final class FlightStateFile {
  private static final int MAGIC = 0x48535446; // HSTF
  private static final int HEADER_BYTES = 12;

  private FlightStateFile() {}

  /** The state, or nothing when the file is not there or not whole. */
  static Optional<FlightState> read(Path file) {
    try {
      Optional<byte[]> content = content(file);
      return content.isPresent()
          ? Optional.of(FlightState.parseFrom(content.get()))
          : Optional.empty();
    } catch (InvalidProtocolBufferException e) {
      return Optional.empty();
    }
  }

  /** What such a file holds, or nothing when it is not there or not whole. */
  static Optional<byte[]> content(Path file) {
    try {
      byte[] bytes = Files.readAllBytes(file);
      if (bytes.length < HEADER_BYTES) {
        return Optional.empty();
      }
      ByteBuffer header = ByteBuffer.wrap(bytes);
      int magic = header.getInt();
      int expected = header.getInt();
      int length = header.getInt();
      if (magic != MAGIC || length != bytes.length - HEADER_BYTES) {
        return Optional.empty();
      }
      CRC32C crc = new CRC32C();
      crc.update(bytes, HEADER_BYTES, length);
      return (int) crc.getValue() == expected
          ? Optional.of(Arrays.copyOfRange(bytes, HEADER_BYTES, bytes.length))
          : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}

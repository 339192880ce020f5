package org.heliostat.hil.ground;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;

/**
 * Messages between operator and desk: four bytes of length, most significant first, then the
 * message. Stateless.
 */
public final class OperatorFrames {
  /** The largest record of the satellite fits in, with room for what comes beside it. */
  private static final int MAX_BYTES = 1 << 20;

  private OperatorFrames() {}

  /**
   * Reads one message.
   *
   * @throws EOFException at the end of the channel
   */
  public static byte[] read(ReadableByteChannel channel) throws IOException {
    int length = fill(channel, ByteBuffer.allocate(4)).getInt(0);
    if (length < 0 || length > MAX_BYTES) {
      throw new IOException("a message of " + length + " bytes");
    }
    return fill(channel, ByteBuffer.allocate(length)).array();
  }

  /** Writes one message. */
  public static void write(WritableByteChannel channel, byte[] message) throws IOException {
    if (message.length > MAX_BYTES) {
      throw new IOException("a message of " + message.length + " bytes");
    }
    ByteBuffer bytes =
        ByteBuffer.allocate(4 + message.length).putInt(message.length).put(message).flip();
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  private static ByteBuffer fill(ReadableByteChannel channel, ByteBuffer buffer)
      throws IOException {
    while (buffer.hasRemaining()) {
      if (channel.read(buffer) < 0) {
        throw new EOFException("the other end is gone");
      }
    }
    return buffer;
  }
}

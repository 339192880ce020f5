package org.heliostat.payload.worker;

import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/**
 * Messages between the flight process and a card worker: a length of four bytes, big endian, then
 * the message. One thread may receive while others send.
 *
 * @param <I> what comes in
 * @param <O> what goes out
 */
public final class WorkerChannel<I extends MessageLite, O extends MessageLite>
    implements AutoCloseable {
  /** Largest message, in bytes. Frames and results lie in files. */
  public static final int MAX_BYTES = 1 << 20;

  private final SocketChannel socket;
  private final Parser<I> parser;
  private final ByteBuffer length = ByteBuffer.allocate(4);

  /** Over a connected, blocking socket. */
  public WorkerChannel(SocketChannel socket, Parser<I> parser) {
    this.socket = socket;
    this.parser = parser;
  }

  /** Sends one message whole. */
  public synchronized void send(O message) throws IOException {
    byte[] body = message.toByteArray();
    ByteBuffer bytes = ByteBuffer.allocate(4 + body.length).putInt(body.length).put(body).flip();
    while (bytes.hasRemaining()) {
      socket.write(bytes);
    }
  }

  /**
   * Waits for the next message.
   *
   * @throws EOFException when the other end has closed
   * @throws IOException when the socket fails or what comes is not a message
   */
  public I receive() throws IOException {
    length.clear();
    fill(length);
    int size = length.getInt(0);
    if (size < 0 || size > MAX_BYTES) {
      throw new IOException("a message of " + size + " bytes");
    }
    ByteBuffer body = ByteBuffer.allocate(size);
    fill(body);
    return parser.parseFrom(body.flip());
  }

  private void fill(ByteBuffer buffer) throws IOException {
    while (buffer.hasRemaining()) {
      if (socket.read(buffer) < 0) {
        throw new EOFException("the other end has closed");
      }
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}

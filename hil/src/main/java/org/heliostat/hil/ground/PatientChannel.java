package org.heliostat.hil.ground;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;

/** A socket on which no read and no write waits for longer than its patience. One thread. */
final class PatientChannel implements ByteChannel {
  private final SocketChannel socket;
  private final Selector selector;
  private final SelectionKey key;
  private final long patienceMillis;

  /** What came while nobody read; it is read first. */
  private final ByteBuffer ahead = ByteBuffer.allocate(1).limit(0);

  /**
   * Takes a socket over.
   *
   * @param patienceMillis host time after which a wait ends in a {@link SocketTimeoutException}
   */
  PatientChannel(SocketChannel socket, long patienceMillis) throws IOException {
    this.socket = socket;
    this.patienceMillis = patienceMillis;
    socket.configureBlocking(false);
    this.selector = Selector.open();
    this.key = socket.register(selector, 0);
  }

  @Override
  public int read(ByteBuffer bytes) throws IOException {
    if (ahead.hasRemaining() && bytes.hasRemaining()) {
      bytes.put(ahead);
      return 1;
    }
    int count = socket.read(bytes);
    while (count == 0 && bytes.hasRemaining()) {
      await(SelectionKey.OP_READ);
      count = socket.read(bytes);
    }
    return count;
  }

  @Override
  public int write(ByteBuffer bytes) throws IOException {
    int count = socket.write(bytes);
    while (count == 0 && bytes.hasRemaining()) {
      await(SelectionKey.OP_WRITE);
      count = socket.write(bytes);
    }
    return count;
  }

  /** Whether the other end has gone. Does not wait. */
  boolean hasEnded() throws IOException {
    if (ahead.hasRemaining()) {
      return false;
    }
    int count = socket.read(ahead.clear());
    ahead.flip();
    return count < 0;
  }

  private void await(int operation) throws IOException {
    int unused = key.interestOps(operation).interestOps();
    if (selector.select(ready -> {}, patienceMillis) == 0) {
      throw new SocketTimeoutException("nothing for " + patienceMillis + " ms");
    }
  }

  @Override
  public boolean isOpen() {
    return socket.isOpen();
  }

  @Override
  public void close() throws IOException {
    try (selector) {
      socket.close();
    }
  }
}

package org.heliostat.protocol;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * The least of an MQTT 5 broker that answers CONNECT and SUBSCRIBE as it is told; all else is the
 * test's.
 */
final class FakeBroker implements AutoCloseable {
  static final int CONNECT = 1;
  static final int PUBLISH = 3;
  static final int SUBSCRIBE = 8;
  private static final int DEADLINE_MILLIS = 10_000;

  private final ServerSocket listener;
  private final BlockingQueue<Line> lines = new ArrayBlockingQueue<>(16);
  private volatile int connectCode;
  private volatile int[] connectProperties = {};
  private volatile int subscribeCode = 1;

  /** A packet: its first byte's upper half, its lower half, and what follows the length. */
  record Packet(int type, int flags, String hex) {
    byte[] body() {
      return java.util.HexFormat.of().parseHex(hex);
    }

    /** Text that stands anywhere in it. */
    String text() {
      return new String(body(), StandardCharsets.ISO_8859_1);
    }
  }

  FakeBroker() throws IOException {
    listener = new ServerSocket(0, 16, InetAddress.getLoopbackAddress());
    Thread thread = new Thread(this::serve, "fake-broker");
    thread.setDaemon(true);
    thread.start();
  }

  String url() {
    return "tcp://127.0.0.1:" + listener.getLocalPort();
  }

  FakeBroker answering(int code, int... properties) {
    connectCode = code;
    connectProperties = properties;
    return this;
  }

  FakeBroker subscribing(int code) {
    subscribeCode = code;
    return this;
  }

  /** The next connection, behind its handshake. */
  Line line() throws InterruptedException {
    Line line = lines.poll(DEADLINE_MILLIS, TimeUnit.MILLISECONDS);
    if (line == null) {
      throw new AssertionError("nobody has connected");
    }
    return line;
  }

  boolean hasLine() {
    return !lines.isEmpty();
  }

  private void serve() {
    while (!listener.isClosed()) {
      try {
        Socket socket = listener.accept();
        socket.setSoTimeout(DEADLINE_MILLIS);
        Line line = new Line(socket);
        line.connect = line.read();
        int[] properties = connectProperties;
        int[] answer = new int[3 + properties.length];
        answer[1] = connectCode;
        answer[2] = properties.length;
        System.arraycopy(properties, 0, answer, 3, properties.length);
        line.write(0x20, answer);
        if (connectCode == 0) {
          line.subscribe = line.read();
          byte[] body = line.subscribe.body();
          line.write(0x90, body[0], body[1], 0, subscribeCode);
        }
        lines.add(line);
      } catch (IOException e) {
        // the client or the test has ended it
      }
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
    for (Line line : lines) {
      line.close();
    }
  }

  /** One connection. */
  static final class Line implements AutoCloseable {
    private final Socket socket;
    private final DataInputStream in;
    private Packet connect = new Packet(0, 0, "");
    private Packet subscribe = new Packet(0, 0, "");

    Line(Socket socket) throws IOException {
      this.socket = socket;
      this.in = new DataInputStream(socket.getInputStream());
    }

    Packet connect() {
      return connect;
    }

    Packet subscribe() {
      return subscribe;
    }

    /** The next packet that is no ping. */
    Packet read() throws IOException {
      int first = in.read();
      if (first < 0) {
        throw new EOFException();
      }
      int length = 0;
      int shift = 0;
      int digit;
      do {
        digit = in.readUnsignedByte();
        length |= (digit & 0x7F) << shift;
        shift += 7;
      } while ((digit & 0x80) != 0);
      byte[] body = new byte[length];
      in.readFully(body);
      return first >> 4 == 12
          ? read()
          : new Packet(first >> 4, first & 15, java.util.HexFormat.of().formatHex(body));
    }

    /** Sends a packet; the length is made. */
    void write(int first, int... body) throws IOException {
      ByteArrayOutputStream packet = new ByteArrayOutputStream();
      packet.write(first);
      int length = body.length;
      do {
        packet.write((length & 0x7F) | (length > 0x7F ? 0x80 : 0));
        length >>= 7;
      } while (length > 0);
      for (int one : body) {
        packet.write(one);
      }
      socket.getOutputStream().write(packet.toByteArray());
      socket.getOutputStream().flush();
    }

    /** A message of QoS 0 to the client. */
    void publish(String topic, int flags, int bytes) throws IOException {
      int[] body = new int[2 + topic.length() + 1 + bytes];
      body[1] = topic.length();
      for (int i = 0; i < topic.length(); i++) {
        body[2 + i] = topic.charAt(i);
      }
      write(0x30 | flags, body);
    }

    /** Acknowledges a publish of QoS 1, with a reason code. */
    void acknowledge(Packet publish, int code) throws IOException {
      byte[] body = publish.body();
      int at = 2 + (body[0] << 8 | body[1]);
      write(0x40, body[at], body[at + 1], code, 0);
    }

    /** Ends it as a radio link does: with a reset. */
    void cut() throws IOException {
      socket.setSoLinger(true, 0);
      socket.close();
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }
}

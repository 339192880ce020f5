package org.heliostat.tests.link;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.heliostat.hil.spacelink.SocketThreads;

/**
 * A TCP line to a broker on the loopback interface that delays, throttles, holds back and cuts, as
 * its seed has it, and counts what passes. What is under way when a connection is cut is lost, or
 * arrives late, beside the connection that follows; within a connection TCP neither loses nor
 * reorders, and neither does this.
 *
 * <p>Overflow policy: {@value #CHUNKS} chunks are under way in each direction of a connection, then
 * the sender waits. Thread-safe.
 */
public final class LinkProxy implements AutoCloseable {
  private static final int CHUNKS = 512;
  private static final int LARGEST_CHUNK = 16 * 1024;
  private static final int SMALLEST_CHUNK = 256;

  /** Of a line with a rate a chunk takes so long. */
  private static final double CHUNK_SECONDS = 0.01;

  /** So far ahead of the line the proxy reads: the sender is to feel how slow it is. */
  private static final long AHEAD_NANOS = 200_000_000L;

  private static final int SOCKET_BUFFER_BYTES = 32 * 1024;
  private static final int CONNECT_MILLIS = 2_000;
  private static final long JOIN_MILLIS = 2_000;

  private final InetSocketAddress broker;
  private final LineFaults faults;
  private final long seed;
  private final ServerSocket listener;
  private final Rate downlinkRate;
  private final Rate uplinkRate;
  private final Set<Connection> open = ConcurrentHashMap.newKeySet();
  private final SocketThreads threads = new SocketThreads();
  private final AtomicLong connections = new AtomicLong();
  private final AtomicLong cuts = new AtomicLong();
  private final AtomicLong cutsInMessage = new AtomicLong();
  private final AtomicLong endings = new AtomicLong();
  private final AtomicLong late = new AtomicLong();
  private final AtomicLong holds = new AtomicLong();
  private final AtomicLong lostBytes = new AtomicLong();
  private final Traffic downlink = new Traffic();
  private final Traffic uplink = new Traffic();
  private volatile boolean over;

  /** Bytes of one direction over all connections so far, as they came from their sender. */
  public static final class Traffic {
    private final AtomicLong bytes = new AtomicLong();
    private final AtomicLong delivered = new AtomicLong();
    private final List<MqttCount> counts = new ArrayList<>();

    private synchronized MqttCount connection() {
      MqttCount count = new MqttCount();
      counts.add(count);
      return count;
    }

    /** TCP payload that was sent. */
    public long bytes() {
      return bytes.get();
    }

    /** Of it, what has come to the other end. */
    public long delivered() {
      return delivered.get();
    }

    /** What publishes of a quality of service carried. */
    public synchronized long payloadBytes(int qos) {
      return counts.stream().mapToLong(count -> count.payloadBytes(qos)).sum();
    }

    /** Publishes of a quality of service. */
    public synchronized long publishes(int qos) {
      return counts.stream().mapToLong(count -> count.publishes(qos)).sum();
    }

    /** Bytes of these, with what MQTT puts around. */
    public synchronized long publishBytes(int qos) {
      return counts.stream().mapToLong(count -> count.publishBytes(qos)).sum();
    }
  }

  /**
   * What the proxy has done.
   *
   * @param cuts connections that it has cut
   * @param cutsInMessage of them, in the middle of a message
   * @param endings connections that were ended from one of their sides
   * @param late connections whose last bytes arrived when their satellite's side was gone
   * @param holds times that nothing came through for a while
   * @param lostBytes of both directions, under way when their connection went
   */
  public record Deeds(
      long connections,
      long cuts,
      long cutsInMessage,
      long endings,
      long late,
      long holds,
      long lostBytes) {}

  /** A line of a rate that all connections share. */
  private static final class Rate {
    private final double nanosPerByte;
    private final int chunkBytes;
    private long freeAt = System.nanoTime();

    Rate(double bytesPerSecond) {
      nanosPerByte = bytesPerSecond == 0 ? 0 : 1e9 / bytesPerSecond;
      chunkBytes =
          bytesPerSecond == 0
              ? LARGEST_CHUNK
              : (int)
                  Math.max(SMALLEST_CHUNK, Math.min(LARGEST_CHUNK, bytesPerSecond * CHUNK_SECONDS));
    }

    /** When the last of these bytes has gone out. */
    synchronized long take(int bytes) {
      freeAt = Math.max(freeAt, System.nanoTime()) + (long) (bytes * nanosPerByte);
      return freeAt;
    }
  }

  /** Bytes and when they arrive; none for the end. */
  private static final class Chunk {
    private final byte[] bytes;
    private final long arrives;

    Chunk(byte[] bytes, long arrives) {
      this.bytes = bytes;
      this.arrives = arrives;
    }
  }

  /** Opens the line on a free port. */
  public LinkProxy(InetSocketAddress broker, LineFaults faults, long seed) throws IOException {
    this.broker = broker;
    this.faults = faults;
    this.seed = seed;
    downlinkRate = new Rate(faults.downlinkRate());
    uplinkRate = new Rate(faults.uplinkRate());
    listener = new ServerSocket();
    listener.setReceiveBufferSize(SOCKET_BUFFER_BYTES);
    listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    threads.start("proxy-accept", this::accept);
  }

  /** Where clients connect to. */
  public int port() {
    return listener.getLocalPort();
  }

  /** From clients to the broker. */
  public Traffic downlink() {
    return downlink;
  }

  /** From the broker to clients. */
  public Traffic uplink() {
    return uplink;
  }

  /** What was done so far. */
  public Deeds deeds() {
    return new Deeds(
        connections.get(),
        cuts.get(),
        cutsInMessage.get(),
        endings.get(),
        late.get(),
        holds.get(),
        lostBytes.get());
  }

  private void accept() throws IOException {
    while (!over) {
      Socket client = listener.accept();
      Connection connection =
          new Connection(client, ConnectionFate.of(seed, connections.getAndIncrement(), faults));
      open.add(connection);
      threads.start("proxy-connect", connection::connect);
    }
  }

  @Override
  public void close() {
    over = true;
    SocketThreads.close(listener);
    open.forEach(Connection::cutBoth);
    for (Thread thread : threads.running()) {
      thread.interrupt();
      try {
        thread.join(JOIN_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  /** A client's connection and the one to the broker that belongs to it. */
  private final class Connection {
    private final Socket client;
    private final Socket ground = new Socket();
    private final ConnectionFate fate;
    private final BlockingQueue<Chunk> down = new ArrayBlockingQueue<>(CHUNKS);
    private final BlockingQueue<Chunk> up = new ArrayBlockingQueue<>(CHUNKS);
    private final AtomicBoolean ended = new AtomicBoolean();
    private final AtomicLong downlinkHeld = new AtomicLong();
    private final AtomicLong uplinkHeld = new AtomicLong();
    private final List<Thread> own = new ArrayList<>();

    Connection(Socket client, ConnectionFate fate) {
      this.client = client;
      this.fate = fate;
    }

    void connect() throws IOException {
      try {
        client.setTcpNoDelay(true);
        ground.setTcpNoDelay(true);
        ground.connect(broker, CONNECT_MILLIS);
      } catch (IOException e) {
        cutBoth();
        throw e;
      }
      synchronized (own) {
        own.add(threads.start("proxy-down-read", () -> read(client, down, downlinkRate, downlink)));
        own.add(threads.start("proxy-up-read", () -> read(ground, up, uplinkRate, uplink)));
        own.add(threads.start("proxy-up-write", this::writeUp));
      }
      threads.start("proxy-down-write", this::writeDown);
    }

    private void read(Socket from, BlockingQueue<Chunk> to, Rate rate, Traffic traffic)
        throws InterruptedException {
      byte[] buffer = new byte[rate.chunkBytes];
      MqttCount count = traffic.connection();
      try {
        int taken = from.getInputStream().read(buffer);
        while (taken > 0) {
          traffic.bytes.addAndGet(taken);
          count.take(buffer, 0, taken);
          long gone = rate.take(taken);
          to.put(
              new Chunk(
                  Arrays.copyOf(buffer, taken),
                  gone + faults.delayNanos() + fate.extraDelayNanos()));
          awaitUntil(gone - AHEAD_NANOS);
          taken = from.getInputStream().read(buffer);
        }
      } catch (IOException e) {
        // that side has gone; what it had sent before is on its way
      }
      to.put(new Chunk(new byte[0], System.nanoTime() + faults.delayNanos()));
    }

    /** From the satellite to the broker; this is where connections are cut and held. */
    private void writeDown() throws InterruptedException {
      MqttCount count = new MqttCount();
      long written = 0;
      boolean lateOnes = false;
      try {
        while (true) {
          Chunk chunk = down.take();
          awaitUntil(chunk.arrives);
          if (written >= fate.holdAtBytes() && downlinkHeld.get() == 0) {
            hold();
          }
          awaitUntil(downlinkHeld.get());
          if (chunk.bytes.length == 0) {
            finish();
            return;
          }
          boolean cuts = !ended.get() && written + chunk.bytes.length >= fate.cutAtBytes();
          int length = chunk.bytes.length;
          if (cuts && !fate.late()) {
            length = cutLength(count, chunk.bytes, (int) Math.max(1, fate.cutAtBytes() - written));
          } else {
            count.take(chunk.bytes, 0, length);
          }
          deliver(chunk.bytes, length);
          written += length;
          if (ended.get() && !lateOnes) {
            lateOnes = true;
            late.incrementAndGet();
          }
          if (cuts) {
            cut(count, chunk.bytes.length - length);
            if (!fate.late()) {
              return;
            }
          }
        }
      } catch (IOException e) {
        finish();
      }
    }

    /** At least so many of these bytes, and not to the end of a message where there is more. */
    private int cutLength(MqttCount count, byte[] bytes, int least) {
      int length = Math.min(least, bytes.length);
      count.take(bytes, 0, length);
      while (count.betweenPackets() && length < bytes.length) {
        count.take(bytes, length, 1);
        length++;
      }
      return length;
    }

    private void deliver(byte[] bytes, int length) throws IOException {
      ground.getOutputStream().write(bytes, 0, length);
      downlink.delivered.addAndGet(length);
    }

    private void hold() {
      holds.incrementAndGet();
      long until = System.nanoTime() + fate.holdNanos();
      downlinkHeld.set(fate.holdsDownlink() ? until : 1);
      uplinkHeld.set(fate.holdsDownlink() ? 0 : until);
    }

    private void writeUp() throws InterruptedException {
      try {
        while (true) {
          Chunk chunk = up.take();
          awaitUntil(chunk.arrives);
          awaitUntil(uplinkHeld.get());
          if (chunk.bytes.length == 0) {
            finish();
            return;
          }
          client.getOutputStream().write(chunk.bytes);
          uplink.delivered.addAndGet(chunk.bytes.length);
        }
      } catch (IOException e) {
        // the satellite's side is gone; what it has sent still arrives
        SocketThreads.reset(client);
      }
    }

    /** Cuts what has come so far from what has not. */
    private void cut(MqttCount count, int leftInChunk) {
      if (!ended.compareAndSet(false, true)) {
        return;
      }
      cuts.incrementAndGet();
      if (!count.betweenPackets()) {
        cutsInMessage.incrementAndGet();
      }
      SocketThreads.reset(client);
      lostBytes.addAndGet(leftInChunk);
      if (!fate.late()) {
        down.forEach(chunk -> lostBytes.addAndGet(chunk.bytes.length));
        end();
      }
    }

    /** One of the sides has ended. */
    private void finish() {
      if (ended.compareAndSet(false, true)) {
        endings.incrementAndGet();
      }
      // in good order: what was handed over arrives
      SocketThreads.close(ground);
      end();
    }

    private void end() {
      up.forEach(chunk -> lostBytes.addAndGet(chunk.bytes.length));
      SocketThreads.reset(client);
      SocketThreads.reset(ground);
      open.remove(this);
      synchronized (own) {
        own.forEach(Thread::interrupt);
      }
    }

    void cutBoth() {
      boolean unused = ended.compareAndSet(false, true);
      end();
    }

    private void awaitUntil(long moment) throws InterruptedException {
      if (moment == 0 || moment == 1) {
        return;
      }
      long left = moment - System.nanoTime();
      while (left > 0) {
        TimeUnit.NANOSECONDS.sleep(left);
        left = moment - System.nanoTime();
      }
    }
  }
}

package org.heliostat.hil.spacelink;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;

/**
 * The radio link as a TCP proxy on the loopback interface: the satellite connects to {@link
 * #port()}, the link to the broker. Starts on construction, ends on {@link #close()}. Thread-safe.
 */
public final class SpaceLink implements AutoCloseable {
  private static final int CONNECT_DEADLINE_MILLIS = 2_000;
  private static final long LOOK_EVERY_MILLIS = 2;
  private static final long END_DEADLINE_MILLIS = 2_000;
  private static final long JOIN_MILLIS = 20;

  /** Small, so that the sender soon feels a slow line. */
  private static final int SOCKET_BUFFER_BYTES = 32 * 1024;

  private final InetSocketAddress broker;
  private final BooleanSupplier linkUp;
  private final LinkClock clock;
  private final Line upLine;
  private final Line downLine;
  private final ServerSocket listener;
  private final Set<Connection> open = ConcurrentHashMap.newKeySet();
  private final SocketThreads threads = new SocketThreads();
  private final CountDownLatch closing = new CountDownLatch(1);
  private final AtomicLong bytesUp = new AtomicLong();
  private final AtomicLong bytesDown = new AtomicLong();
  private final AtomicLong connections = new AtomicLong();
  private final AtomicLong cuts = new AtomicLong();
  private final AtomicLong refused = new AtomicLong();
  private final AtomicLong brokerFailures = new AtomicLong();

  /**
   * Opens the link.
   *
   * @param port loopback port to listen on; 0 for any free one
   * @param broker where the broker listens
   * @param model rate and delay
   * @param linkUp says whether the link is up; asked every few milliseconds by the link's own
   *     threads, so it must be quick and thread-safe; if it throws, the link is down
   * @throws IOException if the port cannot be listened on
   */
  public SpaceLink(int port, InetSocketAddress broker, LinkModel model, BooleanSupplier linkUp)
      throws IOException {
    this(port, broker, model, linkUp, LinkClock.SYSTEM);
  }

  SpaceLink(
      int port, InetSocketAddress broker, LinkModel model, BooleanSupplier linkUp, LinkClock clock)
      throws IOException {
    this.broker = broker;
    this.linkUp = linkUp;
    this.clock = clock;
    upLine = new Line(model);
    downLine = new Line(model);
    listener = new ServerSocket();
    try {
      listener.setReuseAddress(true);
      listener.setReceiveBufferSize(SOCKET_BUFFER_BYTES);
      listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    } catch (IOException e) {
      listener.close();
      throw e;
    }
    threads.start("spacelink-accept", this::accept);
    threads.start("spacelink-watch", this::watch);
  }

  /** The port that the satellite connects to. */
  public int port() {
    return listener.getLocalPort();
  }

  /** What the link has done so far. */
  public LinkCounters counters() {
    return new LinkCounters(
        bytesUp.get(),
        bytesDown.get(),
        connections.get(),
        cuts.get(),
        refused.get(),
        brokerFailures.get());
  }

  /**
   * Resets every connection, stops listening and waits for the link's threads to end. May be called
   * more than once.
   */
  @Override
  public void close() {
    closing.countDown();
    SocketThreads.close(listener);
    boolean interrupted = false;
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(END_DEADLINE_MILLIS);
    // a connection that was just accepted may still start threads, so look until none is left
    while (!threads.running().isEmpty() && deadline - System.nanoTime() > 0) {
      open.forEach(Connection::reset);
      for (Thread thread : threads.running()) {
        try {
          thread.join(JOIN_MILLIS);
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Threads of this link that have not ended; for tests. */
  int liveThreads() {
    return (int) threads.running().stream().filter(Thread::isAlive).count();
  }

  private void accept() throws IOException {
    while (isOpen()) {
      Socket satellite = listener.accept();
      if (!isUp()) {
        refused.incrementAndGet();
        SocketThreads.reset(satellite);
        continue;
      }
      connections.incrementAndGet();
      Connection connection = new Connection(satellite);
      open.add(connection);
      connection.begin();
    }
  }

  /**
   * Cuts on every look, not only on the change, so that a connection that slipped in between is cut
   * a moment later.
   */
  private void watch() throws InterruptedException {
    while (!closing.await(LOOK_EVERY_MILLIS, TimeUnit.MILLISECONDS)) {
      if (open.isEmpty() || isUp()) {
        continue;
      }
      for (Connection connection : open) {
        if (connection.reset()) {
          cuts.incrementAndGet();
        }
      }
      upLine.clear();
      downLine.clear();
    }
  }

  /** Who cannot say that the link is up has no link. */
  private boolean isUp() {
    try {
      return linkUp.getAsBoolean();
    } catch (RuntimeException e) {
      return false;
    }
  }

  private boolean isOpen() {
    return closing.getCount() > 0;
  }

  /** A satellite's connection and the link's own to the broker. */
  private final class Connection {
    private final Socket satellite;
    private final Socket ground = new Socket();
    private final AtomicBoolean ended = new AtomicBoolean();
    private final AtomicInteger directions = new AtomicInteger(2);
    private final List<Thread> own = new ArrayList<>();

    Connection(Socket satellite) {
      this.satellite = satellite;
    }

    void begin() {
      addThread("spacelink-connect", this::connect);
    }

    private void connect() throws IOException {
      try {
        satellite.setTcpNoDelay(true);
        satellite.setSendBufferSize(SOCKET_BUFFER_BYTES);
        ground.setReceiveBufferSize(SOCKET_BUFFER_BYTES);
        ground.setTcpNoDelay(true);
        ground.connect(broker, CONNECT_DEADLINE_MILLIS);
      } catch (IOException e) {
        if (reset()) {
          brokerFailures.incrementAndGet();
        }
        return;
      }
      Pipe up = new Pipe(upLine, clock, bytesUp);
      Pipe down = new Pipe(downLine, clock, bytesDown);
      addThread("spacelink-up-read", () -> guarded(() -> up.read(satellite.getInputStream())));
      addThread("spacelink-up-write", () -> guarded(() -> deliver(up, ground)));
      addThread("spacelink-down-read", () -> guarded(() -> down.read(ground.getInputStream())));
      addThread("spacelink-down-write", () -> guarded(() -> deliver(down, satellite)));
    }

    /** A side that is lost takes the other with it. */
    private void guarded(SocketThreads.Duty duty) throws IOException, InterruptedException {
      try {
        duty.run();
      } catch (IOException e) {
        reset();
        throw e;
      }
    }

    /** Hands over one direction; the second one to end closes both sockets in good order. */
    private void deliver(Pipe pipe, Socket to) throws IOException, InterruptedException {
      pipe.write(to.getOutputStream());
      to.shutdownOutput();
      if (directions.decrementAndGet() == 0 && ended.compareAndSet(false, true)) {
        open.remove(this);
        SocketThreads.close(satellite);
        SocketThreads.close(ground);
      }
    }

    /** Resets both sockets; returns whether this call was the one that ended the connection. */
    boolean reset() {
      boolean first = ended.compareAndSet(false, true);
      SocketThreads.reset(satellite);
      SocketThreads.reset(ground);
      synchronized (own) {
        own.forEach(Thread::interrupt);
      }
      open.remove(this);
      return first;
    }

    private void addThread(String name, SocketThreads.Duty duty) {
      synchronized (own) {
        // after a reset nobody would interrupt a new thread
        if (!ended.get()) {
          own.add(threads.start(name, duty));
        }
      }
    }
  }
}

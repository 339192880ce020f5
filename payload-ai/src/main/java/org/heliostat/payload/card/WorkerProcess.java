package org.heliostat.payload.card;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.heliostat.payload.worker.WorkerChannel;
import org.heliostat.protocol.FromWorker;
import org.heliostat.protocol.ToWorker;

/**
 * A running worker process and the socket to it. {@link #receive} gives its messages in order and,
 * once, its end. The process is ended by {@link #close}, by its id.
 */
final class WorkerProcess implements AutoCloseable {
  private static final int INBOX = 64;
  private static final long POLL_MILLIS = 20;
  private static final AtomicLong LAST_SOCKET = new AtomicLong(Long.MIN_VALUE);

  /** A log that is larger at a start, in bytes, is put aside. */
  static final long MAX_LOG_BYTES = 256 << 10;

  private final Process process;
  private final ServerSocketChannel server;
  private final Path socketPath;
  private final WorkerChannel<FromWorker, ToWorker> channel;
  private final BlockingQueue<FromWorker> inbox = new ArrayBlockingQueue<>(INBOX);
  private volatile boolean ended;
  private volatile long lastHeard = System.nanoTime();

  WorkerProcess(
      Process process,
      ServerSocketChannel server,
      Path socketPath,
      WorkerChannel<FromWorker, ToWorker> channel) {
    this.process = process;
    this.server = server;
    this.socketPath = socketPath;
    this.channel = channel;
  }

  /**
   * Where the next worker of a card is to connect: a name of its own each time, since a worker that
   * was still starting when its flight process was killed comes to its socket later, and must not
   * be taken for the worker of the flight that follows. The name has at most 20 characters, since
   * the path of a Unix socket holds 107: the time on the host's clock, which goes on while flight
   * processes come and go. May be called from any thread.
   *
   * @param run folder of sockets, on a path of at most 86 bytes
   */
  static Path socket(Path run) {
    return socket(run, System.nanoTime());
  }

  static Path socket(Path run, long hostNanos) {
    // cards that start in the same instant get names of their own
    long name = LAST_SOCKET.updateAndGet(last -> Math.max(last + 1, hostNanos));
    return run.resolve("w-" + Long.toString(name, 36) + ".sock");
  }

  /** Removes the sockets that a flight process has left which was killed. */
  static void removeSockets(Path run) throws IOException {
    try (DirectoryStream<Path> left = Files.newDirectoryStream(run, "w-*.sock")) {
      for (Path socket : left) {
        Files.deleteIfExists(socket);
      }
    }
  }

  /**
   * Starts a worker and waits until it has connected.
   *
   * @param command executable and arguments, with {@code --socket PATH}
   * @param log what the worker prints is appended to it. One that is larger than {@link
   *     #MAX_LOG_BYTES} is put aside first, as {@code .1}, instead of the one before; where the
   *     disk takes nothing, what it prints is lost
   * @throws IOException when it cannot be started, ends early, or does not connect in time
   */
  static WorkerProcess start(List<String> command, Path socketPath, Path log, long deadlineNanos)
      throws IOException, InterruptedException {
    ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    Process process = null;
    try {
      server.bind(UnixDomainSocketAddress.of(socketPath));
      server.configureBlocking(false);
      process =
          new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output(log)).start();
      process.getOutputStream().close();
      SocketChannel socket = accept(server, process, deadlineNanos);
      socket.configureBlocking(true);
      WorkerProcess worker =
          new WorkerProcess(
              process, server, socketPath, new WorkerChannel<>(socket, FromWorker.parser()));
      Thread reader = new Thread(worker::read, "worker-" + process.pid());
      reader.setDaemon(true);
      reader.start();
      return worker;
    } catch (IOException | InterruptedException e) {
      if (process != null) {
        process.destroyForcibly();
      }
      server.close();
      Files.deleteIfExists(socketPath);
      throw e;
    }
  }

  /**
   * To the log, or nowhere on a disk that takes nothing: a worker computes without it.
   *
   * <p>Nothing bounds what one worker prints in its life: a limit by the shell (ulimit -f) would
   * bound its results, too. WorkerMain prints a line when it ends with an error; the room on the
   * disk is in housekeeping.
   */
  private static ProcessBuilder.Redirect output(Path log) {
    try {
      putAside(log);
      Files.write(log, new byte[0], StandardOpenOption.CREATE, StandardOpenOption.APPEND);
      return ProcessBuilder.Redirect.appendTo(log.toFile());
    } catch (IOException e) {
      return ProcessBuilder.Redirect.DISCARD;
    }
  }

  private static void putAside(Path log) throws IOException {
    if (Files.exists(log) && Files.size(log) > MAX_LOG_BYTES) {
      Files.move(
          log, log.resolveSibling(log.getFileName() + ".1"), StandardCopyOption.REPLACE_EXISTING);
    }
  }

  private static SocketChannel accept(
      ServerSocketChannel server, Process process, long deadlineNanos)
      throws IOException, InterruptedException {
    long start = System.nanoTime();
    while (true) {
      SocketChannel socket = server.accept();
      if (socket != null) {
        return socket;
      }
      if (process.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
        throw new IOException("ended with exit code " + process.exitValue() + " before connecting");
      }
      if (System.nanoTime() - start > deadlineNanos) {
        throw new IOException("did not connect in time");
      }
    }
  }

  private void read() {
    try {
      while (true) {
        FromWorker message = channel.receive();
        lastHeard = System.nanoTime();
        if (message.getBodyCase() != FromWorker.BodyCase.HEARTBEAT
            && !inbox.offer(message, 10, TimeUnit.SECONDS)) {
          throw new IOException("more messages than anyone asked for");
        }
      }
    } catch (IOException | InterruptedException e) {
      // its end, whatever the cause, is what the supervisor acts on
      ended = true;
    }
  }

  long pid() {
    return process.pid();
  }

  void send(ToWorker message) throws IOException {
    channel.send(message);
  }

  /** The next message, or nothing within the time. */
  Optional<FromWorker> receive(long millis) throws InterruptedException {
    return Optional.ofNullable(inbox.poll(millis, TimeUnit.MILLISECONDS));
  }

  /** Whether the worker has closed its socket or is gone, and all it has sent has been received. */
  boolean ended() {
    return (ended || !process.isAlive()) && inbox.isEmpty();
  }

  /** Host time in ns since the worker was heard last. */
  long silentNanos() {
    return System.nanoTime() - lastHeard;
  }

  /** How the process ended, for an event. */
  String end() throws InterruptedException {
    if (process.waitFor(200, TimeUnit.MILLISECONDS)) {
      int code = process.exitValue();
      return code > 128 ? "was killed by signal " + (code - 128) : "ended with exit code " + code;
    }
    return "closed its socket";
  }

  @Override
  public void close() {
    // whatever one of them says, the others go, and the process is ended below
    try {
      channel.close();
    } catch (IOException e) {
      // gone with the process
    }
    try {
      server.close();
    } catch (IOException e) {
      // nobody connects to a socket without a name
    }
    try {
      Files.deleteIfExists(socketPath);
    } catch (IOException e) {
      // the next flight removes it
    }
    // a worker ends by itself when its socket closes; one that hangs does not
    try {
      if (!process.waitFor(500, TimeUnit.MILLISECONDS)) {
        process.destroyForcibly();
        boolean unused = process.waitFor(2, TimeUnit.SECONDS);
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}

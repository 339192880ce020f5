package org.heliostat.hil.rig;

import com.google.protobuf.TextFormat;
import com.google.protobuf.TextFormat.ParseException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.heliostat.protocol.Scenario;
import org.heliostat.protocol.SchemaCheck;

/**
 * Where faults are handed in while the rig runs: a Unix domain socket {@code <world file>.control}.
 * One line a connection, a fault in protobuf text format, at most {@value #LONGEST} bytes and
 * within {@value #DEADLINE_MS} ms; the answer is a line that begins with {@code ok} or {@code
 * refused:}. It starts at the rig's next step, whatever its {@code at_s} says.
 */
final class ControlSocket implements AutoCloseable {
  static final int LONGEST = 4096;
  static final long DEADLINE_MS = 2000;

  private static final int MOST = 8;

  private final Path path;
  private final Function<Scenario.Fault, String> inject;
  private final ServerSocketChannel server;
  private final Semaphore free = new Semaphore(MOST);

  private ControlSocket(
      Path path, Function<Scenario.Fault, String> inject, ServerSocketChannel server) {
    this.path = path;
    this.inject = inject;
    this.server = server;
  }

  /**
   * Opens the socket of a world.
   *
   * @param inject takes a fault and answers why not, or nothing; called from other threads
   */
  static ControlSocket open(Path world, Function<Scenario.Fault, String> inject)
      throws IOException {
    Path path = of(world);
    Files.deleteIfExists(path);
    ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      server.bind(UnixDomainSocketAddress.of(path));
    } catch (IOException e) {
      server.close();
      throw new IOException(path + " cannot be listened on: " + e.getMessage(), e);
    }
    ControlSocket socket = new ControlSocket(path, inject, server);
    start(socket::accept, "rig-control");
    return socket;
  }

  /** The socket of a world. */
  static Path of(Path world) {
    return world.resolveSibling(world.getFileName() + ".control");
  }

  /**
   * Sends one line to the rig of a world.
   *
   * @return its answer, without the line feed
   */
  static String ask(Path world, String line) throws IOException {
    try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(of(world)))) {
      ByteBuffer out = ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8));
      while (out.hasRemaining()) {
        channel.write(out);
      }
      return read(channel);
    }
  }

  private void accept() {
    while (server.isOpen()) {
      try {
        SocketChannel client = server.accept();
        if (free.tryAcquire()) {
          start(() -> serve(client), "rig-control-client");
        } else {
          client.close();
        }
      } catch (ClosedChannelException e) {
        return;
      } catch (IOException e) {
        System.err.println("rig: control: " + e);
      }
    }
  }

  private void serve(SocketChannel client) {
    try (client) {
      String answer;
      try {
        answer = answer(read(client), inject);
      } catch (IOException e) {
        answer = "refused: " + e.getMessage();
      }
      ByteBuffer out = ByteBuffer.wrap((answer + "\n").getBytes(StandardCharsets.UTF_8));
      client.configureBlocking(false);
      client.write(out); // fits into the socket's buffer
    } catch (IOException e) {
      // whoever asked went away
    } finally {
      free.release();
    }
  }

  /** What is answered to a line. */
  static String answer(String line, Function<Scenario.Fault, String> inject) {
    Scenario.Fault.Builder fault = Scenario.Fault.newBuilder();
    try {
      TextFormat.Parser.newBuilder()
          .setSingularOverwritePolicy(
              TextFormat.Parser.SingularOverwritePolicy.FORBID_SINGULAR_OVERWRITES)
          .build()
          .merge(line, fault);
    } catch (ParseException e) {
      return "refused: " + e.getMessage();
    }
    fault.setAtS(0);
    List<SchemaCheck.Problem> problems = SchemaCheck.problems(fault.build());
    if (!problems.isEmpty()) {
      return "refused: " + problems.get(0);
    }
    String problem = inject.apply(fault.build());
    return problem.isEmpty()
        ? "ok " + TextFormat.printer().emittingSingleLine(true).printToString(fault.build())
        : "refused: it " + problem;
  }

  private static String read(SocketChannel channel) throws IOException {
    channel.configureBlocking(false);
    ByteBuffer in = ByteBuffer.allocate(LONGEST);
    long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(DEADLINE_MS);
    try (Selector selector = Selector.open()) {
      channel.register(selector, SelectionKey.OP_READ);
      while (true) {
        long left = TimeUnit.NANOSECONDS.toMillis(until - System.nanoTime());
        if (left <= 0) {
          throw new IOException("no whole line within " + DEADLINE_MS + " ms");
        }
        selector.select(left);
        selector.selectedKeys().clear();
        int count = channel.read(in);
        String text = new String(in.array(), 0, in.position(), StandardCharsets.UTF_8);
        int end = text.indexOf('\n');
        if (end >= 0 || count < 0) {
          return end >= 0 ? text.substring(0, end) : text;
        }
        if (!in.hasRemaining()) {
          throw new IOException("the line is longer than " + LONGEST + " bytes");
        }
      }
    }
  }

  private static void start(Runnable duty, String name) {
    Thread thread = new Thread(duty, name);
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void close() throws IOException {
    server.close();
    Files.deleteIfExists(path);
  }
}

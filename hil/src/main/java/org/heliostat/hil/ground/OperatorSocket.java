package org.heliostat.hil.ground;

import com.google.protobuf.InvalidProtocolBufferException;
import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import jdk.net.ExtendedSocketOptions;
import org.heliostat.protocol.OperatorReply;
import org.heliostat.protocol.OperatorRequest;
import org.heliostat.protocol.SchemaCheck;
import org.heliostat.protocol.Telecommand.CommandCase;

/**
 * The desk's door for operators on this host: a Unix domain socket, one command after the other on
 * each connection, at most {@value #MOST} connections at a time; one more is told so and closed.
 * One that asks for nothing, or does not read what it is told, for {@value #PATIENCE_MILLIS} ms is
 * closed. An operator who has gone away gives its place back at once; its command goes on. {@link
 * OperatorFrames} says how messages are framed.
 */
final class OperatorSocket implements AutoCloseable {
  static final int MOST = 16;

  /** Host time until the next attempt after a connection that could not be taken. */
  static final long BACK_OFF_MILLIS = 200;

  private static final long LOOK_MILLIS = 200;
  private static final long PATIENCE_MILLIS = 60_000;

  private final Path path;
  private final CommandDesk desk;
  private final KeyRotation rotation;
  private final UploadDesk uploads;
  private final LongSupplier hostNanos;
  private final ServerSocketChannel server;
  private final Semaphore free = new Semaphore(MOST);
  private final CountDownLatch closed = new CountDownLatch(1);

  OperatorSocket(
      Path path, CommandDesk desk, KeyRotation rotation, UploadDesk uploads, LongSupplier hostNanos)
      throws IOException {
    this(path, desk, rotation, uploads, hostNanos, bound(path));
  }

  OperatorSocket(
      Path path,
      CommandDesk desk,
      KeyRotation rotation,
      UploadDesk uploads,
      LongSupplier hostNanos,
      ServerSocketChannel server) {
    this.rotation = rotation;
    this.uploads = uploads;
    this.path = path;
    this.desk = desk;
    this.hostNanos = hostNanos;
    this.server = server;
    start(this::accept, "ground-operators");
  }

  private static ServerSocketChannel bound(Path path) throws IOException {
    Files.deleteIfExists(path);
    ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(path));
    return server;
  }

  private void accept() {
    boolean open = true;
    while (open) {
      try {
        SocketChannel operator = server.accept();
        if (!free.tryAcquire()) {
          turnAway(operator);
          continue;
        }
        start(() -> serve(operator), "ground-operator");
      } catch (ClosedChannelException e) {
        return;
      } catch (IOException e) {
        GroundLog.say("operators: " + e);
        // no more files, most of the time: that does not get better by trying at once
        open = backOff();
      }
    }
  }

  /** Whether the door is still open after a while. */
  private boolean backOff() {
    try {
      return !closed.await(BACK_OFF_MILLIS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private static void turnAway(SocketChannel operator) {
    try (operator) {
      // so short that a fresh connection takes it without a wait
      operator.configureBlocking(false);
      OperatorFrames.write(
          operator, error(MOST + " operators are connected already; come again later"));
    } catch (IOException e) {
      // gone already
    }
  }

  private static byte[] error(String text) {
    return OperatorReply.newBuilder().setError(text).setLast(true).build().toByteArray();
  }

  private void serve(SocketChannel operator) {
    try (operator;
        PatientChannel channel = new PatientChannel(operator, PATIENCE_MILLIS)) {
      String user = user(operator);
      while (server.isOpen()) {
        OperatorRequest request = OperatorRequest.parseFrom(OperatorFrames.read(channel));
        answer(channel, request.toBuilder().setUser(user).build());
      }
    } catch (InvalidProtocolBufferException e) {
      GroundLog.say("an operator sent what is no request");
    } catch (IOException e) {
      // the operator went away; the command goes on, the audit log has its stages
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      free.release();
    }
  }

  /** Whose process the other end is, as the kernel says; empty on a host that does not say it. */
  private static String user(SocketChannel operator) throws IOException {
    return operator.supportedOptions().contains(ExtendedSocketOptions.SO_PEERCRED)
        ? operator.getOption(ExtendedSocketOptions.SO_PEERCRED).user().getName()
        : "";
  }

  private void answer(PatientChannel channel, OperatorRequest request)
      throws IOException, InterruptedException {
    String problem = problem(request);
    if (!problem.isEmpty()) {
      OperatorFrames.write(channel, error(problem));
      return;
    }
    if (request.hasRotate()) {
      OperatorFrames.write(channel, rotation.rotate(request).toByteArray());
      return;
    }
    if (request.hasChunk()) {
      OperatorFrames.write(channel, uploads.chunk(request).toByteArray());
      return;
    }
    if (request.hasInquiry()) {
      OperatorFrames.write(channel, uploads.ask(request).toByteArray());
      return;
    }
    CommandDesk.Ticket ticket = desk.submit(request, hostNanos.getAsLong());
    try {
      boolean ended = false;
      while (!ended && server.isOpen()) {
        OperatorReply reply = ticket.replies().poll(LOOK_MILLIS, TimeUnit.MILLISECONDS);
        if (reply != null) {
          OperatorFrames.write(channel, reply.toByteArray());
          ended = reply.getLast();
        } else if (channel.hasEnded()) {
          throw new EOFException("the operator has gone");
        }
      }
    } finally {
      desk.leave(ticket);
    }
  }

  private static String problem(OperatorRequest request) {
    CommandCase command = request.getTelecommand().getCommandCase();
    int wishes =
        (command == CommandCase.COMMAND_NOT_SET ? 0 : 1)
            + (request.hasRotate() ? 1 : 0)
            + (request.hasChunk() ? 1 : 0)
            + (request.hasInquiry() ? 1 : 0);
    if (wishes != 1) {
      return "the request holds no command";
    }
    if (command == CommandCase.LOAD_KEY) {
      return "keys are made and loaded by the station itself";
    }
    List<SchemaCheck.Problem> problems = SchemaCheck.problems(request);
    return problems.isEmpty() ? "" : problems.get(0).toString();
  }

  private static void start(Runnable duty, String name) {
    Thread thread = new Thread(duty, name);
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void close() throws IOException {
    closed.countDown();
    server.close();
    Files.deleteIfExists(path);
  }
}

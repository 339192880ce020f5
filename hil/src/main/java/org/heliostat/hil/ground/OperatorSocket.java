package org.heliostat.hil.ground;

import com.google.protobuf.InvalidProtocolBufferException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.heliostat.protocol.OperatorReply;
import org.heliostat.protocol.OperatorRequest;
import org.heliostat.protocol.SchemaCheck;
import org.heliostat.protocol.Stage;
import org.heliostat.protocol.Telecommand.CommandCase;

/**
 * The desk's door for operators on this host: a Unix domain socket, one command after the other on
 * each connection, at most {@value #MOST} connections at a time. One that asks for nothing, or does
 * not read what it is told, for {@value #PATIENCE_MILLIS} ms is closed. {@link OperatorFrames} says
 * how messages are framed.
 */
final class OperatorSocket implements AutoCloseable {
  private static final int MOST = 16;
  private static final long PATIENCE_MILLIS = 60_000;

  private final Path path;
  private final CommandDesk desk;
  private final LongSupplier hostNanos;
  private final ServerSocketChannel server;
  private final Semaphore free = new Semaphore(MOST);

  OperatorSocket(Path path, CommandDesk desk, LongSupplier hostNanos) throws IOException {
    this.path = path;
    this.desk = desk;
    this.hostNanos = hostNanos;
    Files.deleteIfExists(path);
    this.server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(path));
    start(this::accept, "ground-operators");
  }

  private void accept() {
    while (server.isOpen()) {
      try {
        SocketChannel operator = server.accept();
        if (!free.tryAcquire()) {
          operator.close();
          continue;
        }
        start(() -> serve(operator), "ground-operator");
      } catch (ClosedChannelException e) {
        return;
      } catch (IOException e) {
        System.err.println("ground: operators: " + e);
      }
    }
  }

  private void serve(SocketChannel operator) {
    try (PatientChannel channel = new PatientChannel(operator, PATIENCE_MILLIS)) {
      while (server.isOpen()) {
        answer(channel, OperatorRequest.parseFrom(OperatorFrames.read(channel)));
      }
    } catch (InvalidProtocolBufferException e) {
      System.err.println("ground: an operator sent what is no request");
    } catch (IOException e) {
      // the operator went away; the command goes on, the audit log has its stages
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      free.release();
    }
  }

  private void answer(PatientChannel channel, OperatorRequest request)
      throws IOException, InterruptedException {
    String problem = problem(request);
    if (!problem.isEmpty()) {
      OperatorFrames.write(
          channel, OperatorReply.newBuilder().setError(problem).build().toByteArray());
      return;
    }
    CommandDesk.Ticket ticket = desk.submit(request, hostNanos.getAsLong());
    boolean ended = false;
    while (!ended && server.isOpen()) {
      OperatorReply reply = ticket.replies().poll(200, TimeUnit.MILLISECONDS);
      if (reply != null) {
        OperatorFrames.write(channel, reply.toByteArray());
        Stage stage = reply.getReport().getStage();
        ended = reply.hasError() || stage == Stage.COMPLETED || stage == Stage.FAILED;
      }
    }
  }

  private static String problem(OperatorRequest request) {
    if (request.getTelecommand().getCommandCase() == CommandCase.COMMAND_NOT_SET) {
      return "the request holds no command";
    }
    List<SchemaCheck.Problem> problems = SchemaCheck.problems(request.getTelecommand());
    return problems.isEmpty() ? "" : problems.get(0).toString();
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

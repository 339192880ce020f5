package org.heliostat.payload.card;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.heliostat.payload.worker.WorkerChannel;
import org.heliostat.payload.worker.WorkerMain;
import org.heliostat.protocol.FromWorker;
import org.heliostat.protocol.Hello;
import org.heliostat.protocol.Infer;
import org.heliostat.protocol.Inferred;
import org.heliostat.protocol.ModelLoaded;
import org.heliostat.protocol.Refused;
import org.heliostat.protocol.ToWorker;

/**
 * A worker process for tests, which behaves as its first argument says. A misbehaviour that is to
 * happen once is remembered by a file beside the socket.
 */
final class TestWorker {
  private TestWorker() {}

  public static void main(String[] arguments) throws IOException, InterruptedException {
    String behaviour = arguments[0];
    Path socket = Path.of(arguments[List.of(arguments).indexOf("--socket") + 1]);
    Path marker = socket.resolveSibling("misbehaved");
    if (behaviour.equals("never-connects")) {
      new CountDownLatch(1).await();
    }
    try (SocketChannel connection = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
      WorkerChannel<ToWorker, FromWorker> channel =
          new WorkerChannel<>(connection, ToWorker.parser());
      int protocol = behaviour.equals("speaks-another-protocol") ? 99 : WorkerMain.PROTOCOL;
      channel.send(
          FromWorker.newBuilder().setHello(Hello.newBuilder().setProtocol(protocol)).build());
      while (true) {
        ToWorker message = channel.receive();
        if (message.hasLoadModel()) {
          if (behaviour.equals("hangs-in-load-once") && !Files.exists(marker)) {
            Files.write(marker, new byte[0]);
            new CountDownLatch(1).await();
          }
          channel.send(loaded(behaviour));
        } else {
          boolean first = !Files.exists(marker);
          if (behaviour.equals("dies-always") || (behaviour.equals("dies-once") && first)) {
            Files.writeString(marker, socket.toString());
            Runtime.getRuntime().halt(7);
          }
          if (behaviour.equals("hangs-once") && first) {
            Files.write(marker, new byte[0]);
            new CountDownLatch(1).await();
          }
          channel.send(infer(behaviour, message.getInfer()));
        }
      }
    }
  }

  private static FromWorker loaded(String behaviour) {
    return behaviour.equals("refuses-model")
        ? FromWorker.newBuilder()
            .setRefused(Refused.newBuilder().setReason("the graph has no input x"))
            .build()
        : FromWorker.newBuilder().setModelLoaded(ModelLoaded.getDefaultInstance()).build();
  }

  private static FromWorker infer(String behaviour, Infer request) throws IOException {
    if (behaviour.equals("refuses-frame")) {
      return FromWorker.newBuilder()
          .setRefused(Refused.newBuilder().setJob(request.getJob()).setReason("no such band"))
          .build();
    }
    if (behaviour.equals("has-no-room")) {
      return FromWorker.newBuilder()
          .setRefused(
              Refused.newBuilder().setJob(request.getJob()).setReason("disk full").setLater(true))
          .build();
    }
    int pixels = request.getFrame().getWidth() * request.getFrame().getHeight();
    ByteBuffer bytes = ByteBuffer.allocate(4 * pixels).order(ByteOrder.LITTLE_ENDIAN);
    while (bytes.hasRemaining()) {
      bytes.putFloat(0.75f);
    }
    Files.write(Path.of(request.getResultPath()), bytes.array());
    return FromWorker.newBuilder()
        .setInferred(Inferred.newBuilder().setJob(request.getJob()).setMilliseconds(5))
        .build();
  }
}

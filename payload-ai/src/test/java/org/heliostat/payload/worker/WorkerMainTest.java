package org.heliostat.payload.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.heliostat.protocol.FromWorker;
import org.heliostat.protocol.LoadModel;
import org.heliostat.protocol.ToWorker;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class WorkerMainTest {
  @TempDir private Path folder;

  /** The worker without its card. */
  static final class Worker {
    public static void main(String[] arguments) {
      System.exit(WorkerMain.serve("card0", Path.of(arguments[0]), 1));
    }
  }

  @Test
  @Timeout(60)
  void aWorkerThatIsStuckInItsWorkEndsWithItsFlightProcess() throws Exception {
    Path socket = folder.resolve("s");
    // ONNX Runtime waits in open() for a writer that never comes
    Path fifo = folder.resolve("fifo");
    assertThat(new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor()).isZero();
    try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(UnixDomainSocketAddress.of(socket));
      Process worker =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  // ONNX Runtime unpacks itself there, and halt leaves it
                  "-Djava.io.tmpdir=" + folder,
                  "-cp",
                  System.getProperty("java.class.path"),
                  Worker.class.getName(),
                  socket.toString())
              .inheritIO()
              .start();
      try {
        try (SocketChannel connection = server.accept()) {
          WorkerChannel<FromWorker, ToWorker> channel =
              new WorkerChannel<>(connection, FromWorker.parser());
          assertThat(channel.receive().hasHello()).isTrue();
          channel.send(
              ToWorker.newBuilder()
                  .setLoadModel(LoadModel.newBuilder().setModelPath(fifo.toString()))
                  .build());
          assertThat(channel.receive().hasHeartbeat()).isTrue();
          assertThat(channel.receive().hasHeartbeat()).isTrue();
        }
        assertThat(worker.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(worker.exitValue()).isZero();
      } finally {
        worker.destroyForcibly();
      }
    }
  }
}

package org.heliostat.payload.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.heliostat.protocol.FromWorker;
import org.heliostat.protocol.ToWorker;
import org.junit.jupiter.api.Timeout;

/** Whatever a worker writes into its socket is messages and then an {@link IOException}. */
@Timeout(10)
class WorkerChannelFuzzTest {
  /** More would wait in the socket for someone who reads. */
  private static final int MAX_INPUT = 1 << 15;

  @FuzzTest(maxDuration = "60s")
  void receive(byte[] bytes) throws IOException {
    int length = Math.min(bytes.length, MAX_INPUT);
    // a Unix socket's path is short, so not in a folder that a test framework names
    Path address = Files.createTempDirectory("c").resolve("s");
    try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(UnixDomainSocketAddress.of(address));
      try (SocketChannel far = SocketChannel.open(UnixDomainSocketAddress.of(address));
          WorkerChannel<FromWorker, ToWorker> channel =
              new WorkerChannel<>(server.accept(), FromWorker.parser())) {
        far.write(ByteBuffer.wrap(bytes, 0, length));
        far.shutdownOutput();
        drain(channel, length);
      }
    } finally {
      Files.deleteIfExists(address);
      Files.delete(address.getParent());
    }
  }

  private static void drain(WorkerChannel<FromWorker, ToWorker> channel, int length) {
    int messages = 0;
    try {
      while (channel.receive() != null) {
        messages++;
        assertThat(messages).isLessThanOrEqualTo(length / 4);
      }
    } catch (IOException e) {
      assertThat(e).isNotInstanceOf(java.net.SocketException.class);
    }
  }
}

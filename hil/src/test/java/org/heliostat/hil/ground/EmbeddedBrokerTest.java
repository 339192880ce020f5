package org.heliostat.hil.ground;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.heliostat.protocol.MqttPort;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The broker on a real socket, through the one class that knows the client. */
class EmbeddedBrokerTest {
  private static final Duration DEADLINE = Duration.ofSeconds(10);

  @TempDir private Path folder;

  @Test
  void carriesMessagesAndComesBackOnItsPort() throws IOException, InterruptedException {
    BlockingQueue<byte[]> received = new ArrayBlockingQueue<>(10);
    try (EmbeddedBroker broker = new EmbeddedBroker(folder)) {
      broker.start();
      int port = broker.port();
      String url = "tcp://127.0.0.1:" + port;
      try (MqttPort ground = new MqttPort(url, "ground", "a/d", DEADLINE, received::add);
          MqttPort satellite = new MqttPort(url, "satellite", "a/u", DEADLINE, packet -> {})) {
        assertThat(ground.connect()).isTrue();
        assertThat(satellite.connect()).isTrue();
        assertThat(satellite.publish("a/d", new byte[] {1, 2, 3}, 1)).isTrue();
        assertThat(received.poll(10, TimeUnit.SECONDS)).containsExactly(1, 2, 3);

        broker.stop();
        assertThat(ground.connect()).isFalse();
        broker.start();
        assertThat(broker.port()).isEqualTo(port);
        assertThat(ground.connect()).isTrue();
        assertThat(satellite.connect()).isTrue();
        assertThat(satellite.publish("a/d", new byte[] {4}, 1)).isTrue();
        assertThat(received.poll(10, TimeUnit.SECONDS)).containsExactly(4);
      }
    }
    assertThat(folder).isEmptyDirectory();
  }
}

package org.heliostat.tests.broker;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.heliostat.protocol.MqttConfig;
import org.heliostat.protocol.MqttPort;
import org.heliostat.protocol.TlsConfig;
import org.heliostat.protocol.TlsMaterial;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The port works through mosquitto as it does through the embedded broker. */
class MosquittoTest {
  private static final Duration DEADLINE = Duration.ofSeconds(10);
  private static final String UP = "h1/u";
  private static final String DOWN = "h1/d";

  @TempDir private Path folder;
  private final List<AutoCloseable> open = new ArrayList<>();
  private final BlockingQueue<byte[]> received = new ArrayBlockingQueue<>(10_000);

  @AfterEach
  void end() throws Exception {
    for (int i = open.size() - 1; i >= 0; i--) {
      open.get(i).close();
    }
  }

  private Mosquitto broker(String... lines) throws Exception {
    Mosquitto broker = Mosquitto.start(folder, lines);
    open.add(broker);
    return broker;
  }

  private MqttPort port(
      String url, String name, String topic, Optional<TlsMaterial> tls, Consumer<byte[]> receiver) {
    MqttPort port = new MqttPort(MqttConfig.of(url, name, topic, DEADLINE).withTls(tls), receiver);
    open.add(port);
    return port;
  }

  private MqttPort port(String url, String name, String topic) {
    return port(url, name, topic, Optional.empty(), received::add);
  }

  private static String clear(Mosquitto broker) {
    return "tcp://127.0.0.1:" + broker.port();
  }

  private static void await(BooleanSupplier condition) {
    long start = System.nanoTime();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime() - start).as("waited too long").isLessThan(20_000_000_000L);
      Thread.onSpinWait();
    }
  }

  @Test
  void everyMessageComesInOrderThroughASmallReceiveMaximum() throws Exception {
    Mosquitto broker = broker("max_inflight_messages 3");
    MqttPort ground = port(clear(broker), "ground", DOWN);
    MqttPort craft = port(clear(broker), "craft", UP);
    assertThat(ground.connect()).isTrue();
    assertThat(craft.connect()).isTrue();
    for (int i = 0; i < 500; i++) {
      byte[] message = ByteBuffer.allocate(4).putInt(i).array();
      await(() -> craft.publish(DOWN, message, 1));
      assertThat(craft.underWay()).isLessThanOrEqualTo(3);
    }
    for (int i = 0; i < 500; i++) {
      byte[] message = received.poll(10, TimeUnit.SECONDS);
      assertThat(message).isNotNull();
      assertThat(ByteBuffer.wrap(message).getInt()).isEqualTo(i);
    }
    assertThat(craft.connected()).isTrue();
    // no answer of the broker's was that it had received too much
    assertThat(craft.refused()).isZero();
    assertThat(craft.publish(DOWN, new byte[] {9}, 0, Duration.ofSeconds(10))).isTrue();
    assertThat(received.poll(10, TimeUnit.SECONDS)).containsExactly(9);
  }

  @Test
  void aSecondClientWithOurNameIsSurvived() throws Exception {
    Mosquitto broker = broker();
    MqttPort craft = port(clear(broker), "craft", UP);
    // the two throw each other out, without a word of the broker's, until one gives the other time
    int rounds = 0;
    while (craft.connect()) {
      assertThat(++rounds).isLessThan(6);
      assertThat(port(clear(broker), "craft", UP).connect()).isTrue();
      await(() -> !craft.connected());
    }
    assertThat(craft.trouble().orElseThrow()).contains("another client has our name");
    await(craft::connect);
  }

  @Test
  void aBrokerThatIsShutDownIsNoneToBeLeftAlone() throws Exception {
    Mosquitto first = broker();
    MqttPort craft = port(clear(first), "craft", UP);
    assertThat(craft.connect()).isTrue();
    first.close();
    await(() -> !craft.connected());
    // a broker that ends says so, and that is no reason to leave it alone
    assertThat(craft.trouble()).isEmpty();
    assertThat(craft.connect()).isFalse();
  }

  private Optional<TlsMaterial> material(Certificates made, String name) {
    TlsConfig.Builder config = TlsConfig.newBuilder().setTrust(made.file("ca.pem").toString());
    if (!name.isEmpty()) {
      config
          .setCertificate(made.file(name + ".pem").toString())
          .setKey(made.file(name + ".key").toString());
    }
    return Optional.of(new TlsMaterial(config.build(), folder, Optional::empty));
  }

  private Mosquitto tls(Certificates made, String name) throws Exception {
    return broker(
        "cafile " + made.file("ca.pem"),
        "certfile " + made.file(name + ".pem"),
        "keyfile " + made.file(name + ".key"),
        "require_certificate true");
  }

  @Test
  void tlsWithCertificatesOfBothEnds() throws Exception {
    Mosquitto.assumeInstalled();
    Certificates made = Certificates.make(folder.resolve("keys"));
    Mosquitto broker = tls(made, "broker");
    String url = "ssl://127.0.0.1:" + broker.port();
    MqttPort ground = port(url, "ground", DOWN, material(made, "client"), received::add);
    MqttPort craft = port(url, "craft", UP, material(made, "client"), packet -> {});
    assertThat(ground.connect()).isTrue();
    assertThat(craft.connect()).isTrue();
    assertThat(craft.publish(DOWN, new byte[100_000], 1)).isTrue();
    assertThat(received.poll(10, TimeUnit.SECONDS)).hasSize(100_000);

    for (String wrong : List.of("stranger", "")) {
      MqttPort other = port(url, "other", DOWN, material(made, wrong), received::add);
      assertThat(other.connect()).isFalse();
      assertThat(other.connected()).isFalse();
    }
    // in clear there is nobody
    assertThat(port(clear(broker), "plain", DOWN).connect()).isFalse();
    assertThat(craft.connected()).isTrue();
  }

  private static long connections(Mosquitto broker) {
    return broker.log().lines().filter(line -> line.contains("New connection from")).count();
  }

  @Test
  void aBrokerThatRefusesOurCertificateIsGivenTime() throws Exception {
    Mosquitto.assumeInstalled();
    Certificates made = Certificates.make(folder.resolve("keys"));
    Mosquitto broker = tls(made, "broker");
    AtomicLong clock = new AtomicLong();
    MqttPort craft =
        new MqttPort(
            MqttConfig.of("ssl://127.0.0.1:" + broker.port(), "craft", UP, DEADLINE)
                .withTls(material(made, "stranger"))
                .withClock(clock::get),
            packet -> {});
    open.add(craft);
    // TLS 1.3: it refuses after its own part of the handshake, and the alert may be lost with the
    // line; either way the second time is the last one without a pause
    long seen = 0;
    for (long pause : new long[] {1, 2, 4}) {
      for (int attempt = 0; attempt < 2; attempt++) {
        assertThat(craft.connect()).isFalse();
      }
      long refused = craft.refused();
      assertThat(craft.trouble().orElseThrow()).containsAnyOf("certificate", "unknown_ca");
      long before = seen;
      await(() -> connections(broker) > before);
      assertThat(craft.connect()).isFalse();
      assertThat(craft.refused()).isEqualTo(refused).isPositive();
      clock.addAndGet(pause * 1_000_000_000L - 1);
      seen = connections(broker);
      assertThat(craft.connect()).isFalse();
      assertThat(connections(broker)).isEqualTo(seen);
      clock.incrementAndGet();
    }
    assertThat(craft.refused()).isEqualTo(3);
  }

  @Test
  void aBrokerThatIsNotTheOneOfTheUrlIsNotBelieved() throws Exception {
    Mosquitto.assumeInstalled();
    Certificates made = Certificates.make(folder.resolve("keys"));
    Mosquitto elsewhere = tls(made, "elsewhere");
    MqttPort craft =
        port(
            "ssl://127.0.0.1:" + elsewhere.port(),
            "craft",
            UP,
            material(made, "client"),
            packet -> {});
    assertThat(craft.connect()).isFalse();
    assertThat(craft.trouble().orElseThrow()).contains("127.0.0.1");
    // nor is one whose certificate a stranger has signed
    Mosquitto stranger = tls(made, "stranger");
    MqttPort other =
        port(
            "ssl://127.0.0.1:" + stranger.port(),
            "craft",
            UP,
            material(made, "client"),
            packet -> {});
    assertThat(other.connect()).isFalse();
    assertThat(other.refused()).isEqualTo(1);
  }
}

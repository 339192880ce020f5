package org.heliostat.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The port against a broker that does what no good one would. */
class MqttPortTest {
  private static final Duration DEADLINE = Duration.ofSeconds(10);
  private static final long SECOND = 1_000_000_000L;
  private static final int RECEIVE_MAXIMUM = 0x21;
  private static final int TOPIC_ALIAS_MAXIMUM = 0x22;

  private final AtomicLong clock = new AtomicLong(17 * SECOND);
  private final BlockingQueue<byte[]> received = new ArrayBlockingQueue<>(16);
  private final List<AutoCloseable> open = new ArrayList<>();
  private FakeBroker broker;

  @BeforeEach
  void start() throws IOException {
    broker = new FakeBroker();
    open.add(broker);
  }

  @AfterEach
  void end() throws Exception {
    for (int i = open.size() - 1; i >= 0; i--) {
      open.get(i).close();
    }
  }

  private MqttPort port(int window) {
    MqttPort port =
        new MqttPort(
            MqttConfig.of(broker.url(), "craft", "h1/u", DEADLINE)
                .withWindow(window, Duration.ofSeconds(30))
                .withClock(clock::get),
            received::add);
    open.add(port);
    return port;
  }

  private static void await(BooleanSupplier condition) {
    long start = System.nanoTime();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime() - start).as("waited too long").isLessThan(10 * SECOND);
      Thread.onSpinWait();
    }
  }

  private void pass(double seconds) {
    clock.addAndGet((long) (seconds * SECOND));
  }

  private static boolean send(MqttPort port, int qos) {
    return port.publish("h1/d", new byte[] {1, 2, 3}, qos);
  }

  @Test
  void noMoreIsUnacknowledgedThanTheOwnWindow() throws Exception {
    MqttPort port = port(2);
    assertThat(port.connect()).isTrue();
    FakeBroker.Line line = broker.line();
    assertThat(send(port, 1)).isTrue();
    assertThat(send(port, 1)).isTrue();
    assertThat(send(port, 1)).isFalse();
    assertThat(port.full()).isEqualTo(1);
    line.acknowledge(line.read(), 0);
    await(() -> send(port, 1));
    assertThat(send(port, 1)).isFalse();
  }

  @Test
  void theBrokersReceiveMaximumCountsWhereItIsSmaller() throws Exception {
    broker.answering(0, RECEIVE_MAXIMUM, 0, 3);
    MqttPort port = port(64);
    assertThat(port.connect()).isTrue();
    assertThat(send(port, 1)).isTrue();
    assertThat(send(port, 1)).isTrue();
    assertThat(send(port, 1)).isFalse();
    // telemetry still goes
    FakeBroker.Line line = broker.line();
    FakeBroker.Packet unused = line.read();
    FakeBroker.Packet unusedToo = line.read();
    assertThat(send(port, 0)).isTrue();
    assertThat(line.read().flags()).isZero();
  }

  @Test
  void aBrokerThatAcknowledgesNothingIsLeftAndAskedAgainAfterAPauseThatGrows() throws Exception {
    MqttPort port = port(8);
    for (int pause = 1; pause <= 4; pause *= 2) {
      assertThat(port.connect()).isTrue();
      FakeBroker.Line line = broker.line();
      assertThat(send(port, 1)).isTrue();
      assertThat(line.read().type()).isEqualTo(FakeBroker.PUBLISH);
      pass(30);
      assertThat(port.connected()).isTrue();
      pass(1);
      assertThat(port.connected()).isFalse();
      assertThat(send(port, 1)).isFalse();
      assertThat(port.trouble()).contains("the broker acknowledges nothing");
      pass(pause - 0.1);
      assertThat(port.connect()).isFalse();
      assertThat(broker.hasLine()).isFalse();
      pass(0.2);
    }
    assertThat(port.stalls()).isEqualTo(3);
    assertThat(port.connect()).isTrue();
    assertThat(port.trouble()).isEmpty();
  }

  @Test
  void aBrokerThatIsSlowAndAcknowledgesIsNotLeft() throws Exception {
    MqttPort port = port(8);
    assertThat(port.connect()).isTrue();
    FakeBroker.Line line = broker.line();
    for (int i = 0; i < 4; i++) {
      assertThat(send(port, 1)).isTrue();
    }
    for (int left = 3; left >= 1; left--) {
      pass(25);
      line.acknowledge(line.read(), 0);
      int before = left;
      await(() -> port.underWay() == before);
      assertThat(port.connected()).isTrue();
    }
    assertThat(port.stalls()).isZero();
  }

  @Test
  void aBrokerThatReadsNothingBlocksNeitherPublishNorDisconnect() throws Exception {
    MqttPort port = port(64);
    assertThat(port.connect()).isTrue();
    FakeBroker.Line unused = broker.line();
    byte[] large = new byte[500_000];
    assertTimeoutPreemptively(
        DEADLINE,
        () -> {
          int taken = 0;
          while (port.publish("h1/d", large, 1)) {
            taken++;
          }
          // by its bytes, long before its number
          assertThat(taken).isEqualTo((int) (MqttPort.WINDOW_BYTES / large.length));
          int live = 0;
          while (port.publish("h1/d", new byte[10], 0)) {
            live++;
          }
          assertThat(live).isEqualTo(MqttPort.LIVE_MESSAGES);
          port.disconnect();
        });
    assertThat(port.connected()).isFalse();
  }

  @Test
  void whoTakesTheSessionOverIsCountedAndGivenTime() throws Exception {
    MqttPort port = port(8);
    assertThat(port.connect()).isTrue();
    broker.line().write(0xE0, 0x8E, 0);
    await(() -> !port.connected());
    await(() -> port.takenOver() == 1);
    assertThat(port.trouble()).contains("another client with our name took it over");
    assertThat(port.connect()).isFalse();
    pass(1);
    assertThat(port.connect()).isTrue();
    // what lasted is no fight any more
    pass(61);
    broker.line().write(0xE0, 0x8E, 0);
    await(() -> port.takenOver() == 2);
    pass(1);
    assertThat(port.connect()).isTrue();
  }

  @Test
  void aLineThatIsCutCostsNoPauseAndIsSubscribedAnew() throws Exception {
    MqttPort port = port(1);
    for (int i = 0; i < 3; i++) {
      assertThat(port.connect()).isTrue();
      FakeBroker.Line line = broker.line();
      assertThat(line.subscribe().text()).contains("h1/u");
      // one that was under way is none of the next connection
      assertThat(send(port, 1)).isTrue();
      line.cut();
      await(() -> !port.connected());
      assertThat(port.trouble()).isEmpty();
    }
  }

  @Test
  void aBrokerThatEndsWhatHasJustBeenMadeAgainAndAgainIsGivenTime() throws Exception {
    MqttPort port = port(1);
    assertThat(port.connect()).isTrue();
    broker.line().close();
    await(() -> !port.connected());
    assertThat(port.connect()).isTrue();
    broker.line().close();
    await(() -> port.trouble().isPresent());
    assertThat(port.connect()).isFalse();
    pass(1);
    assertThat(port.connect()).isTrue();
  }

  @Test
  void aBrokerThatRefusesIsNotAskedAgainAtOnce() throws Exception {
    broker.answering(0x87);
    MqttPort port = port(8);
    assertThat(port.connect()).isFalse();
    assertThat(port.trouble()).isPresent();
    FakeBroker.Line unused = broker.line();
    broker.answering(0).subscribing(0x87);
    assertThat(port.connect()).isFalse();
    assertThat(broker.hasLine()).isFalse();
    pass(1);
    assertThat(port.connect()).isFalse();
    FakeBroker.Line unusedToo = broker.line();
    assertThat(port.refused()).isEqualTo(2);
    pass(1.9);
    broker.subscribing(1);
    assertThat(port.connect()).isFalse();
    pass(0.2);
    assertThat(port.connect()).isTrue();
  }

  /** Asks a broker that will not have it. */
  private void isRefused(MqttPort port) throws InterruptedException {
    broker.answering(0x87);
    long before = port.refused();
    assertThat(port.connect()).isFalse();
    assertThat(port.refused()).isEqualTo(before + 1);
    FakeBroker.Line unused = broker.line();
    broker.answering(0);
  }

  @Test
  void aConnectionThatLastedMakesRefusalsBeforeItForgottenAndAShortOneDoesNot() throws Exception {
    MqttPort port = port(8);
    isRefused(port);
    pass(1);
    isRefused(port);
    pass(2);
    for (int lasts : new int[] {1, 61}) {
      assertThat(port.connect()).isTrue();
      pass(lasts);
      broker.line().cut();
      await(() -> !port.connected());
      isRefused(port);
      pass((lasts < 60 ? 4 : 1) - 0.1);
      assertThat(port.connect()).isFalse();
      assertThat(broker.hasLine()).isFalse();
      pass(0.2);
    }
    assertThat(port.connect()).isTrue();
  }

  @Test
  void whatIsRetainedOfAnotherTopicOrTooLargeIsIgnoredAndCounted() throws Exception {
    MqttPort port = port(8);
    assertThat(port.connect()).isTrue();
    FakeBroker.Line line = broker.line();
    line.publish("h1/u", 1, 3);
    line.publish("h1/x", 0, 3);
    line.publish("h1/u", 0, MqttPort.MAX_PAYLOAD_BYTES + 1);
    line.publish("h1/u", 0, 5);
    assertThat(received.poll(10, TimeUnit.SECONDS)).hasSize(5);
    assertThat(received).isEmpty();
    assertThat(port.ignored()).isEqualTo(3);
  }

  @Test
  void eachPublishBearsItsTopicAndNoAlias() throws Exception {
    broker.answering(0, TOPIC_ALIAS_MAXIMUM, 0, 10);
    MqttPort port = port(8);
    assertThat(port.connect()).isTrue();
    FakeBroker.Line line = broker.line();
    for (int qos : new int[] {0, 1, 0, 1}) {
      assertThat(send(port, qos)).isTrue();
      FakeBroker.Packet packet = line.read();
      assertThat(packet.text()).startsWith("\0\4h1/d");
      // topic, packet id with QoS 1, no properties, payload
      assertThat(packet.body()).hasSize(6 + 2 * qos + 1 + 3);
    }
  }

  @Test
  void telemetryExpiresAtTheBroker() throws Exception {
    MqttPort port = port(8);
    assertThat(port.connect()).isTrue();
    FakeBroker.Line line = broker.line();
    assertThat(port.publish("h1/d", new byte[] {7}, 0, Duration.ofSeconds(10))).isTrue();
    assertThat(line.read().body()).containsExactly(0, 4, 'h', '1', '/', 'd', 5, 2, 0, 0, 0, 10, 7);
  }

  @Test
  void itLeavesNoWillAndNoSession() throws Exception {
    assertThat(port(8).connect()).isTrue();
    FakeBroker.Packet connect = broker.line().connect();
    // MQTT, version 5, flags: a clean start and nothing else
    assertThat(connect.text()).startsWith("\0\4MQTT\5\2");
  }

  @Test
  void anErrorInAnAcknowledgementIsCountedAndMakesRoom() throws Exception {
    MqttPort port = port(1);
    assertThat(port.connect()).isTrue();
    FakeBroker.Line line = broker.line();
    assertThat(send(port, 1)).isTrue();
    line.acknowledge(line.read(), 0x97);
    await(() -> port.refused() == 1);
    await(() -> send(port, 1));
  }

  @Test
  void pahosOwnLogIsOff() throws Exception {
    List<String> logged = new CopyOnWriteArrayList<>();
    Handler handler =
        new Handler() {
          @Override
          public void publish(LogRecord line) {
            logged.add(line.getLoggerName());
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    handler.setLevel(Level.ALL);
    Logger paho = Logger.getLogger("org.eclipse.paho");
    paho.setLevel(Level.ALL);
    paho.addHandler(handler);
    try {
      Logger.getLogger("org.eclipse.paho.mqttv5.client.MqttAsyncClient").fine("would be heard");
      assertThat(logged).hasSize(1);
      MqttPort port = port(1);
      assertThat(port.connect()).isTrue();
      FakeBroker.Line line = broker.line();
      assertThat(send(port, 1)).isTrue();
      line.acknowledge(line.read(), 0);
      line.cut();
      await(() -> !port.connected());
      assertThat(logged).hasSize(1);
    } finally {
      paho.removeHandler(handler);
      paho.setLevel(null);
    }
  }

  @Test
  void tlsAndClearAreNotMixed() {
    Optional<TlsMaterial> tls =
        Optional.of(
            new TlsMaterial(
                TlsConfig.newBuilder().setTrust("ca.pem").build(),
                Path.of("nowhere"),
                Optional::empty));
    MqttConfig clear = MqttConfig.of("tcp://h:1", "c", "t", DEADLINE);
    MqttConfig sealed = MqttConfig.of("ssl://h:1", "c", "t", DEADLINE);
    assertThatThrownBy(() -> new MqttPort(clear.withTls(tls), received::add))
        .hasMessageContaining("in clear, and TLS is configured");
    assertThatThrownBy(() -> new MqttPort(sealed, received::add))
        .hasMessageContaining("no certificates are configured");
    // files that are not there keep it down, and may come later
    try (MqttPort port = new MqttPort(sealed.withTls(tls).withClock(clock::get), received::add)) {
      assertThat(port.connect()).isFalse();
      assertThat(port.trouble().orElseThrow()).contains("there is no", "ca.pem");
    }
  }
}

package org.heliostat.protocol;

import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.time.Duration;
import java.util.Optional;
import java.util.ResourceBundle;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import javax.net.SocketFactory;
import javax.net.ssl.SSLException;
import org.eclipse.paho.mqttv5.client.IMqttToken;
import org.eclipse.paho.mqttv5.client.MqttActionListener;
import org.eclipse.paho.mqttv5.client.MqttAsyncClient;
import org.eclipse.paho.mqttv5.client.MqttCallback;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.MqttDisconnectResponse;
import org.eclipse.paho.mqttv5.client.MqttToken;
import org.eclipse.paho.mqttv5.client.logging.JSR47Logger;
import org.eclipse.paho.mqttv5.client.logging.LoggerFactory;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.eclipse.paho.mqttv5.common.MqttSubscription;
import org.eclipse.paho.mqttv5.common.packet.MqttProperties;
import org.eclipse.paho.mqttv5.common.packet.MqttPublish;
import org.jspecify.annotations.Nullable;

/**
 * The one class that knows Paho. One MQTT 5 connection that is either up or down; it never
 * reconnects by itself, keeps nothing for later (the recorder is the durable queue), sets no will,
 * uses no topic aliases, and gives every message of its one subscription to the receiver on Paho's
 * callback thread, which must not block. What is retained, of another topic or too large is ignored
 * and counted.
 *
 * <p>Overflow policy: publishes that are not acknowledged are bounded by number (the window of the
 * configuration and the broker's receive maximum) and by {@value #WINDOW_BYTES} bytes, those of QoS
 * 0 that have not left by {@value #LIVE_MESSAGES}; what finds no room is refused and counted, and
 * the caller keeps it.
 *
 * <p>A broker that owes acknowledgements and gives none until the deadline is left, as one is that
 * ends the connection for a reason of its own (another client took the session over) or refuses it;
 * before it is asked again there is a pause that grows up to 30 s. A link that is cut costs no
 * pause. Over TLS 1.3 a broker refuses a certificate after it has shown its own, and what there is
 * to see of it may be no more than a line that breaks off (RFC 8446, section 4.4.2.4): twice in a
 * row counts as refused.
 *
 * <p>Paho's own log, which would go to standard error, is off: what matters of it is counted and
 * told here.
 *
 * <p>{@link #connect}, {@link #disconnect} and {@link #close} belong to one thread; all else may be
 * called from any, and never blocks.
 */
public final class MqttPort implements AutoCloseable {
  /** Largest payload that either end takes, in bytes. */
  public static final int MAX_PAYLOAD_BYTES = 1 << 20;

  static final long WINDOW_BYTES = 4L << 20;
  static final int LIVE_MESSAGES = 16;

  /** A connection that the broker ends sooner is a brief one; the second in a row costs a pause. */
  private static final long BRIEF_NANOS = 10_000_000_000L;

  private static final int KEEP_ALIVE_SECONDS = 15;
  private static final int RECEIVE_MAXIMUM = 256;
  private static final int MQTT_LARGEST_RECEIVE_MAXIMUM = 65_535;

  // MQTT 5 (OASIS), reason codes
  private static final int FIRST_ERROR = 0x80;
  private static final int LAST_ERROR = 0xA2;
  private static final int SHUTTING_DOWN = 0x8B;
  private static final int SESSION_TAKEN_OVER = 0x8E;
  private static final int NEVER_SEND_RETAINED = 2;

  static {
    LoggerFactory.setLogger(NoLog.class.getName());
  }

  private final MqttConfig config;
  private final long acknowledgeNanos;
  private final Consumer<byte[]> receiver;
  private final Backoff backoff = new Backoff();
  private final AtomicInteger briefOnes = new AtomicInteger();
  private final AtomicLong stalls = new AtomicLong();
  private final AtomicLong takenOver = new AtomicLong();
  private final AtomicLong ignored = new AtomicLong();
  private final AtomicLong full = new AtomicLong();
  private final AtomicLong refused = new AtomicLong();

  /** Connections in a row that ended before they were up, with the right broker reached. */
  private int unaccepted;

  private volatile @Nullable Connection connection;
  private volatile Optional<String> trouble = Optional.empty();

  /**
   * A port in clear that is down.
   *
   * @param brokerUrl for example {@code tcp://host:1883}
   * @param subscription the topic that the receiver gets, with QoS 1
   * @param deadline host time that connecting may take
   */
  public MqttPort(
      String brokerUrl,
      String clientId,
      String subscription,
      Duration deadline,
      Consumer<byte[]> receiver) {
    this(MqttConfig.of(brokerUrl, clientId, subscription, deadline), receiver);
  }

  /**
   * A port that is down.
   *
   * @throws IllegalArgumentException where TLS is configured and the URL is one in clear, or the
   *     other way round
   */
  public MqttPort(MqttConfig config, Consumer<byte[]> receiver) {
    BrokerUrl.problem(config.brokerUrl(), config.tls().isPresent())
        .ifPresent(
            problem -> {
              throw new IllegalArgumentException(problem);
            });
    this.config = config;
    this.acknowledgeNanos = config.acknowledgeDeadline().toNanos();
    this.receiver = receiver;
  }

  /**
   * Whether the connection is up and the broker does its duty. It may go down at any time after.
   */
  public boolean connected() {
    Connection current = connection;
    return current != null && current.client.isConnected() && !current.hasStalled();
  }

  /**
   * Connects and subscribes; true when both worked. Whatever was there before is closed. Blocks up
   * to the deadline for each of the two; returns at once during a pause.
   */
  public boolean connect() {
    disconnect();
    if (!backoff.over(now())) {
      return false;
    }
    Client fresh = null;
    BooleanSupplier reached = () -> false;
    try {
      SocketFactory sockets = new PromptSockets();
      if (config.tls().isPresent()) {
        PromptTlsSockets secure = config.tls().get().sockets();
        reached = secure::serverBelieved;
        sockets = secure;
      }
      fresh = new Client(config.brokerUrl(), config.clientId());
      Connection next = new Connection(fresh);
      fresh.setCallback(next);
      IMqttToken accepted = fresh.connect(options(sockets));
      accepted.waitForCompletion(config.deadline().toMillis());
      next.open(accepted.getResponseProperties());
      IMqttToken subscribed = fresh.subscribe(new MqttSubscription[] {subscription()});
      subscribed.waitForCompletion(config.deadline().toMillis());
      for (int code : subscribed.getReasonCodes()) {
        if (code >= FIRST_ERROR) {
          throw new MqttException(code);
        }
      }
      backoff.connected(now());
      trouble = Optional.empty();
      unaccepted = 0;
      next.inUse = true;
      connection = next;
      return true;
    } catch (MqttException e) {
      unaccepted = reached.getAsBoolean() && brokeOff(e) ? unaccepted + 1 : 0;
      if (isBrokersWill(e)) {
        trouble = Optional.of(reason(e));
        refused.incrementAndGet();
        backoff.refused(now());
      } else if (unaccepted > 1) {
        // where it has given its reason once, that stands
        trouble =
            Optional.of(
                trouble.orElse(
                    "the broker ends it before it is up; perhaps it refuses our certificate"));
        refused.incrementAndGet();
        backoff.refused(now());
      }
    } catch (IOException e) {
      // of the certificates' files; somebody may mend them
      trouble = Optional.of(IoReason.of(e));
      backoff.refused(now());
    }
    if (fresh != null) {
      discard(fresh);
    }
    return false;
  }

  private MqttConnectionOptions options(SocketFactory sockets) {
    MqttConnectionOptions options = new MqttConnectionOptions();
    options.setCleanStart(true);
    options.setAutomaticReconnect(false);
    options.setKeepAliveInterval(KEEP_ALIVE_SECONDS);
    options.setConnectionTimeout((int) Math.max(1, config.deadline().toSeconds()));
    options.setMaximumPacketSize((long) MAX_PAYLOAD_BYTES + 1024);
    options.setReceiveMaximum(RECEIVE_MAXIMUM);
    options.setTopicAliasMaximum(0);
    options.setHttpsHostnameVerificationEnabled(true);
    options.setSocketFactory(sockets);
    return options;
  }

  private MqttSubscription subscription() {
    MqttSubscription subscription = new MqttSubscription(config.subscription(), 1);
    subscription.setNoLocal(true);
    subscription.setRetainHandling(NEVER_SEND_RETAINED);
    // so that what was published to be retained is known, whenever it comes
    subscription.setRetainAsPublished(true);
    return subscription;
  }

  /**
   * Hands a message to the connection, to be kept by the broker for as long as it likes; see {@link
   * #publish(String, byte[], int, Duration)}.
   */
  public boolean publish(String topic, byte[] payload, int qos) {
    return publish(topic, payload, qos, Duration.ZERO);
  }

  /**
   * Hands a message to the connection; true when it was taken, false at once when there is no
   * connection or no room. That it arrived only the other end can say.
   *
   * @param qos 0 or 1
   * @param expiry after which the broker drops it, in whole seconds; zero stands for never
   */
  public boolean publish(String topic, byte[] payload, int qos, Duration expiry) {
    Connection current = connection;
    return current != null && current.publish(topic, payload, qos, expiry);
  }

  /** Publishes of QoS 1 that the broker has not acknowledged. */
  public int underWay() {
    Connection current = connection;
    return current == null ? 0 : current.window.messages();
  }

  /** Connections that were left because their broker acknowledged nothing until the deadline. */
  public long stalls() {
    return stalls.get();
  }

  /** Connections that another client with our id took over. */
  public long takenOver() {
    return takenOver.get();
  }

  /** Messages that were retained, of another topic or too large. */
  public long ignored() {
    return ignored.get();
  }

  /** Publishes for which there was no room. */
  public long full() {
    return full.get();
  }

  /** Connections that the broker did not want, and publishes that it acknowledged with an error. */
  public long refused() {
    return refused.get();
  }

  /**
   * What keeps the connection from being made or has ended it, in words for people; nothing while
   * it is up, and where it is the line alone.
   */
  public Optional<String> trouble() {
    return trouble;
  }

  /** Takes the connection down; does nothing when it is down. */
  public void disconnect() {
    Connection current = connection;
    connection = null;
    if (current != null) {
      if (!current.left.get()) {
        backoff.ended(now());
      }
      // one that has ended by itself may not have said so yet
      if (current.client.isConnected()) {
        current.inUse = false;
      }
      discard(current.client);
    }
  }

  @Override
  public void close() {
    disconnect();
  }

  private long now() {
    return config.hostNanos().getAsLong();
  }

  /**
   * Whether a connection failed because the broker, or TLS, would not have it; a line that breaks
   * off at whatever moment is no such will.
   */
  private static boolean isBrokersWill(MqttException failure) {
    boolean tls = false;
    for (Throwable cause = failure.getCause(); cause != null; cause = cause.getCause()) {
      tls |= cause instanceof SSLException;
    }
    return !brokeOff(failure)
        && (tls
            || (failure.getReasonCode() >= FIRST_ERROR && failure.getReasonCode() <= LAST_ERROR));
  }

  private static boolean brokeOff(MqttException failure) {
    for (Throwable cause = failure.getCause(); cause != null; cause = cause.getCause()) {
      if (cause instanceof EOFException || cause instanceof SocketException) {
        return true;
      }
    }
    return false;
  }

  private static String reason(MqttException failure) {
    Throwable cause = failure.getCause();
    return cause instanceof IOException io ? IoReason.of(io) : String.valueOf(failure.getMessage());
  }

  private static void discard(MqttAsyncClient old) {
    try {
      // no quiesce: whatever matters is sent again from the recorder
      old.disconnectForcibly(0, 200, old.isConnected());
    } catch (MqttException e) {
      // it was not connected; the client is closed all the same
    }
    try {
      old.close(true);
    } catch (MqttException e) {
      // nothing is left to close
    }
  }

  /**
   * Paho's log, of which nothing is left. Paho makes one for each of its classes, by name, which is
   * why anybody could.
   */
  public static final class NoLog extends JSR47Logger {
    @Override
    public void initialise(ResourceBundle messages, String name, String resource) {}

    @Override
    public boolean isLoggable(int level) {
      return false;
    }

    @Override
    public void log(
        int level,
        String where,
        String method,
        String message,
        Object[] inserts,
        Throwable thrown) {}

    @Override
    public void trace(
        int level,
        String where,
        String method,
        String message,
        Object[] inserts,
        Throwable thrown) {}

    @Override
    public String formatMessage(String message, Object[] inserts) {
      return message;
    }

    @Override
    public void dumpTrace() {}
  }

  /** Paho's client, with a way to send without topic aliases. */
  private static final class Client extends MqttAsyncClient {
    Client(String brokerUrl, String clientId) throws MqttException {
      super(brokerUrl, clientId, new MemoryPersistence());
    }

    void send(String topic, MqttMessage message, MqttActionListener done) throws MqttException {
      MqttToken token = new MqttToken(getClientId());
      token.internalTok.setDeliveryToken(true);
      token.setActionCallback(done);
      MqttPublish publish = new PlainPublish(topic, message);
      token.setRequestMessage(publish);
      comms.sendNoWait(publish, token);
    }
  }

  /**
   * A publish with its topic in it. Paho gives an alias to each where the broker allows some, and
   * leaves the topic out from then on, also where the broker never saw the first one (it was
   * refused for want of room); it does so to none that has no topic to ask for.
   */
  private static final class PlainPublish extends MqttPublish {
    PlainPublish(String topic, MqttMessage message) {
      super(topic, message, message.getProperties());
    }

    @Override
    public @Nullable String getTopicName() {
      return null;
    }
  }

  /** One connection from its beginning to its end; nothing of it is left to the next one. */
  private final class Connection implements MqttCallback {
    private final Client client;
    private final SendWindow live = new SendWindow(LIVE_MESSAGES, WINDOW_BYTES);
    private final AtomicBoolean left = new AtomicBoolean();
    private volatile long began;

    /** Neither being made nor ended by us. */
    private volatile boolean inUse;

    private volatile SendWindow window = new SendWindow(1, WINDOW_BYTES);

    Connection(Client client) {
      this.client = client;
    }

    /** Takes the bounds of the broker's answer. */
    void open(@Nullable MqttProperties answer) {
      Integer receiveMaximum = answer == null ? null : answer.getReceiveMaximum();
      int broker = receiveMaximum == null ? MQTT_LARGEST_RECEIVE_MAXIMUM : receiveMaximum;
      // Paho counts a message of QoS 0 as one of them while it leaves
      began = now();
      window = new SendWindow(Math.min(config.window(), Math.max(1, broker - 1)), WINDOW_BYTES);
    }

    boolean publish(String topic, byte[] payload, int qos, Duration expiry) {
      if (!client.isConnected() || left.get()) {
        return false;
      }
      SendWindow room = qos == 0 ? live : window;
      if (!room.take(payload.length, now())) {
        full.incrementAndGet();
        return false;
      }
      MqttMessage message = new MqttMessage(payload, qos, false, new MqttProperties());
      if (!expiry.isZero()) {
        message.getProperties().setMessageExpiryInterval(expiry.toSeconds());
      }
      try {
        client.send(topic, message, new Done(room, payload.length));
        return true;
      } catch (MqttException e) {
        room.give(payload.length, now());
        return false;
      }
    }

    /** Whether it is to be left; said once. */
    boolean hasStalled() {
      long now = now();
      if (!left.get()
          && (window.stalled(now, acknowledgeNanos) || live.stalled(now, acknowledgeNanos))
          && left.compareAndSet(false, true)) {
        stalls.incrementAndGet();
        trouble = Optional.of("the broker acknowledges nothing");
        backoff.lost(now);
      }
      return left.get();
    }

    @Override
    public void messageArrived(String topic, MqttMessage message) {
      byte[] payload = message.getPayload();
      if (message.isRetained()
          || !config.subscription().equals(topic)
          || payload.length > MAX_PAYLOAD_BYTES) {
        ignored.incrementAndGet();
      } else {
        receiver.accept(payload);
      }
    }

    @Override
    public void disconnected(MqttDisconnectResponse response) {
      int code = response.getReturnCode();
      if (!inUse || endedByTheWay(response, code) || code == SHUTTING_DOWN) {
        return;
      }
      if (left.compareAndSet(false, true)) {
        // the pause first: whoever sees what is said and counted finds it begun
        backoff.lost(now());
        trouble =
            Optional.of(
                code == SESSION_TAKEN_OVER
                    ? "another client with our name took it over"
                    : code == 0
                        ? "the broker ends it as soon as it is up; perhaps another client has our name"
                        : "the broker ended it with reason 0x" + Integer.toHexString(code));
        if (code == SESSION_TAKEN_OVER) {
          takenOver.incrementAndGet();
        }
      }
    }

    /**
     * Whether it ended as connections do. mosquitto 2.0 gives no reason to a client whose session
     * another one takes over; what there is to see is that it closes, in good order, what has just
     * been made, again and again. A radio link that is cut ends without such order.
     */
    private boolean endedByTheWay(MqttDisconnectResponse response, int code) {
      if (code >= FIRST_ERROR) {
        return false;
      }
      MqttException failure = response.getException();
      boolean orderly = failure != null && failure.getCause() instanceof EOFException;
      if (!orderly || now() - began >= BRIEF_NANOS) {
        briefOnes.set(0);
        return true;
      }
      return briefOnes.incrementAndGet() < 2;
    }

    @Override
    public void mqttErrorOccurred(MqttException exception) {}

    @Override
    public void deliveryComplete(IMqttToken token) {}

    @Override
    public void connectComplete(boolean reconnect, String serverUri) {}

    @Override
    public void authPacketArrived(int reasonCode, MqttProperties properties) {}
  }

  /** Makes the room free again that a message took. */
  private final class Done implements MqttActionListener {
    private final SendWindow room;
    private final int size;

    Done(SendWindow room, int size) {
      this.room = room;
      this.size = size;
    }

    @Override
    public void onSuccess(IMqttToken token) {
      int[] codes = token.getReasonCodes();
      if (codes != null && codes.length > 0 && codes[0] >= FIRST_ERROR) {
        refused.incrementAndGet();
      }
      room.give(size, now());
    }

    @Override
    public void onFailure(IMqttToken token, Throwable failure) {
      room.give(size, now());
    }
  }
}

package org.heliostat.protocol;

import java.time.Duration;
import java.util.function.Consumer;
import org.eclipse.paho.mqttv5.client.IMqttToken;
import org.eclipse.paho.mqttv5.client.MqttAsyncClient;
import org.eclipse.paho.mqttv5.client.MqttCallback;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.MqttDisconnectResponse;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.eclipse.paho.mqttv5.common.packet.MqttProperties;
import org.jspecify.annotations.Nullable;

/**
 * The one class that knows Paho. One MQTT 5 connection that is either up or down; it never
 * reconnects by itself, keeps nothing for later (the recorder is the durable queue) and gives every
 * message of its one subscription to the receiver on Paho's callback thread, which must not block.
 *
 * <p>{@link #connect}, {@link #disconnect} and {@link #close} belong to one thread; {@link
 * #publish} and {@link #connected} may be called from any.
 */
public final class MqttPort implements AutoCloseable {
  /** Largest payload that either end takes, in bytes. */
  public static final int MAX_PAYLOAD_BYTES = 1 << 20;

  private static final int KEEP_ALIVE_SECONDS = 15;

  private final String brokerUrl;
  private final String clientId;
  private final String subscription;
  private final Duration deadline;
  private final Consumer<byte[]> receiver;
  private volatile @Nullable MqttAsyncClient client;

  /**
   * A port that is down.
   *
   * @param brokerUrl for example {@code tcp://host:1883} or {@code ssl://host:8883}
   * @param subscription the topic that the receiver gets, with QoS 1
   * @param deadline host time that connecting may take
   */
  public MqttPort(
      String brokerUrl,
      String clientId,
      String subscription,
      Duration deadline,
      Consumer<byte[]> receiver) {
    this.brokerUrl = brokerUrl;
    this.clientId = clientId;
    this.subscription = subscription;
    this.deadline = deadline;
    this.receiver = receiver;
  }

  /** Whether the connection is up. It may go down at any time after. */
  public boolean connected() {
    MqttAsyncClient current = client;
    return current != null && current.isConnected();
  }

  /**
   * Connects and subscribes; true when both worked. Whatever was there before is closed. Blocks up
   * to the deadline.
   */
  public boolean connect() {
    disconnect();
    MqttAsyncClient fresh = null;
    try {
      fresh = new MqttAsyncClient(brokerUrl, clientId, new MemoryPersistence());
      fresh.setCallback(new Callback());
      MqttConnectionOptions options = new MqttConnectionOptions();
      options.setCleanStart(true);
      options.setAutomaticReconnect(false);
      options.setKeepAliveInterval(KEEP_ALIVE_SECONDS);
      options.setConnectionTimeout((int) Math.max(1, deadline.toSeconds()));
      if (brokerUrl.startsWith("tcp:")) {
        options.setSocketFactory(new PromptSockets());
      }
      options.setMaximumPacketSize((long) MAX_PAYLOAD_BYTES + 1024);
      fresh.connect(options).waitForCompletion(deadline.toMillis());
      fresh.subscribe(subscription, 1).waitForCompletion(deadline.toMillis());
      client = fresh;
      return true;
    } catch (MqttException e) {
      if (fresh != null) {
        discard(fresh);
      }
      return false;
    }
  }

  /**
   * Hands a message to the connection; true when it was taken. That it arrived only the other end
   * can say.
   *
   * @param qos 0 or 1
   */
  public boolean publish(String topic, byte[] payload, int qos) {
    MqttAsyncClient current = client;
    if (current == null || !current.isConnected()) {
      return false;
    }
    try {
      IMqttToken unused = current.publish(topic, payload, qos, false);
      return true;
    } catch (MqttException e) {
      return false;
    }
  }

  /** Takes the connection down; does nothing when it is down. */
  public void disconnect() {
    MqttAsyncClient current = client;
    client = null;
    if (current != null) {
      discard(current);
    }
  }

  @Override
  public void close() {
    disconnect();
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

  private final class Callback implements MqttCallback {
    @Override
    public void messageArrived(String topic, MqttMessage message) {
      byte[] payload = message.getPayload();
      if (payload.length <= MAX_PAYLOAD_BYTES) {
        receiver.accept(payload);
      }
    }

    @Override
    public void disconnected(MqttDisconnectResponse response) {}

    @Override
    public void mqttErrorOccurred(MqttException exception) {}

    @Override
    public void deliveryComplete(IMqttToken token) {}

    @Override
    public void connectComplete(boolean reconnect, String serverUri) {}

    @Override
    public void authPacketArrived(int reasonCode, MqttProperties properties) {}
  }
}

package org.heliostat.tests.broker;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.eclipse.paho.mqttv5.client.MqttAsyncClient;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.eclipse.paho.mqttv5.common.packet.MqttProperties;

/**
 * Another client of the broker that may do all that MQTT has: listen to our topics, publish to
 * them, leave a retained message or a will there, and come under our name. One thread.
 */
public final class Outsider implements AutoCloseable {
  private static final long DEADLINE_MILLIS = 20_000;
  private static final int MOST_HEARD = 100_000;

  private final MqttAsyncClient client;
  private final BlockingQueue<byte[]> heard = new ArrayBlockingQueue<>(MOST_HEARD);

  private Outsider(String url, String name, MqttConnectionOptions options) throws MqttException {
    client = new MqttAsyncClient(url, name, new MemoryPersistence());
    client.setCallback(new Ear());
    client.connect(options).waitForCompletion(DEADLINE_MILLIS);
  }

  private static MqttConnectionOptions options() {
    MqttConnectionOptions options = new MqttConnectionOptions();
    options.setCleanStart(true);
    options.setAutomaticReconnect(false);
    return options;
  }

  /** Comes under a name. */
  public static Outsider named(String url, String name) throws MqttException {
    return new Outsider(url, name, options());
  }

  /**
   * Comes, and breaks off without a word, so that the broker publishes what it left as its will.
   */
  public static void leaveWill(String url, String topic, byte[] payload) throws MqttException {
    MqttConnectionOptions options = options();
    options.setWill(topic, new MqttMessage(payload, 1, false, new MqttProperties()));
    Outsider dying = new Outsider(url, "dying", options);
    dying.client.disconnectForcibly(0, 0, false);
    dying.client.close(true);
  }

  public void listen(String topic) throws MqttException {
    client.subscribe(topic, 1).waitForCompletion(DEADLINE_MILLIS);
  }

  /** What has come since it listens. */
  public BlockingQueue<byte[]> heard() {
    return heard;
  }

  public void publish(String topic, byte[] payload, boolean retained) throws MqttException {
    client
        .publish(topic, new MqttMessage(payload, 1, retained, new MqttProperties()))
        .waitForCompletion(DEADLINE_MILLIS);
  }

  public boolean connected() {
    return client.isConnected();
  }

  @Override
  public void close() {
    try {
      client.disconnectForcibly(0, 200, client.isConnected());
    } catch (MqttException e) {
      // it was thrown out
    }
    try {
      client.close(true);
    } catch (MqttException e) {
      // nothing is left to close
    }
  }

  private final class Ear implements Arrivals {
    @Override
    public void messageArrived(String topic, MqttMessage message) {
      heard.add(message.getPayload());
    }
  }
}

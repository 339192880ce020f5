package org.heliostat.tests.bench;

import java.io.IOException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.eclipse.paho.mqttv5.client.IMqttToken;
import org.eclipse.paho.mqttv5.client.MqttActionListener;
import org.eclipse.paho.mqttv5.client.MqttAsyncClient;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.heliostat.tests.broker.Arrivals;

/**
 * The peer of the downlink: a bare Paho client that publishes bytes with QoS 1, as many at a time
 * as our window, and another one that takes them; nothing is kept, sealed or confirmed.
 */
final class BarePublisher implements AutoCloseable {
  private static final String TOPIC = "h42/x";
  private static final int WINDOW = 64;
  private static final long DEADLINE_MILLIS = 60_000;

  private final MqttAsyncClient sender;
  private final MqttAsyncClient taker;
  private final Semaphore room = new Semaphore(WINDOW);
  private final AtomicLong came = new AtomicLong();
  private final Semaphore arrivals = new Semaphore(0);

  /**
   * Connects both.
   *
   * @param line URL of the broker over the line
   * @param broker URL of the broker itself
   */
  BarePublisher(String line, String broker) throws IOException {
    try {
      taker = new MqttAsyncClient(broker, "bare-taker", new MemoryPersistence());
      taker.setCallback(new Taker());
      connect(taker);
      taker.subscribe(TOPIC, 1).waitForCompletion(DEADLINE_MILLIS);
      sender = new MqttAsyncClient(line, "bare-sender", new MemoryPersistence());
      connect(sender);
    } catch (MqttException e) {
      throw new IOException(e);
    }
  }

  private static void connect(MqttAsyncClient client) throws MqttException {
    MqttConnectionOptions options = new MqttConnectionOptions();
    options.setCleanStart(true);
    client.connect(options).waitForCompletion(DEADLINE_MILLIS);
  }

  /** Sends so many bytes in messages of this size; host time in ns until the last one came. */
  long send(long bytes, int size) throws IOException, InterruptedException {
    long wanted = came.get() + bytes;
    long start = System.nanoTime();
    try {
      for (long left = bytes; left > 0; left -= size) {
        if (!room.tryAcquire(DEADLINE_MILLIS, TimeUnit.MILLISECONDS)) {
          throw new IOException("the broker acknowledges nothing");
        }
        byte[] payload = new byte[(int) Math.min(size, left)];
        IMqttToken unused =
            sender.publish(TOPIC, new MqttMessage(payload, 1, false, null), null, new Done());
      }
    } catch (MqttException e) {
      throw new IOException(e);
    }
    while (came.get() < wanted) {
      if (!arrivals.tryAcquire(DEADLINE_MILLIS, TimeUnit.MILLISECONDS)) {
        throw new IOException("what was sent does not come");
      }
    }
    return System.nanoTime() - start;
  }

  @Override
  public void close() {
    for (MqttAsyncClient client : new MqttAsyncClient[] {sender, taker}) {
      try {
        client.disconnectForcibly(0, 200, true);
        client.close(true);
      } catch (MqttException e) {
        // it is gone
      }
    }
  }

  private final class Done implements MqttActionListener {
    @Override
    public void onSuccess(IMqttToken token) {
      room.release();
    }

    @Override
    public void onFailure(IMqttToken token, Throwable failure) {
      // nobody releases it, so that the sender gives up
    }
  }

  private final class Taker implements Arrivals {
    @Override
    public void messageArrived(String topic, MqttMessage message) {
      came.addAndGet(message.getPayload().length);
      arrivals.release();
    }
  }
}

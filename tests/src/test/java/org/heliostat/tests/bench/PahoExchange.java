package org.heliostat.tests.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.SocketFactory;
import org.eclipse.paho.mqttv5.client.IMqttToken;
import org.eclipse.paho.mqttv5.client.MqttAsyncClient;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.heliostat.tests.broker.Arrivals;

/**
 * The peer of a command's round trip: two bare Paho clients at the same broker, the far one over
 * the same space link, with the same number of messages of the same size and quality of service,
 * and nothing behind them. One message up, three down, one up again.
 */
final class PahoExchange implements AutoCloseable {
  private static final int ANSWERS = 3;
  private static final long DEADLINE_MILLIS = 10_000;

  private final String up;
  private final String down;
  private final byte[] message;
  private final MqttAsyncClient near;
  private final MqttAsyncClient far;
  private final AtomicInteger answers = new AtomicInteger();
  private final Semaphore done = new Semaphore(0);

  /**
   * Connects both.
   *
   * @param name of the exchange, for its topics
   * @param bytes size of each message
   * @param prompt as ours: without Nagle's algorithm, for which Paho as it comes waits
   */
  PahoExchange(String broker, String overTheLink, String name, int bytes, boolean prompt)
      throws IOException {
    up = name + "/u";
    down = name + "/d";
    message = new byte[bytes];
    // the receipt of the exchange before is no command
    message[0] = 1;
    byte[] answer = new byte[bytes];
    try {
      near = connect(broker, name + "-near", down, prompt, this::answered);
      far = connect(overTheLink, name + "-far", up, prompt, received -> reply(received, answer));
    } catch (MqttException e) {
      throw new IOException(e);
    }
  }

  private interface Receiver {
    void take(byte[] payload) throws MqttException;
  }

  private static MqttAsyncClient connect(
      String broker, String name, String subscription, boolean prompt, Receiver receiver)
      throws MqttException {
    MqttAsyncClient client = new MqttAsyncClient(broker, name, new MemoryPersistence());
    client.setCallback(new Callback(receiver));
    MqttConnectionOptions options = new MqttConnectionOptions();
    options.setCleanStart(true);
    if (prompt) {
      options.setSocketFactory(new PromptSockets());
    }
    client.connect(options).waitForCompletion(DEADLINE_MILLIS);
    client.subscribe(subscription, 1).waitForCompletion(DEADLINE_MILLIS);
    return client;
  }

  private void reply(byte[] received, byte[] answer) throws MqttException {
    if (received[0] == 1) {
      for (int i = 0; i < ANSWERS; i++) {
        send(far, down, answer);
      }
    }
  }

  private static void send(MqttAsyncClient client, String topic, byte[] bytes)
      throws MqttException {
    IMqttToken unused = client.publish(topic, bytes, 1, false);
  }

  private void answered(byte[] received) {
    if (answers.incrementAndGet() % ANSWERS == 0) {
      done.release();
    }
  }

  /** One exchange; host time in ns. */
  long run() throws IOException, InterruptedException {
    long start = System.nanoTime();
    try {
      send(near, up, message);
      if (!done.tryAcquire(DEADLINE_MILLIS, TimeUnit.MILLISECONDS)) {
        throw new IOException("no answer");
      }
      long took = System.nanoTime() - start;
      send(near, up, new byte[message.length]);
      return took;
    } catch (MqttException e) {
      throw new IOException(e);
    }
  }

  @Override
  public void close() {
    for (MqttAsyncClient client : new MqttAsyncClient[] {near, far}) {
      try {
        client.disconnectForcibly(0, 200, true);
        client.close(true);
      } catch (MqttException e) {
        // it is gone
      }
    }
  }

  /** Sockets that send at once. */
  private static final class PromptSockets extends SocketFactory {
    @Override
    public Socket createSocket() throws IOException {
      Socket socket = new Socket();
      socket.setTcpNoDelay(true);
      return socket;
    }

    @Override
    public Socket createSocket(String host, int port) throws IOException {
      throw new IOException("Paho does not ask for it");
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress local, int localPort)
        throws IOException {
      throw new IOException("Paho does not ask for it");
    }

    @Override
    public Socket createSocket(InetAddress host, int port) throws IOException {
      throw new IOException("Paho does not ask for it");
    }

    @Override
    public Socket createSocket(InetAddress host, int port, InetAddress local, int localPort)
        throws IOException {
      throw new IOException("Paho does not ask for it");
    }
  }

  private record Callback(Receiver receiver) implements Arrivals {
    @Override
    public void messageArrived(String topic, MqttMessage message) throws MqttException {
      receiver.take(message.getPayload());
    }
  }
}

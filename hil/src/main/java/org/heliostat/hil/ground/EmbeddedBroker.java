package org.heliostat.hil.ground;

import java.io.IOException;
import java.nio.file.Path;
import org.apache.activemq.artemis.core.config.Configuration;
import org.apache.activemq.artemis.core.config.impl.ConfigurationImpl;
import org.apache.activemq.artemis.core.remoting.impl.netty.NettyAcceptor;
import org.apache.activemq.artemis.core.server.embedded.EmbeddedActiveMQ;
import org.jspecify.annotations.Nullable;

/**
 * An MQTT 5 broker inside this process, on the loopback interface, in memory only. It can be
 * stopped and started again on the same port. Thread-safe.
 */
final class EmbeddedBroker implements AutoCloseable {
  private final Path folder;
  private int port;
  private @Nullable EmbeddedActiveMQ server;

  /**
   * A broker that is down.
   *
   * @param folder where the broker would put files if it had any; nothing is written there
   */
  EmbeddedBroker(Path folder) {
    this.folder = folder;
  }

  /** Starts; the first time on a free port, later on the same one. Does nothing when it is up. */
  synchronized void start() throws IOException {
    if (server != null) {
      return;
    }
    EmbeddedActiveMQ fresh = new EmbeddedActiveMQ();
    try {
      fresh.setConfiguration(configuration());
      fresh.start();
      NettyAcceptor acceptor =
          (NettyAcceptor)
              fresh.getActiveMQServer().getRemotingService().getAcceptors().values().stream()
                  .findFirst()
                  .orElseThrow(() -> new IOException("the broker has no acceptor"));
      int actual = acceptor.getActualPort();
      if (!acceptor.isStarted() || actual <= 0) {
        throw new IOException("the broker cannot listen on port " + port);
      }
      port = actual;
      server = fresh;
    } catch (Exception e) { // what Artemis declares
      stopQuietly(fresh);
      throw e instanceof IOException io ? io : new IOException("broker: " + e, e);
    }
  }

  /** Takes the broker down, with every connection; does nothing when it is down. */
  synchronized void stop() {
    if (server != null) {
      stopQuietly(server);
      server = null;
    }
  }

  /** Port on the loopback interface; 0 before the first start. */
  synchronized int port() {
    return port;
  }

  @Override
  public void close() {
    stop();
  }

  private Configuration configuration() throws Exception {
    Configuration configuration =
        new ConfigurationImpl()
            .setName("heliostat")
            .setPersistenceEnabled(false)
            .setSecurityEnabled(false)
            .setJMXManagementEnabled(false)
            .setGracefulShutdownEnabled(false)
            .setBindingsDirectory(folder.resolve("bindings").toString())
            .setJournalDirectory(folder.resolve("journal").toString())
            .setLargeMessagesDirectory(folder.resolve("large").toString())
            .setPagingDirectory(folder.resolve("paging").toString());
    // a full disk is the catalogue's affair, the broker keeps nothing on it
    configuration.setMaxDiskUsage(-1);
    configuration.setCriticalAnalyzer(false);
    configuration.setScheduledThreadPoolMaxSize(2);
    // without epoll nothing native is unpacked
    return configuration.addAcceptorConfiguration(
        "mqtt", "tcp://127.0.0.1:" + port + "?protocols=MQTT;useEpoll=false;useKQueue=false");
  }

  private static void stopQuietly(EmbeddedActiveMQ broker) {
    try {
      broker.stop();
    } catch (Exception e) { // what Artemis declares; the process ends soon or starts another
      GroundLog.say("broker: " + e);
    }
  }
}

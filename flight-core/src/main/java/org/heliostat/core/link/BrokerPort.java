package org.heliostat.core.link;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Consumer;
import org.heliostat.core.app.Services;
import org.heliostat.core.time.MissionClock;
import org.heliostat.protocol.LinkConfig;
import org.heliostat.protocol.MqttConfig;
import org.heliostat.protocol.MqttPort;
import org.heliostat.protocol.TlsMaterial;
import org.heliostat.protocol.Topics;

/** Makes the port to the broker that the mission file describes. Stateless. */
final class BrokerPort {
  private static final Duration CONNECT_DEADLINE = Duration.ofSeconds(3);

  private BrokerPort() {}

  /** A port that is down; what it counts stands in housekeeping as values of the app link. */
  static MqttPort open(Services services, Topics topics, Consumer<byte[]> receiver) {
    LinkConfig link = services.mission().getLink();
    MqttConfig config =
        MqttConfig.of(
                services.brokerUrl(),
                "heliostat-" + services.mission().getSpacecraftId(),
                topics.uplink(),
                CONNECT_DEADLINE)
            .withWindow(
                link.getUnacknowledged(),
                Duration.ofMillis((long) (link.getAcknowledgeSeconds() * 1000)))
            .withTls(
                link.hasTls()
                    ? Optional.of(
                        new TlsMaterial(
                            link.getTls(), services.data(), () -> utc(services.clock())))
                    : Optional.empty())
            .withClock(services.clock()::hostNanos);
    MqttPort port = new MqttPort(config, receiver);
    services.telemetry().value("link", "broker_stalls", port::stalls);
    services.telemetry().value("link", "broker_taken_over", port::takenOver);
    services.telemetry().value("link", "broker_ignored", port::ignored);
    services.telemetry().value("link", "broker_refused", port::refused);
    return port;
  }

  /**
   * What certificates are judged by: the wall clock decides nothing, nor does UTC that is not good.
   */
  static Optional<Instant> utc(MissionClock clock) {
    return clock.utcGood()
        ? Optional.of(Instant.EPOCH.plusNanos(clock.utcNanos()))
        : Optional.empty();
  }
}

package org.heliostat.protocol;

import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * What a {@link MqttPort} is to do. Immutable.
 *
 * @param brokerUrl {@code tcp://host:1883}, or {@code ssl://host:8883} with {@code tls}
 * @param subscription the one topic that the receiver gets, with QoS 1
 * @param deadline host time that each step of connecting may take
 * @param window publishes of QoS 1 that may be unacknowledged; the broker's receive maximum counts
 *     where it is smaller
 * @param acknowledgeDeadline host time without an acknowledgement after which a broker is left that
 *     owes some
 * @param tls certificates; without them the connection is in clear
 * @param hostNanos host time, ns
 */
public record MqttConfig(
    String brokerUrl,
    String clientId,
    String subscription,
    Duration deadline,
    int window,
    Duration acknowledgeDeadline,
    Optional<TlsMaterial> tls,
    LongSupplier hostNanos) {
  /** Publishes that may be unacknowledged where nobody says anything else. */
  public static final int STANDARD_WINDOW = 64;

  private static final Duration STANDARD_DEADLINE = Duration.ofSeconds(30);

  /** In clear, with the usual window. */
  public static MqttConfig of(
      String brokerUrl, String clientId, String subscription, Duration deadline) {
    return new MqttConfig(
        brokerUrl,
        clientId,
        subscription,
        deadline,
        STANDARD_WINDOW,
        STANDARD_DEADLINE,
        Optional.empty(),
        System::nanoTime);
  }

  /** The same with another window and deadline of acknowledgements. */
  public MqttConfig withWindow(int most, Duration acknowledge) {
    return new MqttConfig(
        brokerUrl, clientId, subscription, deadline, most, acknowledge, tls, hostNanos);
  }

  /** The same with certificates, or without. */
  public MqttConfig withTls(Optional<TlsMaterial> certificates) {
    return new MqttConfig(
        brokerUrl,
        clientId,
        subscription,
        deadline,
        window,
        acknowledgeDeadline,
        certificates,
        hostNanos);
  }

  /** The same by another clock. */
  public MqttConfig withClock(LongSupplier clock) {
    return new MqttConfig(
        brokerUrl, clientId, subscription, deadline, window, acknowledgeDeadline, tls, clock);
  }
}

package org.heliostat.tests.link;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.eclipse.paho.mqttv5.common.packet.MqttPingReq;
import org.eclipse.paho.mqttv5.common.packet.MqttProperties;
import org.eclipse.paho.mqttv5.common.packet.MqttPublish;
import org.eclipse.paho.mqttv5.common.packet.MqttWireMessage;
import org.junit.jupiter.api.Test;

/** Against what Paho itself puts on the wire. */
class MqttCountTest {
  private static byte[] publish(int payload, int qos, boolean expires) throws MqttException {
    MqttProperties properties = new MqttProperties();
    if (expires) {
      properties.setMessageExpiryInterval(10L);
    }
    MqttMessage message = new MqttMessage(new byte[payload], qos, false, properties);
    MqttPublish publish = new MqttPublish("h/42/d", message, properties);
    publish.setMessageId(7);
    return bytes(publish);
  }

  private static byte[] bytes(MqttWireMessage message) throws MqttException {
    byte[] header = message.getHeader();
    byte[] payload = message.getPayload();
    return ByteBuffer.allocate(header.length + payload.length).put(header).put(payload).array();
  }

  private static byte[] stream() throws MqttException {
    byte[] small = publish(3, 0, true);
    byte[] large = publish(20_000, 1, false);
    byte[] empty = publish(0, 1, false);
    byte[] ping = bytes(new MqttPingReq());
    return ByteBuffer.allocate(small.length + large.length + empty.length + ping.length)
        .put(small)
        .put(ping)
        .put(large)
        .put(empty)
        .array();
  }

  @Test
  void whatPublishesCarryIsCountedHoweverTheStreamIsCut() throws MqttException {
    byte[] stream = stream();
    for (int piece : new int[] {1, 2, 7, 1000, stream.length}) {
      MqttCount count = new MqttCount();
      for (int at = 0; at < stream.length; at += piece) {
        count.take(stream, at, Math.min(piece, stream.length - at));
      }
      assertThat(count.packets()).isEqualTo(4);
      assertThat(count.publishes(0)).isEqualTo(1);
      assertThat(count.publishes(1)).isEqualTo(2);
      assertThat(count.payloadBytes(0)).isEqualTo(3);
      assertThat(count.payloadBytes(1)).isEqualTo(20_000);
      assertThat(count.publishBytes(0)).isEqualTo(publish(3, 0, true).length);
      assertThat(count.publishBytes(0) + count.publishBytes(1) + 2).isEqualTo(stream.length);
      assertThat(count.betweenPackets()).isTrue();
    }
  }

  @Test
  void theMiddleOfAMessageIsKnown() throws MqttException {
    byte[] stream = publish(100, 1, false);
    MqttCount count = new MqttCount();
    for (int i = 0; i < stream.length - 1; i++) {
      count.take(stream, i, 1);
      assertThat(count.betweenPackets()).isFalse();
    }
    count.take(stream, stream.length - 1, 1);
    assertThat(count.betweenPackets()).isTrue();
  }
}

package org.heliostat.tests.link;

/**
 * Reads along one direction of an MQTT 5 connection and counts what its publishes carry. One thread
 * writes; totals may be read from any.
 */
final class MqttCount {
  private static final int PUBLISH = 3;

  private int header = -1;
  private long length;
  private int shift;
  private boolean lengthKnown;
  private long left;
  private int topicBytes;
  private int propertyShift;
  private long propertyBytes;
  private Part part = Part.REST;
  private long packetBytes;
  private final long[] publishes = new long[2];
  private final long[] publishBytes = new long[2];
  private final long[] payloadBytes = new long[2];
  private long packets;

  private enum Part {
    TOPIC_HIGH,
    TOPIC_LOW,
    TOPIC,
    NUMBER_HIGH,
    NUMBER_LOW,
    PROPERTIES_LENGTH,
    PROPERTIES,
    PAYLOAD,
    REST
  }

  /** Takes the next bytes of the stream. */
  synchronized void take(byte[] bytes, int from, int count) {
    int at = from;
    while (at < from + count) {
      if (lengthKnown && left > 0 && (part == Part.PAYLOAD || part == Part.REST)) {
        int taken = (int) Math.min(left, from + count - at);
        at += taken;
        skip(taken);
      } else {
        one(bytes[at] & 0xFF);
        at++;
      }
    }
  }

  private void skip(int bytes) {
    left -= bytes;
    if (part == Part.PAYLOAD) {
      payloadBytes[qos()] += bytes;
    }
    if (left == 0) {
      end();
    }
  }

  private void one(int octet) {
    if (header < 0) {
      header = octet;
      length = 0;
      shift = 0;
      packetBytes = 1;
      return;
    }
    if (!lengthKnown) {
      packetBytes++;
      length |= (octet & 0x7FL) << shift;
      shift += 7;
      if (octet < 0x80) {
        lengthKnown = true;
        left = length;
        packetBytes += length;
        part = header >> 4 == PUBLISH ? Part.TOPIC_HIGH : Part.REST;
        if (left == 0) {
          end();
        }
      }
      return;
    }
    left--;
    switch (part) {
      case TOPIC_HIGH -> {
        topicBytes = octet << 8;
        part = Part.TOPIC_LOW;
      }
      case TOPIC_LOW -> {
        topicBytes |= octet;
        part = topicBytes > 0 ? Part.TOPIC : afterTopic();
      }
      case TOPIC -> {
        topicBytes--;
        part = topicBytes > 0 ? Part.TOPIC : afterTopic();
      }
      case NUMBER_HIGH -> part = Part.NUMBER_LOW;
      case NUMBER_LOW -> part = properties();
      case PROPERTIES_LENGTH -> {
        propertyBytes |= (octet & 0x7FL) << propertyShift;
        propertyShift += 7;
        if (octet < 0x80) {
          part = propertyBytes > 0 ? Part.PROPERTIES : Part.PAYLOAD;
        }
      }
      case PROPERTIES -> {
        propertyBytes--;
        part = propertyBytes > 0 ? Part.PROPERTIES : Part.PAYLOAD;
      }
      case PAYLOAD, REST -> throw new IllegalStateException("these are skipped");
    }
    if (left == 0) {
      end();
    }
  }

  private Part afterTopic() {
    return ((header >> 1) & 3) > 0 ? Part.NUMBER_HIGH : properties();
  }

  private Part properties() {
    propertyBytes = 0;
    propertyShift = 0;
    return Part.PROPERTIES_LENGTH;
  }

  private int qos() {
    return ((header >> 1) & 3) > 0 ? 1 : 0;
  }

  private void end() {
    packets++;
    if (header >> 4 == PUBLISH) {
      publishes[qos()]++;
      publishBytes[qos()] += packetBytes;
    }
    header = -1;
    lengthKnown = false;
    part = Part.REST;
  }

  /** Whether no packet is under way. */
  synchronized boolean betweenPackets() {
    return header < 0;
  }

  /** Whole packets of any kind. */
  synchronized long packets() {
    return packets;
  }

  /** Whole publishes of a quality of service, 0 or 1. */
  synchronized long publishes(int qos) {
    return publishes[qos];
  }

  /** Bytes of them with all that MQTT puts around. */
  synchronized long publishBytes(int qos) {
    return publishBytes[qos];
  }

  /** Bytes of what they carry, of halves of them, too. */
  synchronized long payloadBytes(int qos) {
    return payloadBytes[qos];
  }
}

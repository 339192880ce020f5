package org.heliostat.core.link;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.UnsafeByteOperations;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.heliostat.core.app.Services;
import org.heliostat.protocol.Downlink;
import org.heliostat.protocol.MqttPort;
import org.heliostat.protocol.RecordBatch;
import org.heliostat.protocol.RecordChecksum;
import org.heliostat.protocol.RecordInQuestion;
import org.heliostat.protocol.RecordInquiry;
import org.heliostat.protocol.RecordPart;
import org.heliostat.protocol.Spans.Span;

/**
 * Makes packets of what goes down, seals them and hands them to the port. Each has the next number
 * of the stream; all but live housekeeping name the run, which ground's receipts repeat. The times
 * of sending stand in all but parts. One thread.
 */
final class PacketWriter {
  /** No housekeeping set is called so. */
  private static final String STREAM = "the downlink";

  /** MQTT's own bytes around a packet: header, topic, packet number, properties. */
  private static final int MQTT_BYTES = 16;

  /** After which nobody wants telemetry of this moment any more. */
  private static final Duration LIVE_EXPIRY = Duration.ofSeconds(10);

  private final Services services;
  private final LinkGate gate;
  private final MqttPort port;
  private final String topic;
  private final int run;
  private final PassKeeper passes;

  /** A record, or a stretch of one, and its content. */
  static final class Content {
    private final SendQueue.Choice choice;
    private final byte[] body;

    /**
     * @param body all of it, as it is recorded
     */
    Content(SendQueue.Choice choice, byte[] body) {
      this.choice = choice;
      this.body = body;
    }

    SendQueue.Choice choice() {
      return choice;
    }

    private long record() {
      return choice.what().record.id();
    }
  }

  PacketWriter(
      Services services, LinkGate gate, MqttPort port, String topic, int run, PassKeeper passes) {
    this.services = services;
    this.gate = gate;
    this.port = port;
    this.topic = topic;
    this.run = run;
    this.passes = passes;
  }

  /** The run that receipts must name. */
  int run() {
    return run;
  }

  /** The number of the next packet; asked once for each. */
  long nextSequence() {
    return services.telemetry().nextSequence(STREAM);
  }

  /**
   * Sends live telemetry; what is not taken is gone, and so is what the broker still has after a
   * while. A beacon has a number and times of its own, in fewer bytes.
   */
  boolean live(Downlink.Builder packet) {
    return publish(packet.hasBeacon() ? packet : stamped(packet, nextSequence()), new byte[0], 0);
  }

  /**
   * Sends a whole record. Protobuf messages merge when their bytes are joined, so a body need not
   * be parsed.
   */
  boolean whole(Content content, long sequence) {
    Downlink.Builder head = Downlink.newBuilder().setRecord(content.record()).setRun(run);
    return publish(stamped(head, sequence), content.body, 1);
  }

  /** Sends a part of a record. */
  boolean part(Content content, int checksum, long sequence) {
    Span span = content.choice.span();
    int offset = (int) span.from();
    RecordPart part =
        RecordPart.newBuilder()
            .setRecord(content.record())
            .setSize(content.body.length)
            .setOffset(offset)
            .setChecksum(checksum)
            .setContent(UnsafeByteOperations.unsafeWrap(content.body, offset, (int) span.length()))
            .build();
    return publish(
        Downlink.newBuilder().setRecordPart(part).setStreamSequence(sequence).setRun(run),
        new byte[0],
        1);
  }

  /** Sends whole records together. */
  boolean batch(List<Content> contents, long sequence) {
    RecordBatch.Builder batch = RecordBatch.newBuilder();
    for (Content content : contents) {
      byte[] head = RecordChecksum.head(content.record());
      batch.addRecords(
          ByteString.copyFrom(head).concat(UnsafeByteOperations.unsafeWrap(content.body)));
    }
    Downlink.Builder packet = Downlink.newBuilder().setBatch(batch).setRun(run);
    return publish(stamped(packet, sequence), new byte[0], 1);
  }

  /** Asks what ground has of these; only of records whose checksum is known. */
  boolean inquiry(List<Outgoing> about) {
    RecordInquiry.Builder inquiry = RecordInquiry.newBuilder();
    for (Outgoing one : about) {
      inquiry.addRecords(
          RecordInQuestion.newBuilder()
              .setRecord(one.record.id())
              .setSize(one.record.bytes())
              .setChecksum(one.checksum.orElse(0)));
    }
    return publish(
        Downlink.newBuilder().setInquiry(inquiry).setStreamSequence(nextSequence()).setRun(run),
        new byte[0],
        1);
  }

  /** Bytes that a record takes in a batch, beside its body. */
  static int batchOverhead(long record, int bytes) {
    return RecordChecksum.head(record).length + CodedOutputStream.computeUInt32Size(1, bytes + 16);
  }

  private Downlink.Builder stamped(Downlink.Builder packet, long sequence) {
    return packet
        .setStreamSequence(sequence)
        .setSentMissionNanos(services.clock().missionNanos())
        .setSentUtcNanos(services.clock().utcNanos())
        .setUtcQuality(services.clock().quality());
  }

  private boolean publish(Downlink.Builder packet, byte[] stored, int qos) {
    byte[] head = packet.build().toByteArray();
    byte[] joined = Arrays.copyOf(head, head.length + stored.length);
    System.arraycopy(stored, 0, joined, head.length, stored.length);
    Optional<byte[]> sealed = gate.seal(joined);
    if (sealed.isEmpty() || !handOver(sealed.get(), qos)) {
      return false;
    }
    int length = sealed.get().length;
    services.state().update(next -> next.setSentBytes(next.getSentBytes() + length));
    passes.sent(length + topic.length() + MQTT_BYTES);
    return true;
  }

  private boolean handOver(byte[] sealed, int qos) {
    return qos == 0
        ? port.publish(topic, sealed, 0, LIVE_EXPIRY)
        : port.publish(topic, sealed, qos);
  }
}

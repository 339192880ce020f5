package org.heliostat.hil.ground;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import java.io.IOException;
import java.util.Optional;
import org.heliostat.protocol.Downlink;
import org.heliostat.protocol.RecordChecksum;

/**
 * A record whose body does not read, or is of a kind that this station does not know: its number
 * and what belongs to its packet, which stand before the body, and the body as it was recorded.
 * Immutable.
 *
 * @param head the packet without the body; its record is not 0
 */
record RawRecord(Downlink head, ByteString body) {
  /**
   * What can be read of a packet that is a record.
   *
   * @return nothing where no number stands before what does not read: nobody can be told of it
   */
  static Optional<RawRecord> of(ByteString packet) {
    int end = headBytes(packet);
    try {
      Downlink head = Downlink.parseFrom(packet.substring(0, end));
      return head.getRecord() == 0
          ? Optional.empty()
          : Optional.of(new RawRecord(head, packet.substring(end)));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static int headBytes(ByteString packet) {
    CodedInputStream fields = packet.newCodedInput();
    int end = 0;
    try {
      while (ofHead(fields.readTag() >>> 3) && fields.skipField(fields.getLastTag())) {
        end = fields.getTotalBytesRead();
      }
    } catch (IOException e) {
      // what follows does not read
    }
    return end;
  }

  private static boolean ofHead(int field) {
    return switch (field) {
      case Downlink.RECORD_FIELD_NUMBER,
          Downlink.STREAM_SEQUENCE_FIELD_NUMBER,
          Downlink.SENT_MISSION_NANOS_FIELD_NUMBER,
          Downlink.SENT_UTC_NANOS_FIELD_NUMBER,
          Downlink.UTC_QUALITY_FIELD_NUMBER,
          Downlink.RUN_FIELD_NUMBER ->
          true;
      default -> false;
    };
  }

  long number() {
    return head.getRecord();
  }

  RecordList.Row row() {
    return new RecordList.Row(number(), RecordChecksum.of(number(), body.toByteArray()));
  }
}

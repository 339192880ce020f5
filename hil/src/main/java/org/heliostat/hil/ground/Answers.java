package org.heliostat.hil.ground;

import com.google.protobuf.ByteString;
import java.util.OptionalLong;
import org.heliostat.protocol.Downlink;
import org.heliostat.protocol.OperatorReply;

/** Which records answer a command, and what of them goes to its operator. Stateless. */
final class Answers {
  private static final String ANSWERS = "answers.jsonl";

  private Answers() {}

  /** The command that a record answers; empty where it answers none. */
  static OptionalLong counter(Downlink record) {
    return switch (record.getBodyCase()) {
      case EVENT_DUMP -> OptionalLong.of(record.getEventDump().getCounter());
      case TABLE_DUMP -> OptionalLong.of(record.getTableDump().getCounter());
      case FIELD_VALUE -> OptionalLong.of(record.getFieldValue().getCounter());
      case FILE_LIST -> OptionalLong.of(record.getFileList().getCounter());
      case FILE_DESCRIPTION -> OptionalLong.of(record.getFileDescription().getCounter());
      case FILE_PART -> OptionalLong.of(record.getFilePart().getCounter());
      case RESET_LOG -> OptionalLong.of(record.getResetLog().getCounter());
      case HOUSEKEEPING,
          EVENT,
          COMMAND_REPORT,
          PRODUCT,
          RECORD_PART,
          BATCH,
          BEACON,
          INQUIRY,
          UPLOAD_STATUS,
          BODY_NOT_SET ->
          OptionalLong.empty();
    };
  }

  /** An answer for its operator: the content of a file stays on ground's disk. */
  static OperatorReply reply(Downlink record) {
    OperatorReply.Builder reply = OperatorReply.newBuilder();
    switch (record.getBodyCase()) {
      case FILE_PART -> {
        reply
            .setKept("files/" + DumpedFiles.place(record.getFilePart()))
            .setPartBytes(record.getFilePart().getContent().size());
        Downlink.Builder slim = record.toBuilder();
        slim.getFilePartBuilder().setContent(ByteString.EMPTY);
        return reply.setAnswer(slim).build();
      }
      case EVENT_DUMP -> reply.setKept("event-dumps.jsonl");
      default -> reply.setKept(ANSWERS);
    }
    return reply.setAnswer(record).build();
  }
}

package org.heliostat.hil.launch;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import com.google.protobuf.TextFormat;
import java.util.HexFormat;
import java.util.Locale;
import org.heliostat.hil.terminal.TerminalText;
import org.heliostat.protocol.Downlink;
import org.heliostat.protocol.FilePart;
import org.heliostat.protocol.OperatorReply;

/**
 * An answer of the satellite for people: a line that says what it is and where ground keeps it,
 * then the message in protobuf text format. Of a file only where its part lies. Stateless.
 */
final class AnswerText {
  /** Escapes everything that is not plain, so that nothing from the link moves the terminal. */
  private static final TextFormat.Printer PRINTER = TextFormat.printer();

  private AnswerText() {}

  /** Lines, each with its end. */
  static String of(OperatorReply reply) {
    Downlink answer = reply.getAnswer();
    return switch (answer.getBodyCase()) {
      case TABLE_DUMP -> whole(reply, answer.getTableDump().getCounter(), answer.getTableDump());
      case FIELD_VALUE -> whole(reply, answer.getFieldValue().getCounter(), answer.getFieldValue());
      case FILE_LIST -> whole(reply, answer.getFileList().getCounter(), answer.getFileList());
      case EVENT_DUMP -> whole(reply, answer.getEventDump().getCounter(), answer.getEventDump());
      case RESET_LOG -> whole(reply, answer.getResetLog().getCounter(), answer.getResetLog());
      case FILE_DESCRIPTION ->
          whole(reply, answer.getFileDescription().getCounter(), answer.getFileDescription())
              + "# sha256 in hex: "
              + hex(answer.getFileDescription().getSha256())
              + "\n";
      case FILE_PART -> part(reply, answer.getFilePart());
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
          "";
    };
  }

  private static String whole(OperatorReply reply, long counter, Message message) {
    return head(reply, counter) + PRINTER.printToString(message);
  }

  private static String part(OperatorReply reply, FilePart part) {
    return head(reply, part.getCounter())
        + PRINTER.printToString(FilePart.newBuilder().setPath(part.getPath()).build())
        + "offset: "
        + Long.toUnsignedString(part.getOffset())
        + "\nlength: "
        + Integer.toUnsignedString(reply.getPartBytes())
        + "\nfile_size: "
        + Long.toUnsignedString(part.getFileSize())
        + "\n";
  }

  private static String head(OperatorReply reply, long counter) {
    return "#%s answer %s, kept in %s%n"
        .formatted(
            Long.toUnsignedString(counter),
            reply.getAnswer().getBodyCase().name().toLowerCase(Locale.ROOT),
            TerminalText.line(reply.getKept()));
  }

  private static String hex(ByteString bytes) {
    return HexFormat.of().formatHex(bytes.toByteArray());
  }
}

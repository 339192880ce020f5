package org.heliostat.hil.launch;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import org.heliostat.protocol.Boot;
import org.heliostat.protocol.Downlink;
import org.heliostat.protocol.EventDump;
import org.heliostat.protocol.FieldValue;
import org.heliostat.protocol.FileDescription;
import org.heliostat.protocol.FileEntry;
import org.heliostat.protocol.FileList;
import org.heliostat.protocol.FilePart;
import org.heliostat.protocol.LimitTable;
import org.heliostat.protocol.OperatorReply;
import org.heliostat.protocol.ResetLogDump;
import org.heliostat.protocol.Table;
import org.heliostat.protocol.TableDump;
import org.heliostat.protocol.Watchpoint;
import org.junit.jupiter.api.Test;

/** What an operator sees of an answer. */
class AnswerTextTest {
  @Test
  void aTableAndAFieldAreShownInFull() {
    assertThat(
            text(
                Downlink.newBuilder()
                    .setTableDump(
                        TableDump.newBuilder()
                            .setCounter(7)
                            .setTable(
                                Table.newBuilder()
                                    .setName("limits")
                                    .setLimits(
                                        LimitTable.newBuilder()
                                            .addWatchpoints(
                                                Watchpoint.newBuilder().setName("low_bus")))))))
        .startsWith("#7 answer table_dump, kept in answers.jsonl")
        .contains("name: \"limits\"", "name: \"low_bus\"");
    assertThat(
            text(
                Downlink.newBuilder()
                    .setFieldValue(
                        FieldValue.newBuilder().setCounter(8).setField("a.b").setValue("24.5"))))
        .contains("#8 answer field_value", "field: \"a.b\"", "value: \"24.5\"");
  }

  @Test
  void ofAFileOnlyWhereItsPartLies() {
    OperatorReply reply =
        OperatorReply.newBuilder()
            .setAnswer(
                Downlink.newBuilder()
                    .setFilePart(
                        FilePart.newBuilder()
                            .setCounter(9)
                            .setPath("logs/a")
                            .setOffset(262144)
                            .setFileSize(300000)
                            .setContent(ByteString.copyFromUtf8("secret"))))
            .setKept("files/9/a")
            .setPartBytes(37856)
            .build();
    assertThat(AnswerText.of(reply).lines())
        .containsExactly(
            "#9 answer file_part, kept in files/9/a",
            "path: \"logs/a\"",
            "offset: 262144",
            "length: 37856",
            "file_size: 300000");
  }

  @Test
  void listsDescriptionsEventsAndTheResetLogAreShown() {
    assertThat(
            text(
                Downlink.newBuilder()
                    .setFileList(
                        FileList.newBuilder()
                            .addEntries(FileEntry.newBuilder().setName("f").setSize(4)))))
        .contains("name: \"f\"", "size: 4");
    assertThat(
            text(
                Downlink.newBuilder()
                    .setFileDescription(
                        FileDescription.newBuilder()
                            .setPath("f")
                            .setSha256(ByteString.copyFrom(new byte[] {(byte) 0xab, 1})))))
        .endsWith("# sha256 in hex: ab01\n");
    assertThat(
            text(
                Downlink.newBuilder()
                    .setEventDump(
                        EventDump.newBuilder()
                            .addEvents(
                                // what a terminal would take as a command must not get there
                                org.heliostat.protocol.Event.newBuilder().setText("a\u001b[2J")))))
        .contains("text: \"a\\033[2J\"");
    assertThat(
            text(
                Downlink.newBuilder()
                    .setResetLog(
                        ResetLogDump.newBuilder()
                            .addBoots(Boot.newBuilder().setCause("first boot").addStack("at x")))))
        .contains("cause: \"first boot\"", "stack: \"at x\"");
    assertThat(text(Downlink.newBuilder())).isEmpty();
  }

  private static String text(Downlink.Builder answer) {
    return AnswerText.of(
        OperatorReply.newBuilder().setAnswer(answer).setKept("answers.jsonl").build());
  }
}

package org.heliostat.hil.ground;

import com.google.gson.JsonObject;
import com.google.protobuf.Message;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32C;
import org.heliostat.protocol.CommandReport;
import org.heliostat.protocol.Downlink;
import org.heliostat.protocol.Event;
import org.heliostat.protocol.EventDump;
import org.heliostat.protocol.Housekeeping;
import org.heliostat.protocol.Severity;

/**
 * The archive in a folder: {@code frames.jsonl} and {@code stac/} (products), {@code events.jsonl},
 * {@code reports.jsonl} (stages of commands), {@code answers.jsonl} (tables, fields, files), {@code
 * files/} (dumped files), {@code event-dumps.jsonl}, {@code telemetry.jsonl} (live, a line a
 * housekeeping packet), {@code received.bin} (numbers of records). One thread.
 */
final class DiskArchive implements Archive, AutoCloseable {
  private final RecordList records;
  private final Catalogue catalogue;
  private final JsonLines events;
  private final JsonLines reports;
  private final JsonLines dumps;
  private final JsonLines answers;
  private final DumpedFiles files;
  private final JsonLines telemetry;
  private final Counters counters;

  DiskArchive(Path out, MissionUtc time, int spacecraft, Counters counters) throws IOException {
    Files.createDirectories(out);
    this.counters = counters;
    records = RecordList.open(out.resolve("received.bin"));
    catalogue = Catalogue.open(out, time, spacecraft);
    events = JsonLines.open(out.resolve("events.jsonl"));
    reports = JsonLines.open(out.resolve("reports.jsonl"));
    dumps = JsonLines.open(out.resolve("event-dumps.jsonl"));
    answers = JsonLines.open(out.resolve("answers.jsonl"));
    telemetry = JsonLines.open(out.resolve("telemetry.jsonl"));
    files = new DumpedFiles(out.resolve("files"));
  }

  @Override
  public boolean store(Downlink downlink) throws IOException {
    long number = downlink.getRecord();
    int crc = crc(downlink);
    if (records.contains(number, crc)) {
      return false;
    }
    boolean fresh = true;
    switch (downlink.getBodyCase()) {
      case PRODUCT -> fresh = catalogue.store(number, downlink.getProduct());
      case EVENT -> event(number, downlink.getEvent());
      case COMMAND_REPORT -> report(number, downlink.getCommandReport());
      case EVENT_DUMP -> dump(number, downlink.getEventDump());
      case HOUSEKEEPING -> telemetry(downlink.getHousekeeping());
      case TABLE_DUMP -> answer(number, "table_dump", downlink.getTableDump());
      case FIELD_VALUE -> answer(number, "field_value", downlink.getFieldValue());
      case FILE_LIST -> answer(number, "file_list", downlink.getFileList());
      case FILE_DESCRIPTION -> answer(number, "file_description", downlink.getFileDescription());
      case FILE_PART -> files.store(downlink.getFilePart());
      case BODY_NOT_SET -> fresh = false;
    }
    records.add(number, crc);
    return fresh;
  }

  @Override
  public void force() throws IOException {
    catalogue.force();
    events.force();
    reports.force();
    dumps.force();
    answers.force();
    telemetry.force();
    records.force();
  }

  /** Keeps a live packet; one that cannot be kept is gone. */
  void telemetry(Housekeeping packet) throws IOException {
    telemetry.append(ProtoJson.of(packet));
  }

  /** Keeps an event of the ground station itself. */
  void groundEvent(Event event) throws IOException {
    events.append(ProtoJson.of(event));
    counters.event(event.getSeverity());
  }

  Catalogue catalogue() {
    return catalogue;
  }

  private void event(long number, Event event) throws IOException {
    JsonObject line = ProtoJson.of(event);
    line.addProperty("record", number);
    events.append(line);
    counters.event(event.hasSeverity() ? event.getSeverity() : Severity.SEVERITY_UNSPECIFIED);
  }

  private void report(long number, CommandReport report) throws IOException {
    JsonObject line = ProtoJson.of(report);
    line.addProperty("record", number);
    reports.append(line);
  }

  private void dump(long number, EventDump dump) throws IOException {
    JsonObject line = ProtoJson.of(dump);
    line.addProperty("record", number);
    dumps.append(line);
  }

  private void answer(long number, String kind, Message message) throws IOException {
    JsonObject line = ProtoJson.of(message);
    line.addProperty("answer", kind);
    line.addProperty("record", number);
    answers.append(line);
  }

  /** Of what was recorded; how it was sent is another matter each time. */
  private static int crc(Downlink downlink) {
    CRC32C crc = new CRC32C();
    crc.update(
        downlink.toBuilder()
            .clearStreamSequence()
            .clearSentMissionNanos()
            .clearSentUtcNanos()
            .clearUtcQuality()
            .build()
            .toByteArray());
    return (int) crc.getValue();
  }

  @Override
  public void close() throws IOException {
    try (records;
        events;
        reports;
        dumps;
        answers;
        telemetry;
        catalogue) {
      force();
    }
  }
}

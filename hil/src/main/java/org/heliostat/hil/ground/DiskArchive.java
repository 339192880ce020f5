package org.heliostat.hil.ground;

import com.google.gson.JsonObject;
import com.google.protobuf.Message;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.zip.CRC32C;
import org.heliostat.protocol.Downlink;
import org.heliostat.protocol.Event;
import org.heliostat.protocol.Housekeeping;
import org.heliostat.protocol.Severity;

/**
 * The archive in a folder: {@code frames.jsonl} and {@code stac/} (products), {@code events.jsonl},
 * {@code reports.jsonl} (stages of commands), {@code answers.jsonl} (tables, fields, lists of
 * files, reset logs), {@code files/} (dumped files), {@code event-dumps.jsonl}, {@code
 * telemetry.jsonl} (a line a housekeeping packet, live or recorded), {@code undecoded.jsonl}
 * (bodies of records that did not read, in Base64), {@code received.bin} (records by number and
 * checksum). A line of a record names both. One thread.
 *
 * <p>Overflow policy: beyond {@value #MOST_UNDECODED_BYTES} bytes of {@code undecoded.jsonl} no
 * more of these is taken, and they stay on board: what was confirmed is nowhere else.
 */
final class DiskArchive implements Archive, AutoCloseable {
  static final long MOST_UNDECODED_BYTES = 256L << 20;

  private final RecordList records;
  private final Catalogue catalogue;
  private final JsonLines events;
  private final JsonLines reports;
  private final JsonLines dumps;
  private final JsonLines answers;
  private final DumpedFiles files;
  private final JsonLines telemetry;
  private final JsonLines undecoded;
  private final Counters counters;

  DiskArchive(Path out, MissionUtc time, int spacecraft, Counters counters) throws IOException {
    this(out, time, spacecraft, counters, ArchiveFiles.DISK);
  }

  DiskArchive(
      Path out, MissionUtc time, int spacecraft, Counters counters, ArchiveFiles archiveFiles)
      throws IOException {
    archiveFiles.makeFolder(out);
    this.counters = counters;
    records = RecordList.open(archiveFiles.open(out.resolve("received.bin")));
    catalogue = Catalogue.open(out, time, spacecraft, archiveFiles);
    events = JsonLines.open(archiveFiles.open(out.resolve("events.jsonl")));
    reports = JsonLines.open(archiveFiles.open(out.resolve("reports.jsonl")));
    dumps = JsonLines.open(archiveFiles.open(out.resolve("event-dumps.jsonl")));
    answers = JsonLines.open(archiveFiles.open(out.resolve("answers.jsonl")));
    telemetry = JsonLines.open(archiveFiles.open(out.resolve("telemetry.jsonl")));
    undecoded = JsonLines.open(archiveFiles.open(out.resolve("undecoded.jsonl")));
    files = new DumpedFiles(out.resolve("files"), archiveFiles);
    listWhatIsThere();
  }

  /**
   * A station that was killed between a line and the list of records gets the record again: the
   * line is whole and on disk, so it counts. Nothing is taken out of a file, so a kill in here
   * loses nothing.
   */
  private void listWhatIsThere() throws IOException {
    for (JsonLines lines : List.of(events, reports, dumps, answers, telemetry, undecoded)) {
      lines.unlisted(records::contains).forEach(records::add);
    }
  }

  @Override
  public boolean store(Downlink downlink) throws IOException {
    RecordList.Row row = new RecordList.Row(downlink.getRecord(), crc(downlink));
    if (records.contains(row)) {
      return false;
    }
    boolean fresh = true;
    switch (downlink.getBodyCase()) {
      case PRODUCT -> fresh = catalogue.store(row.number(), downlink.getProduct());
      case EVENT -> event(row, downlink.getEvent());
      case COMMAND_REPORT -> reports.append(ProtoJson.of(downlink.getCommandReport()), row);
      case EVENT_DUMP -> dumps.append(ProtoJson.of(downlink.getEventDump()), row);
      case HOUSEKEEPING -> telemetry.append(ProtoJson.of(downlink.getHousekeeping()), row);
      case TABLE_DUMP -> answer(row, "table_dump", downlink.getTableDump());
      case FIELD_VALUE -> answer(row, "field_value", downlink.getFieldValue());
      case FILE_LIST -> answer(row, "file_list", downlink.getFileList());
      case FILE_DESCRIPTION -> answer(row, "file_description", downlink.getFileDescription());
      case RESET_LOG -> answer(row, "reset_log", downlink.getResetLog());
      case FILE_PART -> files.store(downlink.getFilePart());
      // the last ones are packets, and no records
      case BODY_NOT_SET, RECORD_PART, BATCH, INQUIRY, BEACON, UPLOAD_STATUS -> fresh = false;
    }
    records.add(row);
    return fresh;
  }

  @Override
  public boolean storeUndecoded(RawRecord record) throws IOException {
    RecordList.Row row = record.row();
    if (records.contains(row)) {
      return false;
    }
    if (undecoded.bytes() >= MOST_UNDECODED_BYTES) {
      throw new UndecodedFull("undecoded.jsonl holds " + undecoded.bytes() + " bytes");
    }
    JsonObject line = new JsonObject();
    line.addProperty("bytes", record.body().size());
    line.addProperty("body", Base64.getEncoder().encodeToString(record.body().toByteArray()));
    undecoded.append(line, row);
    records.add(row);
    return true;
  }

  @Override
  public boolean has(long record, int checksum) {
    return records.contains(new RecordList.Row(record, checksum));
  }

  @Override
  public void force() throws IOException {
    catalogue.force();
    events.force();
    reports.force();
    dumps.force();
    answers.force();
    telemetry.force();
    undecoded.force();
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

  /** The stages of commands that were kept last, as they stand in their lines. */
  List<JsonObject> newestReports() throws IOException {
    return reports.newest();
  }

  Catalogue catalogue() {
    return catalogue;
  }

  private void event(RecordList.Row row, Event event) throws IOException {
    events.append(ProtoJson.of(event), row);
    counters.event(event.hasSeverity() ? event.getSeverity() : Severity.SEVERITY_UNSPECIFIED);
  }

  private void answer(RecordList.Row row, String kind, Message message) throws IOException {
    JsonObject line = ProtoJson.of(message);
    line.addProperty("answer", kind);
    answers.append(line, row);
  }

  /**
   * As {@link org.heliostat.protocol.RecordChecksum} has it, of what was recorded; how it was sent
   * is another matter each time.
   */
  private static int crc(Downlink downlink) {
    CRC32C crc = new CRC32C();
    crc.update(
        downlink.toBuilder()
            .clearStreamSequence()
            .clearSentMissionNanos()
            .clearSentUtcNanos()
            .clearUtcQuality()
            .clearRun()
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
        undecoded;
        catalogue) {
      force();
    }
  }
}

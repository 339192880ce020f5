package org.heliostat.hil.ground;

import com.google.gson.JsonObject;
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
 * {@code reports.jsonl} (stages of commands), {@code event-dumps.jsonl}, {@code telemetry.jsonl}
 * (live, a line a housekeeping packet), {@code received.bin} (numbers of records). One thread.
 */
final class DiskArchive implements Archive, AutoCloseable {
  private final RecordList records;
  private final Catalogue catalogue;
  private final JsonLines events;
  private final JsonLines reports;
  private final JsonLines dumps;
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
    telemetry = JsonLines.open(out.resolve("telemetry.jsonl"));
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

  private static int crc(Downlink downlink) {
    CRC32C crc = new CRC32C();
    crc.update(downlink.toByteArray());
    return (int) crc.getValue();
  }

  @Override
  public void close() throws IOException {
    try (records;
        events;
        reports;
        dumps;
        telemetry;
        catalogue) {
      force();
    }
  }
}

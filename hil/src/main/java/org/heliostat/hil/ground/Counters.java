package org.heliostat.hil.ground;

import com.google.gson.JsonObject;
import java.util.EnumMap;
import java.util.Map;
import org.heliostat.protocol.Severity;

/** What the ground station has counted. One thread. */
final class Counters {
  long packets;
  long receivedBytes;
  long damaged;
  long housekeeping;
  long beacons;

  /** Frames of beacons whose key frame has not come, or that did not read. */
  long beaconsNotRead;

  long records;
  long resent;

  /** Records that did not read and are kept as they came. */
  long undecoded;

  long notStored;

  /** Parts of records that came, those of them that had come before, and those that cannot be. */
  long parts;

  long partsAgain;
  long partsRefused;

  /** Records that were begun and had to make room. */
  long partsForgotten;

  /** Records that the satellite has asked about. */
  long inquiries;

  long receipts;
  long receiptBytes;
  long overflowed;
  long telemetryLost;

  /** Times that {@code ground.json} could not be written. */
  long statusNotWritten;

  /** Events of the station itself that never reached the list of events. */
  long groundEventsLost;

  private final Map<Severity, Long> events = new EnumMap<>(Severity.class);

  void event(Severity severity) {
    events.merge(severity, 1L, Long::sum);
  }

  JsonObject json() {
    JsonObject json = new JsonObject();
    json.addProperty("packets", packets);
    json.addProperty("received_bytes", receivedBytes);
    json.addProperty("damaged", damaged);
    json.addProperty("overflowed", overflowed);
    json.addProperty("housekeeping", housekeeping);
    json.addProperty("beacons", beacons);
    json.addProperty("beacons_not_read", beaconsNotRead);
    json.addProperty("records", records);
    json.addProperty("resent", resent);
    json.addProperty("undecoded", undecoded);
    json.addProperty("not_stored", notStored);
    json.addProperty("parts", parts);
    json.addProperty("parts_again", partsAgain);
    json.addProperty("parts_refused", partsRefused);
    json.addProperty("parts_forgotten", partsForgotten);
    json.addProperty("inquiries", inquiries);
    json.addProperty("telemetry_lost", telemetryLost);
    json.addProperty("status_not_written", statusNotWritten);
    json.addProperty("ground_events_lost", groundEventsLost);
    json.addProperty("receipts", receipts);
    json.addProperty("receipt_bytes", receiptBytes);
    JsonObject bySeverity = new JsonObject();
    for (Severity severity : Severity.values()) {
      if (severity != Severity.SEVERITY_UNSPECIFIED && severity != Severity.UNRECOGNIZED) {
        bySeverity.addProperty(severity.name(), events.getOrDefault(severity, 0L));
      }
    }
    json.add("events", bySeverity);
    return json;
  }
}

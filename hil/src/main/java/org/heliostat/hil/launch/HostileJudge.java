package org.heliostat.hil.launch;

import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.heliostat.hil.report.JsonFiles;

/**
 * Whether hostile frames have done nothing: of every command that the satellite speaks of ground
 * has a line that it sent it, and it ran once; the frames are counted; the heap is as large at the
 * end as at the beginning. Immutable.
 */
final class HostileJudge {
  /**
   * In every run that was measured each frame was counted: those that come while a queue is full
   * are counted too, as dropped. What may be missing is what was on its way when a connection
   * broke.
   */
  private static final double LEAST_COUNTED = 0.999;

  /** Growth of the flight process's live objects, in bytes. */
  private static final long MOST_GROWTH = 4 << 20;

  private final List<JsonObject> audit;
  private final List<JsonObject> reports;
  private final List<JsonObject> events;
  private final List<JsonObject> telemetry;
  private final JsonObject ground;
  private final long heapGrowth;

  /**
   * Of a flight.
   *
   * @param audit the lines of {@code commands.jsonl}; the next ones likewise
   * @param ground of {@code ground.json}
   * @param heapGrowth live bytes of the flight process after the frames, less those before
   */
  HostileJudge(
      List<JsonObject> audit,
      List<JsonObject> reports,
      List<JsonObject> events,
      List<JsonObject> telemetry,
      JsonObject ground,
      long heapGrowth) {
    this.audit = List.copyOf(audit);
    this.reports = List.copyOf(reports);
    this.events = List.copyOf(events);
    this.telemetry = List.copyOf(telemetry);
    this.ground = ground.deepCopy();
    this.heapGrowth = heapGrowth;
  }

  /** What has happened that must not. */
  List<String> violations(long toSatellite, long toGround) {
    List<String> found = new ArrayList<>();
    if (executed() > 0) {
      found.add(executed() + " commands that ground has not sent");
    }
    Map<Long, Integer> started = new HashMap<>();
    for (JsonObject report : reports) {
      if (JsonFiles.text(report, "stage").equals("STARTED")) {
        started.merge(JsonFiles.whole(report, "counter"), 1, Integer::sum);
      }
    }
    started.forEach(
        (counter, times) -> {
          if (counter != 0 && times > 1) {
            found.add("command " + counter + " has started " + times + " times");
          }
        });
    long boots = events.stream().filter(event -> name(event).equals("BOOT")).count();
    if (boots != 1) {
      found.add(boots + " boots");
    }
    if (refused() < LEAST_COUNTED * toSatellite) {
      found.add("of " + toSatellite + " frames " + refused() + " are counted");
    }
    if (damagedOnGround() < LEAST_COUNTED * toGround) {
      found.add("of " + toGround + " frames to ground " + damagedOnGround() + " are counted");
    }
    if (heapGrowth > MOST_GROWTH) {
      found.add("the heap has grown by " + heapGrowth + " bytes");
    }
    return found;
  }

  void addTo(JsonObject seen) {
    seen.addProperty("executed", executed());
    seen.addProperty("counted_by_satellite", refused());
    seen.addProperty("counted_by_ground", damagedOnGround());
    seen.addProperty("heap_growth_bytes", heapGrowth);
    seen.addProperty(
        "bad_packet_events",
        events.stream().filter(event -> name(event).equals("BAD_PACKET")).count());
  }

  private static String name(JsonObject event) {
    return JsonFiles.text(event, "name");
  }

  /** Commands that the satellite reports and ground has not sent. */
  private long executed() {
    Set<Long> sent = new HashSet<>();
    sent.add(0L);
    for (JsonObject line : audit) {
      if (JsonFiles.text(line, "stage").equals("SENT")) {
        sent.add(JsonFiles.whole(line, "counter"));
      }
    }
    return reports.stream()
        .map(report -> JsonFiles.whole(report, "counter"))
        .filter(counter -> !sent.contains(counter))
        .distinct()
        .count();
  }

  /** Frames that the satellite has counted as not authentic, not new, or one too many. */
  private long refused() {
    long most = 0;
    for (JsonObject packet : telemetry) {
      if (packet.has("bad_packets") || packet.has("keys")) {
        most =
            Math.max(
                most,
                JsonFiles.whole(packet, "bad_packets")
                    + JsonFiles.whole(packet, "packets_dropped")
                    + JsonFiles.whole(JsonFiles.child(packet, "keys"), "replayed"));
      }
    }
    return most;
  }

  private long damagedOnGround() {
    JsonObject link = JsonFiles.child(ground, "link");
    return JsonFiles.whole(link, "damaged") + JsonFiles.whole(link, "overflowed");
  }
}

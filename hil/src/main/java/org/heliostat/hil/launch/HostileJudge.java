package org.heliostat.hil.launch;

import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.heliostat.hil.report.JsonFiles;
import org.heliostat.protocol.Severity;

/**
 * Whether hostile frames have done nothing: of every command that the satellite speaks of ground
 * has a line that it sent it, and it ran once; the frames are counted, and the satellite has no
 * alert to tell of, which would go before its products; the heap is as large at the end as at the
 * beginning. Immutable.
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

  /** Severities of events that the satellite stores as alerts. */
  private static final Set<String> ALERTS =
      Set.of(Severity.WARNING.name(), Severity.ERROR.name(), Severity.CRITICAL.name());

  private final List<JsonObject> audit;
  private final List<JsonObject> reports;
  private final List<JsonObject> events;
  private final List<JsonObject> telemetry;
  private final JsonObject ground;
  private final long begin;
  private final long heapGrowth;

  /**
   * Of a flight.
   *
   * @param audit the lines of {@code commands.jsonl}; the next ones likewise
   * @param ground of {@code ground.json}
   * @param begin mission time of the first frame, ns
   * @param heapGrowth live bytes of the flight process after the frames, less those before
   */
  HostileJudge(
      List<JsonObject> audit,
      List<JsonObject> reports,
      List<JsonObject> events,
      List<JsonObject> telemetry,
      JsonObject ground,
      long begin,
      long heapGrowth) {
    this.audit = List.copyOf(audit);
    this.reports = List.copyOf(reports);
    this.events = List.copyOf(events);
    this.telemetry = List.copyOf(telemetry);
    this.ground = ground.deepCopy();
    this.begin = begin;
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
    alerts()
        .forEach((name, times) -> found.add("since the first frame " + times + " alerts " + name));
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
    seen.addProperty("alerts", alerts().values().stream().mapToLong(Long::longValue).sum());
  }

  /** Events of flight-core since the first frame that it has stored as alerts, by name. */
  private Map<String, Long> alerts() {
    Map<String, Long> alerts = new TreeMap<>();
    for (JsonObject event : events) {
      if (JsonFiles.whole(event, "mission_nanos") >= begin
          && ALERTS.contains(JsonFiles.text(event, "severity"))
          && JsonFiles.text(event, "source").equals("core")) {
        // those that the throttle held back would be as many more
        alerts.merge(name(event), 1 + JsonFiles.whole(event, "suppressed"), Long::sum);
      }
    }
    return alerts;
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

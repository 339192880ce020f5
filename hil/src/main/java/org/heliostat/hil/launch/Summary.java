package org.heliostat.hil.launch;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.heliostat.hil.report.JsonFiles;
import org.heliostat.protocol.CardConfig;
import org.heliostat.protocol.FlightState;

/** {@code summary.json}: the flight in numbers, for machines. Stateless. */
final class Summary {
  private Summary() {}

  /** When a flight was, and how long. */
  record Span(Instant started, double hostSeconds, double missionSeconds) {}

  static JsonObject of(
      FlightPlan plan,
      Evidence evidence,
      List<Check> checks,
      Optional<TruthScore> score,
      Span span) {
    FlightState state = evidence.state().orElse(FlightState.getDefaultInstance());
    JsonObject summary = new JsonObject();
    summary.addProperty("id", plan.id());
    summary.addProperty("passed", checks.stream().allMatch(Check::passed));
    summary.addProperty("started", span.started().toString());
    summary.addProperty("duration", round(span.hostSeconds()));
    summary.addProperty("mission_seconds", round(span.missionSeconds()));
    summary.addProperty("speed", plan.speed());
    summary.addProperty("seed", plan.seed());
    summary.addProperty("mission", plan.mission().getName());
    summary.addProperty("scenario", plan.scenario().getName());
    summary.addProperty("cards", plan.cards());

    summary.addProperty("mission_epoch_nanos", MissionRun.MISSION_EPOCH_NANOS);
    JsonArray limits = new JsonArray();
    for (CardConfig card : evidence.mission().getCardsList().subList(0, plan.cards())) {
      JsonObject limit = new JsonObject();
      limit.addProperty("name", card.getName());
      limit.addProperty("warm_celsius", card.getWarmCelsius());
      limit.addProperty("max_celsius", card.getMaxCelsius());
      limit.addProperty("max_watts", card.getMaxWatts());
      limits.add(limit);
    }
    summary.add("card_limits", limits);

    JsonObject frames = new JsonObject();
    frames.addProperty("asked", plan.frameCount());
    frames.addProperty("taken", state.getFramesTaken());
    frames.addProperty("inferred", state.getFramesInferred());
    frames.addProperty("declined", state.getFramesDeclined());
    frames.addProperty("failed", state.getFramesFailed());
    summary.add("frames", frames);

    JsonObject bytes = new JsonObject();
    bytes.addProperty("raw", state.getRawBytes());
    bytes.addProperty("sent", state.getSentBytes());
    Optional<JsonObject> link =
        evidence.rig().stream()
            .filter(line -> line.has("link_bytes_up"))
            .reduce((first, second) -> second);
    bytes.addProperty(
        "wire",
        link.isPresent()
            ? JsonFiles.whole(link.get(), "link_bytes_up")
            : JsonFiles.whole(evidence.ground(), "link", "received_bytes"));
    bytes.addProperty(
        "wire_is",
        link.isPresent()
            ? "all bytes from the satellite that the space link handed to the broker"
            : "MQTT payload bytes that ground received: the space link gave no count");
    bytes.addProperty(
        "sent_fraction",
        state.getRawBytes() == 0 ? 0 : (double) state.getSentBytes() / state.getRawBytes());
    summary.add("bytes", bytes);

    JsonObject products = new JsonObject();
    products.addProperty("delivered", JsonFiles.whole(evidence.ground(), "products", "delivered"));
    products.addProperty("lost", Checks.lost(evidence));
    products.addProperty("duplicated", Checks.duplicated(evidence));
    products.addProperty("resent", JsonFiles.whole(evidence.ground(), "link", "resent"));
    products.addProperty("damaged_packets", JsonFiles.whole(evidence.ground(), "link", "damaged"));
    summary.add("products", products);

    JsonObject workers = new JsonObject();
    workers.addProperty("restarts", state.getWorkerRestarts());
    summary.add("workers", workers);
    summary.add("commands", JsonFiles.child(evidence.ground(), "commands").deepCopy());
    summary.add("events", JsonFiles.child(evidence.ground(), "link", "events").deepCopy());

    score.ifPresent(
        against -> {
          JsonObject truth = new JsonObject();
          truth.addProperty("frames", against.frames());
          truth.addProperty("iou", against.iou());
          truth.addProperty("accuracy", against.accuracy());
          summary.add("score", truth);
        });

    JsonArray list = new JsonArray();
    for (Check check : checks) {
      JsonObject json = new JsonObject();
      json.addProperty("name", check.name());
      json.addProperty("passed", check.passed());
      json.addProperty("detail", check.detail());
      list.add(json);
    }
    summary.add("checks", list);

    if (DeviceVerdict.wanted(evidence.scenario())) {
      summary.add("faults", Checks.verdict(evidence).table());
    }

    JsonObject versions = new JsonObject();
    versions.addProperty("heliostat", version());
    versions.addProperty("image", evidence.builtDigest());
    versions.addProperty("java", System.getProperty("java.runtime.version", "?"));
    versions.addProperty(
        "os", System.getProperty("os.name") + " " + System.getProperty("os.version"));
    versions.addProperty("arch", System.getProperty("os.arch", "?"));
    versions.addProperty("processors", Runtime.getRuntime().availableProcessors());
    summary.add("versions", versions);
    return summary;
  }

  static String version() {
    String version = Summary.class.getPackage().getImplementationVersion();
    return version == null ? "unpackaged" : version;
  }

  private static double round(double seconds) {
    return Math.round(seconds * 1000) / 1000.0;
  }
}

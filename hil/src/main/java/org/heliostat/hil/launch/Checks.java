package org.heliostat.hil.launch;

import static org.heliostat.hil.report.JsonFiles.number;
import static org.heliostat.hil.report.JsonFiles.text;
import static org.heliostat.hil.report.JsonFiles.whole;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.heliostat.hil.ground.GreyPng;
import org.heliostat.hil.report.JsonFiles;
import org.heliostat.protocol.CardConfig;
import org.heliostat.protocol.FlightState;
import org.heliostat.protocol.Scenario;

/** The checks that every flight is judged by. */
final class Checks {
  /** Events of the shutdown itself, which may miss the contact that it was meant to end in. */
  private static final long LAST_WORDS = 3;

  private static final int SHOWN = 3;

  /** How the flight's reset log has it when ground wanted that. */
  private static final String BY_GROUND = "by command";

  /** Faults, as the rig's log names them, that a card's worker does not survive. */
  private static final Set<String> OF_A_CARD =
      Set.of("latch_up", "functional_interrupt", "card_falls_off", "over_temperature_of_card");

  private final Evidence evidence;
  private final FlightState state;

  private Checks(Evidence evidence) {
    this.evidence = evidence;
    this.state = evidence.state().orElse(FlightState.getDefaultInstance());
  }

  static List<Check> of(Evidence evidence) {
    Checks checks = new Checks(evidence);
    List<Check> all = new ArrayList<>(checks.ofEveryFlight());
    if (DeviceVerdict.wanted(evidence.scenario())) {
      DeviceVerdict devices = verdict(evidence);
      all.add(devices.faultsSeen());
      all.add(devices.nobodyElseBlamed());
      all.add(devices.faultsRecovered());
      all.add(devices.hardwareActed());
      all.add(devices.reactionsSeen());
    }
    return List.copyOf(all);
  }

  static DeviceVerdict verdict(Evidence evidence) {
    return new DeviceVerdict(
        evidence.scenario(),
        evidence.events(),
        evidence.telemetry(),
        evidence.rig(),
        MissionRun.MISSION_EPOCH_NANOS);
  }

  private List<Check> ofEveryFlight() {
    return List.of(
        framesAccounted(),
        nothingLostOrDuplicated(),
        masksBitExact(),
        sentWithinBound(),
        commandsCompleted(),
        cardsWithinLimits(),
        hotCardsRested(),
        workersExplained(),
        recorderClean(),
        imageAsBuilt(),
        flightUninterrupted(),
        noRealDevice(),
        nothingLeft());
  }

  private Check framesAccounted() {
    int inferred = 0;
    int declined = 0;
    int failed = 0;
    List<String> wrong = new ArrayList<>();
    for (JsonObject frame : evidence.frames()) {
      switch (text(frame, "outcome")) {
        case "INFERRED" -> inferred++;
        case "DECLINED" -> declined++;
        case "FRAME_FAILED" -> failed++;
        default -> wrong.add(text(frame, "frame_id") + " has no outcome");
      }
      if (!text(frame, "outcome").equals("INFERRED") && text(frame, "reason").isEmpty()) {
        wrong.add(text(frame, "frame_id") + " has no reason");
      }
    }
    boolean same =
        state.getFramesInferred() == inferred
            && state.getFramesDeclined() == declined
            && state.getFramesFailed() == failed;
    boolean passed =
        evidence.state().isPresent()
            && same
            && wrong.isEmpty()
            && evidence.frames().size() >= evidence.wanted()
            && state.getFramesTaken() == evidence.frames().size();
    return new Check(
        "frames_accounted",
        passed,
        "%d asked for; on board %d taken: %d inferred, %d declined, %d failed; on ground %d, %d, %d%s"
            .formatted(
                evidence.wanted(),
                state.getFramesTaken(),
                state.getFramesInferred(),
                state.getFramesDeclined(),
                state.getFramesFailed(),
                inferred,
                declined,
                failed,
                shown(wrong)));
  }

  private Check nothingLostOrDuplicated() {
    int lost = lost(evidence);
    int duplicated = duplicated(evidence);
    return new Check(
        "nothing_lost_or_duplicated",
        evidence.state().isPresent() && lost == 0 && duplicated == 0,
        "%d lost, %d catalogued twice; %d came again and were kept once"
            .formatted(lost, duplicated, whole(evidence.ground(), "link", "resent")));
  }

  /** Products that were made on board and are not on ground. */
  static int lost(Evidence evidence) {
    int made = evidence.state().map(FlightState::getFramesTaken).orElseGet(evidence::wanted);
    return Math.max(0, made - distinct(evidence, "id"));
  }

  /** Lines about a product or a frame that has one already. */
  static int duplicated(Evidence evidence) {
    int lines = evidence.frames().size();
    return Math.max(lines - distinct(evidence, "id"), lines - distinct(evidence, "frame_id"));
  }

  private static int distinct(Evidence evidence, String field) {
    Set<String> ids = new HashSet<>();
    evidence.frames().forEach(frame -> ids.add(text(frame, field)));
    return ids.size();
  }

  private Check masksBitExact() {
    int checked = 0;
    List<String> wrong = new ArrayList<>();
    for (JsonObject frame : evidence.frames()) {
      if (!text(frame, "outcome").equals("INFERRED")) {
        continue;
      }
      checked++;
      Path file = evidence.out().resolve(text(frame, "cloud_mask"));
      try {
        byte[] mask =
            GreyPng.decode(
                Files.readAllBytes(file),
                (int) whole(frame, "width"),
                (int) whole(frame, "height"));
        String digest = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(mask));
        if (!digest.equals(text(frame, "mask_sha256"))) {
          wrong.add(text(frame, "frame_id") + " differs");
        }
      } catch (IOException e) {
        wrong.add(text(frame, "frame_id") + ": " + e.getMessage());
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException("every JDK has SHA-256", e);
      }
    }
    return new Check(
        "masks_bit_exact",
        wrong.isEmpty(),
        checked
            + " masks read again from the catalogue, SHA-256 against the one made on board"
            + shown(wrong));
  }

  private Check sentWithinBound() {
    double bound = evidence.mission().getPayload().getMaxSentFraction();
    double raw = state.getRawBytes();
    double fraction = raw > 0 ? state.getSentBytes() / raw : 0;
    return new Check(
        "sent_within_bound",
        evidence.state().isPresent() && fraction <= bound,
        raw > 0
            ? "%d of %d bytes, %.3f %%; the bound is %.3f %%"
                .formatted(state.getSentBytes(), state.getRawBytes(), 100 * fraction, 100 * bound)
            : "no frame was inferred, so there is nothing to compare with");
  }

  private Check commandsCompleted() {
    return new Check(
        "commands_completed",
        evidence.commandsFailed().isEmpty() && evidence.commandsSent() > 0,
        "%d sent by the launcher, %d not completed%s"
            .formatted(
                evidence.commandsSent(),
                evidence.commandsFailed().size(),
                shown(evidence.commandsFailed())));
  }

  private Check cardsWithinLimits() {
    int cards = evidence.mission().getActiveCards();
    double[] celsius = new double[cards];
    double[] watts = new double[cards];
    java.util.Arrays.fill(celsius, Double.NEGATIVE_INFINITY);
    int samples = 0;
    for (JsonObject line : evidence.rig()) {
      List<JsonObject> states = JsonFiles.children(line, "cards");
      samples += states.isEmpty() ? 0 : 1;
      for (int card = 0; card < Math.min(cards, states.size()); card++) {
        celsius[card] = Math.max(celsius[card], number(states.get(card), 0, "c"));
        watts[card] = Math.max(watts[card], number(states.get(card), 0, "w"));
      }
    }
    boolean passed = samples > 0;
    StringBuilder detail = new StringBuilder();
    for (int card = 0; card < cards; card++) {
      CardConfig config = evidence.mission().getCards(card);
      if (abused(card)) {
        detail.append(detail.isEmpty() ? "" : "; ").append(config.getName());
        detail.append(" was taken beyond them by the scenario");
        continue;
      }
      passed &= celsius[card] <= config.getMaxCelsius() && watts[card] <= config.getMaxWatts();
      detail.append(
          "%s%s at most %.1f C of %.0f, %.1f W of %.0f"
              .formatted(
                  detail.isEmpty() ? "" : "; ",
                  config.getName(),
                  celsius[card],
                  config.getMaxCelsius(),
                  watts[card],
                  config.getMaxWatts()));
    }
    return new Check("cards_within_limits", passed, detail + " (the rig's own values)");
  }

  private boolean abused(int card) {
    return evidence.scenario().getFaultsList().stream()
        .anyMatch(
            fault ->
                (fault.getKind() == Scenario.FaultKind.OVER_TEMPERATURE_OF_CARD
                        || fault.getKind() == Scenario.FaultKind.LATCH_UP)
                    && fault.getDevice().equals("card" + card));
  }

  private Check hotCardsRested() {
    Map<String, Double> warm = new HashMap<>();
    evidence
        .mission()
        .getCardsList()
        .forEach(card -> warm.put(card.getName(), card.getWarmCelsius()));
    double hottest = Double.NEGATIVE_INFINITY;
    List<String> wrong = new ArrayList<>();
    for (JsonObject frame : evidence.frames()) {
      if (frame.has("dispatch_celsius")) {
        double celsius = number(frame, 0, "dispatch_celsius");
        hottest = Math.max(hottest, celsius);
        if (celsius > warm.getOrDefault(text(frame, "card"), Double.POSITIVE_INFINITY)) {
          wrong.add(
              "%s went to %s at %.1f C"
                  .formatted(text(frame, "frame_id"), text(frame, "card"), celsius));
        }
      }
    }
    return new Check(
        "hot_cards_rested",
        wrong.isEmpty(),
        Double.isFinite(hottest)
            ? "hottest card that was given a frame: %.1f C%s".formatted(hottest, shown(wrong))
            : "no frame was given to a card");
  }

  private Check workersExplained() {
    int explained = 0;
    for (JsonObject line : evidence.rig()) {
      String fault = text(line, "fault");
      explained += fault.equals("kill_worker") || fault.equals("card_lost") ? 1 : 0;
      // a card that stops in mid-frame takes its worker along, and the one that tries it next
      explained += OF_A_CARD.contains(fault) ? 2 : 0;
    }
    return new Check(
        "workers_explained",
        evidence.state().isPresent() && state.getWorkerRestarts() <= explained,
        "%d restarts, %d faults that explain one".formatted(state.getWorkerRestarts(), explained));
  }

  private Check recorderClean() {
    return new Check(
        "recorder_clean",
        evidence.state().isPresent()
            && state.getBacklogProducts() == 0
            && state.getBacklogRecords() <= LAST_WORDS
            && state.getRecorderDroppedBytes() == 0,
        "%d products and %d records in all not confirmed, %d bytes dropped"
            .formatted(
                state.getBacklogProducts(),
                state.getBacklogRecords(),
                state.getRecorderDroppedBytes()));
  }

  private Check imageAsBuilt() {
    boolean same =
        !evidence.builtDigest().isEmpty()
            && evidence.builtDigest().equals(evidence.imageDigest())
            && evidence.builtDigest().equals(state.getImageDigest());
    return new Check(
        "image_as_built",
        same,
        same
            ? evidence.builtDigest()
            : "built %s, found %s, flown %s"
                .formatted(evidence.builtDigest(), evidence.imageDigest(), state.getImageDigest()));
  }

  private Check flightUninterrupted() {
    int bites = 0;
    int hangs = 0;
    for (JsonObject line : evidence.rig()) {
      bites += text(line, "happened").equals("watchdog_bite") ? 1 : 0;
      hangs += text(line, "fault").equals("flight_hangs") ? 1 : 0;
    }
    // a flight that hangs on its own account is no better for the watchdog that saw it
    int wanted = Math.min(bites, hangs);
    long anew =
        Math.min(
            evidence.flightEnds().stream()
                .filter(code -> code == FlightWatch.WANTS_RESTART)
                .count(),
            state.getResetLogList().stream().filter(b -> b.getEnd().equals(BY_GROUND)).count());
    long boots = 1 + wanted + anew;
    boolean once = evidence.flightEnds().size() == boots && state.getBoots() == boots;
    return new Check(
        "flight_uninterrupted",
        once && evidence.orderly(),
        "%d boots, %d resets by the watchdog, %d of them wanted, %d restarts by ground, exit codes %s, %s"
            .formatted(
                state.getBoots(),
                bites,
                wanted,
                anew,
                evidence.flightEnds(),
                evidence.orderly() ? "ended when asked" : "did not end when asked"));
  }

  private Check noRealDevice() {
    return new Check(
        "no_real_device",
        evidence.devices().isEmpty(),
        evidence.devices().isEmpty()
            ? "no process of the flight had a device of this machine open"
            : String.join(", ", evidence.devices()));
  }

  private Check nothingLeft() {
    return new Check(
        "nothing_left",
        evidence.left().isEmpty(),
        evidence.left().isEmpty()
            ? "no process and no run-time folder"
            : String.join(", ", evidence.left()));
  }

  private static String shown(List<String> wrong) {
    if (wrong.isEmpty()) {
      return "";
    }
    return ": "
        + String.join(", ", wrong.subList(0, Math.min(SHOWN, wrong.size())))
        + (wrong.size() > SHOWN ? " and " + (wrong.size() - SHOWN) + " more" : "");
  }
}

package org.heliostat.hil.launch;

import static org.heliostat.hil.report.JsonFiles.text;
import static org.heliostat.hil.report.JsonFiles.whole;

import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;
import org.heliostat.hil.ground.ProtoJson;
import org.heliostat.hil.ground.RecordList;
import org.heliostat.hil.report.JsonFiles;
import org.heliostat.protocol.FlightState;
import org.heliostat.protocol.Table;

/**
 * Judges a flight that was killed again and again, by what came down and by what was seen from
 * outside, never by what the spacecraft says of its own recorder:
 *
 * <ul>
 *   <li>Kept: an event that the process has printed as stored is on ground; so is a product of each
 *       frame that the camera delivered; of the numbers that the recorder gave none is missing but
 *       just before a boot, where what was being stored may never have been acknowledged.
 *   <li>Once: no frame is catalogued twice, no record number stands for two records.
 *   <li>Commands: each that was sent has been answered and has ended, none has run twice.
 *   <li>Tables: each dump is a table that was loaded, whole, and the newest that was completed.
 *   <li>Boots: golden exactly when the boots before it never reached operation; no other end than
 *       the kills.
 * </ul>
 */
final class KillJudge {
  static final int BOOT_ATTEMPTS = 3;

  private static final Pattern EVENT =
      Pattern.compile("\\d+\\.\\d [A-Z]+ [A-Za-z_]+/[A-Z0-9_]+ .*");
  private static final String UNRECORDED = " (not recorded)";
  private static final Pattern LIMITS =
      Pattern.compile("table " + KillOperator.LIMITS + " version (\\d+) is .*");
  private static final Pattern SURVIVAL =
      Pattern.compile("table " + KillOperator.SURVIVAL + " version .* checksum ([0-9a-f]{8})");

  /** Failures of which nobody can say how far the command came. */
  private static final Set<String> OPEN_ENDS = Set.of("INTERRUPTED", "TIMED_OUT", "NOT_STORED");

  private static final String SHUTDOWN = " core/SHUTDOWN ";
  private static final String LINK_DOWN = " core/LINK_DOWN ";
  private static final String LINK_UP = " core/LINK_UP ";

  private final KillEvidence evidence;
  private final List<Violation> violations = new ArrayList<>();
  private final Map<Long, Command> commands = new TreeMap<>();

  /** Records of boots, with whether they were golden. */
  private final TreeMap<Long, Boolean> bootRecords = new TreeMap<>();

  /**
   * What must not be.
   *
   * @param kill that it follows; 0 where it cannot be told
   */
  record Violation(int kill, String what) {}

  /** What is known of one command. */
  private static final class Command {
    private final JsonObject sent;
    private final Map<String, Integer> stages = new HashMap<>();
    private boolean mayHaveRun;
    private boolean completedAfterItsEnd;
    private String why = "";
    private int kill;

    private Command(JsonObject sent) {
      this.sent = sent;
    }

    private int times(String stage) {
      return stages.getOrDefault(stage, 0);
    }

    private boolean completed() {
      return times("COMPLETED") > 0;
    }

    /** Ended without having been started, or by an honest refusal: it must have done nothing. */
    private boolean refused() {
      return !completed() && times("FAILED") > 0 && !mayHaveRun;
    }

    private JsonObject body() {
      return JsonFiles.child(sent, "telecommand", text(sent, "command"));
    }
  }

  private KillJudge(KillEvidence evidence) {
    this.evidence = evidence;
  }

  /** All violations, those that were seen in flight first. */
  static List<Violation> violations(KillEvidence evidence) {
    KillJudge judge = new KillJudge(evidence);
    judge.violations.addAll(evidence.troubles());
    judge.read();
    judge.boots();
    judge.kept();
    judge.once();
    judge.commands();
    judge.effects();
    judge.tables();
    return List.copyOf(judge.violations);
  }

  private void violated(int kill, String what, Object... arguments) {
    violations.add(new Violation(kill, String.format(Locale.ROOT, what, arguments)));
  }

  /** The kill that ended the boot in which something happened. */
  private int killAt(long missionNanos) {
    return evidence.boots().stream()
        .filter(boot -> boot.toMissionNanos() >= missionNanos)
        .findFirst()
        .map(FlightBoots.Boot::kill)
        .orElse(0);
  }

  private void read() {
    for (JsonObject line : evidence.audit()) {
      if (text(line, "stage").equals("SENT")) {
        commands.put(whole(line, "counter"), new Command(line));
      }
    }
    List<JsonObject> reports = new ArrayList<>(evidence.reports());
    reports.sort(Comparator.comparingLong(report -> whole(report, "record")));
    for (JsonObject report : reports) {
      Command command = commands.get(whole(report, "counter"));
      if (command == null) {
        if (whole(report, "counter") != 0) {
          violated(0, "command %d was never sent", whole(report, "counter"));
        }
        continue;
      }
      String stage = text(report, "stage");
      if (stage.equals("COMPLETED") && command.times("FAILED") > 0) {
        command.completedAfterItsEnd = true;
      }
      command.stages.merge(stage, 1, Integer::sum);
      if (stage.equals("FAILED") && !command.completed()) {
        command.mayHaveRun |= OPEN_ENDS.contains(text(report, "refusal"));
        command.why = text(report, "reason");
      }
      command.kill = killAt(whole(report, "mission_nanos"));
    }
    for (JsonObject event : evidence.events()) {
      if (text(event, "name").equals("BOOT")) {
        bootRecords.put(whole(event, "record"), false);
      }
    }
    for (JsonObject event : evidence.events()) {
      Map.Entry<Long, Boolean> boot = bootRecords.floorEntry(whole(event, "record"));
      if (text(event, "name").equals("GOLDEN_BOOT") && boot != null) {
        bootRecords.put(boot.getKey(), true);
      }
    }
  }

  private boolean golden(long record) {
    Map.Entry<Long, Boolean> boot = bootRecords.floorEntry(record);
    return boot != null && boot.getValue();
  }

  // ---- boots

  private void boots() {
    long least = 0;
    long most = 0;
    int before = 0;
    for (FlightBoots.Boot boot : evidence.boots()) {
      boolean begun = boot.says("core/BOOT ");
      boolean golden = boot.says("core/GOLDEN_BOOT ");
      boolean operational = boot.says("core/OPERATIONAL ");
      long attempts = boot.attemptsBefore();
      if (attempts < least || attempts > most) {
        violated(
            before, "%d boots in a row were noted, and there were %d to %d", attempts, least, most);
      }
      // what kind of boot it is comes next
      boolean known = begun && !(boot.wasKilled() && boot.saysLast("core/BOOT "));
      if (known && golden != attempts >= BOOT_ATTEMPTS) {
        violated(
            before,
            golden
                ? "the golden configuration came after %d boots without operation"
                : "no golden configuration after %d boots without operation",
            attempts);
      }
      if (boot.kill() > 0 && !boot.wasKilled()) {
        violated(boot.kill(), "the process ended with code %d before the kill", boot.exitCode());
      }
      boolean settled = boot.attemptsAfter() == 0 && (operational || !boot.wasKilled());
      least = settled ? 0 : least + (begun ? 1 : 0);
      most = settled ? 0 : most + 1;
      before = boot.kill();
    }
  }

  // ---- what must have come down

  private void kept() {
    Map<String, Integer> onGround = new HashMap<>();
    for (JsonObject event : evidence.events()) {
      onGround.merge(printed(event), 1, Integer::sum);
    }
    for (int number = 1; number <= evidence.boots().size(); number++) {
      FlightBoots.Boot boot = evidence.boots().get(number - 1);
      boolean last = number == evidence.boots().size();
      int end = last ? lastWords(boot.said()) : boot.said().size();
      for (String line : boot.said().subList(0, end)) {
        if (EVENT.matcher(line).matches()
            && !line.endsWith(UNRECORDED)
            && onGround.merge(line, -1, Integer::sum) < 0) {
          violated(boot.kill(), "lost: the event \"%s\"", line);
        }
      }
    }
    long previous = 0;
    TreeSet<Long> numbers = new TreeSet<>();
    evidence.records().forEach(record -> numbers.add(record.number()));
    for (long number : numbers) {
      if (number > previous + 1 && !bootRecords.containsKey(number)) {
        violated(0, "lost: the records %d to %d", previous + 1, number - 1);
      }
      previous = number;
    }
    Set<String> catalogued = new HashSet<>();
    evidence.frames().forEach(frame -> catalogued.add(text(frame, "frame_id")));
    for (long frame = 1; frame <= evidence.delivered(); frame++) {
      String id = String.format(Locale.ROOT, "f%06d", frame);
      if (!catalogued.contains(id)) {
        violated(0, "lost: the product of frame %s", id);
      }
    }
    long taken = evidence.state().map(FlightState::getFramesTaken).orElse(-1);
    if (taken != evidence.delivered()) {
      violated(0, "%d frames were delivered, and %d counted on board", evidence.delivered(), taken);
    }
  }

  /**
   * Where what the last boot says waits on board, and nobody comes after it who would send it: from
   * its shutdown on, or since the link has gone down before and not come up again.
   */
  private static int lastWords(List<String> said) {
    int end = said.size();
    boolean down = false;
    for (int i = 0; i < said.size(); i++) {
      String line = said.get(i);
      if (line.contains(LINK_UP)) {
        down = false;
        end = said.size();
      } else if (!down && (line.contains(LINK_DOWN) || line.contains(SHUTDOWN))) {
        down = true;
        end = i;
      }
    }
    return end;
  }

  /** An event as the process prints it. */
  private static String printed(JsonObject event) {
    String line =
        String.format(
            Locale.ROOT,
            "%.1f %s %s/%s %s",
            whole(event, "mission_nanos") / 1e9,
            text(event, "severity"),
            text(event, "source"),
            text(event, "name"),
            text(event, "text"));
    int end = line.indexOf('\n');
    return end < 0 ? line : line.substring(0, end);
  }

  private void once() {
    Set<String> products = new HashSet<>();
    for (JsonObject frame : evidence.frames()) {
      if (!products.add(text(frame, "frame_id"))) {
        violated(0, "frame %s is catalogued twice", text(frame, "frame_id"));
      }
    }
    Map<Long, Integer> contents = new HashMap<>();
    for (RecordList.Row record : evidence.records()) {
      Integer other = contents.putIfAbsent(record.number(), record.crc());
      if (other != null && other != record.crc()) {
        violated(0, "record number %d was given twice", record.number());
      }
    }
  }

  // ---- commands

  private void commands() {
    commands.forEach(
        (counter, command) -> {
          String name = text(command.sent, "command");
          if (command.stages.isEmpty()) {
            violated(command.kill, "command %d (%s) was never answered", counter, name);
          } else if (!command.completed() && command.times("FAILED") == 0) {
            violated(command.kill, "command %d (%s) never ended", counter, name);
          }
          for (String stage : List.of("ACCEPTED", "STARTED", "COMPLETED")) {
            if (command.times(stage) > 1) {
              violated(
                  command.kill,
                  "command %d (%s) was %s %d times",
                  counter,
                  name,
                  stage,
                  command.times(stage));
            }
          }
          if (command.completedAfterItsEnd) {
            violated(command.kill, "command %d (%s) went on after its end", counter, name);
          }
        });
  }

  /** What commands have done, against what was reported of them. */
  private void effects() {
    Map<Long, Integer> loads = new HashMap<>();
    Set<String> fields = new HashSet<>();
    int sets = 0;
    for (JsonObject event : evidence.events()) {
      if (!text(event, "name").equals("TABLE_ACTIVATED")) {
        continue;
      }
      if (whole(event, "suppressed") > 0) {
        violated(0, "the campaign commands too fast: TABLE_ACTIVATED was held back");
      }
      Matcher limits = LIMITS.matcher(text(event, "text"));
      Matcher survival = SURVIVAL.matcher(text(event, "text"));
      if (limits.matches()) {
        loads.merge(Long.parseLong(limits.group(1)), 1, Integer::sum);
      } else if (survival.matches()) {
        sets++;
        if (!fields.add(survival.group(1))) {
          violated(
              killAt(whole(event, "mission_nanos")), "set_field ran twice: %s", event.get("text"));
        }
      }
    }
    Map<String, Map<Long, Integer>> answers = new LinkedHashMap<>();
    for (JsonObject answer : evidence.answers()) {
      count(
          answers,
          text(answer, "answer").equals("table_dump") ? "dump_table" : "get_field",
          answer);
    }
    for (JsonObject dump : evidence.dumps()) {
      count(answers, "dump_events", dump);
    }
    int setsCompleted = 0;
    int setsMost = 0;
    int takesCompleted = 0;
    int takesMost = 0;
    for (Map.Entry<Long, Command> entry : commands.entrySet()) {
      Command command = entry.getValue();
      int done = command.completed() ? 1 : 0;
      int most = command.refused() || command.stages.isEmpty() ? 0 : 1;
      String name = text(command.sent, "command");
      switch (name) {
        case "load_table" -> {
          long version = whole(command.body(), "table", "version");
          ran(entry.getKey(), command, loads.getOrDefault(version, 0), done, most);
        }
        case "dump_table", "get_field", "dump_events" ->
            ran(
                entry.getKey(),
                command,
                answers.getOrDefault(name, Map.of()).getOrDefault(entry.getKey(), 0),
                done,
                most);
        case "set_field" -> {
          setsCompleted += done;
          setsMost += most;
        }
        case "take_frames" -> {
          takesCompleted += done;
          takesMost += most;
        }
        default -> {
          // has no effect that could be counted
        }
      }
    }
    if (sets < setsCompleted || sets > setsMost) {
      violated(0, "set_field was to run %d to %d times, and ran %d", setsCompleted, setsMost, sets);
    }
    if (evidence.requests() < takesCompleted || evidence.requests() > takesMost) {
      violated(
          0,
          "take_frames was to run %d to %d times, and the camera was asked %d times",
          takesCompleted,
          takesMost,
          evidence.requests());
    }
  }

  private static void count(
      Map<String, Map<Long, Integer>> answers, String command, JsonObject answer) {
    answers
        .computeIfAbsent(command, key -> new HashMap<>())
        .merge(whole(answer, "counter"), 1, Integer::sum);
  }

  private void ran(long counter, Command command, int times, int least, int most) {
    if (times < least || times > most) {
      violated(
          command.kill,
          "command %d (%s) took effect %d times; reported: %s%s",
          counter,
          text(command.sent, "command"),
          times,
          command.stages,
          command.why.isEmpty() ? "" : " (" + command.why + ")");
    }
  }

  // ---- tables

  private void tables() {
    for (JsonObject answer : evidence.answers()) {
      long counter = whole(answer, "counter");
      boolean golden = golden(whole(answer, "record"));
      int kill = commands.containsKey(counter) ? commands.get(counter).kill : 0;
      if (text(answer, "answer").equals("table_dump")) {
        long version = whole(answer, "table", "version");
        if (version != 0) {
          unbroken(kill, answer, (int) version);
        }
        newest(kill, counter, version, golden, "load_table");
      } else if (text(answer, "field").equals(KillOperator.FIELD)) {
        newest(kill, counter, KillOperator.fieldNumber(text(answer, "value")), golden, "set_field");
      }
    }
  }

  private void unbroken(int kill, JsonObject answer, int version) {
    Table loaded = KillOperator.limits(version);
    CRC32C crc = new CRC32C();
    crc.update(loaded.toByteArray());
    if (!ProtoJson.of(loaded).equals(answer.get("table"))) {
      violated(kill, "half a table: %s", answer);
    } else if ((int) crc.getValue() != (int) whole(answer, "checksum")) {
      violated(kill, "a table with the checksum of another: %s", answer);
    }
  }

  /**
   * What is active is what the last completed command brought, or one behind it of which nobody can
   * know; in the golden configuration also the default.
   */
  private void newest(int kill, long counter, long number, boolean golden, String by) {
    Set<Long> allowed = new TreeSet<>();
    allowed.add(0L);
    for (Map.Entry<Long, Command> entry : commands.entrySet()) {
      Command command = entry.getValue();
      if (entry.getKey() < counter && text(command.sent, "command").equals(by)) {
        long brings =
            by.equals("load_table")
                ? whole(command.body(), "table", "version")
                : KillOperator.fieldNumber(text(command.body(), "value"));
        if (command.completed()) {
          allowed.clear();
        }
        if (!command.refused()) {
          allowed.add(brings);
        }
      }
    }
    if (golden) {
      allowed.add(0L);
    }
    if (!allowed.contains(number)) {
      violated(
          kill,
          "command %d found number %d active by %s, which can be only %s",
          counter,
          number,
          by,
          allowed);
    }
  }
}

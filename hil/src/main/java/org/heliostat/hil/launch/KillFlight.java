package org.heliostat.hil.launch;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.heliostat.hil.ground.RecordList;
import org.heliostat.hil.report.JsonFiles;
import org.heliostat.hil.rig.MissionTime;
import org.heliostat.hil.terminal.TerminalText;
import org.heliostat.protocol.Mode;

/**
 * One flight of a kill campaign: its process is killed again and again while operators command it,
 * then it is left alone until all that waits has come down, and is judged. Whatever way it ends,
 * its processes end with it and its run-time folder goes.
 */
final class KillFlight {
  /** Shorter than what a mission wants, so that many kills find a boot that has settled. */
  private static final double OPERATIONAL_SECONDS = 3;

  private static final String GOLDEN = "core/GOLDEN_BOOT ";
  private static final String OPERATIONAL = "core/OPERATIONAL ";
  private static final double BOOT_SECONDS = 60;
  private static final double DRAIN_SECONDS = 150;
  private static final long LOOK_MILLIS = 20;
  private static final Gson PRETTY =
      new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create();

  private final FlightPlan plan;
  private final List<KillPlan> kills;
  private final List<KillJudge.Violation> troubles = new ArrayList<>();

  KillFlight(FlightPlan plan, int kills) {
    this.plan = plan;
    this.kills = KillPlan.of(kills, plan.seed());
  }

  /** Flies; the exit code. */
  int call() throws SetupException, IOException, InterruptedException {
    return CampaignFlight.fly(plan, this::fly);
  }

  private int fly(RunFolder run, Processes processes)
      throws SetupException, IOException, InterruptedException {
    Instant started = Instant.now();
    MissionTime time =
        MissionTime.startingNow(MissionRun.MISSION_EPOCH_NANOS, started, plan.speed());
    Path missionFile = plan.out().resolve("mission.textproto");
    writeMission(missionFile);
    Crew crew = new Crew(plan, run, processes, time, missionFile, java.util.Optional.empty());
    Process ground = crew.ground();
    Process rig = crew.rig();
    FlightBoots boots = new FlightBoots(crew, time, plan.out());
    KillOperator operator = new KillOperator(run.operators(), plan.seed());
    operator.start();
    for (KillPlan kill : kills) {
      play(kill, boots, operator, processes);
      if (!ground.isAlive() || !rig.isAlive()) {
        throw new SetupException(
            "ground or rig has ended by itself; see the logs in " + plan.out());
      }
    }
    comeBack(boots, operator);
    if (!operator.stop()) {
      trouble(0, "commands under way do not come to an end: " + operator.doing());
    }
    drain(operator, time);

    CampaignFlight.end(processes, boots, ground, rig).forEach(what -> trouble(0, what));
    boots.orphans().forEach(orphan -> trouble(0, orphan));
    MissionRun.left(processes, run).forEach(left -> trouble(0, "left behind: " + left));
    return judge(boots, started);
  }

  private void writeMission(Path file) throws IOException {
    var mission =
        MissionText.fitted(
            plan.mission(), plan.cards(), plan.out().resolve("camera"), java.util.Optional.empty())
            .toBuilder();
    mission.getExecutiveBuilder().setOperationalSeconds(OPERATIONAL_SECONDS);
    MissionText.write(mission.build(), file);
  }

  // ---- kills

  private void play(KillPlan kill, FlightBoots boots, KillOperator operator, Processes processes)
      throws IOException, InterruptedException {
    long looked = 0;
    boolean answered = kill.inBoot();
    while (boots.age() < kill.afterSeconds()) {
      TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
      boots.look();
      if (System.nanoTime() - looked > 500_000_000L) {
        processes.look();
        looked = System.nanoTime();
        if (!answered && boots.says(GOLDEN)) {
          answered = true;
          answerGolden(boots, operator);
        }
      }
      if (!boots.process().isAlive()) {
        trouble(kill.number(), "the process ended by itself before the kill");
        boots.ended(0, operator.doing());
        boots.start();
      }
    }
    boots.kill(kill.number(), operator.doing());
    FlightBoots.Boot over = boots.boots().get(boots.boots().size() - 1);
    System.out.printf(
        "kill %d of %d: %.1f s after the start%s; %s%n",
        kill.number(),
        kills.size(),
        kill.afterSeconds(),
        over.says(GOLDEN) ? ", golden" : over.says(OPERATIONAL) ? "" : ", before operation",
        over.doing().isEmpty() ? "no command under way" : over.doing());
    boots.start();
  }

  /**
   * An operator leaves the golden configuration: the process restarts, and a usual boot follows.
   */
  private void answerGolden(FlightBoots boots, KillOperator operator)
      throws IOException, InterruptedException {
    int follows = boots.boots().isEmpty() ? 0 : boots.boots().get(boots.boots().size() - 1).kill();
    if (!boots.awaitSaying(OPERATIONAL, BOOT_SECONDS)) {
      trouble(follows, "the golden configuration does not reach operation");
      return;
    }
    OperatorClient.End end = operator.restart();
    if (!boots.process().waitFor(CampaignFlight.FLIGHT_ENDS.toSeconds(), TimeUnit.SECONDS)) {
      trouble(follows, "the golden configuration does not restart by command: " + end.why());
      return;
    }
    if (boots.process().exitValue() != FlightWatch.WANTS_RESTART) {
      trouble(follows, "a commanded restart ended with code " + boots.process().exitValue());
    }
    boots.ended(0, "restarted by command");
    boots.start();
  }

  /** Until a boot of the usual configuration has settled. */
  private void comeBack(FlightBoots boots, KillOperator operator)
      throws IOException, InterruptedException {
    int last = kills.get(kills.size() - 1).number();
    for (int tries = 0; tries < 2; tries++) {
      if (!boots.awaitSaying(OPERATIONAL, BOOT_SECONDS)) {
        trouble(last, "the flight does not come back");
        return;
      }
      if (!boots.says(GOLDEN)) {
        return;
      }
      answerGolden(boots, operator);
    }
    trouble(last, "the golden configuration comes again and again");
  }

  // ---- the end

  /** Until every frame has become a product, and nothing waits on board. */
  private void drain(KillOperator operator, MissionTime time)
      throws IOException, InterruptedException {
    LiveView view = new LiveView(plan.out());
    long begun = System.nanoTime();
    if (!operator.mode(Mode.PAYLOAD)) {
      trouble(0, "the flight does not go to mode PAYLOAD any more");
    }
    boolean quiet = false;
    while (!quiet && seconds(begun) < DRAIN_SECONDS) {
      TimeUnit.MILLISECONDS.sleep(10 * LOOK_MILLIS);
      view.refresh();
      quiet =
          JsonFiles.whole(view.rig(), "camera_remaining") == 0
              && count("camera/requests", "*.request") == 0
              && count("camera/frames", "*.properties") == 0
              && view.accounted() >= delivered();
    }
    if (!quiet) {
      trouble(0, "frames are left in the camera");
    }
    operator.ask();
    boolean unused = operator.mode(Mode.STANDBY);
    long since = time.missionNanos(System.nanoTime());
    quiet = false;
    while (!quiet && seconds(begun) < DRAIN_SECONDS) {
      TimeUnit.MILLISECONDS.sleep(10 * LOOK_MILLIS);
      view.refresh();
      quiet =
          view.housekeepingNanos("backlog_records") > since
              && JsonFiles.whole(view.housekeeping(), "backlog_records") == 0;
    }
    if (!quiet) {
      trouble(0, "the backlog does not drain");
    }
  }

  private static double seconds(long since) {
    return (System.nanoTime() - since) / 1e9;
  }

  private int count(String folder, String pattern) throws IOException {
    int count = 0;
    try (DirectoryStream<Path> files =
        Files.newDirectoryStream(plan.out().resolve(folder), pattern)) {
      for (Path file : files) {
        count += file.getNameCount() > 0 ? 1 : 0;
      }
    }
    return count;
  }

  private long delivered() throws IOException {
    Path file = plan.out().resolve("camera/camera.properties");
    if (!Files.exists(file)) {
      return 0;
    }
    Properties state = new Properties();
    try (var in = Files.newBufferedReader(file)) {
      state.load(in);
    }
    return Long.parseLong(state.getProperty("next_id", "1")) - 1;
  }

  private void trouble(int kill, String what) {
    troubles.add(new KillJudge.Violation(kill, what));
    System.out.println("VIOLATED: " + TerminalText.line(what));
  }

  // ---- the verdict

  private int judge(FlightBoots boots, Instant started) throws IOException {
    Path out = plan.out();
    KillEvidence evidence =
        new KillEvidence(
            boots.boots(),
            JsonFiles.lines(out.resolve("commands.jsonl")),
            JsonFiles.lines(out.resolve("reports.jsonl")),
            JsonFiles.lines(out.resolve("answers.jsonl")),
            JsonFiles.lines(out.resolve("event-dumps.jsonl")),
            JsonFiles.lines(out.resolve("events.jsonl")),
            JsonFiles.lines(out.resolve("frames.jsonl")),
            RecordList.rows(out.resolve("received.bin")),
            delivered(),
            count("camera/requests", "*.request") + count("camera/requests/done", "*.request"),
            FlightStateFile.read(out.resolve("board/state.bin")),
            troubles);
    List<KillJudge.Violation> violations = KillJudge.violations(evidence);
    JsonObject summary = summary(evidence, violations, started);
    Files.writeString(out.resolve("summary.json"), PRETTY.toJson(summary) + "\n");
    for (KillJudge.Violation violation : violations) {
      System.out.println(
          "VIOLATED"
              + (violation.kill() > 0 ? " by kill " + violation.kill() : "")
              + ": "
              + TerminalText.line(violation.what()));
    }
    return violations.isEmpty() ? 0 : 1;
  }

  private JsonObject summary(
      KillEvidence evidence, List<KillJudge.Violation> violations, Instant started) {
    JsonObject summary = new JsonObject();
    summary.addProperty("id", plan.id());
    summary.addProperty("passed", violations.isEmpty());
    summary.addProperty("started", started.toString());
    summary.addProperty("duration", Duration.between(started, Instant.now()).toMillis() / 1e3);
    summary.addProperty("seed", plan.seed());
    summary.addProperty("speed", plan.speed());
    summary.add("runs", runs(evidence.boots(), violations));
    JsonArray wrong = new JsonArray();
    for (KillJudge.Violation violation : violations) {
      JsonObject row = new JsonObject();
      row.addProperty("run", violation.kill());
      row.addProperty("what", violation.what());
      wrong.add(row);
    }
    summary.add("violations", wrong);
    JsonObject seen = new JsonObject();
    seen.addProperty("boots", evidence.boots().size());
    seen.addProperty(
        "boots_golden", evidence.boots().stream().filter(boot -> boot.says(GOLDEN)).count());
    seen.addProperty(
        "boots_operational",
        evidence.boots().stream().filter(boot -> boot.says(OPERATIONAL)).count());
    seen.addProperty(
        "commands",
        evidence.audit().stream()
            .filter(line -> JsonFiles.text(line, "stage").equals("SENT"))
            .count());
    seen.addProperty(
        "commands_interrupted",
        evidence.reports().stream()
            .filter(line -> JsonFiles.text(line, "refusal").equals("INTERRUPTED"))
            .count());
    seen.addProperty("records", evidence.records().size());
    seen.addProperty("frames", evidence.delivered());
    seen.addProperty("table_dumps", evidence.answers().size());
    seen.addProperty(
        "events_printed", evidence.boots().stream().mapToInt(boot -> boot.said().size()).sum());
    summary.add("seen", seen);
    JsonObject versions = new JsonObject();
    versions.addProperty("heliostat", Summary.version());
    versions.addProperty("image", imageDigest());
    summary.add("versions", versions);
    return summary;
  }

  private String imageDigest() {
    try {
      return Files.readString(plan.installation().imageDigest()).strip();
    } catch (IOException e) {
      return "";
    }
  }

  /** A row for each kill, with what came of it. */
  private JsonArray runs(List<FlightBoots.Boot> boots, List<KillJudge.Violation> violations) {
    JsonArray runs = new JsonArray();
    for (int i = 0; i < boots.size(); i++) {
      FlightBoots.Boot boot = boots.get(i);
      if (boot.kill() == 0) {
        continue;
      }
      boolean violated = violations.stream().anyMatch(one -> one.kill() == boot.kill());
      boolean golden = i + 1 < boots.size() && boots.get(i + 1).says(GOLDEN);
      JsonObject run = new JsonObject();
      run.addProperty("run", boot.kill());
      run.addProperty("outcome", violated ? "violated" : golden ? "golden" : "survived");
      run.addProperty("after_seconds", kills.get(boot.kill() - 1).afterSeconds());
      run.addProperty("mission_nanos", boot.toMissionNanos());
      run.addProperty("operational", boot.says(OPERATIONAL));
      run.addProperty("doing", boot.doing());
      runs.add(run);
    }
    return runs;
  }
}

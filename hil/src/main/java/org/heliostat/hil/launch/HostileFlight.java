package org.heliostat.hil.launch;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.heliostat.hil.report.JsonFiles;
import org.heliostat.hil.rig.MissionTime;
import org.heliostat.hil.terminal.TerminalText;
import org.heliostat.protocol.MqttPort;
import org.heliostat.protocol.Noop;
import org.heliostat.protocol.Telecommand;
import org.heliostat.protocol.Topics;

/**
 * The flight of a hostile campaign: somebody who owns the broker sends frames to the satellite, and
 * some of them to ground, made as {@link HostileFrames} has it and of what he has overheard, while
 * an operator commands. Whatever way it ends, its processes end with it and its run-time folder
 * goes.
 */
final class HostileFlight {
  private static final String OPERATIONAL = "core/OPERATIONAL ";
  private static final double BOOT_SECONDS = 60;
  private static final Duration CONNECT = Duration.ofSeconds(5);
  private static final double COMMAND_SECONDS = 60;
  private static final double SETTLE_SECONDS = 25;

  /** A command of the operator after so many frames. */
  private static final int FRAMES_A_COMMAND = 5_000;

  /** One frame of so many goes to ground. */
  private static final int GROUNDS_SHARE = 20;

  /** Frames on their way to the satellite: its queue takes 1,024, and drops what comes beyond. */
  private static final int FRAMES_AT_ONCE = 250;

  private static final long PAUSE_MILLIS = 125;

  /** Housekeeping of memory and counters comes each so many seconds of mission time. */
  private static final double DEVICE_PERIOD_SECONDS = 1;

  private static final Gson PRETTY =
      new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create();

  private final FlightPlan plan;
  private final int frames;
  private final List<String> violations = new ArrayList<>();

  /** What was sent by whom. */
  private static final class Sent {
    long toSatellite;
    long toGround;
    int commands;
    int completed;
    long beginNanos;
    long liveBefore;
    long liveAfter;
  }

  HostileFlight(FlightPlan plan, int frames) {
    this.plan = plan;
    this.frames = frames;
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
    var mission =
        MissionText.fitted(
            plan.mission(), plan.cards(), plan.out().resolve("camera"), Optional.empty())
            .toBuilder();
    mission.getHousekeepingBuilder().setDevicePeriodSeconds(DEVICE_PERIOD_SECONDS);
    MissionText.write(mission.build(), missionFile);
    Crew crew = new Crew(plan, run, processes, time, missionFile, Optional.empty());
    Process ground = crew.ground();
    Process rig = crew.rig();
    FlightBoots boots = new FlightBoots(crew, time, plan.out());
    if (!boots.awaitSaying(OPERATIONAL, BOOT_SECONDS)) {
      throw new SetupException("the flight does not come into operation; see " + plan.out());
    }
    Sent sent = new Sent();
    OperatorClient operator = new OperatorClient(run.operators(), "operator");
    String broker = Files.readString(run.path().resolve("broker.address")).strip();
    command(operator, sent);
    sent.liveBefore = live(boots);
    sent.beginNanos = time.missionNanos(System.nanoTime());
    attack("tcp://" + broker, operator, sent, List.of(ground, rig, boots.process()));
    // what is under way arrives, and housekeeping tells of it
    TimeUnit.MILLISECONDS.sleep((long) (SETTLE_SECONDS * 1000));
    command(operator, sent);
    if (boots.process().isAlive()) {
      sent.liveAfter = live(boots);
    } else {
      violations.add("the flight process has ended");
    }
    CampaignFlight.end(processes, boots, ground, rig).forEach(violations::add);
    MissionRun.left(processes, run).forEach(left -> violations.add("left behind: " + left));
    return judge(sent, started);
  }

  private static long live(FlightBoots boots) throws SetupException {
    try {
      return LiveHeap.bytes(boots.process().pid());
    } catch (IOException e) {
      throw new SetupException("the heap of the flight process cannot be seen: " + e.getMessage());
    }
  }

  private void command(OperatorClient operator, Sent sent) {
    sent.commands++;
    Telecommand noop = Telecommand.newBuilder().setNoop(Noop.getDefaultInstance()).build();
    try {
      OperatorClient.End end = operator.send(noop, COMMAND_SECONDS, stage -> {});
      if (end.completed()) {
        sent.completed++;
      } else {
        violations.add("a valid command among them has not completed: " + end.why());
      }
    } catch (IOException e) {
      violations.add("the ground station does not answer: " + e);
    }
  }

  private void attack(String broker, OperatorClient operator, Sent sent, List<Process> processes)
      throws SetupException, InterruptedException {
    int spacecraft = plan.mission().getSpacecraftId();
    Topics topics = new Topics(spacecraft);
    HostileFrames made = new HostileFrames(spacecraft, plan.seed());
    BlockingQueue<byte[]> up = new ArrayBlockingQueue<>(1024);
    BlockingQueue<byte[]> down = new ArrayBlockingQueue<>(1024);
    Set<Integer> own = new HashSet<>();
    try (MqttPort ear = new MqttPort(broker, "hostile-up", topics.uplink(), CONNECT, up::offer);
        MqttPort mouth =
            new MqttPort(broker, "hostile-down", topics.downlink(), CONNECT, down::offer)) {
      if (!ear.connect() || !mouth.connect()) {
        throw new SetupException("broker " + broker + " does not take the hostile clients");
      }
      for (int frame = 1; frame <= frames; frame++) {
        overhear(up, made, own, true);
        overhear(down, made, own, false);
        byte[] next = made.next();
        own.add(java.util.Arrays.hashCode(next));
        boolean toGround = frame % GROUNDS_SHARE == 0;
        publish(mouth, toGround ? topics.downlink() : topics.uplink(), next);
        sent.toGround += toGround ? 1 : 0;
        sent.toSatellite += toGround ? 0 : 1;
        if (frame % FRAMES_AT_ONCE == 0) {
          TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
          if (processes.stream().anyMatch(process -> !process.isAlive())) {
            violations.add("a process has ended after " + frame + " frames");
            return;
          }
          own.clear();
        }
        if (frame % FRAMES_A_COMMAND == 0) {
          command(operator, sent);
          System.out.printf("%d of %d frames%n", frame, frames);
        }
      }
    }
  }

  /** What others have sent, as far as it can be told from his own. */
  private static void overhear(
      BlockingQueue<byte[]> from, HostileFrames made, Set<Integer> own, boolean up) {
    for (byte[] packet = from.poll(); packet != null; packet = from.poll()) {
      if (!own.contains(java.util.Arrays.hashCode(packet)) && packet.length > 0) {
        if (up) {
          made.heardUp(packet);
        } else {
          made.heardDown(packet);
        }
      }
    }
  }

  private void publish(MqttPort port, String topic, byte[] frame)
      throws SetupException, InterruptedException {
    for (int tries = 0; tries < 2_000; tries++) {
      if (port.publish(topic, frame, 1)) {
        return;
      }
      if (!port.connected() && !port.connect()) {
        TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
      }
      TimeUnit.MILLISECONDS.sleep(5);
    }
    throw new SetupException("the broker takes no more frames");
  }

  // ---- the verdict

  private int judge(Sent sent, Instant started) throws IOException {
    Path out = plan.out();
    HostileJudge judge =
        new HostileJudge(
            JsonFiles.lines(out.resolve("commands.jsonl")),
            JsonFiles.lines(out.resolve("reports.jsonl")),
            JsonFiles.lines(out.resolve("events.jsonl")),
            JsonFiles.lines(out.resolve("telemetry.jsonl")),
            JsonFiles.object(out.resolve("ground.json")).orElseGet(JsonObject::new),
            sent.beginNanos,
            sent.liveAfter - sent.liveBefore);
    violations.addAll(judge.violations(sent.toSatellite, sent.toGround));
    JsonObject summary = new JsonObject();
    summary.addProperty("id", plan.id());
    summary.addProperty("passed", violations.isEmpty());
    summary.addProperty("started", started.toString());
    summary.addProperty("duration", Duration.between(started, Instant.now()).toMillis() / 1e3);
    summary.addProperty("seed", plan.seed());
    summary.addProperty("frames", frames);
    JsonObject seen = new JsonObject();
    seen.addProperty("frames_to_satellite", sent.toSatellite);
    seen.addProperty("frames_to_ground", sent.toGround);
    seen.addProperty("commands", sent.commands);
    seen.addProperty("commands_completed", sent.completed);
    judge.addTo(seen);
    seen.addProperty("heap_live_bytes", sent.liveAfter);
    summary.add("seen", seen);
    JsonArray wrong = new JsonArray();
    for (String violation : violations) {
      wrong.add(violation);
      System.out.println("VIOLATED: " + TerminalText.line(violation));
    }
    summary.add("violations", wrong);
    JsonObject versions = new JsonObject();
    versions.addProperty("heliostat", Summary.version());
    versions.addProperty("image", Files.readString(plan.installation().imageDigest()).strip());
    summary.add("versions", versions);
    Files.writeString(out.resolve("summary.json"), PRETTY.toJson(summary) + "\n");
    return violations.isEmpty() ? 0 : 1;
  }
}

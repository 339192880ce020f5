package org.heliostat.hil.launch;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.heliostat.hil.report.JsonFiles;
import org.heliostat.hil.report.Report;
import org.heliostat.hil.rig.MissionTime;
import org.heliostat.protocol.ImageDigest;
import org.heliostat.protocol.IoReason;
import org.heliostat.protocol.Mission;

/**
 * One flight from the checked plan to the report. Whatever way it ends, also by a signal, its
 * processes end with it and its run-time folder goes.
 */
final class MissionRun {
  static final long MISSION_EPOCH_NANOS = 1_000_000_000_000L;
  private static final Duration FLIGHT_ENDS = Duration.ofSeconds(30);
  private static final Duration OTHERS_END = Duration.ofSeconds(10);
  private static final Gson PRETTY =
      new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create();

  private static final Duration HURRY = Duration.ofSeconds(4);
  private static final Duration HALT = Duration.ofSeconds(60);

  /** Exit code of a process that SIGKILL has ended. */
  private static final int KILLED = 137;

  private final FlightPlan plan;
  private final Display display;
  private final CountDownLatch done = new CountDownLatch(1);
  private Optional<Thread> ender = Optional.empty();
  private volatile Optional<Flown> flown = Optional.empty();

  /** A flight that has begun. */
  private record Flown(
      Instant started,
      MissionTime time,
      Mission mission,
      FlightWatch watch,
      MissionScript script) {}

  MissionRun(FlightPlan plan, boolean terminal) {
    this.plan = plan;
    this.display = new Display(System.out, terminal, plan.frameCount());
  }

  /** Flies; the exit code. */
  int call() throws SetupException, IOException, InterruptedException {
    Files.createDirectories(plan.out().resolve("logs"));
    RunFolder run = RunFolder.create();
    Processes processes = new Processes(plan.out().resolve("logs"), run.temporary());
    Path camera = plan.out().resolve("camera");
    // also on Ctrl-C: every process of this flight, and nothing else
    Thread ending =
        new Thread(
            () -> {
              endOnSignal(run, processes);
              remove(run.path());
              remove(camera);
            },
            "end-of-flight");
    Runtime.getRuntime().addShutdownHook(ending);
    try {
      return fly(run, processes);
    } catch (SetupException e) {
      processes.endAll(OTHERS_END);
      throw e;
    } finally {
      if (ends()) {
        remove(camera);
        done.countDown();
      } else {
        // what failed here is what the signal has ended: the process goes with its thread
        boolean unused = new CountDownLatch(1).await(HALT.toSeconds(), TimeUnit.SECONDS);
      }
    }
  }

  /**
   * Whether this thread is the one that ends the flight: the launcher's, or that of a signal,
   * whichever asks first.
   */
  private synchronized boolean ends() {
    if (ender.isEmpty()) {
      ender = Optional.of(Thread.currentThread());
    }
    return ender.get().equals(Thread.currentThread());
  }

  /** The process is told to end: in mid-flight, while the flight is ended, or after it. */
  private void endOnSignal(RunFolder run, Processes processes) {
    if (done.getCount() > 0) {
      display.interrupted();
    }
    try {
      if (ends()) {
        breakOff(run, processes);
      } else {
        processes.endAll(HURRY);
        boolean unused = done.await(OTHERS_END.toSeconds(), TimeUnit.SECONDS);
      }
    } catch (IOException e) {
      System.err.println("no report of what was flown: " + IoReason.of(e));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Ends a flight where it stands, and reports what there is of it. */
  private void breakOff(RunFolder run, Processes processes)
      throws IOException, InterruptedException {
    Optional<Flown> begun = flown;
    if (begun.isEmpty()) {
      processes.endAll(HURRY);
      return;
    }
    FlightWatch watch = begun.get().watch();
    Process flight = watch.stop();
    boolean flying = flight.isAlive();
    // what ends from here on was ended
    List<String> failed = new ArrayList<>(begun.get().script().commandsFailed());
    failed.add("the flight was interrupted");
    processes.endAll(HURRY);
    List<Integer> ends = new ArrayList<>(watch.ends());
    boolean ended = flying && !flight.isAlive();
    if (ended) {
      ends.add(flight.exitValue());
    }
    boolean orderly = ended && flight.exitValue() != KILLED;
    List<String> left = left(processes, run);
    int unused = judge(begun.get(), failed, ends, orderly, processes, left, true);
  }

  private int fly(RunFolder run, Processes processes)
      throws SetupException, IOException, InterruptedException {
    Instant started = Instant.now();
    MissionTime time = MissionTime.startingNow(MISSION_EPOCH_NANOS, started, plan.speed());
    Mission mission = writeMission();
    Optional<RigDisk> disk = Optional.empty();
    if (plan.scenario().getFlight().getRigStorage()) {
      disk =
          Optional.of(
              RigDisk.mount(
                  plan.installation(),
                  processes,
                  run.path().resolve("storage"),
                  plan.out().resolve("board"),
                  plan.out().resolve("disk")));
    }
    Crew crew = new Crew(plan, run, processes, time, plan.out().resolve("mission.textproto"), disk);
    display.note("Heliostat flight " + plan.id() + ", files in " + plan.out());
    display.phase("starting ground station, rig and flight");
    Process ground = crew.ground();
    writeDescription(run, started);
    Process rig = crew.rig();
    LiveView view = new LiveView(plan.out());
    FlightWatch watch =
        new FlightWatch(crew, processes, view, display, Map.of("ground", ground, "rig", rig));
    watch.start();
    MissionScript script =
        new MissionScript(
            plan, watch, view, display, new OperatorClient(run.operators(), "launcher"), time);
    Flown begun = new Flown(started, time, mission, watch, script);
    flown = Optional.of(begun);
    script.play();
    if (!ends()) {
      return 1;
    }

    Process flight = watch.stop();
    display.phase("ending the flight");
    List<Integer> ends = new ArrayList<>(watch.ends());
    boolean orderly = false;
    if (flight.isAlive()) {
      orderly = processes.end(flight, FLIGHT_ENDS);
      ends.add(flight.exitValue());
    }
    boolean groundEnded = processes.end(ground, OTHERS_END);
    boolean rigEnded = processes.end(rig, OTHERS_END);
    if (disk.isPresent()) {
      disk.get().end(processes, OTHERS_END);
    }
    List<String> left = left(processes, run);
    left.addAll(watch.lost());
    if (!groundEnded || !rigEnded) {
      left.add("ground or rig had to be killed");
    }
    display.end();
    Optional<String> setupFault = watch.setupFault();
    if (setupFault.isPresent()) {
      throw new SetupException(
          "the flight cannot start:" + System.lineSeparator() + setupFault.get());
    }
    return judge(begun, script.commandsFailed(), ends, orderly, processes, left, false);
  }

  private int judge(
      Flown flight,
      List<String> commandsFailed,
      List<Integer> ends,
      boolean orderly,
      Processes processes,
      List<String> left,
      boolean interrupted)
      throws IOException {
    double missionSeconds = flight.time().flightSeconds(System.nanoTime());
    keepTruth();
    Evidence evidence =
        new Evidence(
            plan.out(),
            flight.mission(),
            plan.scenario(),
            plan.frameCount(),
            FlightStateFile.read(plan.out().resolve("board/state.bin")),
            JsonFiles.lines(plan.out().resolve("frames.jsonl")),
            JsonFiles.lines(plan.out().resolve("events.jsonl")),
            JsonFiles.lines(plan.out().resolve("telemetry.jsonl")),
            JsonFiles.lines(plan.out().resolve("rig.jsonl")),
            JsonFiles.object(plan.out().resolve("ground.json")).orElseGet(JsonObject::new),
            flight.script().commandsSent(),
            commandsFailed,
            ends,
            orderly,
            Files.readString(plan.installation().imageDigest()).strip(),
            ImageDigest.of(plan.installation().image()),
            processes.devices(),
            left);
    Duration lasted = Duration.between(flight.started(), Instant.now());
    Summary.Span span = new Summary.Span(flight.started(), lasted.toMillis() / 1e3, missionSeconds);
    List<Check> checks = Checks.of(evidence);
    Optional<TruthScore> score = TruthScore.of(evidence, plan.out().resolve("truth"));
    JsonObject summary = Summary.of(plan, evidence, checks, score, span);
    if (interrupted) {
      summary.addProperty("interrupted", true);
    }
    Files.writeString(plan.out().resolve("summary.json"), PRETTY.toJson(summary) + "\n");
    Path report = plan.out().resolve("report.html");
    Report.write(plan.out(), report);
    System.out.print(ClosingTable.of(summary));
    System.out.println("report: " + report);
    return checks.stream().allMatch(Check::passed) ? 0 : 1;
  }

  private Mission writeMission() throws IOException {
    Optional<Path> model = Optional.empty();
    if (plan.model().isPresent()) {
      model = Optional.of(MissionText.modelFolder(plan.model().get(), plan.out().resolve("model")));
    }
    Mission mission =
        MissionText.fitted(plan.mission(), plan.cards(), plan.out().resolve("camera"), model);
    MissionText.write(mission, plan.out().resolve("mission.textproto"));
    return mission;
  }

  /**
   * For {@code ./fly command} and {@code ./fly rig}: where desk and world are, and who has to be
   * alive for it to be there.
   */
  private void writeDescription(RunFolder run, Instant started) throws IOException {
    JsonObject description = new JsonObject();
    description.addProperty("id", plan.id());
    description.addProperty("pid", ProcessHandle.current().pid());
    description.addProperty("socket", run.operators().toString());
    description.addProperty("world", run.world().toString());
    description.addProperty("signer", run.fileSigner().toString());
    description.addProperty("spacecraft_id", plan.mission().getSpacecraftId());
    description.addProperty("started", started.toString());
    Path partial = plan.out().resolve("flight.json.partial");
    Files.writeString(partial, PRETTY.toJson(description) + "\n");
    Files.move(
        partial, plan.out().resolve("flight.json"), java.nio.file.StandardCopyOption.ATOMIC_MOVE);
  }

  private void keepTruth() throws IOException {
    Path truth = plan.out().resolve("camera/truth");
    if (Files.isDirectory(truth)) {
      Files.move(truth, plan.out().resolve("truth"));
    }
  }

  /** Waits for all processes, and takes the run-time folder away; what is there all the same. */
  static List<String> left(Processes processes, RunFolder run) {
    List<String> left = new ArrayList<>();
    for (ProcessHandle process : processes.awaitEnd(OTHERS_END)) {
      left.add("process " + process.pid() + " " + process.info().command().orElse(""));
    }
    remove(run.path());
    if (Files.exists(run.path())) {
      left.add("folder " + run.path());
    }
    return left;
  }

  static void remove(Path folder) {
    try {
      RunFolder.removeTree(folder);
    } catch (IOException e) {
      // a file may have come in between; the check looks at what is left
      System.err.println(folder + " cannot be removed: " + IoReason.of(e));
    }
  }
}

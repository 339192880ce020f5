package org.heliostat.hil.launch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.heliostat.hil.rig.MissionTime;
import org.heliostat.hil.rig.RigMain;
import org.heliostat.protocol.KeyMaker;
import org.heliostat.protocol.SignerKeys;
import org.heliostat.protocol.SignerMaker;

/** Starts the processes of a flight, each with what it has to know, and waits until it is ready. */
final class Crew {
  private static final Duration READY = Duration.ofSeconds(60);
  private static final long LOOK_MILLIS = 20;
  private static final int LOG_LINES = 12;

  private final FlightPlan plan;
  private final RunFolder run;
  private final Processes processes;
  private final MissionTime time;
  private final Path missionFile;
  private final Optional<RigDisk> disk;

  Crew(
      FlightPlan plan,
      RunFolder run,
      Processes processes,
      MissionTime time,
      Path missionFile,
      Optional<RigDisk> disk) {
    this.disk = disk;
    this.plan = plan;
    this.run = run;
    this.processes = processes;
    this.time = time;
    this.missionFile = missionFile;
  }

  /** The ground station; it is ready when it is there. */
  Process ground() throws IOException, SetupException, InterruptedException {
    Path ready = run.path().resolve("broker.address");
    KeyMaker.make(run.boardKeys(), run.stationKeys());
    SignerMaker.make(run.fileSigner(), run.boardKeys().resolve(SignerKeys.PUBLIC));
    List<String> command = java("org.heliostat.hil.ground.GroundMain");
    command.addAll(List.of("--keys", run.stationKeys().toString()));
    command.addAll(List.of("--out", plan.out().toString()));
    command.addAll(List.of("--run", run.path().toString()));
    command.addAll(List.of("--broker-port-file", ready.toString()));
    command.addAll(List.of("--spacecraft-id", Integer.toString(plan.mission().getSpacecraftId())));
    command.addAll(timing());
    String scheme = plan.groundTls().isEmpty() ? "tcp://" : "ssl://";
    plan.broker().ifPresent(address -> command.addAll(List.of("--broker", scheme + address)));
    command.addAll(plan.groundTls());
    Process ground = processes.start("ground", command, Map.of());
    await(ready, ground, "ground");
    return ground;
  }

  /** The rig, with the space link. */
  Process rig() throws IOException, SetupException, InterruptedException {
    String broker =
        plan.broker().isPresent()
            ? plan.broker().get()
            : Files.readString(run.path().resolve("broker.address")).strip();
    List<String> command = java("org.heliostat.hil.rig.RigMain");
    command.addAll(List.of("--world", run.world().toString()));
    command.addAll(List.of("--camera", camera().toString()));
    command.addAll(List.of("--frame-count", Integer.toString(plan.frameCount())));
    command.addAll(List.of("--cards", Integer.toString(plan.cards())));
    command.addAll(List.of("--seed", Long.toString(plan.seed())));
    command.addAll(List.of("--log", plan.out().resolve("rig.jsonl").toString()));
    command.addAll(List.of("--link-listen-port-file", linkFile().toString()));
    command.addAll(List.of("--broker", broker));
    command.addAll(timing());
    disk.ifPresent(
        mounted -> command.addAll(List.of("--storage-control", mounted.control().toString())));
    plan.frames().ifPresent(folder -> command.addAll(List.of("--frames", folder.toString())));
    Process rig = processes.start("rig", command, Map.of());
    await(linkFile(), rig, "rig");
    await(run.world(), rig, "rig");
    return rig;
  }

  /** The flight process, which starts the workers of its cards. */
  Process flight() throws IOException {
    String link = Files.readString(linkFile()).strip();
    return processes.start(
        "flight",
        List.of(
            plan.installation().image().resolve("bin/flight").toString(),
            "--mission",
            missionFile.toString(),
            "--data",
            disk.map(RigDisk::data).orElseGet(() -> plan.out().resolve("board")).toString(),
            "--run",
            run.flight().toString(),
            "--keys",
            run.boardKeys().toString(),
            "--broker",
            (plan.mission().getLink().hasTls() ? "ssl" : "tcp") + "://127.0.0.1:" + link),
        Map.of(
            RigMain.WORLD_VARIABLE,
            run.world().toString(),
            "JAVA_HOME",
            System.getProperty("java.home"),
            "JAVA_TOOL_OPTIONS",
            toolOptions()));
  }

  /** Folder that the rig's camera plays into. */
  Path camera() {
    return plan.out().resolve("camera");
  }

  /** The end of a process's log, for people. */
  String logTail(String name) {
    try {
      List<String> lines =
          Files.readAllLines(plan.out().resolve("logs").resolve(name + ".log")).stream()
              .filter(line -> !line.startsWith("Picked up JAVA_TOOL_OPTIONS"))
              .toList();
      return String.join(
          System.lineSeparator(),
          lines.subList(Math.max(0, lines.size() - LOG_LINES), lines.size()));
    } catch (IOException e) {
      return "its log cannot be read: " + e;
    }
  }

  private Path linkFile() {
    return run.path().resolve("link.port");
  }

  private List<String> timing() {
    return List.of(
        "--scenario", plan.scenarioFile().toString(),
        "--host-epoch-ns", Long.toString(time.hostEpochNanos()),
        "--mission-epoch-ns", Long.toString(time.missionEpochNanos()),
        "--utc-epoch-ns", Long.toString(time.utcEpochNanos()),
        "--speed", Double.toString(plan.speed()),
        "--parent", Long.toString(ProcessHandle.current().pid()));
  }

  private List<String> java(String main) {
    return JavaCommand.of(
        List.of("java.io.tmpdir=" + run.temporary(), "jna.tmpdir=" + run.temporary()), main);
  }

  /** What makes the flight image fly on the rig: the drop-in libraries, and nothing else. */
  private String toolOptions() {
    String given = Optional.ofNullable(System.getenv("JAVA_TOOL_OPTIONS")).orElse("");
    return (given
            + " "
            + property("heliostat.libc", plan.installation().libc())
            + " "
            + property("heliostat.nvml", plan.installation().nvml())
            + " "
            + property("java.io.tmpdir", run.temporary())
            + " "
            + property("jna.tmpdir", run.temporary()))
        .strip();
  }

  /** The JVM splits the variable at spaces, but not within quotes. */
  private static String property(String name, Path value) {
    return "\"-D" + name + "=" + value + "\"";
  }

  private void await(Path file, Process process, String name)
      throws SetupException, InterruptedException {
    long deadline = System.nanoTime() + READY.toNanos();
    while (!Files.exists(file)) {
      if (process.waitFor(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
        throw new SetupException(
            name
                + " ended with code "
                + process.exitValue()
                + " before it was ready:"
                + System.lineSeparator()
                + logTail(name));
      }
      if (System.nanoTime() - deadline > 0) {
        throw new SetupException(
            name
                + " is not ready after "
                + READY.toSeconds()
                + " s; see the logs in "
                + plan.out());
      }
    }
  }
}

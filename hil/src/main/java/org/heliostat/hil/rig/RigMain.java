package org.heliostat.hil.rig;

import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.heliostat.hil.rig.WorldLayout.Header;
import org.heliostat.hil.spacelink.LinkCounters;
import org.heliostat.hil.spacelink.LinkModel;
import org.heliostat.hil.spacelink.SpaceLink;
import org.heliostat.protocol.Scenario;
import org.heliostat.protocol.TextFiles.BadTextFile;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * The rig as a process of its own.
 *
 * <p>The world file appears when everything is ready. The rig ends on SIGTERM (exit code 143, as
 * every JVM), or when the process that it is told to watch is gone (0); it goes on when flight
 * dies. Started again with the same files and epochs it goes on where it was. Other exit codes: 1
 * it broke, 2 wrong use.
 */
@Command(
    name = "rig",
    mixinStandardHelpOptions = true,
    description = "Plays the hardware around the flight computer.",
    footer = {
      "",
      "Beside a rig that runs (see `rig inject --help`, `rig faults --help`):",
      "  rig inject --world FILE FAULT   injects a fault now",
      "  rig faults                      lists the faults that can be injected, and where"
    })
@SuppressWarnings("NullAway.Init") // picocli fills the fields
public final class RigMain implements Callable<Integer> {
  private static final LinuxProcesses PROCESSES = new LinuxProcesses(Path.of("/proc"));

  /** Of the environment of each process on the board: the world that its drop-ins open. */
  public static final String WORLD_VARIABLE = "HELIOSTAT_RIG_WORLD";

  private static final long STEP_NANOS = 50_000_000L;
  private static final long LURKING_STEP_NANOS = 10_000_000L;
  private static final int STEPS_BETWEEN_LOOKS_AT_PARENT = 10;

  @Option(
      names = "--world",
      required = true,
      paramLabel = "FILE",
      description = "World file to make, or to go on with.")
  private Path worldFile;

  @Option(
      names = "--scenario",
      paramLabel = "FILE",
      description = "Scenario in protobuf text format. Default: a sunny day.")
  private @Nullable Path scenarioFile;

  @Option(
      names = "--camera",
      required = true,
      paramLabel = "DIR",
      description = "Folder of the spool camera.")
  private Path cameraFolder;

  @Option(
      names = "--frames",
      paramLabel = "DIR",
      description = "Frames to play. Default: scenes that the rig makes.")
  private @Nullable Path framesFolder;

  @Option(
      names = "--frame-count",
      defaultValue = "0",
      description =
          "Distinct frames before they repeat. Default: all of the folder, or 1000 scenes.")
  private int frameCount;

  @Option(
      names = "--cards",
      defaultValue = "2",
      description = "Compute cards, 1 to 7. Default: ${DEFAULT-VALUE}.")
  private int cards;

  @Option(
      names = "--seed",
      defaultValue = "1",
      description = "Seed of the scenes. Default: ${DEFAULT-VALUE}.")
  private long seed;

  @Option(
      names = "--log",
      required = true,
      paramLabel = "FILE",
      description = "Log of the world, one JSON object a line.")
  private Path logFile;

  @Option(
      names = "--link-listen-port-file",
      paramLabel = "FILE",
      description = "Where to write the port of the space link. With --broker.")
  private @Nullable Path linkPortFile;

  @Option(
      names = "--broker",
      paramLabel = "HOST:PORT",
      description = "Broker at the ground end of the space link.")
  private @Nullable String broker;

  @Option(
      names = "--storage-control",
      paramLabel = "FILE",
      description = "Control file of the rig's disk, where there is one: its faults can be played.")
  private @Nullable Path storageControl;

  @CommandLine.Mixin private FlightOptions flight;

  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  private final CountDownLatch stop = new CountDownLatch(1);
  private final CountDownLatch stopped = new CountDownLatch(1);

  private RigMain() {}

  /** Runs the rig until it is told to end. */
  public static void main(String[] arguments) {
    System.exit(execute(new PrintWriter(System.err, true, StandardCharsets.UTF_8), arguments));
  }

  /** Runs the rig in this process; returns its exit code. */
  static int execute(PrintWriter errors, String... arguments) {
    String verb = arguments.length == 0 ? "" : arguments[0];
    boolean isVerb = verb.equals("inject") || verb.equals("faults");
    CommandLine line =
        new CommandLine(
            verb.equals("inject")
                ? new RigInject()
                : verb.equals("faults") ? new RigFaults() : new RigMain());
    line.setErr(errors);
    line.setExecutionExceptionHandler(
        (failure, command, parsed) -> {
          errors.println("rig: " + failure);
          return CommandLine.ExitCode.SOFTWARE;
        });
    return line.execute(isVerb ? Arrays.copyOfRange(arguments, 1, arguments.length) : arguments);
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (cards < 1 || cards > WorldLayout.CARDS) {
      throw usage("--cards is " + cards + ", not in 1 to " + WorldLayout.CARDS);
    }
    if (frameCount < 0) {
      throw usage("--frame-count is negative");
    }
    if ((linkPortFile == null) != (broker == null)) {
      throw usage("--link-listen-port-file and --broker go together");
    }
    StorageFaults storage =
        storageControl == null ? StorageFaults.NONE : StorageControl.open(storageControl);
    Scenario scenario = scenario(storage);
    MissionTime time = flight.time(spec.commandLine());
    FrameSource frames = frames(scenario);
    Optional<SpaceLink> link = startLink(scenario, time);
    Thread hook = new Thread(this::stopAndWait, "rig-stop");
    Runtime.getRuntime().addShutdownHook(hook);
    ExecutorService maker =
        Executors.newSingleThreadExecutor(
            task -> {
              Thread thread = new Thread(task, "rig-camera");
              thread.setDaemon(true);
              return thread;
            });
    try (RigLog log = RigLog.open(logFile)) {
      Physics physics = new Physics(scenario, cards);
      CameraPlayer camera =
          new CameraPlayer(cameraFolder, frames, scenario.getCamera(), physics.orbit(), log, maker);
      World world =
          World.open(
              worldFile,
              time,
              cards,
              fresh -> {
                BoardMap.populate(fresh, scenario, cards);
                Rig.write(fresh, scenario, physics);
              });
      world.set(Header.RIG_PID, ProcessHandle.current().pid());
      Rig rig = new Rig(scenario, world, physics, PROCESSES, camera, log, storage);
      Optional<ControlSocket> control = control(rig, log);
      try {
        run(rig);
      } finally {
        if (control.isPresent()) {
          control.get().close();
        }
      }
      link.ifPresent(carried -> log.line(counted(carried.counters())));
    } finally {
      maker.shutdownNow();
      link.ifPresent(SpaceLink::close);
      stopped.countDown();
      removeHook(hook);
    }
    return 0;
  }

  /** A rig flies without its control socket, too: a path may be too long for one. */
  private Optional<ControlSocket> control(Rig rig, RigLog log) {
    try {
      return Optional.of(ControlSocket.open(worldFile, rig::inject));
    } catch (IOException e) {
      log.note("no_control", 0, String.valueOf(e.getMessage()));
      return Optional.empty();
    }
  }

  /**
   * Starts the space link, if one is wanted. A rig that is started again listens on the port that
   * flight knows already. Rates and delays are of mission time.
   */
  private Optional<SpaceLink> startLink(Scenario scenario, MissionTime time) throws IOException {
    Path portFile = linkPortFile;
    String address = broker;
    if (portFile == null || address == null) {
      return Optional.empty();
    }
    int colon = address.lastIndexOf(':');
    int brokerPort = colon < 1 ? 0 : port(address.substring(colon + 1));
    if (brokerPort == 0) {
      throw usage("--broker is \"" + address + "\", not HOST:PORT");
    }
    LinkSchedule schedule = new LinkSchedule(scenario);
    SpaceLink link =
        new SpaceLink(
            Files.exists(portFile) ? port(Files.readString(portFile).strip()) : 0,
            new InetSocketAddress(address.substring(0, colon), brokerPort),
            new LinkModel(
                scenario.getLink().getRateBytesPerS() * flight.speed(),
                Math.round(scenario.getLink().getDelayMs() * 1e6 / flight.speed())),
            () -> schedule.up(time.flightSeconds(System.nanoTime())));
    Path partial = portFile.resolveSibling(portFile.getFileName() + ".tmp");
    Files.writeString(partial, link.port() + "\n");
    Files.move(partial, portFile, StandardCopyOption.ATOMIC_MOVE);
    return Optional.of(link);
  }

  /** The last line of the log: what the space link has carried in the life of this process. */
  private static String counted(LinkCounters link) {
    return "{\"link_bytes_up\":%d,\"link_bytes_down\":%d,\"link_connections\":%d,\"link_cuts\":%d}"
        .formatted(link.bytesUp(), link.bytesDown(), link.connections(), link.cuts());
  }

  /** A TCP port, or 0. */
  private static int port(String text) {
    try {
      int port = Integer.parseInt(text);
      return port > 0 && port < 65_536 ? port : 0;
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  private static void removeHook(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // the hook is what ended the rig
    }
  }

  private void run(Rig rig) throws InterruptedException {
    long due = System.nanoTime();
    for (long step = 0; ; step++) {
      rig.step(System.nanoTime());
      if (step % STEPS_BETWEEN_LOOKS_AT_PARENT == 0 && flight.parentIsGone()) {
        // who would end the processes on this board is gone: they lose their power
        PROCESSES.killAllWith(WORLD_VARIABLE, worldFile.toString());
        return;
      }
      // Steps that were missed (a stopped process, a busy host) are not made up for: the next one
      // is only longer.
      due = Math.max(due + (rig.lurking() ? LURKING_STEP_NANOS : STEP_NANOS), System.nanoTime());
      if (stop.await(due - System.nanoTime(), TimeUnit.NANOSECONDS)) {
        return;
      }
    }
  }

  private void stopAndWait() {
    stop.countDown();
    try {
      if (!stopped.await(2, TimeUnit.SECONDS)) {
        System.err.println("rig: a step takes more than 2 s; ended in it");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private Scenario scenario(StorageFaults storage) {
    if (scenarioFile == null) {
      return Scenario.getDefaultInstance();
    }
    try {
      return ScenarioFile.read(scenarioFile, cards, storage);
    } catch (BadTextFile e) {
      throw usage(String.valueOf(e.getMessage()));
    }
  }

  private FrameSource frames(Scenario scenario) throws IOException {
    Optional<Path> folder = Optional.ofNullable(framesFolder);
    if (folder.isPresent()) {
      if (!Files.isDirectory(folder.get())) {
        throw usage("--frames: there is no folder " + folder.get());
      }
      return new FolderFrames(folder.get(), frameCount, scenario.getCamera().getPropertiesMap());
    }
    return new GeneratedFrames(
        seed,
        frameCount == 0 ? 1000 : frameCount,
        scenario.getCamera().getScenePixels(),
        cameraFolder.resolve("truth"));
  }

  private CommandLine.ParameterException usage(String message) {
    return new CommandLine.ParameterException(spec.commandLine(), message);
  }
}

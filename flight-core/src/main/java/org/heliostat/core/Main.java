package org.heliostat.core;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.heliostat.core.app.Apps;
import org.heliostat.core.app.Executive;
import org.heliostat.core.app.OfferedApps;
import org.heliostat.core.app.Services;
import org.heliostat.core.app.VmThread;
import org.heliostat.core.app.WatchdogKeeper;
import org.heliostat.core.boot.BootGuard;
import org.heliostat.core.boot.BootProgress;
import org.heliostat.core.boot.ResetLog;
import org.heliostat.core.bus.Bus;
import org.heliostat.core.command.CommandJournal;
import org.heliostat.core.command.Commands;
import org.heliostat.core.event.CoreEvent;
import org.heliostat.core.event.EventLines;
import org.heliostat.core.event.Events;
import org.heliostat.core.file.Disk;
import org.heliostat.core.hardware.BoardDrivers;
import org.heliostat.core.hardware.Hardware;
import org.heliostat.core.mission.MissionFile;
import org.heliostat.core.mission.MissionSource;
import org.heliostat.core.mode.Modes;
import org.heliostat.core.recorder.Recorder;
import org.heliostat.core.state.StateStore;
import org.heliostat.core.table.Tables;
import org.heliostat.core.telemetry.Telemetry;
import org.heliostat.core.time.BoardClock;
import org.heliostat.hal.Board;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.Host;
import org.heliostat.protocol.BrokerUrl;
import org.heliostat.protocol.FlightState;
import org.heliostat.protocol.ImageDigest;
import org.heliostat.protocol.IoReason;
import org.heliostat.protocol.Mission;
import org.heliostat.protocol.Mode;
import org.heliostat.protocol.Telecommand.CommandCase;
import org.heliostat.protocol.TextFiles.BadTextFile;

/**
 * The flight process. Reads the mission file, opens board, recorder and state, and runs the apps
 * until SIGTERM. Exit codes: 0 or 143 after SIGTERM, 2 wrong mission file or set-up, 3 the process
 * wants to be started anew: an app failed too often, or it was commanded so.
 */
public final class Main {
  private static final Path THREADS = Path.of("/proc/self/task");

  private final Path image;
  private final PrintStream out;
  private final PrintStream err;
  private final Signals signals;

  /** What tells the process that it is to end. */
  interface Signals {
    /** Has a thread started when the process is told to end; the process waits for it. */
    void add(Thread ender);

    /** Takes it back; nothing happens where the process is ending already. */
    void remove(Thread ender);
  }

  /** SIGTERM and SIGINT, by way of the JVM's shutdown. */
  static final class ProcessSignals implements Signals {
    @Override
    public void add(Thread ender) {
      Runtime.getRuntime().addShutdownHook(ender);
    }

    @Override
    public void remove(Thread ender) {
      try {
        boolean unused = Runtime.getRuntime().removeShutdownHook(ender);
      } catch (IllegalStateException e) {
        // the process is ending already
      }
    }
  }

  /**
   * A flight.
   *
   * @param image folder that the flight image lies in
   * @param out takes the lines of events
   * @param err takes why it cannot fly
   */
  Main(Path image, PrintStream out, PrintStream err, Signals signals) {
    this.image = image;
    this.out = out;
    this.err = err;
    this.signals = signals;
  }

  /** Runs the flight; see {@link #USAGE}. */
  public static void main(String[] arguments) throws InterruptedException {
    Path image = Path.of(System.getProperty("heliostat.image", ".")).toAbsolutePath();
    int code = new Main(image, System.out, System.err, new ProcessSignals()).run(arguments);
    // 0 is the end after SIGTERM: the process is ending, and exit would wait for the hook that
    // waits for this thread
    if (code != 0) {
      System.exit(code);
    }
  }

  /** Runs the flight to its end; the exit code of the process. */
  int run(String... arguments) throws InterruptedException {
    Map<String, String> options = new HashMap<>();
    for (int i = 0; i + 1 < arguments.length; i += 2) {
      options.put(arguments[i], arguments[i + 1]);
    }
    if (options.keySet().equals(Set.of("--check")) && arguments.length == 2) {
      return check(Path.of(options.getOrDefault("--check", "")));
    }
    if (arguments.length % 2 != 0
        || !options.keySet().equals(Set.of("--mission", "--data", "--run", "--keys", "--broker"))) {
      err.println(USAGE);
      return 2;
    }
    return run(
        Path.of(options.getOrDefault("--mission", "")),
        Path.of(options.getOrDefault("--data", "")),
        Path.of(options.getOrDefault("--run", "")),
        Path.of(options.getOrDefault("--keys", "")),
        options.getOrDefault("--broker", ""));
  }

  static final String USAGE =
      """
      usage: flight --mission FILE --data DIR --run DIR --keys DIR --broker URL
             flight --check FILE
        --mission  mission file, protobuf text format
        --data     folder that survives restarts: recorder, flight state, frames in work
        --run      folder for sockets and temporary files, on a short path
        --keys     folder with the secret of the board and the keys of the launch
        --check    says whether a mission file is in order, and flies nothing
        --broker   MQTT broker as the satellite reaches it, for example tcp://127.0.0.1:1883;
                   ssl:// with, and only with, the mission file's link.tls""";

  private int check(Path missionFile) {
    Optional<Mission> mission = read(missionFile, source -> Optional.empty());
    mission.ifPresent(good -> out.println(good.getName() + " is in order"));
    return mission.isPresent() ? 0 : 2;
  }

  /**
   * The mission of a file that is in order; of another one the user is told why it is not.
   *
   * @param known gives the mission of a source that has been read before
   */
  private Optional<Mission> read(
      Path missionFile, Function<MissionSource, Optional<Mission>> known) {
    try {
      MissionSource source = MissionSource.read(missionFile, image);
      Optional<Mission> mission = known.apply(source);
      return mission.isPresent()
          ? mission
          : Optional.of(MissionFile.read(source, OfferedApps.ofImage(), new BoardDrivers()));
    } catch (BadTextFile | IllegalStateException e) {
      err.println(e.getMessage());
      return Optional.empty();
    }
  }

  private int run(Path missionFile, Path data, Path run, Path keys, String broker)
      throws InterruptedException {
    try {
      Files.createDirectories(data);
      BootGuard guard = new BootGuard(data);
      // before anything else is read, so that whatever stops a boot is counted
      BootGuard.Verdict verdict = guard.begin();
      Optional<Mission> stored = verdict.golden() ? guard.golden() : Optional.empty();
      Optional<Mission> mission = stored.isPresent() ? stored : read(missionFile, guard::golden);
      if (mission.isEmpty()) {
        return 2;
      }
      Optional<String> wrong = BrokerUrl.problem(broker, mission.get().getLink().hasTls());
      if (wrong.isPresent()) {
        err.println(wrong.get());
        return 2;
      }
      return open(mission.get(), guard, verdict, data, run, keys, broker);
    } catch (HardwareFault e) {
      err.println("board: " + e.getMessage());
      return 2;
    } catch (IOException e) {
      err.println("data folder " + data + ": " + IoReason.of(e));
      return 2;
    }
  }

  private int open(
      Mission mission,
      BootGuard guard,
      BootGuard.Verdict verdict,
      Path data,
      Path run,
      Path keys,
      String broker)
      throws HardwareFault, IOException, InterruptedException {
    Optional<Integer> code = Optional.empty();
    try (Board board = Board.open()) {
      BoardClock clock = new BoardClock(board, mission.getTime(), System::nanoTime);
      StateStore state = StateStore.open(data.resolve("state.bin"));
      try (EventLines lines = new EventLines(out);
          CommandJournal journal = CommandJournal.open(data.resolve("commands.bin"));
          Recorder recorder =
              Recorder.open(data.resolve("recorder"), mission.getRecorder(), clock::missionNanos)) {
        Bus bus = new Bus();
        Events events = new Events(clock, recorder, bus, lines);
        events.filters().restore(state.get());
        Services services =
            new Services(
                mission,
                image,
                data.toAbsolutePath(),
                run.toAbsolutePath(),
                keys.toAbsolutePath(),
                broker,
                board,
                Host.open(),
                clock,
                bus,
                events,
                state,
                recorder,
                new Commands(clock, journal, state, recorder, events),
                new Modes(bus, events),
                new Hardware(clock::hostNanos),
                new Telemetry(),
                Tables.open(
                    data.resolve("tables"), mission.getTablesList(), verdict.golden(), events),
                new Apps());
        code = Optional.of(fly(services, guard, verdict));
      }
    } catch (IOException e) {
      if (code.isEmpty()) {
        throw e;
      }
      // it has flown: what fails while it is closed is no wrong set-up
      err.println("while it ended: " + e);
    }
    return code.orElseThrow();
  }

  private int fly(Services services, BootGuard guard, BootGuard.Verdict verdict)
      throws InterruptedException {
    Mission mission = services.mission();
    ResetLog log = new ResetLog(services.state(), services.clock());
    FlightState before = services.state().get();
    boolean safe =
        before.getFailingAppBoots() >= mission.getExecutive().getProcessRestarts()
            && !verdict.golden();
    boot(services, log, guard, verdict, safe);
    registerCoreCommands(services);
    boolean locked = lockMemory(services);
    shortenPauses(services);
    services
        .telemetry()
        .contribute(
            packet -> {
              packet.setGolden(verdict.golden());
              packet.getMemoryBuilder().setLocked(locked);
            });
    Executive executive =
        Executive.start(
            services,
            OfferedApps.ofImage(),
            safe || verdict.golden() ? Executive::platform : app -> true);
    Disk bootDisk = new Disk("boot-disk", 2, Disk.DEADLINE_NANOS);
    executive.register(() -> bootDisk.run(guard::wantGolden));
    BootProgress progress =
        new BootProgress(
            mission,
            safe || verdict.golden(),
            executive,
            guard,
            log,
            services.events(),
            services.clock(),
            bootDisk,
            Main::beside);
    WatchdogKeeper watchdog = WatchdogKeeper.start(services, executive, progress::look);
    Thread ender = endOnSignal(executive, Thread.currentThread());
    reportDigest(services);
    // what the watchdog's thread says must come to disk, too, where telemetry is what hangs
    Optional<Executive.Ending> ending = executive.await(services.events()::retry);
    if (ending.isPresent()) {
      // before anything that may wait for the disk
      watchdog.beginRestart();
    }
    // before the link ends, so that ground hears of it
    services
        .events()
        .report(CoreEvent.SHUTDOWN, ending.map(Executive.Ending::reason).orElse("commanded"));
    noteEnd(services, log, ending);
    if (ending.isEmpty()) {
      watchdog.end(true);
    }
    executive.stop();
    services.commands().tick();
    services.events().retry();
    services
        .state()
        .update(
            next -> {
              next.setBacklogRecords(services.recorder().pendingRecords());
              next.setBacklogProducts(
                  services.recorder().pendingRecords(Recorder.Priority.PRODUCT));
            });
    // it ends as it was told to, whatever the disk says
    services.state().trySave();
    if (progress.reached() || ending.map(Executive.Ending::commanded).orElse(true)) {
      progress.settle(Optional.empty());
    }
    if (ending.isPresent()) {
      watchdog.end(false);
      signals.remove(ender);
    }
    return ending.isPresent() ? 3 : 0;
  }

  /** Before the apps end: where one hangs, that may take longer than the board has. */
  private static void noteEnd(Services services, ResetLog log, Optional<Executive.Ending> ending) {
    ending.ifPresentOrElse(log::end, () -> log.end("a commanded stop"));
    services.state().trySave();
  }

  static boolean lockMemory(Services services) {
    if (!services.mission().getExecutive().getLockMemory()) {
      return false;
    }
    Host.Answer answer = services.host().lockMemory();
    if (!answer.granted()) {
      services.events().report(CoreEvent.MEMORY_NOT_LOCKED, answer.text());
    }
    return answer.granted();
  }

  private static void beside(Runnable work) {
    Thread thread = new Thread(work, "boot-record");
    thread.setDaemon(true);
    thread.start();
  }

  private static void shortenPauses(Services services) {
    int priority = services.mission().getExecutive().getRealtimePriority();
    if (priority > 0) {
      Host.Answer answer = VmThread.schedule(services.host(), THREADS, priority);
      if (!answer.granted()) {
        services
            .events()
            .report(CoreEvent.SCHEDULING_REFUSED, "VM Thread", "SCHED_FIFO", answer.text());
      }
    }
  }

  /**
   * What a disk that refuses does not take is said, and holds in memory: it must not end a boot.
   */
  private static void boot(
      Services services, ResetLog log, BootGuard guard, BootGuard.Verdict verdict, boolean safe) {
    StateStore state = services.state();
    String cause = log.cause();
    FlightState before = state.get();
    try {
      log.begin(cause, verdict.golden());
    } catch (IOException e) {
      services.events().report(CoreEvent.STATE_NOT_STORED, e);
    }
    services
        .events()
        .report(
            CoreEvent.BOOT,
            state.get().getBoots(),
            cause,
            services.mission().getName(),
            MissionFile.activeCards(services.mission()).size());
    if (verdict.golden()) {
      services
          .events()
          .report(
              CoreEvent.GOLDEN_BOOT,
              verdict.commanded()
                  ? "by command"
                  : verdict.attempts() + " boots in a row never reached operation");
    } else if (safe) {
      services
          .events()
          .report(CoreEvent.SAFE_BOOT, before.getFailingApp(), before.getFailingAppBoots());
    }
    if (safe || verdict.golden()) {
      boolean unused = services.modes().change(Mode.SAFE);
    }
    if (state.lost()) {
      services.events().report(CoreEvent.STATE_LOST);
    }
    for (Recorder.Recovery recovery : services.recorder().recoveries()) {
      services
          .events()
          .report(CoreEvent.RECORDER_RECOVERED, recovery.droppedBytes(), recovery.segment());
      state.update(
          next ->
              next.setRecorderDroppedBytes(
                  next.getRecorderDroppedBytes() + recovery.droppedBytes()));
    }
    guard
        .notCounted()
        .ifPresent(e -> services.events().report(CoreEvent.RECORDER_FAILED, "boot record: " + e));
    reportInterrupted(services);
  }

  static void reportInterrupted(Services services) {
    try {
      services.commands().reportInterrupted();
    } catch (IOException e) {
      // the next command writes it again
      services.events().report(CoreEvent.RECORDER_FAILED, "journal of commands: " + e);
    }
  }

  private static void registerCoreCommands(Services services) {
    Commands commands = services.commands();
    services.tables().serve(commands);
    services.modes().register(services.tables());
    services.modes().serve(commands);
    services.events().serve(commands, services.state(), services.telemetry());
    commands.handle(CommandCase.NOOP, (command, execution) -> execution.complete());
  }

  /** Reading the whole image takes a while and nothing waits for it. */
  private static void reportDigest(Services services) {
    Thread thread =
        new Thread(
            () -> {
              try {
                String digest = ImageDigest.of(services.image());
                services.state().update(next -> next.setImageDigest(digest));
                services.events().report(CoreEvent.IMAGE_DIGEST, digest);
              } catch (IOException e) {
                services.events().report(CoreEvent.IMAGE_DIGEST, "unknown: " + e);
              }
            },
            "image-digest");
    thread.setDaemon(true);
    thread.start();
  }

  private Thread endOnSignal(Executive executive, Thread main) {
    Thread ender =
        new Thread(
            () -> {
              executive.requestStop();
              try {
                main.join(20_000);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            },
            "end-on-signal");
    signals.add(ender);
    return ender;
  }
}

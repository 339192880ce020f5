package org.heliostat.core;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.heliostat.core.app.AppFactory;
import org.heliostat.core.app.Executive;
import org.heliostat.core.app.Services;
import org.heliostat.core.app.WatchdogKeeper;
import org.heliostat.core.bus.Bus;
import org.heliostat.core.command.Commands;
import org.heliostat.core.event.CoreEvent;
import org.heliostat.core.event.Events;
import org.heliostat.core.hardware.BoardDrivers;
import org.heliostat.core.hardware.Hardware;
import org.heliostat.core.mission.MissionFile;
import org.heliostat.core.mode.Modes;
import org.heliostat.core.recorder.Recorder;
import org.heliostat.core.recorder.RecorderFault;
import org.heliostat.core.state.StateStore;
import org.heliostat.core.telemetry.Telemetry;
import org.heliostat.core.time.BoardClock;
import org.heliostat.hal.Board;
import org.heliostat.hal.HardwareFault;
import org.heliostat.protocol.Boot;
import org.heliostat.protocol.Downlink;
import org.heliostat.protocol.EventDump;
import org.heliostat.protocol.FlightState;
import org.heliostat.protocol.ImageDigest;
import org.heliostat.protocol.Mission;
import org.heliostat.protocol.Telecommand.CommandCase;
import org.heliostat.protocol.TextFiles.BadTextFile;

/**
 * The flight process. Reads the mission file, opens board, recorder and state, and runs the apps
 * until SIGTERM. Exit codes: 0 or 143 after SIGTERM, 2 wrong mission file or set-up, 3 an app
 * failed too often.
 */
public final class Main {
  private static final int RESET_LOG_ENTRIES = 32;

  private Main() {}

  /** Runs the flight; see {@link #USAGE}. */
  public static void main(String[] arguments) throws InterruptedException {
    Map<String, String> options = new HashMap<>();
    for (int i = 0; i + 1 < arguments.length; i += 2) {
      options.put(arguments[i], arguments[i + 1]);
    }
    if (options.keySet().equals(Set.of("--check")) && arguments.length == 2) {
      System.exit(check(Path.of(options.getOrDefault("--check", ""))));
    }
    if (arguments.length % 2 != 0
        || !options.keySet().equals(Set.of("--mission", "--data", "--run", "--broker"))) {
      System.err.println(USAGE);
      System.exit(2);
    }
    int code =
        run(
            Path.of(options.getOrDefault("--mission", "")),
            Path.of(options.getOrDefault("--data", "")),
            Path.of(options.getOrDefault("--run", "")),
            options.getOrDefault("--broker", ""));
    // 0 is the end after SIGTERM: the process is ending, and exit would wait for the hook that
    // waits for this thread
    if (code != 0) {
      System.exit(code);
    }
  }

  static final String USAGE =
      """
      usage: flight --mission FILE --data DIR --run DIR --broker URL
             flight --check FILE
        --mission  mission file, protobuf text format
        --data     folder that survives restarts: recorder, flight state, frames in work
        --run      folder for sockets and temporary files, on a short path
        --check    says whether a mission file is in order, and flies nothing
        --broker   MQTT broker as the satellite reaches it, for example tcp://127.0.0.1:1883""";

  private static int check(Path missionFile) {
    Optional<Mission> mission = read(missionFile);
    mission.ifPresent(good -> System.out.println(good.getName() + " is in order"));
    return mission.isPresent() ? 0 : 2;
  }

  /** The mission of a file that is in order; of another one the user is told why it is not. */
  private static Optional<Mission> read(Path missionFile) {
    try {
      return Optional.of(
          MissionFile.read(missionFile, Executive.offered().keySet(), new BoardDrivers()));
    } catch (BadTextFile | IllegalStateException e) {
      System.err.println(e.getMessage());
      return Optional.empty();
    }
  }

  private static int run(Path missionFile, Path data, Path run, String broker)
      throws InterruptedException {
    Optional<Mission> read = read(missionFile);
    if (read.isEmpty()) {
      return 2;
    }
    Mission mission = read.get();
    Map<String, AppFactory> offered = Executive.offered();
    try (Board board = Board.open()) {
      BoardClock clock = new BoardClock(board);
      Files.createDirectories(data);
      StateStore state = StateStore.open(data.resolve("state.bin"));
      try (Recorder recorder =
          Recorder.open(
              data.resolve("recorder"),
              mission.getRecorder().getSegmentKibibytes() * 1024L,
              mission.getRecorder().getQuotaMebibytes() * 1024L * 1024L)) {
        return fly(mission, offered, data, run, broker, board, clock, state, recorder);
      }
    } catch (HardwareFault e) {
      System.err.println("board: " + e.getMessage());
      return 2;
    } catch (IOException e) {
      System.err.println("data folder " + data + ": " + e);
      return 2;
    }
  }

  private static int fly(
      Mission mission,
      Map<String, AppFactory> offered,
      Path data,
      Path run,
      String broker,
      Board board,
      BoardClock clock,
      StateStore state,
      Recorder recorder)
      throws IOException, InterruptedException {
    Events events = new Events(clock, recorder, System.out::println);
    Bus bus = new Bus();
    Services services =
        new Services(
            mission,
            Path.of(System.getProperty("heliostat.image", ".")).toAbsolutePath(),
            data.toAbsolutePath(),
            run.toAbsolutePath(),
            broker,
            board,
            clock,
            bus,
            events,
            state,
            recorder,
            new Commands(clock, state, recorder, events),
            new Modes(bus, events),
            new Hardware(clock::hostNanos),
            new Telemetry());
    boot(services);
    registerCoreCommands(services);
    Executive executive = Executive.start(services, offered);
    WatchdogKeeper watchdog = WatchdogKeeper.start(services, executive);
    Thread ender = endOnSignal(executive, Thread.currentThread());
    reportDigest(services);
    Optional<String> givenUp = executive.await();
    // before the link ends, so that ground hears of it
    events.report(CoreEvent.SHUTDOWN, givenUp.map(app -> "app " + app).orElse("commanded"));
    watchdog.end();
    executive.stop();
    state.updateNow(
        next -> {
          next.setBacklogRecords(recorder.pendingRecords());
          next.setBacklogProducts(recorder.pendingRecords(Recorder.Priority.PRODUCT));
          if (givenUp.isEmpty()) {
            int last = next.getResetLogCount() - 1;
            Boot.Builder boot = next.getResetLogBuilder(last);
            boot.setUptimeNanos(clock.missionNanos() - boot.getMissionNanos());
          }
        });
    if (givenUp.isPresent()) {
      try {
        Runtime.getRuntime().removeShutdownHook(ender);
      } catch (IllegalStateException e) {
        // the process is ending already
      }
    }
    return givenUp.isPresent() ? 3 : 0;
  }

  private static void boot(Services services) throws IOException {
    StateStore state = services.state();
    FlightState before = state.get();
    String cause =
        before.getBoots() == 0
            ? "first boot"
            : before.getResetLog(before.getResetLogCount() - 1).getUptimeNanos() > 0
                ? "after a commanded stop"
                : "after an unexpected end";
    state.updateNow(
        next -> {
          next.setBoots(next.getBoots() + 1);
          next.addResetLog(
              Boot.newBuilder().setMissionNanos(services.clock().missionNanos()).setCause(cause));
          if (next.getResetLogCount() > RESET_LOG_ENTRIES) {
            next.removeResetLog(0);
          }
        });
    services
        .events()
        .report(
            CoreEvent.BOOT,
            state.get().getBoots(),
            cause,
            services.mission().getName(),
            MissionFile.activeCards(services.mission()).size());
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
    services.commands().reportInterrupted();
  }

  private static void registerCoreCommands(Services services) {
    Commands commands = services.commands();
    commands.handle(CommandCase.NOOP, (command, execution) -> execution.complete());
    commands.handle(
        CommandCase.SET_MODE,
        (command, execution) -> {
          if (services.modes().change(command.getSetMode().getMode())) {
            execution.complete();
          } else {
            execution.fail(
                services.modes().mode()
                    + " -> "
                    + command.getSetMode().getMode()
                    + " is not in the table of transitions");
          }
        });
    commands.handle(
        CommandCase.DUMP_EVENTS,
        (command, execution) -> {
          EventDump dump =
              EventDump.newBuilder()
                  .setCounter(command.getCounter())
                  .addAllEvents(services.events().newest(command.getDumpEvents().getCount()))
                  .build();
          try {
            services
                .recorder()
                .append(Recorder.Priority.BULK, Downlink.newBuilder().setEventDump(dump).build());
            execution.complete();
          } catch (RecorderFault e) {
            execution.fail(String.valueOf(e.getMessage()));
          }
        });
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

  private static Thread endOnSignal(Executive executive, Thread main) {
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
    Runtime.getRuntime().addShutdownHook(ender);
    return ender;
  }
}

package org.heliostat.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.heliostat.core.app.App;
import org.heliostat.core.app.AppFailure;
import org.heliostat.core.app.Services;
import org.heliostat.core.boot.BootGuard;
import org.heliostat.core.command.Commands;
import org.heliostat.core.event.CoreEvent;
import org.heliostat.core.event.Events;
import org.heliostat.core.fixture.ByGround;
import org.heliostat.core.fixture.TestServices;
import org.heliostat.core.mission.MissionSource;
import org.heliostat.core.recorder.Recorder;
import org.heliostat.core.recorder.RecorderFault;
import org.heliostat.core.state.StateStore;
import org.heliostat.hal.Host;
import org.heliostat.protocol.AppClass;
import org.heliostat.protocol.AppConfig;
import org.heliostat.protocol.ArmCommand;
import org.heliostat.protocol.Boot;
import org.heliostat.protocol.CommandReport;
import org.heliostat.protocol.Downlink;
import org.heliostat.protocol.DumpEvents;
import org.heliostat.protocol.Event;
import org.heliostat.protocol.ExecutiveConfig;
import org.heliostat.protocol.FilterEvent;
import org.heliostat.protocol.FireCommand;
import org.heliostat.protocol.FlightState;
import org.heliostat.protocol.ImageDigest;
import org.heliostat.protocol.KeyFile;
import org.heliostat.protocol.LinkKey;
import org.heliostat.protocol.Mission;
import org.heliostat.protocol.Mode;
import org.heliostat.protocol.Noop;
import org.heliostat.protocol.Refusal;
import org.heliostat.protocol.RestartProcess;
import org.heliostat.protocol.Role;
import org.heliostat.protocol.SetMode;
import org.heliostat.protocol.Severity;
import org.heliostat.protocol.Stage;
import org.heliostat.protocol.Telecommand;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole process, in this one: without devices, and with a broker that is not there. */
class MainTest {
  /** What the app of these missions does, once, on its thread. */
  private static volatile Script script = services -> {};

  /** What it does when it is ended. */
  private static volatile Runnable lastWord = () -> {};

  /** The process waits to be ended: all commands have their handlers by now. */
  private static volatile CountDownLatch flies = new CountDownLatch(0);

  /** Nobody listens there. */
  private static final String BROKER = "tcp://127.0.0.1:1";

  private static final String RESTART =
      """
      name: "small" spacecraft_id: 7
      executive { lock_memory: false operational_seconds: 0 }
      time { agree_count: 2 }
      apps { name: "pilot" class_name: "org.heliostat.core.MainTest$Pilot" app_class: PLATFORM max_restarts: 0 }
      """;

  private static final String ALL =
      RESTART
          + """
          apps { name: "hardware" app_class: PLATFORM }
          apps { name: "recorder" app_class: PLATFORM }
          apps { name: "time" app_class: PLATFORM }
          apps { name: "telemetry" app_class: PLATFORM }
          apps { name: "link" app_class: PLATFORM }
          apps { name: "files" }
          apps { name: "scrub" }
          apps { name: "survival" }
          apps { name: "sequences" }
          apps { name: "limits" }
          apps { name: "protection" }
          """;

  @TempDir private Path folder;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final List<Thread> enders = new CopyOnWriteArrayList<>();
  private final List<Thread> removed = new ArrayList<>();
  private Path image;
  private Path data;

  private static final Mission STORED =
      Mission.newBuilder()
          .setName("stored")
          .setSpacecraftId(7)
          .setExecutive(ExecutiveConfig.newBuilder().setLockMemory(false))
          .addApps(
              AppConfig.newBuilder()
                  .setName("pilot")
                  .setClassName("org.heliostat.core.MainTest$Pilot")
                  .setAppClass(AppClass.PLATFORM))
          .build();

  private interface Script {
    void run(Services services) throws Exception;
  }

  /** Runs the test's script. */
  public static final class Pilot implements App {
    private static final long LOOK_NANOS = 5_000_000L;
    private final Services services;
    private boolean done;

    public Pilot(Services services) {
      this.services = services;
    }

    @Override
    public void step() throws AppFailure, InterruptedException {
      if (!done) {
        done = true;
        if (!flies.await(20, TimeUnit.SECONDS)) {
          throw new AppFailure("the process does not fly");
        }
        try {
          script.run(services);
        } catch (Exception e) {
          throw new AppFailure(String.valueOf(e.getMessage()), e);
        }
      }
      services.board().sleepUntilNanos(services.board().monotonicNanos() + LOOK_NANOS);
    }

    @Override
    public void close() {
      lastWord.run();
    }
  }

  @BeforeEach
  void folders() throws IOException {
    image = Files.createDirectories(folder.resolve("image"));
    Files.writeString(image.resolve("part"), "of the image");
    data = folder.resolve("data");
  }

  @AfterEach
  void noScript() {
    script = services -> {};
    lastWord = () -> {};
  }

  private Main main() {
    return new Main(
        image,
        new PrintStream(out, true, StandardCharsets.UTF_8),
        new PrintStream(err, true, StandardCharsets.UTF_8),
        new Main.Signals() {
          @Override
          public void add(Thread ender) {
            enders.add(ender);
            flies.countDown();
          }

          @Override
          public void remove(Thread ender) {
            removed.add(ender);
          }
        });
  }

  /** As before a launch: the secret of the board, and a key of each role. */
  private Path keys() throws IOException {
    Path keys = Files.createDirectories(folder.resolve("keys"));
    byte[] secret = new byte[LinkKey.SECRET_BYTES];
    Files.write(keys.resolve(KeyFile.SECRET), secret);
    new KeyFile(keys.resolve(KeyFile.LAUNCHED), secret, new Random(1)::nextBytes)
        .write(
            List.of(
                new KeyFile.Entry(new LinkKey(LinkKey.id(Role.ROLE_STATION, 1), secret), false)));
    return keys;
  }

  private String[] arguments(String mission) throws IOException {
    Path file = folder.resolve("mission.textproto");
    Files.writeString(file, mission);
    return new String[] {
      "--mission", file.toString(),
      "--data", data.toString(),
      "--run", folder.resolve("run").toString(),
      "--keys", keys().toString(),
      "--broker", BROKER
    };
  }

  /** Flies until the script ends the process, as a signal or a command would. */
  private int fly(String mission, Script wanted) throws Exception {
    script = wanted;
    flies = new CountDownLatch(1);
    FutureTask<Integer> flight = new FutureTask<>(() -> main().run(arguments(mission)));
    Thread thread = new Thread(flight, "flight");
    thread.setDaemon(true);
    thread.start();
    int code = flight.get(20, TimeUnit.SECONDS);
    for (Thread ender : enders) {
      ender.join(60_000);
    }
    return code;
  }

  private static void command(Services services, long counter, Telecommand.Builder command) {
    ByGround.submit(services.commands(), command.setCounter(counter).build());
  }

  /** Arms and fires a restart, the N-th one with the counters 10 N and 10 N + 1. */
  private static void restart(Services services, long number) {
    restart(services, number, false);
  }

  private static void restart(Services services, long number, boolean golden) {
    command(
        services,
        10 * number,
        Telecommand.newBuilder()
            .setArmCommand(
                ArmCommand.newBuilder()
                    .setTimeoutSeconds(10)
                    .setCommand(
                        Telecommand.newBuilder()
                            .setRestartProcess(RestartProcess.newBuilder().setGolden(golden)))));
    command(
        services,
        10 * number + 1,
        Telecommand.newBuilder().setFireCommand(FireCommand.newBuilder().setArmed(10 * number)));
  }

  private FlightState state() throws IOException {
    return StateStore.open(data.resolve("state.bin")).get();
  }

  private List<Downlink> recorded() throws Exception {
    List<Downlink> all = new ArrayList<>();
    try (Recorder recorder = Recorder.open(data.resolve("recorder"), 1 << 20, 64 << 20)) {
      for (long id :
          recorder.pending(100_000).stream().map(Recorder.Pending::id).sorted().toList()) {
        all.add(Downlink.parseFrom(recorder.read(id)));
      }
    }
    return all;
  }

  private static List<String> events(List<Downlink> recorded) {
    return recorded.stream()
        .filter(Downlink::hasEvent)
        .map(one -> one.getEvent().getName() + ": " + one.getEvent().getText())
        .toList();
  }

  private static CommandReport report(List<Downlink> recorded, long counter) {
    return recorded.stream()
        .filter(Downlink::hasCommandReport)
        .map(Downlink::getCommandReport)
        .filter(one -> one.getCounter() == counter)
        .reduce((earlier, later) -> later)
        .orElseThrow();
  }

  private static List<Stage> stages(List<Downlink> recorded, long... counters) {
    List<Stage> stages = new ArrayList<>();
    for (long counter : counters) {
      stages.add(report(recorded, counter).getStage());
    }
    return stages;
  }

  @Test
  void wrongArgumentsAreToldHowToStartIt() throws Exception {
    assertThat(main().run()).isEqualTo(2);
    assertThat(main().run("--mission")).isEqualTo(2);
    assertThat(main().run("--mission", "a", "--data", "b")).isEqualTo(2);
    assertThat(main().run("--check", "a", "--data")).isEqualTo(2);
    assertThat(err.toString(StandardCharsets.UTF_8)).isEqualTo((Main.USAGE + "\n").repeat(4));
    assertThat(enders).isEmpty();
  }

  @Test
  void aCheckSaysWhetherAMissionFileIsInOrderAndFliesNothing() throws Exception {
    assertThat(main().run("--check", arguments(ALL)[1])).isZero();
    assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo("small is in order\n");
    assertThat(main().run("--check", arguments(ALL + "apps { name: \"lnik\" }")[1])).isEqualTo(2);
    assertThat(err.toString(StandardCharsets.UTF_8))
        .contains("mission.textproto:16:", "unknown app \"lnik\"");
    assertThat(data).doesNotExist();
  }

  @Test
  void aMissionThatDoesNotReadIsABootThatCounts() throws Exception {
    assertThat(main().run(arguments("name: 5"))).isEqualTo(2);
    assertThat(err.toString(StandardCharsets.UTF_8)).contains("mission.textproto:1:");
    assertThat(new BootGuard(data).begin().attempts()).isEqualTo(1);
  }

  @Test
  void aDataFolderThatCannotBeIsSaid() throws Exception {
    Files.writeString(data, "a file");
    assertThat(main().run(arguments(RESTART))).isEqualTo(2);
    assertThat(err.toString(StandardCharsets.UTF_8))
        .startsWith("data folder " + data + ": " + data + " is there already, and is no folder");
  }

  @Test
  void aDiskThatTakesNeitherStateNorBootRecordKeepsNobodyFromFlyingAndEnding() throws Exception {
    // what stands where they are written
    Files.createDirectories(data.resolve("state.bin.new"));
    Files.createDirectories(data.resolve("boot.bin.new"));
    assertThat(fly(RESTART, services -> restart(services, 1))).isEqualTo(3);
    assertThat(removed).isEqualTo(enders);
    assertThat(events(recorded()))
        .anyMatch(event -> event.startsWith("BOOT: "))
        .anyMatch(event -> event.startsWith("STATE_NOT_STORED: "))
        .anyMatch(event -> event.startsWith("RECORDER_FAILED: ") && event.contains("boot record"));
    Script broken =
        services -> {
          throw new AppFailure("broken");
        };
    assertThat(fly(RESTART, broken)).isEqualTo(3);
  }

  @Test
  void aDefectOfTheRecorderEndsItWithThree() throws Exception {
    String mission = RESTART + "apps { name: \"recorder\" app_class: PLATFORM max_restarts: 0 }";
    assertThat(
            fly(
                mission,
                services -> {
                  List<Recorder.Item> broken =
                      new ArrayList<>(
                          List.of(
                              new Recorder.Item(
                                  Recorder.Priority.ROUTINE, Downlink.getDefaultInstance(), 0))) {
                        @Override
                        public Recorder.Item get(int index) {
                          throw new IllegalStateException("a defect");
                        }
                      };
                  try {
                    List<Long> unused = services.recorder().appendAll(broken);
                  } catch (RecorderFault e) {
                    // it has ended
                  }
                }))
        .isEqualTo(3);
    assertThat(state().getFailingApp()).isEqualTo("recorder");
    assertThat(err.toString(StandardCharsets.UTF_8)).contains("while it ended: ", "a defect");
  }

  @Test
  void aRestartBeforeOperationThatNobodyOnGroundWantsIsABootThatCounts() throws Exception {
    String mission = RESTART.replace("operational_seconds: 0", "operational_seconds: 60");
    Script protection = services -> services.apps().restartProcess("protection a");
    assertThat(fly(mission, protection)).isEqualTo(3);
    assertThat(fly(mission, protection)).isEqualTo(3);
    assertThat(new BootGuard(data).begin().attempts()).isEqualTo(2);
    assertThat(fly(mission, services -> restart(services, 1))).isEqualTo(3);
    assertThat(new BootGuard(data).begin().attempts()).isZero();
  }

  @Test
  void aSignalEndsEveryAppInOrder() throws Exception {
    int code =
        fly(
            ALL,
            services -> {
              command(services, 1, Telecommand.newBuilder().setNoop(Noop.getDefaultInstance()));
              enders.get(0).start();
            });
    assertThat(code).isZero();
    assertThat(removed).isEmpty();
    List<Downlink> recorded = recorded();
    assertThat(events(recorded))
        .anyMatch(event -> event.startsWith("BOOT: ") && event.contains("first boot"))
        .anyMatch(event -> event.startsWith("SHUTDOWN: ") && event.contains("commanded"))
        .noneMatch(event -> event.startsWith("APP_GAVE_UP"));
    assertThat(stages(recorded, 1)).containsExactly(Stage.COMPLETED);
    FlightState state = state();
    assertThat(state.getBoots()).isEqualTo(1);
    assertThat(state.getBacklogRecords()).isPositive();
    assertThat(state.getResetLog(0).getEnd()).isEqualTo("a commanded stop");
    assertThat(state.getFailingAppBoots()).isZero();
    assertThat(new BootGuard(data).begin().attempts()).as("forgotten by an orderly end").isZero();
    assertThat(out.toString(StandardCharsets.UTF_8)).contains("core/BOOT ", "core/SHUTDOWN ");
  }

  @Test
  void howItEndedIsOnDiskBeforeTheAppsAreEnded() throws Exception {
    List<String> ends = new CopyOnWriteArrayList<>();
    lastWord =
        () -> {
          try {
            FlightState stored = state();
            ends.add(stored.getResetLog(stored.getResetLogCount() - 1).getEnd());
          } catch (IOException e) {
            ends.add(e.toString());
          }
        };
    assertThat(fly(RESTART, services -> restart(services, 1))).isEqualTo(3);
    assertThat(fly(RESTART, services -> enders.get(1).start())).isZero();
    assertThat(ends).containsExactly("by command", "a commanded stop");
    assertThat(state().getBacklogRecords()).isPositive();
  }

  @Test
  void aRestartThatIsCommandedEndsItWithThree() throws Exception {
    assertThat(fly(RESTART, services -> restart(services, 1))).isEqualTo(3);
    assertThat(removed).isEqualTo(enders);
    assertThat(stages(recorded(), 11)).containsExactly(Stage.COMPLETED);
    assertThat(state().getResetLog(0).getEnd()).isEqualTo("by command");
    assertThat(state().getFailingApp()).isEmpty();
    assertThat(fly(RESTART, services -> restart(services, 2))).isEqualTo(3);
    assertThat(state().getResetLogList())
        .extracting(Boot::getCause)
        .containsExactly("first boot", "after by command");
  }

  @Test
  void coreCommandsAreCarriedOut() throws Exception {
    FilterEvent quiet =
        FilterEvent.newBuilder()
            .setSource("core")
            .setName("LINK_UP")
            .setLowest(Severity.ERROR)
            .build();
    int code =
        fly(
            RESTART,
            services -> {
              command(services, 1, Telecommand.newBuilder().setFilterEvent(quiet));
              command(
                  services,
                  2,
                  Telecommand.newBuilder().setSetMode(SetMode.newBuilder().setMode(Mode.SAFE)));
              command(
                  services,
                  3,
                  Telecommand.newBuilder()
                      .setSetMode(SetMode.newBuilder().setMode(services.modes().mode())));
              command(
                  services,
                  4,
                  Telecommand.newBuilder().setDumpEvents(DumpEvents.newBuilder().setCount(1)));
              services.events().report(CoreEvent.LINK_UP);
              restart(services, 5);
            });
    assertThat(code).isEqualTo(3);
    List<Downlink> recorded = recorded();
    assertThat(stages(recorded, 1, 2, 4)).containsOnly(Stage.COMPLETED);
    List<Event> dumped =
        recorded.stream()
            .filter(Downlink::hasEventDump)
            .filter(one -> one.getEventDump().getCounter() == 4)
            .flatMap(one -> one.getEventDump().getEventsList().stream())
            .toList();
    assertThat(dumped).hasSize(1);
    assertThat(events(recorded))
        .anyMatch(event -> event.startsWith("EVENT_FILTERED"))
        .noneMatch(event -> event.startsWith("LINK_UP"));
    // it outlives the restart
    assertThat(
            fly(
                RESTART,
                services -> {
                  services.events().report(CoreEvent.LINK_UP);
                  restart(services, 6);
                }))
        .isEqualTo(3);
    assertThat(events(recorded())).noneMatch(event -> event.startsWith("LINK_UP"));
  }

  @Test
  void commandsThatCannotBeCarriedOutSayWhy() throws Exception {
    int code =
        fly(
            RESTART,
            services -> {
              assertThat(services.modes().change(Mode.SAFE)).isTrue();
              command(
                  services,
                  1,
                  Telecommand.newBuilder().setSetMode(SetMode.newBuilder().setMode(Mode.NOMINAL)));
              for (int i = 0; i < 1_000; i++) {
                if (!services
                    .events()
                    .filters()
                    .set(
                        FilterEvent.newBuilder()
                            .setSource("s" + i)
                            .setLowest(Severity.ERROR)
                            .build())) {
                  break;
                }
              }
              command(
                  services,
                  2,
                  Telecommand.newBuilder()
                      .setFilterEvent(
                          FilterEvent.newBuilder()
                              .setSource("one more")
                              .setLowest(Severity.ERROR)));
              restart(services, 3);
            });
    assertThat(code).isEqualTo(3);
    List<Downlink> recorded = recorded();
    assertThat(report(recorded, 1).getReason())
        .isEqualTo("SAFE -> NOMINAL is not in the table of transitions");
    assertThat(report(recorded, 2).getRefusal()).isEqualTo(Refusal.TOO_MANY);
  }

  @Test
  void anAppThatFailsTooOftenEndsTheProcessAndInTheEndComesBackSafe() throws Exception {
    String mission =
        RESTART.replace("lock_memory", "process_restarts: 2 lock_memory")
            + "apps { name: \"limits\" }";
    Script broken =
        services -> {
          throw new AppFailure("broken");
        };
    for (int boot = 1; boot <= 2; boot++) {
      assertThat(fly(mission, broken)).isEqualTo(3);
      assertThat(state().getFailingApp()).isEqualTo("pilot");
      assertThat(state().getFailingAppBoots()).isEqualTo(boot);
    }
    assertThat(state().getResetLog(0).getEnd()).contains("app pilot failed", "broken");
    assertThat(state().getResetLog(0).getStackList()).isNotEmpty();
    AtomicReference<Mode> mode = new AtomicReference<>(Mode.MODE_UNSPECIFIED);
    assertThat(
            fly(
                mission,
                services -> {
                  mode.set(services.modes().mode());
                  restart(services, 1);
                }))
        .isEqualTo(3);
    assertThat(mode.get()).isEqualTo(Mode.SAFE);
    assertThat(events(recorded()))
        .anyMatch(event -> event.startsWith("SAFE_BOOT: ") && event.contains("pilot"));
  }

  @Test
  void aTableOfTheMissionFileThatItsOwnerRefusesIsAMistakeOfTheFile() throws Exception {
    String[] wrong =
        arguments(
            ALL
                + """
                tables {
                  name: "limits"
                  limits { watchpoints { name: "low" field: "bogus" comparison: BELOW value: 23 } }
                }
                """);
    assertThat(main().run("--check", wrong[1])).isEqualTo(2);
    assertThat(err.toString(StandardCharsets.UTF_8))
        .contains("mission.textproto:18:3: tables[0].limits: ", "low: ", "bogus");
    assertThat(main().run(wrong)).isEqualTo(2);
    assertThat(data.resolve("recorder")).doesNotExist();
  }

  @Test
  void theGoldenMissionFliesWhenItIsWanted() throws Exception {
    assertThat(fly(RESTART, services -> restart(services, 1, true))).isEqualTo(3);
    new BootGuard(data).settle(Optional.of(STORED));
    AtomicReference<String> flown = new AtomicReference<>("");
    AtomicReference<Mode> mode = new AtomicReference<>(Mode.MODE_UNSPECIFIED);
    assertThat(
            fly(
                "not a mission at all",
                services -> {
                  flown.set(services.mission().getName());
                  mode.set(services.modes().mode());
                  restart(services, 2);
                }))
        .isEqualTo(3);
    assertThat(flown.get()).isEqualTo("stored");
    assertThat(mode.get()).isEqualTo(Mode.SAFE);
    assertThat(events(recorded()))
        .anyMatch(event -> event.startsWith("GOLDEN_BOOT: ") && event.contains("by command"));
    assertThat(state().getResetLog(1).getGolden()).isTrue();
  }

  @Test
  void theMissionThatFlewLastIsNotReadAgain() throws Exception {
    Files.writeString(image.resolve("SHA256SUMS"), "0123  part");
    Path text = Path.of(arguments(RESTART)[1]);
    Files.createDirectories(data);
    BootGuard guard = new BootGuard(data);
    assertThat(guard.golden(MissionSource.read(text, image))).isEmpty();
    guard.settle(Optional.of(STORED));

    AtomicReference<String> flown = new AtomicReference<>("");
    assertThat(fly(RESTART, named(flown, 1))).isEqualTo(3);
    assertThat(flown.get()).isEqualTo("stored");
    assertThat(state().getResetLog(0).getGolden()).isFalse();

    // another image has not checked it
    Files.writeString(image.resolve("SHA256SUMS"), "4567  part");
    assertThat(fly(RESTART, named(flown, 2))).isEqualTo(3);
    assertThat(flown.get()).isNotEqualTo("stored");
  }

  private static Script named(AtomicReference<String> flown, long number) {
    return services -> {
      flown.set(services.mission().getName());
      restart(services, number);
    };
  }

  @Test
  void bootsThatNeverReachOperationEndInTheGoldenConfiguration() throws Exception {
    BootGuard guard = new BootGuard(data);
    Files.createDirectories(data);
    for (int boot = 0; boot < 3; boot++) {
      assertThat(guard.begin().golden()).isFalse();
    }
    assertThat(fly(RESTART, services -> restart(services, 1))).isEqualTo(3);
    assertThat(events(recorded()))
        .anyMatch(
            event ->
                event.startsWith("GOLDEN_BOOT: ")
                    && event.contains("3 boots in a row never reached operation"));
  }

  @Test
  void whatIsDamagedOnDiskIsSaidAtBoot() throws Exception {
    assertThat(fly(RESTART, services -> restart(services, 1))).isEqualTo(3);
    Files.write(data.resolve("state.bin"), new byte[] {1, 2, 3});
    Path segment;
    try (var files = Files.walk(data.resolve("recorder"))) {
      segment =
          files
              .filter(Files::isRegularFile)
              .filter(file -> file.toFile().length() > 100)
              .sorted()
              .reduce((earlier, later) -> later)
              .orElseThrow();
    }
    byte[] whole = Files.readAllBytes(segment);
    Files.write(segment, java.util.Arrays.copyOf(whole, whole.length - 3));
    assertThat(fly(RESTART, services -> restart(services, 2))).isEqualTo(3);
    assertThat(events(recorded()))
        .anyMatch(event -> event.startsWith("STATE_LOST"))
        .anyMatch(event -> event.startsWith("RECORDER_RECOVERED"));
    assertThat(state().getRecorderDroppedBytes()).isPositive();
  }

  @Test
  void theDigestOfTheImageIsReported() throws Exception {
    AtomicReference<String> digest = new AtomicReference<>("");
    assertThat(
            fly(
                RESTART,
                services -> {
                  while (services.state().get().getImageDigest().isEmpty()) {
                    services.board().sleepUntilNanos(services.board().monotonicNanos() + 1_000_000);
                  }
                  digest.set(services.state().get().getImageDigest());
                  restart(services, 1);
                }))
        .isEqualTo(3);
    assertThat(digest.get()).isEqualTo(ImageDigest.of(image));
  }

  @Test
  void anImageThatDoesNotReadHasNoDigestAndFliesOn() throws Exception {
    image = folder.resolve("none");
    assertThat(
            fly(
                RESTART,
                services -> {
                  while (services.events().newest(100).stream()
                      .noneMatch(event -> event.getName().equals("IMAGE_DIGEST"))) {
                    services.board().sleepUntilNanos(services.board().monotonicNanos() + 1_000_000);
                  }
                  restart(services, 1);
                }))
        .isEqualTo(3);
    assertThat(events(recorded()))
        .anyMatch(event -> event.startsWith("IMAGE_DIGEST: ") && event.contains("unknown"));
    assertThat(state().getImageDigest()).isEmpty();
  }

  @Test
  void memoryThatTheHostDoesNotLockIsAnEvent() {
    Host host = mock(Host.class);
    Events events = mock(Events.class);
    when(host.lockMemory())
        .thenReturn(new Host.Answer(false, "refused"), new Host.Answer(true, "locked"));
    TestServices services = new TestServices().with(Host.class, host).with(Events.class, events);
    assertThat(Main.lockMemory(services.build())).isFalse();
    verify(events).report(CoreEvent.MEMORY_NOT_LOCKED, "refused");
    assertThat(Main.lockMemory(services.build())).isTrue();
    Events silent = mock(Events.class);
    services
        .with(Events.class, silent)
        .mission(
            Mission.newBuilder().setExecutive(ExecutiveConfig.newBuilder().setLockMemory(false)));
    assertThat(Main.lockMemory(services.build())).isFalse();
    verify(silent, never()).report(any(), any(Object[].class));
  }

  @Test
  void aJournalOfCommandsThatCannotBeWrittenAtBootIsSaid() throws Exception {
    Commands commands = mock(Commands.class);
    Events events = mock(Events.class);
    doThrow(new IOException("no space")).when(commands).reportInterrupted();
    Main.reportInterrupted(
        new TestServices().with(Commands.class, commands).with(Events.class, events).build());
    verify(events)
        .report(CoreEvent.RECORDER_FAILED, "journal of commands: java.io.IOException: no space");
  }

  @Test
  void theProcessForgetsWhoWaitsForItsEnd() {
    Main.ProcessSignals signals = new Main.ProcessSignals();
    Thread ender = new Thread(() -> {});
    signals.add(ender);
    signals.remove(ender);
    assertThat(Runtime.getRuntime().removeShutdownHook(ender)).isFalse();
  }

  @Test
  void aLinkInClearIsRefusedWhereTlsIsConfiguredAndTheOtherWayRound() throws Exception {
    String[] clear = arguments(RESTART + "link { tls { trust: \"ca.pem\" } }\n");
    assertThat(main().run(clear)).isEqualTo(2);
    assertThat(err.toString(StandardCharsets.UTF_8))
        .contains(BROKER, "TLS is configured: ssl:// is wanted");
    String[] bare = arguments(RESTART);
    bare[bare.length - 1] = "ssl://127.0.0.1:1";
    err.reset();
    assertThat(main().run(bare)).isEqualTo(2);
    assertThat(err.toString(StandardCharsets.UTF_8)).contains("no certificates are configured");
  }
}

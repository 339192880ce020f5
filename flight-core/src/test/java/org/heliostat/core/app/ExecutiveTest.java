package org.heliostat.core.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyInt;
import static org.mockito.ArgumentMatchers.contains;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.doCallRealMethod;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.inOrder;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.heliostat.core.command.CommandHandler;
import org.heliostat.core.command.Commands;
import org.heliostat.core.command.Execution;
import org.heliostat.core.event.CoreEvent;
import org.heliostat.core.event.Events;
import org.heliostat.core.fixture.TestServices;
import org.heliostat.core.recorder.Recorder;
import org.heliostat.core.recorder.RecorderFault;
import org.heliostat.core.state.StateStore;
import org.heliostat.core.telemetry.Telemetry;
import org.heliostat.core.time.BoardClock;
import org.heliostat.hal.Host;
import org.heliostat.protocol.AppAction;
import org.heliostat.protocol.AppClass;
import org.heliostat.protocol.AppConfig;
import org.heliostat.protocol.AppState;
import org.heliostat.protocol.ControlApp;
import org.heliostat.protocol.Downlink;
import org.heliostat.protocol.ExecutiveConfig;
import org.heliostat.protocol.Housekeeping;
import org.heliostat.protocol.Mission;
import org.heliostat.protocol.RateGroupConfig;
import org.heliostat.protocol.Refusal;
import org.heliostat.protocol.ResetLogDump;
import org.heliostat.protocol.RestartProcess;
import org.heliostat.protocol.Telecommand;
import org.heliostat.protocol.Telecommand.CommandCase;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.mockito.InOrder;
import org.mockito.stubbing.Answer;

@Timeout(30)
class ExecutiveTest {
  private final Events events = mock(Events.class);
  private final BoardClock clock = mock(BoardClock.class);
  private final Host host = TestServices.poorHost();
  private final Commands commands = mock(Commands.class);
  private final Map<CommandCase, CommandHandler> handlers = new HashMap<>();
  private final Telemetry telemetry = new Telemetry();
  private final Execution execution = mock(Execution.class);
  private final AtomicLong now = new AtomicLong();
  private final Map<String, App> apps = new HashMap<>();
  private final Map<String, AppFactory> offered = new HashMap<>();
  private final BlockingQueue<String> begun = new LinkedBlockingQueue<>();
  private final Mission.Builder mission = Mission.newBuilder();

  @BeforeEach
  void services() {
    when(execution.origin()).thenReturn("");
    // time goes on whenever somebody looks, so that no pause lasts
    when(clock.hostNanos()).thenAnswer(call -> now.addAndGet(50_000_000));
    doAnswer(call -> handlers.put(call.getArgument(0), call.getArgument(1)))
        .when(commands)
        .handle(any(), any());
  }

  private AppConfig.Builder app(String name) throws Exception {
    App app = mock(App.class);
    AppFactory factory = mock(AppFactory.class);
    when(factory.name()).thenReturn(name);
    when(factory.start(any()))
        .thenAnswer(
            call -> {
              begun.add(name);
              return app;
            });
    apps.put(name, app);
    offered.put(name, factory);
    mission.addApps(AppConfig.newBuilder().setName(name).setMaxRestarts(1));
    return mission.getAppsBuilder(mission.getAppsCount() - 1);
  }

  private Executive start() {
    return Executive.start(testServices().build(), new OfferedApps(offered), config -> true);
  }

  /** Says that the app hangs, and hangs until the test ends it. */
  private static Answer<Void> hang(CountDownLatch hanging, CountDownLatch end) {
    return call -> {
      hanging.countDown();
      end.await();
      return null;
    };
  }

  private TestServices testServices() {
    return new TestServices()
        .mission(mission)
        .with(Events.class, events)
        .with(BoardClock.class, clock)
        .with(Host.class, host)
        .with(Commands.class, commands)
        .with(Telemetry.class, telemetry);
  }

  @Test
  void anAppThatFailsTooOftenEndsTheFlight() throws Exception {
    app("one");
    doThrow(new IllegalStateException("broken")).when(apps.get("one")).step();
    Executive executive = start();
    Executive.Ending ending = executive.await(() -> {}).orElseThrow();
    assertThat(ending.app()).contains("one");
    assertThat(ending.reason()).contains("broken");
    assertThat(ending.stack()).isNotEmpty();
    verify(apps.get("one"), times(2)).close();
    executive.stop();
  }

  @Test
  void anAppThatRunsOutOfMemoryDoesNotEndUnnoticed() throws Exception {
    app("one");
    doThrow(new OutOfMemoryError("no room")).when(apps.get("one")).step();
    Executive executive = start();
    assertThat(executive.await(() -> {}).flatMap(Executive.Ending::app)).contains("one");
    verify(events, times(2)).report(eq(CoreEvent.APP_FAILED), eq("one"), any());
    executive.stop();
  }

  @Test
  void anAppOfARateGroupThatFailsTooOftenEndsTheFlightToo() throws Exception {
    app("one").setRateGroup("fast").setMaxRestarts(0);
    mission.setExecutive(
        ExecutiveConfig.newBuilder()
            .addRateGroups(RateGroupConfig.newBuilder().setName("fast").setHertz(100)));
    doThrow(new IllegalStateException("broken")).when(apps.get("one")).cycle();
    Executive executive = start();
    while (executive.stateOf("one") != AppState.GAVE_UP) {
      Thread.onSpinWait();
    }
    executive.look();
    assertThat(executive.await(() -> {}).flatMap(Executive.Ending::app)).contains("one");
    assertThat(executive.rateGroups()).hasSize(1);
    assertThat(executive.scheduling("one")).isEqualTo("rate group fast");
    executive.stop();
  }

  @Test
  void endsWhenAsked() throws Exception {
    app("one");
    Executive executive = start();
    executive.requestStop();
    assertThat(executive.await(() -> {})).isEmpty();
    executive.stop();
    verify(apps.get("one"), times(begun.size())).close();
  }

  @Test
  void theHardwareIsThereUntilAllOthersHaveEnded() throws Exception {
    app("hardware");
    app("one");
    AtomicBoolean ends = new AtomicBoolean();
    CountDownLatch on = new CountDownLatch(3);
    doAnswer(
            call -> {
              if (ends.get()) {
                on.countDown();
              }
              return null;
            })
        .when(apps.get("hardware"))
        .step();
    AtomicBoolean goesOn = new AtomicBoolean();
    doAnswer(
            call -> {
              ends.set(true);
              goesOn.set(on.await(5, TimeUnit.SECONDS));
              return null;
            })
        .when(apps.get("one"))
        .close();
    Executive executive = start();
    assertThat(List.of(begun.take(), begun.take())).containsExactly("hardware", "one");
    executive.stop();
    assertThat(goesOn).isTrue();
    InOrder order = inOrder(apps.get("one"), apps.get("hardware"));
    order.verify(apps.get("one")).close();
    order.verify(apps.get("hardware")).close();
  }

  @Test
  void aRestartByProtectionDoesNotUndoAStopThatWaits() throws Exception {
    app("one");
    CountDownLatch hanging = new CountDownLatch(1);
    CountDownLatch end = new CountDownLatch(1);
    doAnswer(hang(hanging, end)).when(apps.get("one")).step();
    CountDownLatch refused = new CountDownLatch(1);
    doAnswer(
            call -> {
              refused.countDown();
              return null;
            })
        .when(events)
        .report(CoreEvent.APP_NOT_RESTARTED, "one", "protection a");
    Executive executive = start();
    executive.register(() -> {});
    hanging.await();
    control("one", AppAction.STOP_APP);
    assertThat(executive.restart("one", "protection a")).isTrue();
    end.countDown();
    refused.await();
    assertThat(executive.stateOf("one")).isEqualTo(AppState.STOPPED);
    executive.stop();
    assertThat(begun).hasSize(1);
  }

  @Test
  void startsAppsInTheirOrderAndAfterThoseTheyNeed() throws Exception {
    app("one");
    app("two").addNeeds("one");
    app("three");
    Executive executive = start();
    assertThat(List.of(begun.take(), begun.take(), begun.take()))
        .containsExactly("one", "two", "three");
    executive.stop();
  }

  @Test
  void anAppThatIsNotOfferedIsNoApp() throws Exception {
    app("one");
    offered.clear();
    org.assertj.core.api.Assertions.assertThatThrownBy(this::start).hasMessageContaining("one");
  }

  @Test
  void leavesOutWhatIsNotWanted() throws Exception {
    app("platform").setAppClass(AppClass.PLATFORM);
    app("mission").setAppClass(AppClass.MISSION);
    Executive executive =
        Executive.start(testServices().build(), new OfferedApps(offered), Executive::platform);
    assertThat(begun.take()).isEqualTo("platform");
    while (!executive.operational()) {
      Thread.onSpinWait();
    }
    assertThat(executive.stateOf("mission")).isEqualTo(AppState.STOPPED);
    executive.stop();
    assertThat(begun).isEmpty();
  }

  @Test
  void asksTheHostForWhatTheMissionWantsAndSaysWhatItRefuses() throws Exception {
    app("one").setPriority(30).setProcessor(1);
    mission.setExecutive(ExecutiveConfig.newBuilder().setRealtimePriority(20));
    when(host.schedule(anyInt())).thenReturn(new Host.Answer(true, "fifo 20"));
    Executive executive = start();
    begun.take();
    assertThat(executive.scheduling("one")).isEqualTo("fifo 20");
    verify(host).schedule(20);
    verify(events)
        .report(CoreEvent.SCHEDULING_REFUSED, "app-one", "a processor", "refused with error 1");
    executive.stop();
  }

  @Test
  void anAppThatHangsIsInterruptedOnceAndBegunAnew() throws Exception {
    app("one").setHeartbeatSeconds(1000).setMaxRestarts(100);
    CountDownLatch hanging = new CountDownLatch(1);
    AtomicBoolean hung = new AtomicBoolean();
    doAnswer(
            call -> {
              if (hung.compareAndSet(false, true)) {
                hanging.countDown();
                new CountDownLatch(1).await();
              }
              return null;
            })
        .when(apps.get("one"))
        .step();
    Executive executive = start();
    begun.take();
    hanging.await();
    executive.look();
    now.addAndGet(501_000_000_000L);
    executive.look();
    executive.look();
    assertThat(begun.take()).isEqualTo("one");
    verify(events, times(1)).report(eq(CoreEvent.APP_HUNG), eq("one"), any());
    verify(events).report(eq(CoreEvent.APP_FAILED), eq("one"), contains("Interrupted"));
    executive.stop();
  }

  @Test
  void anAppWithoutASignOfLifeIsStalled() throws Exception {
    app("one").setHeartbeatSeconds(1000);
    CountDownLatch hanging = new CountDownLatch(1);
    CountDownLatch end = new CountDownLatch(1);
    doAnswer(hang(hanging, end)).when(apps.get("one")).step();
    Executive executive = start();
    hanging.await();
    assertThat(executive.stalled()).isEmpty();
    now.addAndGet(1_001_000_000_000L);
    assertThat(executive.stalled()).containsExactly("one");
    end.countDown();
    executive.stop();
  }

  @Test
  void fillsInHowTheAppsAre() throws Exception {
    app("one");
    when(host.threadCpuNanos()).thenReturn(0L, 5_000_000L);
    Executive executive = start();
    executive.register(() -> {});
    begun.take();
    while (!executive.operational()) {
      Thread.onSpinWait();
    }
    Housekeeping.Builder packet = Housekeeping.newBuilder();
    new ExecutiveTelemetry(testServices().build(), executive).fill(packet);
    assertThat(packet.getApps(0).getName()).isEqualTo("one");
    assertThat(packet.getApps(0).getState()).isEqualTo(AppState.RUNNING);
    assertThat(packet.getApps(0).getScheduling()).isEqualTo("other");
    executive.stop();
  }

  private void command(CommandCase kind, Telecommand.Builder command) {
    java.util.Objects.requireNonNull(handlers.get(kind)).execute(command.build(), execution);
  }

  private void control(String app, AppAction action) {
    command(
        CommandCase.CONTROL_APP,
        Telecommand.newBuilder()
            .setControlApp(ControlApp.newBuilder().setApp(app).setAction(action)));
  }

  @Test
  void controlsAppsByCommand() throws Exception {
    app("one");
    app("link");
    Executive executive = start();
    executive.register(() -> {});
    assertThat(List.of(begun.take(), begun.take())).containsExactly("one", "link");
    control("one", AppAction.RESTART_APP);
    assertThat(begun.take()).isEqualTo("one");
    control("two", AppAction.RESTART_APP);
    verify(execution).fail(contains("no app is called two"));
    control("link", AppAction.STOP_APP);
    verify(execution).fail(contains("nobody could start it again"));
    control("telemetry", AppAction.STOP_APP);
    verify(execution).fail(contains("keeps the deadlines of commands"));
    control("hardware", AppAction.STOP_APP);
    verify(execution).fail(contains("the watchdog would not be kicked"));
    assertThat(executive.restart("one", "limit")).isTrue();
    assertThat(begun.take()).isEqualTo("one");
    assertThat(executive.restart("nobody", "limit")).isFalse();
    executive.stop();
    verify(execution).complete();
  }

  @Test
  void theProcessIsNotRestartedWhereTheGoldenConfigurationCannotBeAskedFor() throws Exception {
    app("one");
    Executive executive = start();
    executive.register(
        () -> {
          throw new java.io.IOException("full");
        });
    command(
        CommandCase.RESTART_PROCESS,
        Telecommand.newBuilder().setRestartProcess(RestartProcess.newBuilder().setGolden(true)));
    verify(execution)
        .fail(Refusal.NOT_STORED, "the next boot would not be golden: java.io.IOException: full");
    executive.requestStop();
    assertThat(executive.await(() -> {})).isEmpty();
    executive.stop();
  }

  @Test
  void theProcessIsRestartedByCommandOnceItIsReported() throws Exception {
    app("one");
    Executive executive = start();
    AtomicBoolean golden = new AtomicBoolean();
    executive.register(() -> golden.set(true));
    command(
        CommandCase.RESTART_PROCESS,
        Telecommand.newBuilder().setRestartProcess(RestartProcess.newBuilder().setGolden(true)));
    assertThat(golden).isTrue();
    verify(execution).complete();
    assertThat(executive.await(() -> {}).orElseThrow())
        .isEqualTo(new Executive.Ending("by command", Optional.empty(), List.of(), true));
    executive.restartProcess("once more");
    assertThat(executive.await(() -> {}).orElseThrow().reason()).isEqualTo("by command");
    executive.stop();
  }

  @Test
  void aRestartThatASequenceWantsIsNoneOfGround() throws Exception {
    app("one");
    Executive executive = start();
    executive.register(() -> {});
    when(execution.origin()).thenReturn("sequence a");
    command(
        CommandCase.RESTART_PROCESS,
        Telecommand.newBuilder().setRestartProcess(RestartProcess.getDefaultInstance()));
    assertThat(executive.await(() -> {}).orElseThrow())
        .isEqualTo(new Executive.Ending("sequence a", Optional.empty(), List.of(), false));
    executive.stop();
  }

  @Test
  void anAppThatIsStoppedIsStartedByGroundAlone() throws Exception {
    app("one").setStopped(true);
    Executive executive = start();
    executive.register(() -> {});
    assertThat(executive.restart("one", "protection a")).isFalse();
    control("one", AppAction.RESTART_APP);
    assertThat(begun.take()).isEqualTo("one");
    executive.stop();
  }

  @Test
  void theResetLogIsClearedButForThisRun(@TempDir java.nio.file.Path folder) throws Exception {
    StateStore state = StateStore.open(folder.resolve("state.bin"));
    state.update(
        next -> {
          next.addResetLogBuilder().setCause("first");
          next.addResetLogBuilder().setCause("second");
        });
    Executive executive =
        Executive.start(
            testServices().with(StateStore.class, state).build(),
            new OfferedApps(offered),
            config -> true);
    executive.register(() -> {});
    command(CommandCase.CLEAR_RESET_LOG, Telecommand.newBuilder());
    assertThat(state.get().getResetLogList())
        .extracting(boot -> boot.getCause())
        .containsExactly("second");
    verify(execution).complete();
    executive.stop();
  }

  @Test
  void anAppWhoseHeartbeatIsInhibitedIsNeitherInterruptedNorStalled() throws Exception {
    app("one").setHeartbeatSeconds(1000);
    CountDownLatch hanging = new CountDownLatch(1);
    CountDownLatch end = new CountDownLatch(1);
    doAnswer(hang(hanging, end)).when(apps.get("one")).step();
    Executive executive = start();
    executive.register(() -> {});
    hanging.await();
    // at once, although the app is in a step
    control("one", AppAction.INHIBIT_HEARTBEAT);
    verify(execution).complete();
    now.addAndGet(1_001_000_000_000L);
    executive.look();
    assertThat(executive.stalled()).isEmpty();
    verify(events, times(0)).report(eq(CoreEvent.APP_HUNG), any(), any());
    Housekeeping.Builder packet = Housekeeping.newBuilder();
    new ExecutiveTelemetry(testServices().build(), executive).fill(packet);
    assertThat(packet.getApps(0).getHeartbeatInhibited()).isTrue();
    control("one", AppAction.ENABLE_HEARTBEAT);
    assertThat(executive.stalled()).containsExactly("one");
    end.countDown();
    executive.stop();
  }

  @Test
  void whatAnAppHasRegisteredGoesWithIt() throws Exception {
    app("one");
    telemetry.value("one", "count", () -> 1);
    Executive executive = start();
    begun.take();
    executive.stop();
    verify(commands).withdraw("one");
    Housekeeping.Builder packet = Housekeeping.newBuilder();
    assertThat(telemetry.fill(packet)).isEmpty();
    assertThat(packet.getAppValuesList()).isEmpty();
  }

  @Test
  void anAppThatDoesNotStartLeavesNothingBehind() throws Exception {
    app("one").setMaxRestarts(0);
    AppFactory factory = offered.values().iterator().next();
    when(factory.start(any())).thenThrow(new AppFailure("cannot"));
    Executive executive = start();
    executive.await(() -> {});
    verify(commands).withdraw("one");
    executive.stop();
  }

  @Test
  void requestsThatWaitForAnAppCountInItsQueues() throws Exception {
    app("one");
    App app = apps.values().iterator().next();
    when(app.queued()).thenReturn(4);
    Executive executive = start();
    begun.take();
    while (!executive.operational()) {
      Thread.onSpinWait();
    }
    Housekeeping.Builder packet = Housekeeping.newBuilder();
    new ExecutiveTelemetry(testServices().build(), executive).fill(packet);
    assertThat(packet.getApps(0).getQueueDepth()).isEqualTo(4);
    executive.stop();
  }

  @Test
  void theResetLogGoesDownAsItIs(@TempDir java.nio.file.Path folder) throws Exception {
    StateStore state = StateStore.open(folder.resolve("state.bin"));
    state.update(
        next -> {
          next.addResetLogBuilder().setCause("first boot").setEnd("link: broken").addStack("at x");
          next.addResetLogBuilder().setCause("after link: broken");
        });
    Executive executive =
        Executive.start(
            testServices().with(StateStore.class, state).build(),
            new OfferedApps(offered),
            config -> true);
    executive.register(() -> {});
    doCallRealMethod().when(execution).completeWith(any(), any());
    command(CommandCase.DUMP_RESET_LOG, Telecommand.newBuilder().setCounter(7));
    InOrder order = inOrder(execution);
    order
        .verify(execution)
        .answer(
            Recorder.Priority.BULK,
            Downlink.newBuilder()
                .setResetLog(
                    ResetLogDump.newBuilder()
                        .setCounter(7)
                        .addAllBoots(state.get().getResetLogList()))
                .build());
    order.verify(execution).complete();
    RecorderFault full = mock(RecorderFault.class);
    when(full.getMessage()).thenReturn("full");
    doThrow(full).when(execution).answer(any(), any());
    command(CommandCase.DUMP_RESET_LOG, Telecommand.newBuilder());
    verify(execution).fail(Refusal.NOT_STORED, "full");
    executive.stop();
  }

  @Test
  void whoIsHeldUpByAnInhibitedAppOfItsRateGroupIsNotStalled() throws Exception {
    app("one").setRateGroup("fast").setHeartbeatSeconds(1000);
    app("two").setRateGroup("fast").setHeartbeatSeconds(1000);
    mission.setExecutive(
        ExecutiveConfig.newBuilder()
            .addRateGroups(RateGroupConfig.newBuilder().setName("fast").setHertz(100)));
    CountDownLatch hanging = new CountDownLatch(1);
    CountDownLatch end = new CountDownLatch(1);
    doAnswer(hang(hanging, end)).when(apps.get("one")).cycle();
    Executive executive = start();
    executive.register(() -> {});
    hanging.await();
    now.addAndGet(1_001_000_000_000L);
    assertThat(executive.stalled()).containsExactly("one", "two");
    control("one", AppAction.INHIBIT_HEARTBEAT);
    assertThat(executive.stalled()).isEmpty();
    end.countDown();
    executive.stop();
  }
}

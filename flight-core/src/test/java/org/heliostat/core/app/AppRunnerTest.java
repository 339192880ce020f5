package org.heliostat.core.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.contains;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.Mockito.doNothing;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import java.util.concurrent.atomic.AtomicInteger;
import org.heliostat.core.event.CoreEvent;
import org.heliostat.core.event.Events;
import org.heliostat.core.fixture.TestServices;
import org.heliostat.core.time.BoardClock;
import org.heliostat.protocol.AppAction;
import org.heliostat.protocol.AppConfig;
import org.heliostat.protocol.AppState;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AppRunnerTest {
  private final Events events = mock(Events.class);
  private final BoardClock clock = mock(BoardClock.class);
  private final App app = mock(App.class);
  private final AppFactory factory = mock(AppFactory.class);
  private final AtomicInteger done = new AtomicInteger();
  private final AppConfig.Builder config =
      AppConfig.newBuilder().setName("one").setMaxRestarts(2).setForgiveSeconds(100);
  private boolean mayStart = true;
  private long now;

  @BeforeEach
  void aFactory() throws Exception {
    when(clock.hostNanos()).thenAnswer(call -> now);
    when(factory.start(any())).thenReturn(app);
  }

  private AppRunner runner() {
    return new AppRunner(
        new TestServices().with(Events.class, events).with(BoardClock.class, clock).build(),
        config.build(),
        factory,
        () -> mayStart);
  }

  private AppRunner running() throws Exception {
    AppRunner runner = runner();
    runner.advance();
    runner.advance();
    assertThat(runner.state()).isEqualTo(AppState.RUNNING);
    return runner;
  }

  private AppRunner.Request request(AppAction action, String origin, boolean mayStart) {
    return new AppRunner.Request(action, origin, mayStart, done::incrementAndGet);
  }

  private void ask(AppRunner runner, AppAction action) throws Exception {
    assertThat(runner.request(request(action, "by command", true))).isTrue();
    runner.advance();
  }

  @Test
  void goesThroughItsLife() throws Exception {
    AppRunner runner = runner();
    assertThat(runner.state()).isEqualTo(AppState.INITIALISING);
    assertThat(runner.settled()).isFalse();
    runner.advance();
    assertThat(runner.state()).isEqualTo(AppState.READY);
    verify(app, never()).step();
    runner.advance();
    assertThat(runner.state()).isEqualTo(AppState.RUNNING);
    assertThat(runner.advance()).isZero();
    verify(app).step();
    runner.end();
    assertThat(runner.state()).isEqualTo(AppState.STOPPED);
    verify(app).close();
  }

  @Test
  void waitsForThoseItNeeds() throws Exception {
    mayStart = false;
    AppRunner runner = runner();
    assertThat(runner.advance()).isEqualTo(AppRunner.IDLE_NANOS);
    verify(factory, never()).start(any());
    mayStart = true;
    runner.advance();
    verify(factory).start(any());
  }

  @Test
  void backsOffTwiceAsLongEachTimeAndGivesUp() throws Exception {
    doThrow(new IllegalStateException("broken")).when(app).step();
    AppRunner runner = running();
    runner.advance();
    assertThat(runner.state()).isEqualTo(AppState.BACKING_OFF);
    now += AppRunner.FIRST_PAUSE_NANOS - 1;
    assertThat(runner.advance()).isEqualTo(1);
    now += 1;
    for (int i = 0; i < 4; i++) {
      runner.advance();
    }
    assertThat(runner.state()).isEqualTo(AppState.BACKING_OFF);
    now += 2 * AppRunner.FIRST_PAUSE_NANOS - 1;
    runner.advance();
    assertThat(runner.state()).isEqualTo(AppState.BACKING_OFF);
    now += 1;
    for (int i = 0; i < 4; i++) {
      runner.advance();
    }
    assertThat(runner.state()).isEqualTo(AppState.GAVE_UP);
    assertThat(runner.restarts()).isEqualTo(2);
    assertThat(runner.lastFailure().orElseThrow()).hasMessage("broken");
    assertThat(runner.advance()).isEqualTo(AppRunner.IDLE_NANOS);
    runner.end();
    assertThat(runner.state()).isEqualTo(AppState.GAVE_UP);
    verify(app, times(3)).close();
  }

  @Test
  void aRunWithoutFailureIsForgiven() throws Exception {
    AppRunner runner = running();
    for (int i = 0; i < 10; i++) {
      doThrow(new AppFailure("again")).when(app).step();
      runner.advance();
      assertThat(runner.state()).isEqualTo(AppState.BACKING_OFF);
      doNothing().when(app).step();
      now += AppRunner.LONGEST_PAUSE_NANOS;
      for (int j = 0; j < 4; j++) {
        runner.advance();
      }
      now += 101_000_000_000L;
      runner.advance();
    }
    assertThat(runner.state()).isEqualTo(AppState.RUNNING);
  }

  @Test
  void aFactoryThatFailsCountsLikeAStep() throws Exception {
    when(factory.start(any())).thenThrow(new AppFailure("no device"));
    AppRunner runner = runner();
    runner.advance();
    assertThat(runner.state()).isEqualTo(AppState.BACKING_OFF);
    verify(events).report(eq(CoreEvent.APP_FAILED), eq("one"), contains("no device"));
  }

  @Test
  void anAppThatFailsInItsEndIsEndedAllTheSame() throws Exception {
    doThrow(new IllegalStateException("in the end")).when(app).close();
    AppRunner runner = running();
    ask(runner, AppAction.STOP_APP);
    assertThat(runner.state()).isEqualTo(AppState.STOPPED);
    verify(events).report(eq(CoreEvent.APP_FAILED), eq("one"), contains("in the end"));
  }

  @Test
  void isStoppedAndStartedByCommand() throws Exception {
    AppRunner runner = running();
    ask(runner, AppAction.STOP_APP);
    assertThat(done).hasValue(1);
    verify(app).close();
    runner.advance();
    verify(app, never()).step();
    assertThat(runner.settled()).isTrue();
    ask(runner, AppAction.START_APP);
    assertThat(runner.state()).isEqualTo(AppState.INITIALISING);
    runner.advance();
    runner.advance();
    ask(runner, AppAction.START_APP);
    assertThat(runner.state()).isEqualTo(AppState.RUNNING);
    assertThat(done).hasValue(3);
  }

  @Test
  void isNotStartedWhereTheMissionSaysSo() throws Exception {
    config.setStopped(true);
    AppRunner runner = runner();
    runner.advance();
    assertThat(runner.state()).isEqualTo(AppState.STOPPED);
    verify(factory, never()).start(any());
  }

  @Test
  void isRestartedByCommandWithoutThatBeingAFailure() throws Exception {
    config.setMaxRestarts(0);
    AppRunner runner = running();
    ask(runner, AppAction.RESTART_APP);
    runner.advance();
    runner.advance();
    assertThat(runner.state()).isEqualTo(AppState.RUNNING);
    assertThat(runner.restarts()).isEqualTo(1);
    verify(factory, times(2)).start(any());
  }

  @Test
  void aRestartThatWaitsBehindAStopStartsItForGroundAlone() throws Exception {
    AppRunner runner = running();
    assertThat(runner.request(request(AppAction.STOP_APP, "by command", true))).isTrue();
    assertThat(runner.request(request(AppAction.RESTART_APP, "rule a", false))).isTrue();
    runner.advance();
    runner.advance();
    assertThat(runner.state()).isEqualTo(AppState.STOPPED);
    assertThat(runner.restarts()).isZero();
    assertThat(done).hasValue(2);
    verify(events).report(CoreEvent.APP_NOT_RESTARTED, "one", "rule a");
    ask(runner, AppAction.RESTART_APP);
    assertThat(runner.state()).isEqualTo(AppState.INITIALISING);
    // and what runs is protection's to restart
    assertThat(runner.request(request(AppAction.RESTART_APP, "rule a", false))).isTrue();
    runner.advance();
    assertThat(runner.restarts()).isEqualTo(2);
  }

  @Test
  void reloadsInPlaceWhereTheAppCan() throws Exception {
    when(app.reload()).thenReturn(true, false);
    AppRunner runner = running();
    ask(runner, AppAction.RELOAD_APP);
    verify(factory, times(1)).start(any());
    ask(runner, AppAction.RELOAD_APP);
    runner.advance();
    verify(factory, times(2)).start(any());
    when(app.reload()).thenThrow(new AppFailure("bad table"));
    runner.advance();
    ask(runner, AppAction.RELOAD_APP);
    assertThat(runner.state()).isEqualTo(AppState.BACKING_OFF);
  }

  @Test
  void refusesWhatIsTooMuch() {
    AppRunner runner = runner();
    for (int i = 0; i < 8; i++) {
      assertThat(runner.request(request(AppAction.RESTART_APP, "", true))).isTrue();
    }
    assertThat(runner.request(request(AppAction.RESTART_APP, "", true))).isFalse();
  }

  @Test
  void hangsOnlyWithinAStep() throws Exception {
    config.setHeartbeatSeconds(10);
    AppRunner runner = running();
    now += 6_000_000_000L;
    assertThat(runner.hung()).isFalse();
    boolean[] within = new boolean[2];
    doNothing().when(app).step();
    org.mockito.Mockito.doAnswer(
            call -> {
              within[0] = runner.hung();
              now += 5_000_000_001L;
              within[1] = runner.hung();
              return null;
            })
        .when(app)
        .step();
    runner.advance();
    assertThat(within).containsExactly(false, true);
    assertThat(runner.heartbeatNanos()).isEqualTo(5_000_000_001L);
    assertThat(runner.inStep()).isFalse();
  }

  @Test
  void hangsAlsoWhileItEndsAndAnInterruptOfThatIsForNobodyElse() throws Exception {
    config.setHeartbeatSeconds(10);
    AppRunner runner = running();
    boolean[] within = new boolean[2];
    org.mockito.Mockito.doAnswer(
            call -> {
              within[0] = runner.hung();
              now += 5_000_000_001L;
              within[1] = runner.hung();
              Thread.currentThread().interrupt();
              return null;
            })
        .when(app)
        .close();
    now += 60_000_000_000L;
    ask(runner, AppAction.STOP_APP);
    assertThat(within).containsExactly(false, true);
    assertThat(runner.inStep()).isFalse();
    assertThat(Thread.interrupted()).isFalse();
    // one that comes too late does not start what was stopped
    runner.failed(new InterruptedException("late"));
    assertThat(runner.state()).isEqualTo(AppState.STOPPED);
    verify(events, never()).report(eq(CoreEvent.APP_FAILED), any(), any());
  }
}

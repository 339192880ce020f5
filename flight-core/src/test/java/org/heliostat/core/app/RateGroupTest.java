package org.heliostat.core.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.anyLong;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import java.util.ArrayList;
import java.util.List;
import org.heliostat.core.fixture.TestServices;
import org.heliostat.core.time.BoardClock;
import org.heliostat.hal.Board;
import org.heliostat.protocol.AppConfig;
import org.heliostat.protocol.RateGroupConfig;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RateGroupTest {
  private static final long PERIOD = 100_000_000L;

  private final BoardClock clock = mock(BoardClock.class);
  private final List<String> steps = new ArrayList<>();
  private long now = 1_000 * PERIOD;
  private long stepTakes;

  @BeforeEach
  void time() {
    when(clock.missionNanos()).thenAnswer(call -> now);
    when(clock.hostNanos()).thenAnswer(call -> now);
  }

  private AppRunner app(Services services, String name) throws Exception {
    App app = mock(App.class);
    doAnswer(
            call -> {
              steps.add(name);
              now += stepTakes;
              return null;
            })
        .when(app)
        .cycle();
    AppRunner runner =
        new AppRunner(
            services,
            AppConfig.newBuilder().setName(name).setRateGroup("ten").build(),
            new AppFactory() {
              @Override
              public String name() {
                return name;
              }

              @Override
              public App start(Services unused) {
                return app;
              }
            },
            () -> true);
    runner.advance();
    runner.advance();
    return runner;
  }

  private RateGroup group() throws Exception {
    Services services = new TestServices().with(BoardClock.class, clock).build();
    return new RateGroup(
        services,
        RateGroupConfig.newBuilder().setName("ten").setHertz(10).build(),
        List.of(app(services, "a"), app(services, "b")));
  }

  @Test
  void runsItsAppsInOrderOnceACycle() throws Exception {
    RateGroup group = group();
    long beat = now + PERIOD;
    now = beat;
    assertThat(group.cycle(beat)).isEqualTo(beat + PERIOD);
    assertThat(steps).containsExactly("a", "b");
    assertThat(group.status().getCycles()).isEqualTo(1);
    assertThat(group.status().getOverruns()).isZero();
  }

  @Test
  void countsTheBeatsThatALongCycleMissesAndSkipsThem() throws Exception {
    RateGroup group = group();
    long beat = now + PERIOD;
    now = beat;
    stepTakes = PERIOD + PERIOD / 4; // two apps: two and a half periods
    long next = group.cycle(beat);
    assertThat(next).isEqualTo(beat + 3 * PERIOD);
    assertThat(group.status().getOverruns()).isEqualTo(2);
    assertThat(group.status().getWorstRunMilliseconds()).isEqualTo(250);
  }

  @Test
  void lateIsTheBeginningAgainstTheBeat() throws Exception {
    RateGroup group = group();
    long beat = now + PERIOD;
    now = beat + 3_000_000;
    group.cycle(beat);
    assertThat(group.status().getWorstLateMilliseconds()).isEqualTo(3);
    assertThat(group.status().getLateP999Milliseconds()).isEqualTo(3);
  }

  @Test
  void saysHowItIsScheduled() throws Exception {
    RateGroup group = group();
    group.scheduling("fifo 20");
    assertThat(group.status().getScheduling()).isEqualTo("fifo 20");
    assertThat(group.status().getName()).isEqualTo("ten");
  }

  private RateGroup running(Board board) throws Exception {
    Services services =
        new TestServices().with(BoardClock.class, clock).with(Board.class, board).build();
    return new RateGroup(
        services,
        RateGroupConfig.newBuilder().setName("ten").setHertz(10).build(),
        List.of(app(services, "a"), app(services, "b")));
  }

  @Test
  void runsOnTheGridOfMissionTimeUntilItIsEndedAndAnInterruptEndsNothing() throws Exception {
    Board board = mock(Board.class);
    RateGroup group = running(board);
    List<Long> beats = new ArrayList<>();
    now += PERIOD / 2;
    doAnswer(
            call -> {
              beats.add(call.getArgument(0));
              if (beats.size() == 2) {
                throw new InterruptedException("an app hung");
              }
              now = Math.max(now, call.<Long>getArgument(0));
              if (beats.size() == 4) {
                group.requestEnd();
              }
              return null;
            })
        .when(board)
        .sleepUntilNanos(anyLong());
    group.run();
    assertThat(beats)
        .containsExactly(1_001 * PERIOD, 1_002 * PERIOD, 1_002 * PERIOD, 1_003 * PERIOD);
    assertThat(steps).containsExactly("a", "b", "a", "b", "a", "b");
    assertThat(group.status().getCycles()).isEqualTo(3);
    assertThat(group.status().getOverruns()).isZero();
  }

  @Test
  void beatsThatComeTooSoonInHostTimeAreLeftOutAndAreNoOverruns() throws Exception {
    Board board = mock(Board.class);
    // a rig whose mission time runs on while host time hardly does
    when(clock.hostNanos()).thenReturn(0L);
    stepTakes = PERIOD / 2 - 1_000_000;
    RateGroup group = running(board);
    List<Long> beats = new ArrayList<>();
    doAnswer(
            call -> {
              beats.add(call.getArgument(0));
              now = Math.max(now, call.<Long>getArgument(0));
              if (beats.size() == 2) {
                group.requestEnd();
              }
              return null;
            })
        .when(board)
        .sleepUntilNanos(anyLong());
    group.run();
    assertThat(beats.get(1)).isGreaterThanOrEqualTo(beats.get(0) + PERIOD);
    assertThat(group.status().getOverruns()).isZero();
  }
}

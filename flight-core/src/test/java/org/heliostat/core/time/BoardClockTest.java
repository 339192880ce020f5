package org.heliostat.core.time;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import org.heliostat.hal.Board;
import org.heliostat.protocol.TimeConfig;
import org.heliostat.protocol.TimeQuality;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class BoardClockTest {
  private static final long SECOND = 1_000_000_000L;
  private static final long UTC = 1_800_000_000L * SECOND;

  private final Board board = mock(Board.class);
  private long mission = 1_000 * SECOND;
  private long wall = UTC;
  private BoardClock clock;

  @BeforeEach
  void aClock() {
    when(board.monotonicNanos()).thenAnswer(call -> mission);
    when(board.realtimeNanos()).thenAnswer(call -> wall);
    clock =
        new BoardClock(
            board,
            TimeConfig.newBuilder()
                .setHoldoverAfterSeconds(30)
                .setDoubtfulAfterSeconds(7200)
                .build(),
            () -> 5);
  }

  private void pass(long seconds) {
    mission += seconds * SECOND;
    wall += seconds * SECOND;
  }

  @Test
  void beginsWithTheWallClockWhichDecidesNothing() {
    pass(5);
    assertThat(clock.utcNanos()).isEqualTo(UTC + 5 * SECOND);
    assertThat(clock.quality()).isEqualTo(TimeQuality.UNCORRELATED);
    assertThat(clock.utcGood()).isFalse();
    assertThat(clock.missionNanos()).isEqualTo(1_005 * SECOND);
    assertThat(clock.hostNanos()).isEqualTo(5);
  }

  @Test
  void aJumpOfTheWallClockIsSeenOnceAndMovesNothing() {
    pass(5);
    assertThat(clock.checkJump()).isZero();
    wall += 86_400 * SECOND;
    assertThat(clock.checkJump()).isEqualTo(86_400 * SECOND);
    assertThat(clock.checkJump()).isZero();
    assertThat(clock.utcNanos()).isEqualTo(UTC + 5 * SECOND);
    assertThat(clock.quality()).isEqualTo(TimeQuality.DOUBTFUL);
    wall -= 86_400 * SECOND;
    assertThat(clock.checkJump()).isEqualTo(-86_400 * SECOND);
  }

  @Test
  void aCorrelationAgesIntoHoldoverAndDoubt() {
    clock.correlate(new Correlation(mission, UTC + 7, 0, 10, TimeQuality.BY_GNSS));
    assertThat(clock.quality()).isEqualTo(TimeQuality.BY_GNSS);
    assertThat(clock.utcNanos()).isEqualTo(UTC + 7);
    wall += 86_400 * SECOND;
    assertThat(clock.checkJump()).isNotZero();
    assertThat(clock.quality()).isEqualTo(TimeQuality.BY_GNSS);
    pass(30);
    assertThat(clock.utcGood()).isTrue();
    pass(1);
    assertThat(clock.quality()).isEqualTo(TimeQuality.HOLDOVER);
    assertThat(clock.utcGood()).isTrue();
    pass(7200);
    assertThat(clock.quality()).isEqualTo(TimeQuality.DOUBTFUL);
    assertThat(clock.utcGood()).isFalse();
  }

  @Test
  void goesByTheDriftThatWasMeasured() {
    clock.correlate(new Correlation(mission, UTC, 10, 0, TimeQuality.BY_GROUND));
    pass(100);
    assertThat(clock.utcNanos()).isEqualTo(UTC + 100 * SECOND + 1_000_000);
  }
}

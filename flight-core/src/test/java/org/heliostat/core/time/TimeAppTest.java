package org.heliostat.core.time;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import java.nio.file.Path;
import java.util.Optional;
import org.heliostat.core.fixture.TestSpacecraft;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.NavigationReading;
import org.heliostat.hal.NavigationReading.Fix;
import org.heliostat.hal.NavigationReceiver;
import org.heliostat.protocol.CorrelateTime;
import org.heliostat.protocol.Mission;
import org.heliostat.protocol.Stage;
import org.heliostat.protocol.Telecommand;
import org.heliostat.protocol.TimeConfig;
import org.heliostat.protocol.TimeQuality;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TimeAppTest {
  private static final long SECOND = 1_000_000_000L;
  private static final long UTC = 1_800_000_000L * SECOND;

  @TempDir Path folder;
  private final NavigationReceiver receiver = mock(NavigationReceiver.class);
  private TestSpacecraft craft;
  private TimeApp app;
  private int opened;
  private Fix fix = Fix.THREE_DIMENSIONAL;
  private long offset = UTC;

  @BeforeEach
  void start() throws Exception {
    open();
    // a solution came in this very moment
    when(receiver.reading()).thenAnswer(call -> solution(clock().missionNanos() - 1));
  }

  private void open() {
    craft =
        new TestSpacecraft(
            folder,
            Mission.newBuilder()
                .setTime(TimeConfig.newBuilder().setReceiver("gnss").setAgreeCount(3)));
    when(craft.hardware.receiver(any())).thenReturn(Optional.empty());
    when(craft.hardware.receiver("gnss")).thenReturn(Optional.of(receiver));
    craft.advance(++opened);
    app = (TimeApp) craft.start(new TimeApp.Factory());
  }

  @AfterEach
  void end() {
    craft.close();
  }

  private BoardClock clock() {
    return craft.services().clock();
  }

  private NavigationReading solution(long taken) {
    return new NavigationReading(fix, offset + taken, 0, 0, 0, 0, 0, 0, 1, 9, taken);
  }

  private void look() {
    craft.advance(0.1);
    app.look();
  }

  @Test
  void correlatesWithTheReceiver() {
    look();
    assertThat(clock().quality()).isEqualTo(TimeQuality.BY_GNSS);
    assertThat(clock().utcNanos()).isCloseTo(UTC + clock().missionNanos(), within(SECOND / 10));
    assertThat(craft.events()).contains("TIME_QUALITY");
    assertThat(craft.housekeeping().getTime().getCorrelations()).isEqualTo(1);
    assertThat(craft.housekeeping().getTime().getQuality()).isEqualTo(TimeQuality.BY_GNSS);
  }

  @Test
  void looksTenTimesASecond() throws Exception {
    long before = clock().missionNanos();
    app.step();
    assertThat(clock().missionNanos() - before).isEqualTo(SECOND / 10);
  }

  @Test
  void aReceiverWithoutAFixOrTimeSaysNothing() throws Exception {
    fix = Fix.NONE;
    look();
    fix = Fix.TIME;
    when(receiver.reading())
        .thenReturn(new NavigationReading(fix, 0, 0, 0, 0, 0, 0, 0, 1, 9, Long.MAX_VALUE));
    look();
    doThrow(new HardwareFault(HardwareFault.Kind.STALE, "gnss", "silent")).when(receiver).poll();
    look();
    assertThat(clock().quality()).isEqualTo(TimeQuality.UNCORRELATED);
  }

  @Test
  void aSolutionCountsOnce() throws Exception {
    NavigationReading same = solution(clock().missionNanos() + 5);
    when(receiver.reading()).thenReturn(same);
    look();
    look();
    assertThat(craft.housekeeping().getTime().getCorrelations()).isEqualTo(1);
  }

  @Test
  void aJumpIsSetAsideUntilItStays() {
    look();
    offset += 3600 * SECOND;
    look();
    look();
    assertThat(clock().utcNanos()).isCloseTo(UTC + clock().missionNanos(), within(SECOND));
    assertThat(craft.housekeeping().getTime().getRejected()).isEqualTo(2);
    look();
    assertThat(craft.events()).contains("TIME_CONTRADICTED", "TIME_STEPPED");
    assertThat(clock().utcNanos())
        .isCloseTo(UTC + 3600 * SECOND + clock().missionNanos(), within(SECOND));
    assertThat(craft.housekeeping().getTime().getJumps()).isEqualTo(1);
  }

  @Test
  void holdsOverWhenTheReceiverIsSilent() throws Exception {
    look();
    doThrow(new HardwareFault(HardwareFault.Kind.STALE, "gnss", "silent")).when(receiver).poll();
    craft.advance(31);
    look();
    assertThat(clock().quality()).isEqualTo(TimeQuality.HOLDOVER);
    double soon = craft.housekeeping().getTime().getUncertaintySeconds();
    craft.advance(7200);
    look();
    double mostDriftPpm = craft.services().mission().getTime().getMostDriftPpm();
    assertThat(craft.housekeeping().getTime().getUncertaintySeconds() - soon)
        .isCloseTo(7200.1 * mostDriftPpm * 1e-6, within(1e-3));
    assertThat(clock().quality()).isEqualTo(TimeQuality.DOUBTFUL);
  }

  private Stage ground(long utc) {
    return craft.send(
        Telecommand.newBuilder()
            .setCorrelateTime(
                CorrelateTime.newBuilder()
                    .setMissionNanos(clock().missionNanos())
                    .setUtcNanos(utc)));
  }

  @Test
  void groundIsBelievedWhereThereIsNoReceiver() {
    when(craft.hardware.receiver("gnss")).thenReturn(Optional.empty());
    assertThat(ground(UTC + clock().missionNanos())).isEqualTo(Stage.COMPLETED);
    assertThat(clock().quality()).isEqualTo(TimeQuality.BY_GROUND);
    // and once more, far from what it said before
    assertThat(ground(2 * UTC)).isEqualTo(Stage.COMPLETED);
    assertThat(clock().utcNanos()).isEqualTo(2 * UTC);
  }

  @Test
  void groundDoesNotOutvoteTheReceiver() {
    look();
    assertThat(ground(2 * UTC)).isEqualTo(Stage.FAILED);
    assertThat(craft.reason()).contains("contradicts");
    assertThat(ground(UTC + clock().missionNanos())).isEqualTo(Stage.COMPLETED);
  }

  @Test
  void aRestartGoesOnByWhatWasKnownIfTheWallClockAgrees() throws Exception {
    offset = 1; // the test's wall clock is mission time
    look();
    app.close();
    craft.services().state().save();
    open();
    assertThat(clock().quality()).isEqualTo(TimeQuality.HOLDOVER);
  }

  @Test
  void aRestartForgetsWhatTheWallClockDoesNotConfirm() throws Exception {
    look();
    app.close();
    craft.services().state().save();
    open();
    assertThat(clock().quality()).isEqualTo(TimeQuality.UNCORRELATED);
  }

  @Test
  void afterARestartAReceiverThatContradictsIsNotBelievedAtOnce() throws Exception {
    offset = 1; // the test's wall clock is mission time
    look();
    app.close();
    craft.services().state().save();
    open();
    offset = UTC;
    look();
    assertThat(craft.events()).contains("TIME_CONTRADICTED");
    assertThat(clock().quality()).isEqualTo(TimeQuality.HOLDOVER);
    look();
    look();
    assertThat(craft.events()).contains("TIME_STEPPED");
  }

  @Test
  void theAppAloneStartedAnewGoesOnByTheClock() throws Exception {
    look();
    app.close();
    app = (TimeApp) craft.start(new TimeApp.Factory());
    offset += 3600 * SECOND;
    look();
    assertThat(craft.events()).contains("TIME_CONTRADICTED");
    assertThat(clock().utcNanos()).isCloseTo(UTC + clock().missionNanos(), within(SECOND));
  }

  @Test
  void aMissionTimeThatHasNotComeOrIsLongGoneIsRefused() {
    when(craft.hardware.receiver("gnss")).thenReturn(Optional.empty());
    craft.advance(10_000);
    long now = clock().missionNanos();
    for (long mission : new long[] {now + 1, now - 7201 * SECOND}) {
      assertThat(
              craft.send(
                  Telecommand.newBuilder()
                      .setCorrelateTime(
                          CorrelateTime.newBuilder().setMissionNanos(mission).setUtcNanos(UTC))))
          .isEqualTo(Stage.FAILED);
      assertThat(craft.reason()).contains("s ago");
    }
    assertThat(clock().quality()).isEqualTo(TimeQuality.UNCORRELATED);
  }
}

package org.heliostat.core.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.inOrder;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import java.io.IOException;
import java.util.Optional;
import org.heliostat.core.ManualClock;
import org.heliostat.core.app.Executive;
import org.heliostat.core.event.CoreEvent;
import org.heliostat.core.event.Events;
import org.heliostat.core.file.Disk;
import org.heliostat.protocol.ExecutiveConfig;
import org.heliostat.protocol.Mission;
import org.junit.jupiter.api.Test;
import org.mockito.InOrder;

class BootProgressTest {
  private static final long SECOND = 1_000_000_000L;
  private static final Mission MISSION =
      Mission.newBuilder()
          .setExecutive(ExecutiveConfig.newBuilder().setOperationalSeconds(10))
          .build();

  private final Executive executive = mock(Executive.class);
  private final BootGuard guard = mock(BootGuard.class);
  private final ResetLog log = mock(ResetLog.class);
  private final Events events = mock(Events.class);
  private final ManualClock clock = new ManualClock();

  private BootProgress progress(boolean golden) {
    return new BootProgress(
        MISSION,
        golden,
        executive,
        guard,
        log,
        events,
        clock,
        new Disk("test-disk", 1, Disk.DEADLINE_NANOS),
        Runnable::run);
  }

  private void look(BootProgress progress, int seconds) {
    for (int i = 0; i < seconds; i++) {
      progress.look();
      clock.advance(SECOND);
    }
  }

  @Test
  void countsOnceAllAppsHaveRunForLongEnough() throws Exception {
    when(executive.operational()).thenReturn(false, false, true);
    BootProgress progress = progress(false);
    look(progress, 12);
    assertThat(progress.reached()).isFalse();
    verify(guard, never()).settle(any());
    look(progress, 1);
    assertThat(progress.reached()).isTrue();
    look(progress, 50);
    verify(log, times(1)).operational();
    InOrder order = inOrder(events, guard);
    order.verify(events).report(CoreEvent.OPERATIONAL);
    order.verify(guard, times(1)).settle(Optional.of(MISSION));
    verify(log, never()).forgive();
    look(progress, 600);
    verify(log, times(1)).forgive();
  }

  @Test
  void anAppThatIsNotThereBeginsTheWaitAnew() throws Exception {
    when(executive.operational()).thenReturn(true, true, true, false, true);
    BootProgress progress = progress(false);
    look(progress, 14);
    assertThat(progress.reached()).isFalse();
    look(progress, 1);
    assertThat(progress.reached()).isTrue();
  }

  @Test
  void aGoldenBootIsNoNewGoldenMission() throws Exception {
    when(executive.operational()).thenReturn(true);
    look(progress(true), 11);
    verify(guard).settle(Optional.empty());
  }

  @Test
  void aDiskThatFailsIsAnEvent() throws Exception {
    when(executive.operational()).thenReturn(true);
    doThrow(new IOException("no space")).when(guard).settle(any());
    look(progress(false), 11);
    verify(events).report(eq(CoreEvent.RECORDER_FAILED), any());
  }
}

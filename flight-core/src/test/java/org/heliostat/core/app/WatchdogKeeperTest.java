package org.heliostat.core.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.inOrder;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.heliostat.core.event.CoreEvent;
import org.heliostat.core.event.Events;
import org.heliostat.core.fixture.TestServices;
import org.heliostat.core.hardware.Hardware;
import org.heliostat.core.state.StateStore;
import org.heliostat.core.time.BoardClock;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.Watchdog;
import org.heliostat.protocol.DeviceFault;
import org.heliostat.protocol.FlightState;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.mockito.InOrder;

class WatchdogKeeperTest {
  private final Events events = mock(Events.class);
  private final Hardware hardware = mock(Hardware.class);
  private final Watchdog watchdog = mock(Watchdog.class);
  private final Executive executive = mock(Executive.class);
  private final StateStore state = mock(StateStore.class);
  private final BoardClock clock = mock(BoardClock.class);
  private int beside;
  private final WatchdogKeeper keeper =
      new WatchdogKeeper(
          new TestServices()
              .with(Events.class, events)
              .with(Hardware.class, hardware)
              .with(StateStore.class, state)
              .with(BoardClock.class, clock)
              .build(),
          executive,
          () -> beside++);

  @BeforeEach
  void oneWatchdog() throws Exception {
    when(hardware.watchdogs()).thenReturn(List.of(watchdog));
    when(watchdog.name()).thenReturn("dog");
    when(watchdog.bootReason()).thenReturn(Watchdog.BootReason.POWER_ON);
    when(executive.stalled()).thenReturn(List.of());
    when(state.get()).thenReturn(FlightState.getDefaultInstance());
  }

  @Test
  void kicksWhileEveryAppIsAlive() throws Exception {
    keeper.look();
    keeper.look();
    verify(watchdog, times(2)).kick();
  }

  @Test
  void kicksNoMoreWhenAnAppHangsAndSaysSoOnce() throws Exception {
    when(executive.stalled()).thenReturn(List.of("payload"));
    keeper.look();
    keeper.look();
    verify(watchdog, never()).kick();
    verify(events, times(1)).report(CoreEvent.WATCHDOG_HELD, List.of("payload"));
  }

  @Test
  void aResetByTheWatchdogIsReportedOnce() throws Exception {
    when(watchdog.bootReason()).thenReturn(Watchdog.BootReason.WATCHDOG);
    keeper.look();
    keeper.look();
    verify(events, times(1))
        .reportDevice(CoreEvent.WATCHDOG_RESET, "dog", DeviceFault.WATCHDOG_RESET);
  }

  @Test
  void aRunThatEndedInOrderWasNotEndedByTheWatchdog() throws Exception {
    FlightState.Builder log = FlightState.newBuilder();
    log.addResetLogBuilder().setMissionNanos(100).setUptimeNanos(50).setEnd("app link failed");
    log.addResetLogBuilder();
    when(state.get()).thenReturn(log.build());
    when(watchdog.bootReason()).thenReturn(Watchdog.BootReason.WATCHDOG);
    when(clock.missionNanos()).thenReturn(150L);
    keeper.look();
    verify(events, never()).reportDevice(eq(CoreEvent.WATCHDOG_RESET), any(), any());
  }

  @Test
  void aBoardThatWasResetAfterARunThatEndedInOrderIsReported() throws Exception {
    FlightState.Builder log = FlightState.newBuilder();
    log.addResetLogBuilder().setMissionNanos(100).setUptimeNanos(50).setEnd("commanded");
    log.addResetLogBuilder();
    when(state.get()).thenReturn(log.build());
    when(watchdog.bootReason()).thenReturn(Watchdog.BootReason.WATCHDOG);
    when(clock.missionNanos()).thenReturn(20L);
    keeper.look();
    verify(events).reportDevice(CoreEvent.WATCHDOG_RESET, "dog", DeviceFault.WATCHDOG_RESET);
  }

  @Test
  void aWatchdogThatCannotBeKickedIsReportedOnceAndTriedAgain() throws Exception {
    doThrow(new HardwareFault(HardwareFault.Kind.ABSENT, "dog", "gone")).when(watchdog).kick();
    keeper.look();
    keeper.look();
    verify(watchdog, times(2)).kick();
    verify(events, times(1))
        .reportDevice(eq(CoreEvent.DEVICE_FAULT), eq("dog"), eq(DeviceFault.REFUSED), any(), any());
  }

  @Test
  void aBootReasonThatCannotBeReadIsNoFailedKickAndIsAskedAgain() throws Exception {
    when(watchdog.bootReason())
        .thenThrow(new HardwareFault(HardwareFault.Kind.TIMEOUT, "dog", "busy"))
        .thenReturn(Watchdog.BootReason.WATCHDOG);
    keeper.look();
    keeper.look();
    reported("it does not say why the board booted", "dog: busy");
    verify(events).reportDevice(CoreEvent.WATCHDOG_RESET, "dog", DeviceFault.WATCHDOG_RESET);
  }

  /** Once, of the watchdog of these tests. */
  private void reported(String what, String why) {
    verify(events, times(1))
        .reportDevice(CoreEvent.DEVICE_FAULT, "dog", DeviceFault.REFUSED, what, why);
  }

  @Test
  void anOrderlyEndStopsIt() throws Exception {
    keeper.end(true);
    verify(watchdog).disarm();
  }

  @Test
  void aRestartKicksItAtOnceAndOnWhileAppsThatHangAreEnded() throws Exception {
    when(executive.stalled()).thenReturn(List.of("payload"));
    keeper.look();
    keeper.beginRestart();
    verify(watchdog, times(1)).kick();
    when(clock.hostNanos()).thenReturn(25_999_999_999L);
    keeper.look();
    verify(watchdog, times(2)).kick();
    // what comes after belongs to the life of the apps
    assertThat(beside).isEqualTo(1);
    verify(executive, times(1)).look();
  }

  @Test
  void anEndThatHangsIsLeftToTheWatchdog() throws Exception {
    keeper.beginRestart();
    when(clock.hostNanos()).thenReturn(26_000_000_000L);
    keeper.look();
    verify(watchdog, times(1)).kick();
  }

  @Test
  void aRestartLeavesItRunningAndKicksItNoMore() throws Exception {
    keeper.beginRestart();
    keeper.end(false);
    keeper.look();
    verify(watchdog, times(1)).kick();
    verify(watchdog, never()).disarm();
  }

  @Test
  void thatAWatchdogIsClosedInARestartIsNoFault() throws Exception {
    keeper.beginRestart();
    doThrow(new HardwareFault(HardwareFault.Kind.REFUSED, "dog", "closed")).when(watchdog).kick();
    keeper.look();
    doThrow(new IllegalStateException("closed")).when(watchdog).kick();
    keeper.look();
    keeper.end(false);
    verify(watchdog, times(3)).kick();
    verify(events, never()).reportDevice(any(), any(), any(), any(), any());
  }

  @Test
  void aBrokenDriverCostsItsWatchdogAndNoOther() throws Exception {
    Watchdog other = mock(Watchdog.class);
    when(other.name()).thenReturn("other");
    when(hardware.watchdogs()).thenReturn(List.of(watchdog, other));
    doThrow(new IllegalStateException("a defect")).when(watchdog).kick();
    doThrow(new NoClassDefFoundError("a part")).when(watchdog).disarm();
    keeper.look();
    keeper.look();
    verify(other, times(2)).kick();
    reported("it cannot be kicked", "the driver failed: java.lang.IllegalStateException: a defect");
    keeper.end(true);
    verify(other).disarm();
    reported("it cannot be stopped", "the driver failed: java.lang.NoClassDefFoundError: a part");
  }

  @Test
  void aLookThatComesLateDoesNotStartItAgain() throws Exception {
    keeper.end(true);
    keeper.look();
    verify(watchdog, never()).kick();
  }

  @Test
  void aWatchdogThatCannotBeStoppedIsReported() throws Exception {
    doThrow(new HardwareFault(HardwareFault.Kind.REFUSED, "dog", "nowayout"))
        .when(watchdog)
        .disarm();
    keeper.end(true);
    reported("it cannot be stopped", "dog: nowayout");
  }

  @Test
  void itsThreadWaitsForNoDisk() throws Exception {
    CountDownLatch looked = new CountDownLatch(1);
    WatchdogKeeper running =
        WatchdogKeeper.start(
            new TestServices().with(Events.class, events).with(Hardware.class, hardware).build(),
            executive,
            looked::countDown);
    looked.await();
    running.end(true);
    InOrder order = inOrder(events);
    order.verify(events).neverWait();
    order.verify(events).mayWait();
  }

  @Test
  void aThreadOfItsOwnKicksUntilTheEnd() throws Exception {
    CountDownLatch kicked = new CountDownLatch(1);
    doAnswer(
            call -> {
              kicked.countDown();
              return null;
            })
        .when(watchdog)
        .kick();
    WatchdogKeeper running =
        WatchdogKeeper.start(
            new TestServices().with(Events.class, events).with(Hardware.class, hardware).build(),
            executive,
            () -> {});
    assertThat(kicked.await(20, TimeUnit.SECONDS)).isTrue();
    running.end(true);
    verify(watchdog).disarm();
  }
}

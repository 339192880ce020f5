package org.heliostat.core.recorder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyInt;
import static org.mockito.ArgumentMatchers.anyLong;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.heliostat.core.app.App;
import org.heliostat.core.app.AppFailure;
import org.heliostat.core.app.Services;
import org.heliostat.core.command.Commands;
import org.heliostat.core.command.Execution;
import org.heliostat.core.event.CoreEvent;
import org.heliostat.core.event.Events;
import org.heliostat.core.fixture.TestServices;
import org.heliostat.core.fixture.TestSpacecraft;
import org.heliostat.core.recorder.Recorder.Priority;
import org.heliostat.core.time.BoardClock;
import org.heliostat.protocol.DeleteRecords;
import org.heliostat.protocol.Downlink;
import org.heliostat.protocol.Housekeeping;
import org.heliostat.protocol.PlaybackRecords;
import org.heliostat.protocol.PriorityStatus;
import org.heliostat.protocol.RecordPriority;
import org.heliostat.protocol.RecorderStatus;
import org.heliostat.protocol.Stage;
import org.heliostat.protocol.Telecommand;
import org.heliostat.protocol.Telecommand.CommandCase;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.mockito.ArgumentCaptor;

/** What is reported, and what ground can ask for. */
@Timeout(60)
class RecorderAppTest {
  private static final long SECOND = 1_000_000_000L;

  @TempDir private Path folder;

  private final Recorder recorder = mock(Recorder.class);
  private final Events events = mock(Events.class);
  private final BoardClock clock = mock(BoardClock.class);
  private final Commands commands = mock(Commands.class);
  private final Services services =
      new TestServices()
          .with(Recorder.class, recorder)
          .with(Events.class, events)
          .with(BoardClock.class, clock)
          .with(Commands.class, commands)
          .build();

  private void has(long evictedBulk, long damagedBytes) {
    List<RecorderStatistics.OfPriority> all = new ArrayList<>();
    for (Priority priority : Priority.values()) {
      all.add(
          new RecorderStatistics.OfPriority(
              priority, 2, 300, 1_500_000_000L, priority == Priority.BULK ? evictedBulk : 0, 7));
    }
    when(recorder.statistics())
        .thenReturn(new RecorderStatistics(all, 1500, 9000, 11, damagedBytes, 3, 44));
  }

  private RecorderApp app() {
    return (RecorderApp) new RecorderApp.Factory().start(services);
  }

  private void cycleAt(App app, long seconds) throws Exception {
    when(clock.missionNanos()).thenReturn(seconds * SECOND);
    app.cycle();
  }

  @Test
  void aRecorderThatHasEndedIsAFailureOfTheApp() throws Exception {
    has(0, 0);
    RecorderApp app = app();
    doThrow(new RecorderFault(RecorderFault.Kind.HUNG, "hangs")).when(recorder).expire(anyLong());
    app.cycle();
    doThrow(new RecorderFault(RecorderFault.Kind.CLOSED, "closed"))
        .when(recorder)
        .expire(anyLong());
    assertThatThrownBy(app::cycle).isInstanceOf(AppFailure.class).hasMessageContaining("ended");
  }

  @Test
  void hasRecordsExpireEveryCycle() throws Exception {
    has(0, 0);
    App app = app();
    assertThat(new RecorderApp.Factory().name()).isEqualTo("recorder");
    cycleAt(app, 5);
    cycleAt(app, 6);
    verify(recorder).expire(5 * SECOND);
    verify(recorder).expire(6 * SECOND);
    verify(events, never()).report(any(), any(Object[].class));
  }

  @Test
  void aDiskThatHangsDoesNotEndIt() throws Exception {
    has(0, 0);
    App app = app();
    doThrow(new RecorderFault(RecorderFault.Kind.HUNG, "hangs")).when(recorder).expire(anyLong());
    has(3, 0);
    cycleAt(app, 1);
    verify(events).report(CoreEvent.RECORDER_EVICTED, 3L, Priority.BULK);
  }

  @Test
  void recordsThatWereGivenUpAreReportedOnceAMinuteAtMost() throws Exception {
    // those of before the app was started anew have been reported
    has(10, 0);
    App app = app();
    cycleAt(app, 0);
    verify(events, never()).report(eq(CoreEvent.RECORDER_EVICTED), any(Object[].class));
    has(15, 0);
    cycleAt(app, 1);
    verify(events).report(CoreEvent.RECORDER_EVICTED, 5L, Priority.BULK);
    has(40, 0);
    for (int second = 2; second < 61; second++) {
      cycleAt(app, second);
    }
    verify(events, times(1)).report(eq(CoreEvent.RECORDER_EVICTED), any(Object[].class));
    cycleAt(app, 61);
    verify(events).report(CoreEvent.RECORDER_EVICTED, 25L, Priority.BULK);
    cycleAt(app, 200);
    verify(events, times(2)).report(eq(CoreEvent.RECORDER_EVICTED), any(Object[].class));
  }

  @Test
  void damageThatComesToLightLaterIsReported() throws Exception {
    has(0, 100);
    App app = app();
    cycleAt(app, 1);
    verify(events, never()).report(any(), any(Object[].class));
    has(0, 164);
    cycleAt(app, 2);
    cycleAt(app, 3);
    verify(events, times(1))
        .report(CoreEvent.RECORDER_RECOVERED, 64L, "records that were well when they were stored");
  }

  @Test
  void housekeepingSaysHowMuchOfEachPriorityWaits() {
    has(9, 0);
    App app = app();
    Housekeeping.Builder packet = Housekeeping.newBuilder();
    assertThat(services.telemetry().fill(packet)).isEmpty();
    RecorderStatus status = packet.getRecorder();
    assertThat(status.toBuilder().clearPriorities().build())
        .isEqualTo(
            RecorderStatus.newBuilder()
                .setStoredBytes(1500)
                .setQuotaBytes(9000)
                .setSyncs(11)
                .setHung(3)
                .setKeptRecords(44)
                .setDamagedBytes(0)
                .build());
    assertThat(status.getPrioritiesList()).hasSize(5);
    assertThat(status.getPriorities(4))
        .isEqualTo(
            PriorityStatus.newBuilder()
                .setPriority(RecordPriority.BULK)
                .setRecords(2)
                .setBytes(300)
                .setOldestSeconds(1.5f)
                .setEvicted(9)
                .setExpired(7)
                .build());
    app.close();
    Housekeeping.Builder after = Housekeeping.newBuilder();
    assertThat(services.telemetry().fill(after)).isEmpty();
    assertThat(after.hasRecorder()).isFalse();
  }

  // ---- commands

  private void handled(CommandCase which, Telecommand command, Execution execution) {
    ArgumentCaptor<org.heliostat.core.command.CommandHandler> handler =
        ArgumentCaptor.forClass(org.heliostat.core.command.CommandHandler.class);
    verify(commands).handle(eq("recorder"), eq(which), handler.capture());
    handler.getValue().execute(command, execution);
  }

  @Test
  void tooManyCommandsAtOnceFailAndThoseThatWaitEndWithTheApp() {
    has(0, 0);
    App app = app();
    Telecommand command =
        Telecommand.newBuilder()
            .setDeleteRecords(DeleteRecords.newBuilder().setPriority(RecordPriority.BULK))
            .build();
    List<Execution> executions = new ArrayList<>();
    for (int i = 0; i < RecorderCommands.MOST_WAITING + 1; i++) {
      Execution execution = mock(Execution.class);
      executions.add(execution);
      ArgumentCaptor<org.heliostat.core.command.CommandHandler> handler =
          ArgumentCaptor.forClass(org.heliostat.core.command.CommandHandler.class);
      verify(commands).handle(eq("recorder"), eq(CommandCase.DELETE_RECORDS), handler.capture());
      handler.getValue().execute(command, execution);
    }
    verify(executions.get(RecorderCommands.MOST_WAITING))
        .fail("too many commands to the recorder wait already");
    app.close();
    for (Execution execution : executions.subList(0, RecorderCommands.MOST_WAITING)) {
      verify(execution).fail("the app was ended");
      verify(execution, never()).complete();
    }
  }

  private static Telecommand delete() {
    return Telecommand.newBuilder()
        .setDeleteRecords(DeleteRecords.newBuilder().setPriority(RecordPriority.BULK))
        .build();
  }

  @Test
  void aCommandThatComesAfterTheEndIsRefused() {
    has(0, 0);
    App app = app();
    app.close();
    Execution execution = mock(Execution.class);
    handled(CommandCase.DELETE_RECORDS, delete(), execution);
    verify(execution).fail("the app was ended");
  }

  @Test
  void aCommandThatHasTimedOutBeforeItsTurnIsNotCarriedOut() throws Exception {
    has(0, 0);
    App app = app();
    Execution execution = mock(Execution.class);
    handled(CommandCase.DELETE_RECORDS, delete(), execution);
    when(execution.ended()).thenReturn(true);
    app.cycle();
    verify(recorder, never()).delete(any());
  }

  @Test
  void aCommandFailsWhereTheRecorderDoes() throws Exception {
    has(0, 0);
    App app = app();
    Execution execution = mock(Execution.class);
    doThrow(new RecorderFault(RecorderFault.Kind.HUNG, "it hangs")).when(recorder).step(any());
    handled(
        CommandCase.PLAYBACK_RECORDS,
        Telecommand.newBuilder()
            .setPlaybackRecords(PlaybackRecords.newBuilder().setToNanos(9))
            .build(),
        execution);
    app.cycle();
    verify(execution).fail("it hangs");
    app.close();
    verify(execution, times(1)).fail(any());
  }

  @Test
  void aLongPlaybackTakesSeveralCycles() throws Exception {
    has(0, 0);
    App app = app();
    Execution execution = mock(Execution.class);
    handled(
        CommandCase.PLAYBACK_RECORDS,
        Telecommand.newBuilder()
            .setPlaybackRecords(PlaybackRecords.newBuilder().setToNanos(9))
            .build(),
        execution);
    // each look at the clock is 100 ms later
    long[] host = new long[1];
    when(clock.hostNanos()).thenAnswer(call -> host[0] += SECOND / 10);
    app.cycle();
    verify(recorder, times(2)).step(any());
    app.cycle();
    verify(recorder, times(4)).step(any());
    verify(execution, never()).complete();
    app.close();
    verify(execution).fail("the app was ended");
  }

  /** With everything around it real. */
  @Test
  void groundAsksForRecordsOnceMoreAndGivesOthersUp() throws Exception {
    try (TestSpacecraft spacecraft = new TestSpacecraft(folder)) {
      App app = spacecraft.start(new RecorderApp.Factory());
      Recorder real = spacecraft.services().recorder();
      long id = real.append(Priority.PRODUCT, Fixture.body("once more"));
      real.append(Priority.BULK, Fixture.body("bulk"));
      real.confirm(List.of(id));
      assertThat(
              spacecraft.send(
                  Telecommand.newBuilder()
                      .setPlaybackRecords(
                          PlaybackRecords.newBuilder()
                              .setToNanos(Long.MAX_VALUE)
                              .addTypes(Downlink.EVENT_FIELD_NUMBER))))
          .isEqualTo(Stage.STARTED);
      spacecraft.run(app, 2.5);
      assertThat(spacecraft.lastStage()).isEqualTo(Stage.COMPLETED);
      assertThat(Fixture.text(real, id)).isEqualTo("once more");
      assertThat(real.delete(Priority.BULK)).isEqualTo(1);
      RecorderStatus status = spacecraft.housekeeping().getRecorder();
      assertThat(status.getPriorities(2).getRecords()).isEqualTo(1);
      assertThat(status.getKeptRecords()).isZero();
      assertThat(status.getSyncs()).isPositive();
    }
  }

  @Test
  void byCommandAllOfAPriorityAreGivenUp() throws Exception {
    has(0, 0);
    App app = app();
    Execution execution = mock(Execution.class);
    when(recorder.delete(Priority.ROUTINE)).thenReturn(12);
    handled(
        CommandCase.DELETE_RECORDS,
        Telecommand.newBuilder()
            .setDeleteRecords(DeleteRecords.newBuilder().setPriority(RecordPriority.ROUTINE))
            .build(),
        execution);
    app.cycle();
    verify(execution).progress("12 records were given up");
    verify(execution).complete();
    verify(recorder, never()).playback(anyLong(), anyLong(), any(), anyInt());
  }
}

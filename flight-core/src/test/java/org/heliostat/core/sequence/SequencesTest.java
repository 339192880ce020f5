package org.heliostat.core.sequence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.clearInvocations;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.spy;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.heliostat.core.bus.Bus;
import org.heliostat.core.bus.Subscription;
import org.heliostat.core.command.CommandJournal;
import org.heliostat.core.command.Commands;
import org.heliostat.core.command.Execution;
import org.heliostat.core.event.Events;
import org.heliostat.core.fixture.ByGround;
import org.heliostat.core.fixture.TestServices;
import org.heliostat.core.recorder.Recorder;
import org.heliostat.core.state.StateStore;
import org.heliostat.core.table.Tables;
import org.heliostat.core.time.MissionClock;
import org.heliostat.protocol.DropTable;
import org.heliostat.protocol.Event;
import org.heliostat.protocol.FireCommand;
import org.heliostat.protocol.LoadTable;
import org.heliostat.protocol.Noop;
import org.heliostat.protocol.Refusal;
import org.heliostat.protocol.RestartProcess;
import org.heliostat.protocol.Sequence;
import org.heliostat.protocol.SequenceStep;
import org.heliostat.protocol.StartSequence;
import org.heliostat.protocol.Table;
import org.heliostat.protocol.TakeFrames;
import org.heliostat.protocol.Telecommand;
import org.heliostat.protocol.Telecommand.CommandCase;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SequencesTest {
  private static final long SECOND = 1_000_000_000L;

  @TempDir private Path folder;
  private final MissionClock clock = mock();
  private final Recorder recorder = mock();
  private final List<Integer> ran = new ArrayList<>();
  private final List<Execution> executions = new ArrayList<>();
  private final List<String> failures = new ArrayList<>();
  private boolean leaveOpen;
  private StateStore state;
  private Bus bus;
  private Subscription<Event> events;
  private Commands commands;
  private Tables tables;
  private Sequences sequences;
  private long now = 100 * SECOND;
  private long utcOffset = 1000 * SECOND;
  private boolean utcGood = true;
  private long counter;

  @BeforeEach
  void boot() throws IOException {
    when(clock.missionNanos()).thenAnswer(call -> now);
    when(clock.utcNanos()).thenAnswer(call -> now + utcOffset);
    when(clock.utcGood()).thenAnswer(call -> utcGood);
    CommandJournal journal = CommandJournal.open(folder.resolve("commands.bin"));
    state = spy(StateStore.open(folder.resolve("state.bin")));
    bus = new Bus();
    events = bus.subscribe(Event.class, 1000);
    Events reporter = new Events(clock, recorder, bus, line -> {});
    commands = new Commands(clock, journal, state, recorder, reporter);
    tables = Tables.open(folder.resolve("tables"), List.of(), false, reporter);
    tables.serve(commands);
    commands.handle(
        CommandCase.TAKE_FRAMES,
        (command, execution) -> {
          ran.add(command.getTakeFrames().getCount());
          if (leaveOpen) {
            executions.add(execution);
          } else if (failures.isEmpty()) {
            execution.complete();
          } else {
            execution.fail(failures.remove(0));
          }
        });
    sequences = new Sequences(clock, commands, reporter, state, tables);
  }

  private List<String> names() {
    List<String> names = new ArrayList<>();
    for (var event = events.poll(); event.isPresent(); event = events.poll()) {
      names.add(event.get().getName() + " " + event.get().getText());
    }
    return names;
  }

  private static Telecommand.Builder take(int count) {
    return Telecommand.newBuilder().setTakeFrames(TakeFrames.newBuilder().setCount(count));
  }

  private static SequenceStep.Builder after(double seconds, int count) {
    return SequenceStep.newBuilder().setAfterSeconds(seconds).setCommand(take(count));
  }

  private SequenceStep.Builder at(double seconds, int count) {
    return SequenceStep.newBuilder()
        .setAtUtcNanos((long) (seconds * 1e9) + 1100 * SECOND)
        .setCommand(take(count));
  }

  private static Table table(String name, SequenceStep.Builder... steps) {
    Sequence.Builder sequence = Sequence.newBuilder();
    for (SequenceStep.Builder step : steps) {
      sequence.addSteps(step);
    }
    return Table.newBuilder().setName("sequence." + name).setSequence(sequence).build();
  }

  private void load(Table table) {
    ByGround.submit(
        commands,
        Telecommand.newBuilder()
            .setCounter(++counter)
            .setLoadTable(LoadTable.newBuilder().setTable(table).setActivate(true))
            .build());
  }

  private void drop(String table) {
    ByGround.submit(
        commands,
        Telecommand.newBuilder()
            .setCounter(++counter)
            .setDropTable(DropTable.newBuilder().setTable(table).setStored(true))
            .build());
  }

  private void run(double seconds) {
    long end = now + (long) (seconds * 1e9);
    sequences.tick();
    while (now < end) {
      now = Math.min(end, now + SECOND / 2);
      sequences.tick();
    }
  }

  private boolean running(String name) {
    return sequences.status().stream()
        .anyMatch(one -> one.getName().equals(name) && one.getRunning());
  }

  @Test
  void aHazardousCommandOfASequenceRunsWithoutBeingArmed() throws Exception {
    List<String> restarts = new ArrayList<>();
    commands.handle(
        CommandCase.RESTART_PROCESS,
        (command, execution) -> {
          restarts.add(execution.origin());
          execution.complete();
        });
    Telecommand.Builder restart =
        Telecommand.newBuilder().setRestartProcess(RestartProcess.getDefaultInstance());
    ByGround.submit(commands, restart.setCounter(++counter).build());
    assertThat(restarts).isEmpty();
    load(
        table("a", SequenceStep.newBuilder().setAfterSeconds(0).setCommand(restart.setCounter(0))));
    assertThat(sequences.start("a", "test")).isEmpty();
    run(0.5);
    assertThat(restarts).containsExactly("sequence a");
  }

  @Test
  void relativeStepsRunAfterOneAnother() throws Exception {
    load(table("a", after(1, 1), after(2, 2), after(0, 3)));
    assertThat(sequences.start("a", "test")).isEmpty();
    run(0.5);
    assertThat(ran).isEmpty();
    run(0.5);
    assertThat(ran).containsExactly(1);
    assertThat(sequences.status().get(0).getNextStep()).isEqualTo(1);
    assertThat(sequences.status().get(0).getSteps()).isEqualTo(3);
    run(1.5);
    assertThat(ran).containsExactly(1);
    run(0.5);
    assertThat(ran).containsExactly(1, 2, 3);
    assertThat(running("a")).isFalse();
    assertThat(names())
        .contains(
            "SEQUENCE_STARTED sequence a started at step 0, by test",
            "SEQUENCE_COMPLETED sequence a is at its end");
  }

  @Test
  void aStepWaitsUntilTheOneBeforeHasEnded() throws Exception {
    leaveOpen = true;
    load(table("a", after(0, 1), after(1, 2)));
    assertThat(sequences.start("a", "test")).isEmpty();
    run(10);
    assertThat(ran).containsExactly(1);
    executions.get(0).complete();
    run(0);
    assertThat(ran).containsExactly(1, 2);
    assertThat(running("a")).isTrue();
    executions.get(1).complete();
    run(0);
    assertThat(running("a")).isFalse();
  }

  @Test
  void aStepThatFailsEndsItsSequence() throws Exception {
    failures.add("no");
    load(table("a", after(0, 1), after(0, 2)));
    assertThat(sequences.start("a", "test")).isEmpty();
    run(5);
    assertThat(ran).containsExactly(1);
    assertThat(sequences.status().get(0).getFailed()).isEqualTo(1);
    assertThat(names()).contains("SEQUENCE_FAILED sequence a ends at step 0: no");
    assertThat(sequences.start("a", "test")).isEmpty();
    run(1);
    assertThat(ran).containsExactly(1, 1, 2);
  }

  @Test
  void aSequenceIsStoppedBeforeItsNextStep() throws Exception {
    load(table("a", after(0, 1), after(5, 2)));
    assertThat(sequences.start("a", "test")).isEmpty();
    run(1);
    assertThat(sequences.stop("a", "test")).isTrue();
    assertThat(sequences.stop("a", "test")).isFalse();
    run(10);
    assertThat(ran).containsExactly(1);
    assertThat(names()).contains("SEQUENCE_STOPPED sequence a was stopped before step 1: test");
  }

  @Test
  void timeStandsStillForASequenceThatIsPaused() throws Exception {
    load(table("a", after(1, 1), after(5, 2)));
    assertThat(sequences.pause("a", "test")).contains("it does not run");
    assertThat(sequences.resume("a", "test")).contains("it does not run");
    assertThat(sequences.start("a", "test")).isEmpty();
    assertThat(sequences.resume("a", "test")).contains("it is not paused");
    run(3);
    assertThat(sequences.pause("a", "test")).isEmpty();
    assertThat(sequences.pause("a", "test")).contains("it is paused already");
    assertThat(sequences.status().get(0).getPaused()).isTrue();
    run(100);
    assertThat(ran).containsExactly(1);
    assertThat(running("a")).isTrue();
    assertThat(sequences.resume("a", "test")).isEmpty();
    assertThat(sequences.status().get(0).getPaused()).isFalse();
    run(2.5);
    assertThat(ran).containsExactly(1);
    run(0.5);
    assertThat(ran).containsExactly(1, 2);
    assertThat(names())
        .contains(
            "SEQUENCE_PAUSED sequence a is paused before step 1, by test",
            "SEQUENCE_RESUMED sequence a goes on with step 1, by test");
  }

  @Test
  void aPausedSequenceIsStoppedAndItsOpenCommandMayStillFailIt() throws Exception {
    leaveOpen = true;
    load(table("a", after(0, 1), after(0, 2)));
    assertThat(sequences.start("a", "test")).isEmpty();
    run(0);
    assertThat(sequences.pause("a", "test")).isEmpty();
    executions.get(0).complete();
    run(10);
    assertThat(ran).containsExactly(1);
    assertThat(sequences.stop("a", "test")).isTrue();
    assertThat(sequences.start("a", "test")).isEmpty();
    run(0);
    assertThat(sequences.pause("a", "test")).isEmpty();
    executions.get(1).fail("no");
    run(0);
    assertThat(running("a")).isFalse();
    assertThat(names()).contains("SEQUENCE_FAILED sequence a ends at step 0: no");
  }

  @Test
  void anAbsoluteSequenceIsNotPaused() throws Exception {
    load(table("a", at(1, 1)));
    assertThat(sequences.start("a", "test")).isEmpty();
    assertThat(sequences.pause("a", "test")).get().asString().contains("UTC does not wait");
    run(1);
    assertThat(ran).containsExactly(1);
  }

  @Test
  void anInhibitedSequenceIsStartedByNobodyOverARestart() throws Exception {
    assertThat(sequences.set("a", true)).contains("there is no sequence a");
    load(table("a", after(0, 1), after(1, 2)));
    assertThat(sequences.start("a", "test")).isEmpty();
    run(0);
    assertThat(sequences.set("a", true)).isEmpty();
    // what runs goes on
    run(1);
    assertThat(ran).containsExactly(1, 2);
    assertThat(sequences.start("a", "limit low"))
        .map(Sequences.NotStarted::why)
        .contains("it is inhibited");
    boot();
    assertThat(sequences.start("a", "test"))
        .map(Sequences.NotStarted::why)
        .contains("it is inhibited");
    assertThat(sequences.status().get(0).getInhibited()).isTrue();
    assertThat(sequences.set("a", false)).isEmpty();
    assertThat(sequences.status().get(0).getInhibited()).isFalse();
    boot();
    assertThat(sequences.start("a", "test")).isEmpty();
  }

  @Test
  void whatCannotBeStartedIsNot() throws Exception {
    assertThat(sequences.start("a", "test"))
        .map(Sequences.NotStarted::why)
        .contains("there is no sequence a");
    for (int i = 0; i <= Sequences.MOST_RUNNING; i++) {
      load(table("s" + i, after(100, 1)));
    }
    for (int i = 0; i < Sequences.MOST_RUNNING; i++) {
      assertThat(sequences.start("s" + i, "test")).isEmpty();
    }
    assertThat(sequences.start("s0", "test"))
        .map(Sequences.NotStarted::why)
        .contains("it runs already");
    assertThat(sequences.start("s16", "test"))
        .map(Sequences.NotStarted::why)
        .contains("16 sequences run already");
    SequencesApp app =
        new SequencesApp(new TestServices().with(Commands.class, commands).build(), sequences);
    assertThat(issue("s0")).isEqualTo(Refusal.EXECUTION_FAILED);
    // that passes
    assertThat(issue("s16")).isEqualTo(Refusal.TOO_MANY);
    app.close();
  }

  private Refusal issue(String sequence) {
    return commands
        .issue(
            Telecommand.newBuilder()
                .setStartSequence(StartSequence.newBuilder().setSequence(sequence))
                .build(),
            "test")
        .refusal();
  }

  @Test
  void absoluteStepsRunByUtcAndOnlyWhileItIsGood() throws Exception {
    load(table("a", at(1, 1), at(2, 2), at(3, 3)));
    assertThat(sequences.start("a", "test")).isEmpty();
    run(1);
    assertThat(ran).containsExactly(1);
    // a clock that jumps can neither run nor kill commands
    utcGood = false;
    utcOffset += 1_000_000 * SECOND;
    run(1);
    utcOffset -= 2_000_000 * SECOND;
    run(1);
    assertThat(ran).containsExactly(1);
    assertThat(running("a")).isTrue();
    utcOffset += 1_000_000 * SECOND;
    utcGood = true;
    run(0);
    assertThat(ran).containsExactly(1, 2, 3);
  }

  @Test
  void aStepThatIsTooLateIsSkippedAndSaid() throws Exception {
    load(table("a", at(1, 1).setLateSeconds(5), at(2, 2).setLateSeconds(60)));
    assertThat(sequences.start("a", "test")).isEmpty();
    utcGood = false;
    run(6.5);
    utcGood = true;
    run(0.5);
    assertThat(ran).containsExactly(2);
    assertThat(names())
        .contains("SEQUENCE_STEP_SKIPPED sequence a: step 0 is 5.5 s late and skipped");
    assertThat(running("a")).isFalse();
  }

  /** The worst moment: the step is noted, and the crash comes before or while it runs. */
  @Test
  void anAbsoluteStepNeverRunsTwiceOverACrash() throws Exception {
    leaveOpen = true;
    load(table("a", at(1, 1), at(2, 2)));
    assertThat(sequences.start("a", "test")).isEmpty();
    run(1);
    assertThat(ran).containsExactly(1);
    boot();
    leaveOpen = false;
    assertThat(names())
        .contains("SEQUENCE_STARTED sequence a started at step 1, by the run before");
    run(1);
    assertThat(ran).containsExactly(1, 2);
    boot();
    run(5);
    assertThat(ran).containsExactly(1, 2);
    assertThat(names()).noneMatch(name -> name.startsWith("SEQUENCE_"));
  }

  @Test
  void thatAnAbsoluteSequenceWasStartedIsOnDiskWhenItIsSaid() throws Exception {
    load(table("a", at(1, 1)));
    assertThat(sequences.start("a", "test")).isEmpty();
    boot();
    run(1);
    assertThat(ran).containsExactly(1);
  }

  @Test
  void anAbsoluteSequenceThatWasStoppedStaysSoOverARestart() throws Exception {
    load(table("a", at(1, 1)));
    assertThat(sequences.start("a", "test")).isEmpty();
    assertThat(sequences.stop("a", "test")).isTrue();
    boot();
    run(5);
    assertThat(ran).isEmpty();
  }

  @Test
  void thatAnAbsoluteSequenceWasStoppedIsOnDiskWhenItIsSaid() throws Exception {
    load(table("a", at(1, 1)));
    assertThat(sequences.start("a", "test")).isEmpty();
    List<Integer> onDisk = new ArrayList<>();
    when(recorder.append(any(), any()))
        .thenAnswer(
            call -> {
              onDisk.add(StateStore.open(folder.resolve("state.bin")).get().getSequencesCount());
              return 0L;
            });
    assertThat(sequences.stop("a", "test")).isTrue();
    assertThat(onDisk).containsExactly(0);
  }

  @Test
  void anAbsoluteSequenceThatHasFailedDoesNotGoOnAfterARestart() throws Exception {
    failures.add("no");
    load(table("a", at(1, 1), at(2, 2)));
    assertThat(sequences.start("a", "test")).isEmpty();
    run(1);
    boot();
    run(5);
    assertThat(ran).containsExactly(1);
  }

  @Test
  void anAbsoluteSequenceThatCannotBeStoredIsNotStartedAndRunsNoStep() throws Exception {
    load(table("a", at(0, 1)));
    load(table("b", after(0, 2)));
    doAnswer(
            call -> {
              // as its own thread does meanwhile
              sequences.tick();
              throw new IOException("no disk");
            })
        .when(state)
        .save();
    assertThatThrownBy(() -> sequences.start("a", "test")).isInstanceOf(IOException.class);
    assertThat(running("a")).isFalse();
    run(1);
    assertThat(ran).isEmpty();
    doThrow(new IOException("no disk")).when(state).save();
    assertThat(sequences.start("b", "test")).as("a relative one is started").isEmpty();
    run(1);
    assertThat(ran).containsExactly(2);
    assertThat(names())
        .contains("SEQUENCE_COMPLETED sequence b is at its end")
        .noneMatch(name -> name.contains("sequence a"));
  }

  @Test
  void anAbsoluteSequenceIsStoppedAlsoWhereThatCannotBeStored() throws Exception {
    load(table("a", at(1, 1)));
    assertThat(sequences.start("a", "test")).isEmpty();
    doThrow(new IOException("no disk")).when(state).save();
    assertThatThrownBy(() -> sequences.stop("a", "test")).isInstanceOf(IOException.class);
    assertThat(names()).contains("SEQUENCE_STOPPED sequence a was stopped before step 0: test");
    run(5);
    assertThat(ran).isEmpty();
  }

  @Test
  void anAbsoluteSequenceWhoseLastStepARestartCutsOffHasFailed() throws Exception {
    leaveOpen = true;
    load(table("a", at(0, 1), at(1, 2)));
    assertThat(sequences.start("a", "test")).isEmpty();
    run(0);
    executions.get(0).complete();
    run(1);
    assertThat(ran).containsExactly(1, 2);
    boot();
    assertThat(names()).contains("SEQUENCE_FAILED sequence a ends at step 1: a restart");
    assertThat(sequences.status().get(0).getFailed()).isEqualTo(1);
    assertThat(running("a")).isFalse();
  }

  @Test
  void aStepThatCannotBeNotedWaits() throws Exception {
    load(table("a", at(0, 1)));
    assertThat(sequences.start("a", "test")).isEmpty();
    doThrow(new IOException("no disk")).when(state).save();
    run(3);
    assertThat(ran).isEmpty();
    assertThat(names()).filteredOn(name -> name.startsWith("SEQUENCE_NOT_NOTED")).hasSize(1);
    org.mockito.Mockito.doCallRealMethod().when(state).save();
    run(0);
    assertThat(ran).containsExactly(1);
  }

  @Test
  void aRelativeSequenceEndsAtARestart() throws Exception {
    load(table("a", after(0, 1), after(5, 2)));
    assertThat(sequences.start("a", "test")).isEmpty();
    state.save();
    boot();
    assertThat(names()).contains("SEQUENCE_FAILED sequence a ends at step 0: a restart");
    assertThat(sequences.start("a", "test")).isEmpty();
    run(1);
    state.save();
    boot();
    assertThat(names()).contains("SEQUENCE_FAILED sequence a ends at step 1: a restart");
    run(10);
    assertThat(ran).containsExactly(1);
    state.save();
    boot();
    assertThat(names()).noneMatch(name -> name.startsWith("SEQUENCE_FAILED"));
  }

  @Test
  void aRelativeSequenceWaitsForNoSave() throws Exception {
    failures.add("no");
    load(table("a", after(0, 1), after(1, 2)));
    clearInvocations(state);
    assertThat(sequences.start("a", "test")).isEmpty();
    run(0);
    assertThat(names()).contains("SEQUENCE_FAILED sequence a ends at step 0: no");
    assertThat(sequences.start("a", "test")).isEmpty();
    run(1);
    assertThat(names()).contains("SEQUENCE_COMPLETED sequence a is at its end");
    assertThat(sequences.start("a", "test")).isEmpty();
    assertThat(sequences.stop("a", "test")).isTrue();
    verify(state, never()).save();
    verify(state, never()).trySave();
    assertThat(state.get().getSequencesList()).isEmpty();
  }

  @Test
  void aRelativeSequenceThatARestartCutsOffBeforeTheNextSaveIsNotToldOf() throws Exception {
    load(table("a", after(0, 1), after(5, 2)));
    state.save();
    assertThat(sequences.start("a", "test")).isEmpty();
    boot();
    assertThat(names()).noneMatch(name -> name.startsWith("SEQUENCE_"));
    run(10);
    assertThat(ran).isEmpty();
  }

  @Test
  void aSequenceMayStartWhenItIsLoadedAndNotAtARestart() throws Exception {
    Table table = table("a", after(0, 1));
    table =
        table.toBuilder()
            .setSequence(table.getSequence().toBuilder().setStartWhenLoaded(true))
            .build();
    load(table);
    run(0);
    assertThat(ran).containsExactly(1);
    boot();
    run(5);
    assertThat(ran).containsExactly(1);
    for (int i = 0; i < Sequences.MOST_RUNNING; i++) {
      load(table("s" + i, after(100, 1)));
      assertThat(sequences.start("s" + i, "test")).isEmpty();
    }
    load(table);
    run(0);
    assertThat(names())
        .contains("SEQUENCE_FAILED sequence a ends at step 0: 16 sequences run already");
  }

  @Test
  void aSequenceThatCannotBeStoredWhenItIsLoadedIsSaid() throws Exception {
    Table.Builder table = table("a", at(0, 1)).toBuilder();
    table.getSequenceBuilder().setStartWhenLoaded(true);
    load(table.build());
    doThrow(new IOException("no disk")).when(state).save();
    run(1);
    assertThat(ran).isEmpty();
    assertThat(names())
        .anyMatch(
            name -> name.startsWith("SEQUENCE_FAILED sequence a ends at step 0: it cannot be"));
  }

  @Test
  void aSequenceWhoseTableIsDroppedStopsAlsoWhereThatCannotBeStored() throws Exception {
    load(table("a", at(1, 1)));
    assertThat(sequences.start("a", "test")).isEmpty();
    doThrow(new IOException("no disk")).when(state).save();
    drop("sequence.a");
    run(5);
    assertThat(ran).isEmpty();
    assertThat(names()).anyMatch(name -> name.startsWith("STATE_NOT_STORED"));
  }

  @Test
  void theTableOfARunningSequenceIsNotReplacedAndDroppingItStopsIt() throws Exception {
    load(table("a", after(5, 1)));
    assertThat(sequences.start("a", "test")).isEmpty();
    load(table("a", after(0, 9)));
    run(4);
    assertThat(tables.active("sequence.a")).contains(table("a", after(5, 1)));
    drop("sequence.a");
    run(10);
    assertThat(ran).isEmpty();
    assertThat(names()).anyMatch(name -> name.contains("its table was dropped"));
    assertThat(sequences.status()).isEmpty();
  }

  @Test
  void droppingWhatIsStoredOfARunningSequenceStopsItAndBringsItsDefaultBack() throws Exception {
    Events reporter = new Events(clock, recorder, bus, line -> {});
    tables =
        Tables.open(folder.resolve("other"), List.of(table("a", after(5, 1))), false, reporter);
    sequences = new Sequences(clock, commands, reporter, state, tables);
    assertThat(sequences.start("a", "test")).isEmpty();
    tables.serve(commands);
    drop("sequence.a");
    run(10);
    assertThat(ran).isEmpty();
    assertThat(names()).anyMatch(name -> name.contains("its table was dropped"));
    assertThat(sequences.start("a", "test")).isEmpty();
    run(10);
    assertThat(ran).containsExactly(1);
  }

  @Test
  void aTableThatMakesNoSenseIsRefused() {
    SequenceStep.Builder timeless = SequenceStep.newBuilder().setCommand(take(1));
    SequenceStep.Builder firing =
        SequenceStep.newBuilder()
            .setAfterSeconds(1)
            .setCommand(
                Telecommand.newBuilder().setFireCommand(FireCommand.newBuilder().setArmed(1)));
    List<Table> wrong =
        List.of(
            table("a"),
            table("a", timeless),
            table("a", after(1, 1), at(1, 1)),
            table("a", at(2, 1), at(1, 1)),
            table("a", after(1, 0)),
            table("a", firing),
            table("a", SequenceStep.newBuilder().setAfterSeconds(1)),
            table("", after(1, 1)),
            table("x".repeat(33), after(1, 1)));
    wrong.forEach(this::load);
    assertThat(tables.status()).isEmpty();
    load(
        table(
            "a",
            SequenceStep.newBuilder()
                .setAfterSeconds(1)
                .setCommand(Telecommand.newBuilder().setNoop(Noop.newBuilder()))));
    assertThat(tables.status()).hasSize(1);
  }
}

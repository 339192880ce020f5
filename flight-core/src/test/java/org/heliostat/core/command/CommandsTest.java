package org.heliostat.core.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyLong;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.spy;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.heliostat.core.ManualClock;
import org.heliostat.core.event.Events;
import org.heliostat.core.fixture.ByGround;
import org.heliostat.core.recorder.Recorder;
import org.heliostat.core.recorder.RecorderFault;
import org.heliostat.core.state.StateStore;
import org.heliostat.protocol.AppArgument;
import org.heliostat.protocol.AppCommand;
import org.heliostat.protocol.ArmCommand;
import org.heliostat.protocol.CommandReport;
import org.heliostat.protocol.Downlink;
import org.heliostat.protocol.DumpEvents;
import org.heliostat.protocol.ExecutingCommand;
import org.heliostat.protocol.FieldValue;
import org.heliostat.protocol.FireCommand;
import org.heliostat.protocol.LinkKey;
import org.heliostat.protocol.LinkSeal;
import org.heliostat.protocol.LoadKey;
import org.heliostat.protocol.Mode;
import org.heliostat.protocol.Noop;
import org.heliostat.protocol.Refusal;
import org.heliostat.protocol.RestartProcess;
import org.heliostat.protocol.Role;
import org.heliostat.protocol.SetMode;
import org.heliostat.protocol.Stage;
import org.heliostat.protocol.TakeFrames;
import org.heliostat.protocol.Telecommand;
import org.heliostat.protocol.Telecommand.CommandCase;
import org.heliostat.protocol.TimeQuality;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mockito.stubbing.Stubber;

class CommandsTest {
  @TempDir private Path folder;
  private Recorder recorder;
  private Commands commands;
  private CommandJournal journal;
  private StateStore state;
  private final ManualClock clock = new ManualClock();
  private final List<String> lines = new ArrayList<>();
  private final List<Execution> executions = new ArrayList<>();

  @BeforeEach
  void boot() throws IOException {
    recorder = Recorder.open(folder.resolve("recorder"), 1 << 20, 1 << 24);
    state = StateStore.open(folder.resolve("state.bin"));
    journal = CommandJournal.open(folder.resolve("commands.bin"));
    commands =
        new Commands(clock, journal, state, recorder, new Events(clock, recorder, lines::add));
    commands.handle(CommandCase.NOOP, (command, execution) -> execution.complete());
    commands.handle(
        CommandCase.TAKE_FRAMES,
        (command, execution) -> {
          boolean unused = executions.add(execution);
        });
  }

  @AfterEach
  void end() throws IOException {
    recorder.close();
    journal.close();
  }

  private static Telecommand noop(long counter) {
    return Telecommand.newBuilder().setCounter(counter).setNoop(Noop.newBuilder()).build();
  }

  private static Telecommand takeFrames(long counter, int count) {
    return Telecommand.newBuilder()
        .setCounter(counter)
        .setTakeFrames(TakeFrames.newBuilder().setCount(count))
        .build();
  }

  private List<String> stages() throws Exception {
    List<String> stages = new ArrayList<>();
    for (Recorder.Pending pending : recorder.pending(1000)) {
      Downlink packet = Downlink.parseFrom(recorder.read(pending.id()));
      if (packet.hasCommandReport()) {
        CommandReport report = packet.getCommandReport();
        stages.add(
            (report.hasOrigin() ? report.getOrigin() : report.getCounter())
                + " "
                + report.getStage()
                + " "
                + (report.hasRefusal() ? report.getRefusal() + ": " : "")
                + report.getReason());
      }
    }
    return stages;
  }

  @Test
  void reportsEveryStage() throws Exception {
    ByGround.submit(commands, noop(1));
    assertThat(stages()).containsExactly("1 ACCEPTED ", "1 STARTED ", "1 COMPLETED ");
  }

  @Test
  void theEndSaysHowManyAnswersWereRecordedBeforeIt() throws Exception {
    ByGround.submit(commands, takeFrames(1, 1));
    ByGround.submit(commands, noop(2));
    Execution execution = executions.get(0);
    Downlink answer =
        Downlink.newBuilder().setFieldValue(FieldValue.newBuilder().setCounter(1)).build();
    execution.answer(Recorder.Priority.BULK, answer);
    execution.answer(Recorder.Priority.REPORT, answer);
    // what the recorder does not take is no answer that ground could wait for
    Downlink large =
        Downlink.newBuilder()
            .setFieldValue(FieldValue.newBuilder().setValue("x".repeat(Recorder.MAX_RECORD_BYTES)))
            .build();
    assertThatThrownBy(() -> execution.answer(Recorder.Priority.BULK, large))
        .isInstanceOf(RecorderFault.class);
    execution.complete();
    List<String> ends = new ArrayList<>();
    int answers = 0;
    for (Recorder.Pending pending : recorder.pending(1000)) {
      Downlink packet = Downlink.parseFrom(recorder.read(pending.id()));
      CommandReport report = packet.getCommandReport();
      if (report.getStage() == Stage.COMPLETED) {
        ends.add(report.getCounter() + ": " + report.getAnswers());
      }
      answers += packet.hasFieldValue() ? 1 : 0;
    }
    assertThat(ends).containsExactlyInAnyOrder("1: 2", "2: 0");
    assertThat(answers).isEqualTo(2);
  }

  @Test
  void theStagesUntilTheHandlerReturnsTakeOneForce() throws Exception {
    ByGround.submit(commands, noop(1));
    long before = recorder.statistics().forces();
    ByGround.submit(commands, noop(2));
    assertThat(recorder.statistics().forces()).isEqualTo(before + 1);
  }

  @Test
  void stagesStayInOrderWhereAnotherThreadEndsTheCommandBeforeItsHandlerReturns() throws Exception {
    commands.handle(
        CommandCase.TAKE_FRAMES,
        (command, execution) -> {
          Thread other = new Thread(execution::complete);
          other.start();
          try {
            other.join();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    ByGround.submit(commands, takeFrames(1, 1));
    assertThat(stages()).containsExactly("1 ACCEPTED ", "1 STARTED ", "1 COMPLETED ");
  }

  @Test
  void theJournalKeepsACommandUntilItsEndIsRecorded() throws Exception {
    commands.handle(
        CommandCase.TAKE_FRAMES,
        (command, execution) -> {
          execution.complete();
          // another thread brings the journal to disk, and the power goes
          commands.tick();
          copyJournal();
        });
    ByGround.submit(commands, takeFrames(1, 1));
    restartFromCopy();
    assertThat(stages()).contains("1 FAILED INTERRUPTED: interrupted");
  }

  @Test
  void whatTheRecorderDoesNotTakeIsRecordedLater() throws Exception {
    Recorder failing = mock(Recorder.class);
    when(failing.appendAll(any()))
        .thenThrow(mock(RecorderFault.class))
        .thenThrow(mock(RecorderFault.class))
        .thenAnswer(call -> recorder.appendAll(call.getArgument(0)));
    Commands kept =
        new Commands(clock, journal, state, failing, new Events(clock, recorder, lines::add));
    kept.handle(CommandCase.NOOP, (command, execution) -> execution.complete());
    ByGround.submit(kept, noop(1));
    kept.tick();
    assertThat(stages()).isEmpty();
    copyJournal();
    kept.tick();
    assertThat(stages()).containsExactly("1 ACCEPTED ", "1 STARTED ", "1 COMPLETED ");
    assertThat(lines.stream().filter(line -> line.contains("RECORDER_FAILED"))).hasSize(1);
    kept.tick();
    assertThat(stages()).hasSize(3);
    // the journal had it until then
    restartFromCopy();
    assertThat(stages()).contains("1 FAILED INTERRUPTED: interrupted");
  }

  @Test
  void aHandlerThatCannotBeLoadedFailsItsCommandAlone() throws Exception {
    commands.handle(
        CommandCase.NOOP,
        (command, execution) -> {
          throw new NoClassDefFoundError("a.B");
        });
    ByGround.submit(commands, noop(1));
    assertThat(stages())
        .satisfies(all -> assertThat(all.get(2)).startsWith("1 FAILED EXECUTION_FAILED"));
  }

  @Test
  void aRefusedCommandIsAnsweredAlsoWhereItsRefusalWasCutOff() throws Exception {
    Recorder dying = mock(Recorder.class);
    when(dying.appendAll(any()))
        .thenAnswer(
            call -> {
              copyJournal();
              return List.of(1L);
            });
    Commands cutOff =
        new Commands(clock, journal, state, dying, new Events(clock, recorder, lines::add));
    ByGround.submit(cutOff, noop(1));
    restartFromCopy();
    assertThat(stages()).containsExactly("1 FAILED INTERRUPTED: interrupted");
    // and one whose refusal was recorded is not answered twice
    ByGround.submit(commands, takeFrames(2, -1));
    commands.tick();
    end();
    boot();
    commands.reportInterrupted();
    assertThat(stages()).filteredOn(stage -> stage.startsWith("2 ")).hasSize(1);
  }

  private void copyJournal() {
    try {
      Files.copy(
          folder.resolve("commands.bin"),
          folder.resolve("commands.copy"),
          StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void restartFromCopy() throws IOException {
    end();
    Files.move(
        folder.resolve("commands.copy"),
        folder.resolve("commands.bin"),
        StandardCopyOption.REPLACE_EXISTING);
    boot();
    commands.reportInterrupted();
  }

  @Test
  void dropsAReplayAndAnythingOlder() throws Exception {
    ByGround.submit(commands, noop(5));
    int before = stages().size();
    ByGround.submit(commands, noop(5));
    ByGround.submit(commands, noop(4));
    assertThat(stages()).hasSize(before);
  }

  @Test
  void rejectsArgumentsThatTheSchemaDoesNotAllow() throws Exception {
    ByGround.submit(commands, takeFrames(1, 0));
    ByGround.submit(commands, takeFrames(2, 100_001));
    ByGround.submit(
        commands,
        Telecommand.newBuilder()
            .setCounter(3)
            .setTakeFrames(TakeFrames.getDefaultInstance())
            .build());
    ByGround.submit(commands, Telecommand.newBuilder().setCounter(4).build());
    assertThat(executions).isEmpty();
    assertThat(commands.rejected()).isEqualTo(4);
    assertThat(stages())
        .containsExactly(
            "1 FAILED BAD_ARGUMENT: take_frames.count 0 is outside 1 .. 100000",
            "2 FAILED BAD_ARGUMENT: take_frames.count 100001 is outside 1 .. 100000",
            "3 FAILED BAD_ARGUMENT: take_frames.count is missing",
            "4 FAILED UNKNOWN_COMMAND: unknown command");
  }

  @Test
  void aCommandCutOffByARestartIsReportedAndNotRunAgain() throws Exception {
    ByGround.submit(commands, takeFrames(7, 3));
    assertThat(executions).hasSize(1);
    end();

    boot();
    commands.reportInterrupted();
    assertThat(stages()).contains("7 FAILED INTERRUPTED: interrupted");
    ByGround.submit(commands, takeFrames(7, 3));
    assertThat(executions).hasSize(1);
    end();

    boot();
    int before = stages().size();
    commands.reportInterrupted();
    assertThat(stages()).hasSize(before);
  }

  @Test
  void onlyTheFirstEndCounts() throws Exception {
    ByGround.submit(commands, takeFrames(1, 3));
    executions.get(0).progress("1 of 3");
    executions.get(0).complete();
    executions.get(0).fail("too late");
    assertThat(stages())
        .containsExactly("1 ACCEPTED ", "1 STARTED ", "1 PROGRESS 1 of 3", "1 COMPLETED ");
  }

  /** The disk may have taken the counter in the end: a restart must not report it once more. */
  @Test
  void aCommandWhoseCounterCannotBeStoredIsNotRunAndFailsOnce() throws Exception {
    CommandJournal failing = mock(CommandJournal.class);
    when(failing.recovered()).thenReturn(new CommandJournal.Content(1, 0, List.of()));
    doThrow(new IOException("the disk hangs")).doNothing().when(failing).write(anyLong(), any());
    Commands hampered = with(failing);
    ByGround.submit(hampered, takeFrames(1, 1));
    assertThat(executions).isEmpty();
    assertThat(stages()).containsExactly("1 FAILED NOT_STORED: counter cannot be stored");
    ByGround.submit(hampered, takeFrames(1, 1));
    assertThat(executions).isEmpty();
    ByGround.submit(hampered, takeFrames(2, 1));
    verify(failing)
        .write(2, List.of(new CommandJournal.Entry(2, CommandCase.TAKE_FRAMES.getNumber())));
    assertThat(hampered.counts()).isEqualTo(new Commands.Counts(1, 0, 0, 1));
  }

  /** A broker may keep its packet until then. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aCommandWhoseCounterCannotBeStoredIsNotRunByTheNextRunEither(boolean journalWritesAgain)
      throws Exception {
    commands.reportInterrupted();
    CommandJournal failing = spy(journal);
    Stubber hangs = doThrow(new IOException("the disk hangs"));
    (journalWritesAgain ? hangs.doCallRealMethod() : hangs).when(failing).write(anyLong(), any());
    Commands hampered = with(failing);
    ByGround.submit(hampered, takeFrames(1, 1));
    hampered.tick();
    if (!journalWritesAgain) {
      state.save();
    }
    end();
    boot();
    commands.reportInterrupted();
    ByGround.submit(commands, takeFrames(1, 1));
    assertThat(executions).isEmpty();
    assertThat(stages()).containsExactly("1 FAILED NOT_STORED: counter cannot be stored");
    ByGround.submit(commands, takeFrames(2, 1));
    assertThat(executions).hasSize(1);
  }

  private Commands with(CommandJournal other) {
    Commands made =
        new Commands(clock, other, state, recorder, new Events(clock, recorder, lines::add));
    made.handle(
        CommandCase.TAKE_FRAMES,
        (command, execution) -> {
          boolean unused = executions.add(execution);
        });
    return made;
  }

  @Test
  void theCounterOfAnImageWithoutJournalGoesOnFarAbove() throws Exception {
    state.updateNow(
        next ->
            next.setCommandCounter(9)
                .addExecuting(
                    ExecutingCommand.newBuilder().setCounter(9).setCommand("take_frames")));
    end();
    boot();
    commands.reportInterrupted();
    assertThat(stages()).containsExactly("9 FAILED INTERRUPTED: interrupted");
    ByGround.submit(commands, noop(9));
    assertThat(stages()).hasSize(1);
    end();
    boot();
    commands.reportInterrupted();
    assertThat(stages()).hasSize(1);
    assertThat(commands.highestCounter()).isEqualTo(9 + Commands.LOST_JOURNAL_STEP);
    ByGround.submit(commands, noop(10 + Commands.LOST_JOURNAL_STEP));
    assertThat(stages()).hasSize(4);
  }

  /** The state is written now and then: it does not know what was commanded last. */
  @Test
  void aJournalThatIsDamagedIsSaidAndNothingThatWasCommandedRunsAgain() throws Exception {
    ByGround.submit(commands, noop(4));
    state.save();
    ByGround.submit(commands, noop(5));
    damageJournal();
    boot();
    commands.reportInterrupted();
    assertThat(String.join("\n", lines)).contains("JOURNAL_DAMAGED").contains("above 1048580");
    int before = stages().size();
    ByGround.submit(commands, noop(4));
    ByGround.submit(commands, noop(5));
    ByGround.submit(commands, noop(6));
    assertThat(stages()).hasSize(before);
    // ground goes on above what housekeeping says
    assertThat(commands.highestCounter()).isEqualTo(4 + Commands.LOST_JOURNAL_STEP);
    ByGround.submit(commands, noop(commands.highestCounter() + 1));
    assertThat(stages()).hasSize(before + 3);
    end();
    boot();
    assertThat(commands.highestCounter()).isEqualTo(5 + Commands.LOST_JOURNAL_STEP);
  }

  @Test
  void whereTheStateIsLostTooTheCounterIsStillAboveWhatWasCommanded() throws Exception {
    ByGround.submit(commands, noop(4));
    damageJournal();
    boot();
    commands.reportInterrupted();
    assertThat(state.get().getCommandCounter()).isEqualTo(Commands.LOST_JOURNAL_STEP);
    ByGround.submit(commands, noop(5));
    assertThat(commands.highestCounter()).isEqualTo(Commands.LOST_JOURNAL_STEP);
    // nothing of a journal is there, and a state that does not read
    end();
    Files.delete(folder.resolve("commands.bin"));
    Files.write(folder.resolve("state.bin"), new byte[50]);
    boot();
    assertThat(commands.highestCounter()).isEqualTo(Commands.LOST_JOURNAL_STEP);
  }

  @Test
  void aCounterAtItsEndLeavesGroundNumbersWhenTheJournalIsLost() throws Exception {
    state.updateNow(next -> next.setCommandCounter(LinkSeal.MOST_COUNTER - 10));
    end();
    boot();
    assertThat(commands.highestCounter()).isEqualTo(LinkSeal.MOST_COUNTER - 5);
  }

  private void damageJournal() throws IOException {
    end();
    Path file = folder.resolve("commands.bin");
    byte[] bytes = Files.readAllBytes(file);
    java.util.Arrays.fill(bytes, (byte) 7);
    Files.write(file, bytes);
  }

  private static Telecommand restart(long counter) {
    return Telecommand.newBuilder()
        .setCounter(counter)
        .setRestartProcess(RestartProcess.newBuilder())
        .build();
  }

  private static Telecommand arm(long counter, Telecommand.Builder inner) {
    return Telecommand.newBuilder()
        .setCounter(counter)
        .setArmCommand(ArmCommand.newBuilder().setCommand(inner).setTimeoutSeconds(10))
        .build();
  }

  private static Telecommand fire(long counter, long armed) {
    return Telecommand.newBuilder()
        .setCounter(counter)
        .setFireCommand(FireCommand.newBuilder().setArmed(armed))
        .build();
  }

  private List<Telecommand> restarts() {
    List<Telecommand> ran = new ArrayList<>();
    commands.handle(
        CommandCase.RESTART_PROCESS,
        (command, execution) -> {
          ran.add(command);
          execution.complete();
        });
    return ran;
  }

  @Test
  void aHazardousCommandIsArmedThenFiredOnce() throws Exception {
    List<Telecommand> ran = restarts();
    ByGround.submit(commands, restart(1));
    assertThat(ran).isEmpty();
    ByGround.submit(commands, arm(2, restart(0).toBuilder()));
    assertThat(ran).isEmpty();
    ByGround.submit(commands, fire(3, 2));
    assertThat(ran).hasSize(1);
    assertThat(ran.get(0).getCounter()).isEqualTo(3);
    ByGround.submit(commands, fire(4, 2));
    assertThat(ran).hasSize(1);
    assertThat(stages())
        .containsExactly(
            "1 FAILED NOT_ARMED: it is hazardous: it must be armed, then fired",
            "2 ACCEPTED ",
            "2 STARTED ",
            "2 COMPLETED ",
            "3 ACCEPTED ",
            "3 STARTED ",
            "3 PROGRESS runs restart_process",
            "3 COMPLETED ",
            "4 FAILED NOT_ARMED: nothing is armed by 2 (any more)");
  }

  @Test
  void anArmedCommandIsDisarmedByItsTimeOutAndByARestart() throws Exception {
    List<Telecommand> ran = restarts();
    ByGround.submit(commands, arm(1, restart(0).toBuilder()));
    clock.advance(10_000_000_001L);
    ByGround.submit(commands, fire(2, 1));
    ByGround.submit(commands, arm(3, restart(0).toBuilder()));
    end();
    boot();
    List<Telecommand> later = restarts();
    ByGround.submit(commands, fire(4, 3));
    assertThat(ran).isEmpty();
    assertThat(later).isEmpty();
    assertThat(stages()).filteredOn(stage -> stage.contains("NOT_ARMED")).hasSize(2);
  }

  @Test
  void whatIsArmedHasBeenCheckedAndIsBounded() throws Exception {
    List<Telecommand> ran = restarts();
    ByGround.submit(commands, arm(1, takeFrames(0, 0).toBuilder()));
    ByGround.submit(commands, arm(2, fire(0, 1).toBuilder()));
    ByGround.submit(
        commands, arm(3, Telecommand.newBuilder().setDumpEvents(DumpEvents.getDefaultInstance())));
    assertThat(stages())
        .containsExactly(
            "1 FAILED BAD_ARGUMENT: arm_command.command.take_frames.count 0 is outside 1 .. 100000",
            "2 FAILED BAD_ARGUMENT: that cannot be armed",
            "3 FAILED NO_HANDLER: no app carries out dump_events");
    for (int i = 0; i < Commands.MOST_ARMED; i++) {
      ByGround.submit(commands, arm(10 + i, restart(0).toBuilder()));
    }
    ByGround.submit(commands, arm(30, restart(0).toBuilder()));
    assertThat(stages()).contains("30 FAILED TOO_MANY: 8 commands are armed already");
    clock.advance(10_000_000_001L);
    ByGround.submit(commands, arm(31, restart(0).toBuilder()));
    assertThat(stages()).contains("31 COMPLETED ");
    assertThat(ran).isEmpty();
  }

  @Test
  void commandsFromOnBoardSayHowTheyEndedAndWhoSentThem() throws Exception {
    List<Telecommand> ran = restarts();
    Issued done = commands.issue(restart(99), "sequence a");
    assertThat(done.state()).isEqualTo(Issued.State.COMPLETED);
    assertThat(ran.get(0).getCounter()).isZero();
    Issued going = commands.issue(takeFrames(0, 2), "sequence a");
    assertThat(going.state()).isEqualTo(Issued.State.EXECUTING);
    executions.get(0).fail(Refusal.NOT_STORED, "no room");
    assertThat(going.state()).isEqualTo(Issued.State.FAILED);
    assertThat(going.refusal()).isEqualTo(Refusal.NOT_STORED);
    assertThat(going.reason()).isEqualTo("no room");
    assertThat(commands.issue(takeFrames(0, 0), "sequence a").refusal())
        .isEqualTo(Refusal.BAD_ARGUMENT);
    assertThat(commands.issue(arm(0, restart(0).toBuilder()), "sequence a").reason())
        .isEqualTo("ground alone arms, fires and loads keys");
    assertThat(stages())
        .containsExactly(
            "sequence a COMPLETED ",
            "sequence a FAILED NOT_STORED: no room",
            "sequence a FAILED BAD_ARGUMENT: take_frames.count 0 is outside 1 .. 100000",
            "sequence a FAILED BAD_ARGUMENT: ground alone arms, fires and loads keys");
    // ground's counter has not moved
    ByGround.submit(commands, noop(1));
    assertThat(stages()).contains("1 COMPLETED ");
    assertThat(commands.counts()).isEqualTo(new Commands.Counts(3, 2, 1, 2));
  }

  @Test
  void aCommandThatDoesNotEndFailsAndMakesRoom() throws Exception {
    ByGround.submit(commands, takeFrames(1, 1));
    ByGround.submit(commands, takeFrames(2, 1));
    executions.get(1).within(1000);
    clock.advance(600_000_000_000L);
    commands.tick();
    assertThat(stages()).noneMatch(stage -> stage.contains("FAILED"));
    clock.advance(1);
    commands.tick();
    assertThat(stages()).contains("1 FAILED TIMED_OUT: has not ended in time");
    assertThat(stages()).noneMatch(stage -> stage.startsWith("2 FAILED"));
    executions.get(0).complete();
    executions.get(1).complete();
    assertThat(stages()).contains("2 COMPLETED ").doesNotContain("1 COMPLETED ");
    assertThat(commands.counts()).isEqualTo(new Commands.Counts(2, 1, 1, 0));
  }

  @Test
  void noMoreThanABoundedNumberIsInExecution() throws Exception {
    for (int i = 1; i <= Commands.MOST_EXECUTING; i++) {
      ByGround.submit(commands, takeFrames(i, 1));
    }
    ByGround.submit(commands, takeFrames(100, 1));
    assertThat(executions).hasSize(Commands.MOST_EXECUTING);
    assertThat(stages()).contains("100 FAILED TOO_MANY: 64 commands are in execution");
    // those from on board have places of their own
    for (int i = 0; i < Commands.MOST_EXECUTING; i++) {
      assertThat(commands.issue(takeFrames(0, 1), "sequence a").state())
          .isEqualTo(Issued.State.EXECUTING);
    }
    assertThat(commands.issue(takeFrames(0, 1), "sequence a").refusal())
        .isEqualTo(Refusal.TOO_MANY);
    executions.get(0).complete();
    ByGround.submit(commands, takeFrames(101, 1));
    assertThat(executions).hasSize(2 * Commands.MOST_EXECUTING + 1);
  }

  @Test
  void aRecorderThatTakesNothingKeepsNoCommandFromOnBoardFromRunning() throws Exception {
    Recorder failing = mock(Recorder.class);
    RecorderFault hung = mock(RecorderFault.class);
    when(failing.appendAll(any())).thenThrow(hung);
    Commands cut =
        new Commands(clock, journal, state, failing, new Events(clock, recorder, lines::add));
    cut.handle(CommandCase.NOOP, (command, execution) -> execution.complete());
    Telecommand.Builder noop = Telecommand.newBuilder().setNoop(Noop.getDefaultInstance());
    // neither do refusals of ground's own commands fill the journal
    for (int i = 1; i <= 2 * CommandJournal.MOST_ENTRIES; i++) {
      assertThat(ByGround.submit(cut, noop.setCounter(i).build())).isTrue();
    }
    for (int i = 0; i < 2 * Executions.MOST_UNRECORDED; i++) {
      assertThat(cut.issue(noop.build(), "survival").state()).isEqualTo(Issued.State.COMPLETED);
    }
    assertThat(cut.counts().completed())
        .isEqualTo(Commands.MOST_EXECUTING + 2 * Executions.MOST_UNRECORDED);
  }

  /** Its end need not wait for the disk, but comes there. */
  @Test
  void anEndIsNotReportedAgainOnceItHasBeenNoted() throws Exception {
    ByGround.submit(commands, takeFrames(1, 1));
    executions.get(0).complete();
    commands.tick();
    end();
    boot();
    commands.reportInterrupted();
    assertThat(stages()).noneMatch(stage -> stage.contains("FAILED"));
    ByGround.submit(commands, takeFrames(2, 1));
    executions.get(1).complete();
    end();
    boot();
    commands.reportInterrupted();
    assertThat(stages()).contains("2 COMPLETED ", "2 FAILED INTERRUPTED: interrupted");
  }

  @Test
  void aHandlerThatBreaksFailsItsCommandAlone() throws Exception {
    commands.handle(
        CommandCase.DUMP_EVENTS,
        (command, execution) -> {
          throw new IllegalStateException("broken");
        });
    ByGround.submit(
        commands,
        Telecommand.newBuilder()
            .setCounter(1)
            .setDumpEvents(DumpEvents.getDefaultInstance())
            .build());
    ByGround.submit(commands, noop(2));
    assertThat(stages())
        .contains(
            "1 FAILED EXECUTION_FAILED: its handler failed: java.lang.IllegalStateException:"
                + " broken",
            "2 COMPLETED ");
    assertThat(String.join("\n", lines)).contains("HANDLER_FAILED");
  }

  @Test
  void theJournalIsTriedAgainAfterATickThatFailed() throws Exception {
    CommandJournal failing = mock(CommandJournal.class);
    when(failing.recovered()).thenReturn(new CommandJournal.Content(1, 0, List.of()));
    Commands hampered = with(failing);
    ByGround.submit(hampered, takeFrames(1, 1));
    hampered.tick();
    verify(failing, times(1)).write(anyLong(), any());
    executions.get(0).complete();
    doThrow(new IOException("the disk hangs")).doNothing().when(failing).write(anyLong(), any());
    hampered.tick();
    hampered.tick();
    hampered.tick();
    verify(failing, times(2)).write(1, List.of());
  }

  private static AppCommand.Builder call(String app, String verb) {
    return AppCommand.newBuilder().setApp(app).setVerb(verb);
  }

  private static AppArgument argument(String name, double value) {
    return AppArgument.newBuilder().setName(name).setValue(value).build();
  }

  @Test
  void anAppSeesItsOwnCommandsOnlyWhenTheirArgumentsAreRight() throws Exception {
    List<Map<String, Double>> seen = new ArrayList<>();
    commands.verbs(
        "mine",
        List.of(
            new AppVerb(
                "turn",
                List.of(
                    new AppVerb.Argument("angle", "deg", -10, 10, true),
                    new AppVerb.Argument("rate", "deg/s", 0, 1, false)))),
        (verb, arguments, execution) -> {
          seen.add(arguments);
          execution.complete();
        });
    AppCommand.Builder right = call("mine", "turn").addArguments(argument("angle", 5));
    List<AppCommand.Builder> wrong =
        List.of(
            call("other", "turn"),
            call("mine", "burn"),
            call("mine", "turn"),
            right.clone().addArguments(argument("angle", 1)),
            right.clone().addArguments(argument("speed", 1)),
            call("mine", "turn").addArguments(argument("angle", 10.5)),
            call("mine", "turn").addArguments(argument("angle", Double.NaN)),
            right.clone().addArguments(argument("rate", -0.1)));
    long counter = 0;
    for (AppCommand.Builder one : wrong) {
      ByGround.submit(
          commands, Telecommand.newBuilder().setCounter(++counter).setAppCommand(one).build());
    }
    assertThat(seen).isEmpty();
    assertThat(stages())
        .containsExactly(
            "1 FAILED NO_HANDLER: no app other takes commands",
            "2 FAILED BAD_ARGUMENT: mine has no \"burn\"; it has [turn]",
            "3 FAILED BAD_ARGUMENT: angle is missing",
            "4 FAILED BAD_ARGUMENT: angle stands twice",
            "5 FAILED BAD_ARGUMENT: turn takes no \"speed\"",
            "6 FAILED BAD_ARGUMENT: angle 10.5 is outside -10.0 .. 10.0 deg",
            "7 FAILED BAD_ARGUMENT: app_command.arguments[0].value NaN is outside -Infinity .."
                + " Infinity",
            "8 FAILED BAD_ARGUMENT: rate -0.1 is outside 0.0 .. 1.0 deg/s");
    ByGround.submit(commands, Telecommand.newBuilder().setCounter(20).setAppCommand(right).build());
    assertThat(seen).containsExactly(Map.of("angle", 5.0));
    commands.withdraw("mine");
    ByGround.submit(commands, Telecommand.newBuilder().setCounter(21).setAppCommand(right).build());
    assertThat(seen).hasSize(1);
  }

  @Test
  void aCommandFromOnBoardThatNobodyCarriesOutFails() {
    Issued issued =
        commands.issue(
            Telecommand.newBuilder().setDumpEvents(DumpEvents.getDefaultInstance()).build(),
            "sequence a");
    assertThat(issued.refusal()).isEqualTo(Refusal.NO_HANDLER);
  }

  @Test
  void aReportThatCannotBeStoredIsAnEventAndTheCommandRuns() throws Exception {
    Recorder full = mock();
    org.heliostat.core.recorder.RecorderFault fault = mock();
    when(fault.getMessage()).thenReturn("full");
    when(full.append(any(), any())).thenThrow(fault);
    when(full.appendAll(any())).thenThrow(fault);
    Commands made = new Commands(clock, journal, state, full, new Events(clock, full, lines::add));
    made.handle(
        CommandCase.TAKE_FRAMES,
        (command, execution) -> {
          boolean unused = executions.add(execution);
        });
    ByGround.submit(made, takeFrames(1, 1));
    assertThat(executions).hasSize(1);
    assertThat(String.join("\n", lines)).contains("RECORDER_FAILED");
  }

  @Test
  void twoVerbsOfOneNameAreRefused() {
    AppVerb verb = new AppVerb("turn", List.of());
    assertThatThrownBy(() -> commands.verbs("mine", List.of(verb, verb), (v, a, e) -> {}))
        .hasMessageContaining("two verbs turn");
  }

  @Test
  void commandsToStoreAreCheckedWithoutAHandler() {
    assertThat(Commands.storedProblem(restart(0))).isEmpty();
    assertThat(Commands.storedProblem(Telecommand.getDefaultInstance()))
        .contains("unknown command");
    assertThat(Commands.storedProblem(fire(0, 1)))
        .contains("ground alone arms, fires and loads keys");
    assertThat(Commands.storedProblem(takeFrames(0, 0)))
        .contains("take_frames.count 0 is outside 1 .. 100000");
  }

  @Test
  void aCommandOfAnAppThatHasEndedIsRefusedUntilItRunsAgain() throws Exception {
    List<Long> seen = new ArrayList<>();
    CommandHandler handler =
        (command, execution) -> {
          seen.add(command.getCounter());
          execution.complete();
        };
    commands.handle("events", CommandCase.DUMP_EVENTS, handler);
    Telecommand.Builder dump =
        Telecommand.newBuilder().setDumpEvents(DumpEvents.getDefaultInstance());
    ByGround.submit(commands, dump.setCounter(1).build());
    commands.withdraw("others");
    ByGround.submit(commands, dump.setCounter(2).build());
    commands.withdraw("events");
    ByGround.submit(commands, dump.setCounter(3).build());
    assertThat(stages()).contains("3 FAILED NO_HANDLER: no app carries out dump_events");
    commands.handle("events", CommandCase.DUMP_EVENTS, handler);
    ByGround.submit(commands, dump.setCounter(4).build());
    assertThat(seen).containsExactly(1L, 2L, 4L);
  }

  // ---- by whose key

  @Test
  void everyCommandNeedsTheKeyOfItsRole() throws Exception {
    commands.submit(takeFrames(1, 1), new Authority(Role.ROLE_OPERATOR, 0));
    commands.submit(takeFrames(2, 1), new Authority(Role.ROLE_EMERGENCY, 0));
    commands.submit(takeFrames(3, 1), new Authority(Role.ROLE_PAYLOAD, 0));
    assertThat(executions).hasSize(1);
    assertThat(executions.get(0).role()).isEqualTo(Role.ROLE_PAYLOAD);
    // a key is tried by Noop, whosever it is
    commands.submit(noop(4), new Authority(Role.ROLE_MAINTENANCE, 0));
    assertThat(stages())
        .containsExactly(
            "1 FAILED NOT_ALLOWED: the key of ROLE_OPERATOR does not open this command",
            "2 FAILED NOT_ALLOWED: the key of ROLE_EMERGENCY does not open this command",
            "3 ACCEPTED ",
            "3 STARTED ",
            "4 ACCEPTED ",
            "4 STARTED ",
            "4 COMPLETED ");
  }

  @Test
  void theEmergencyKeyOpensWhatBringsToSafeAndNothingElse() throws Exception {
    List<Mode> modes = new ArrayList<>();
    commands.handle(
        CommandCase.SET_MODE,
        (command, execution) -> {
          modes.add(command.getSetMode().getMode());
          execution.complete();
        });
    commands.handle(CommandCase.RESTART_PROCESS, (command, execution) -> execution.complete());
    Authority emergency = new Authority(Role.ROLE_EMERGENCY, 1);
    Telecommand.Builder mode = Telecommand.newBuilder().setSetMode(SetMode.newBuilder());
    mode.getSetModeBuilder().setMode(Mode.PAYLOAD);
    commands.submit(mode.setCounter(1).build(), emergency);
    mode.getSetModeBuilder().setMode(Mode.SAFE);
    commands.submit(mode.setCounter(2).build(), emergency);
    assertThat(modes).containsExactly(Mode.SAFE);
    commands.submit(arm(3, restart(0).toBuilder()), emergency);
    commands.submit(fire(4, 3), new Authority(Role.ROLE_MAINTENANCE, 0));
    commands.submit(fire(5, 3), emergency);
    assertThat(stages().stream().filter(stage -> stage.contains("FAILED")))
        .containsExactly(
            "1 FAILED NOT_ALLOWED: the key of ROLE_EMERGENCY does not open this command",
            "4 FAILED NOT_ALLOWED: the key of another role armed it than fires it");
    assertThat(commands.counts().completed()).isEqualTo(3);
  }

  @Test
  void theEmergencyKeyLoadsAKeyInModeSafeAlone() throws Exception {
    List<Integer> loaded = new ArrayList<>();
    commands.handle(
        CommandCase.LOAD_KEY,
        (command, execution) -> {
          loaded.add(command.getLoadKey().getKeyId());
          execution.complete();
        });
    Telecommand.Builder load =
        Telecommand.newBuilder()
            .setLoadKey(
                LoadKey.newBuilder()
                    .setKeyId(258)
                    .setSecret(ByteString.copyFrom(new byte[LinkKey.SECRET_BYTES])));
    Authority emergency = new Authority(Role.ROLE_EMERGENCY, 0);
    // the mode is not known yet
    commands.submit(load.setCounter(1).build(), emergency);
    AtomicReference<Mode> mode = new AtomicReference<>(Mode.PAYLOAD);
    commands.inMode(mode::get);
    commands.submit(load.setCounter(2).build(), emergency);
    assertThat(loaded).isEmpty();
    commands.submit(load.setCounter(3).build(), new Authority(Role.ROLE_MAINTENANCE, 0));
    assertThat(loaded).hasSize(1);
    mode.set(Mode.SAFE);
    commands.submit(load.setCounter(4).build(), emergency);
    assertThat(loaded).hasSize(2);
    String refusal =
        " FAILED NOT_ALLOWED: the emergency key opens this command in mode SAFE alone: SET_MODE"
            + " SAFE first";
    assertThat(stages().stream().filter(stage -> stage.contains("FAILED")))
        .containsExactly("1" + refusal, "2" + refusal);
  }

  @Test
  void theEmergencyKeyLetsTheTransmitterSpeakAndNeverSilencesIt() {
    List<Boolean> silent = new ArrayList<>();
    commands.handle(
        CommandCase.SET_TRANSMITTER,
        (command, execution) -> {
          silent.add(command.getSetTransmitter().getSilent());
          execution.complete();
        });
    Authority emergency = new Authority(Role.ROLE_EMERGENCY, 0);
    Telecommand.Builder transmitter = Telecommand.newBuilder();
    transmitter.getSetTransmitterBuilder().setSilent(true);
    commands.submit(transmitter.setCounter(1).build(), emergency);
    commands.submit(transmitter.setCounter(2).build(), new Authority(Role.ROLE_OPERATOR, 0));
    transmitter.getSetTransmitterBuilder().setSilent(false);
    commands.submit(transmitter.setCounter(3).build(), emergency);
    assertThat(silent).containsExactly(true, false);
    assertThat(commands.counts()).isEqualTo(new Commands.Counts(2, 2, 0, 1));
  }

  @Test
  void aCommandThatComesTooLateIsNotRunWhileTheClockIsGood() throws Exception {
    long now = clock.utcNanos();
    // nor does it show that ground is there: somebody may have held it back
    assertThat(commands.submit(noop(1), new Authority(Role.ROLE_OPERATOR, now - 1))).isFalse();
    assertThat(commands.submit(noop(2), new Authority(Role.ROLE_OPERATOR, now))).isTrue();
    commands.submit(noop(3), new Authority(Role.ROLE_OPERATOR, 0));
    commands.submit(noop(4), new Authority(Role.ROLE_EMERGENCY, now - 1));
    clock.quality(TimeQuality.DOUBTFUL);
    commands.submit(noop(5), new Authority(Role.ROLE_OPERATOR, now - 1));
    assertThat(commands.counts()).isEqualTo(new Commands.Counts(4, 4, 0, 1));
    assertThat(stages().get(0))
        .isEqualTo("1 FAILED TOO_LATE: it came after the time until which it was good");
  }

  @Test
  void aCounterFarAheadOrAtItsEndIsNotTaken() {
    Authority operator = new Authority(Role.ROLE_OPERATOR, 0);
    assertThat(commands.submit(noop(Commands.WINDOW + 1), operator)).isFalse();
    assertThat(commands.submit(noop(-1), operator)).isFalse();
    assertThat(commands.submit(noop(Long.MAX_VALUE), operator)).isFalse();
    assertThat(commands.replayed()).isEqualTo(3);
    assertThat(commands.highestCounter()).isZero();
    assertThat(commands.submit(noop(Commands.WINDOW), operator)).isTrue();
    assertThat(commands.submit(noop(Commands.WINDOW), operator)).isFalse();
    assertThat(commands.highestCounter()).isEqualTo(Commands.WINDOW);
  }
}

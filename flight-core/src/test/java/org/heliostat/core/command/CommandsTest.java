package org.heliostat.core.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.heliostat.core.ManualClock;
import org.heliostat.core.event.Events;
import org.heliostat.core.recorder.Recorder;
import org.heliostat.core.state.StateStore;
import org.heliostat.protocol.CommandReport;
import org.heliostat.protocol.Downlink;
import org.heliostat.protocol.FlightState;
import org.heliostat.protocol.Noop;
import org.heliostat.protocol.TakeFrames;
import org.heliostat.protocol.Telecommand;
import org.heliostat.protocol.Telecommand.CommandCase;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mockito.stubbing.Answer;

class CommandsTest {
  @TempDir private Path folder;
  private Recorder recorder;
  private Commands commands;
  private final List<Execution> executions = new ArrayList<>();

  @BeforeEach
  void boot() throws IOException {
    recorder = Recorder.open(folder.resolve("recorder"), 1 << 20, 1 << 24);
    ManualClock clock = new ManualClock();
    StateStore state = StateStore.open(folder.resolve("state.bin"));
    commands = new Commands(clock, state, recorder, new Events(clock, recorder, line -> {}));
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
        stages.add(report.getCounter() + " " + report.getStage() + " " + report.getReason());
      }
    }
    return stages;
  }

  @Test
  void reportsEveryStage() throws Exception {
    commands.submit(noop(1));
    assertThat(stages()).containsExactly("1 ACCEPTED ", "1 STARTED ", "1 COMPLETED ");
  }

  @Test
  void dropsAReplayAndAnythingOlder() throws Exception {
    commands.submit(noop(5));
    int before = stages().size();
    commands.submit(noop(5));
    commands.submit(noop(4));
    assertThat(stages()).hasSize(before);
  }

  @Test
  void rejectsArgumentsThatTheSchemaDoesNotAllow() throws Exception {
    commands.submit(takeFrames(1, 0));
    commands.submit(takeFrames(2, 100_001));
    commands.submit(
        Telecommand.newBuilder()
            .setCounter(3)
            .setTakeFrames(TakeFrames.getDefaultInstance())
            .build());
    commands.submit(Telecommand.newBuilder().setCounter(4).build());
    assertThat(executions).isEmpty();
    assertThat(commands.rejected()).isEqualTo(4);
    assertThat(stages())
        .containsExactly(
            "1 FAILED take_frames.count 0 is outside 1 .. 100000",
            "2 FAILED take_frames.count 100001 is outside 1 .. 100000",
            "3 FAILED take_frames.count is missing",
            "4 FAILED unknown command");
  }

  @Test
  void aCommandCutOffByARestartIsReportedAndNotRunAgain() throws Exception {
    commands.submit(takeFrames(7, 3));
    assertThat(executions).hasSize(1);
    recorder.close();

    boot();
    commands.reportInterrupted();
    assertThat(stages()).contains("7 FAILED interrupted");
    commands.submit(takeFrames(7, 3));
    assertThat(executions).hasSize(1);
    recorder.close();

    boot();
    int before = stages().size();
    commands.reportInterrupted();
    assertThat(stages()).hasSize(before);
  }

  @Test
  void onlyTheFirstEndCounts() throws Exception {
    commands.submit(takeFrames(1, 3));
    executions.get(0).progress("1 of 3");
    executions.get(0).complete();
    executions.get(0).fail("too late");
    assertThat(stages())
        .containsExactly("1 ACCEPTED ", "1 STARTED ", "1 PROGRESS 1 of 3", "1 COMPLETED ");
  }

  /** The disk may have taken the counter in the end: a restart must not report it once more. */
  @Test
  void aCommandWhoseCounterCannotBeStoredIsNotRunAndFailsOnce() throws Exception {
    StateStore failing = mock(StateStore.class);
    FlightState.Builder state = FlightState.newBuilder();
    when(failing.get()).thenAnswer(call -> state.build());
    Answer<Void> change =
        call -> {
          call.<Consumer<FlightState.Builder>>getArgument(0).accept(state);
          return null;
        };
    doAnswer(change).when(failing).update(any());
    doAnswer(
            call -> {
              Void unused = change.answer(call);
              throw new IOException("the disk hangs");
            })
        .when(failing)
        .updateNow(any());
    ManualClock clock = new ManualClock();
    Commands hampered =
        new Commands(clock, failing, recorder, new Events(clock, recorder, line -> {}));
    hampered.handle(
        CommandCase.TAKE_FRAMES,
        (command, execution) -> {
          boolean unused = executions.add(execution);
        });
    hampered.submit(takeFrames(1, 1));
    assertThat(executions).isEmpty();
    assertThat(stages()).containsExactly("1 FAILED counter cannot be stored");
    assertThat(state.getExecutingList()).isEmpty();
    assertThat(state.getCommandCounter()).isEqualTo(1);
  }
}

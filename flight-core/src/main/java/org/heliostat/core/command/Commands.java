package org.heliostat.core.command;

import java.io.IOException;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.heliostat.core.event.CoreEvent;
import org.heliostat.core.event.Events;
import org.heliostat.core.recorder.Recorder;
import org.heliostat.core.recorder.RecorderFault;
import org.heliostat.core.state.StateStore;
import org.heliostat.core.time.MissionClock;
import org.heliostat.protocol.CommandReport;
import org.heliostat.protocol.Downlink;
import org.heliostat.protocol.ExecutingCommand;
import org.heliostat.protocol.FlightState;
import org.heliostat.protocol.SchemaCheck;
import org.heliostat.protocol.Stage;
import org.heliostat.protocol.Telecommand;
import org.heliostat.protocol.Telecommand.CommandCase;

/**
 * Runs telecommands. The counter is on disk before a command runs, so that neither a replay nor a
 * crash runs one twice; one that a restart cut off is reported as failed. Arguments are checked
 * from the schema before a handler sees them. Stages go to ground after ECSS-E-ST-70-41C service 1.
 * Thread-safe.
 */
public final class Commands {
  private final MissionClock clock;
  private final StateStore state;
  private final Recorder recorder;
  private final Events events;
  private final Map<CommandCase, CommandHandler> handlers = new EnumMap<>(CommandCase.class);
  private final AtomicInteger rejected = new AtomicInteger();

  /** With no handlers yet. */
  public Commands(MissionClock clock, StateStore state, Recorder recorder, Events events) {
    this.clock = clock;
    this.state = state;
    this.recorder = recorder;
    this.events = events;
  }

  /**
   * Names the handler of a command; a later one takes the place of an earlier one (an app that was
   * restarted).
   */
  public synchronized void handle(CommandCase command, CommandHandler handler) {
    handlers.put(command, handler);
  }

  /** Reports the commands that the last run of the flight left unfinished. Called once, at boot. */
  public void reportInterrupted() throws IOException {
    for (ExecutingCommand command : state.get().getExecutingList()) {
      events.report(CoreEvent.COMMAND_INTERRUPTED, command.getCounter(), command.getCommand());
      report(command.getCounter(), command.getCommand(), Stage.FAILED, "interrupted");
    }
    state.updateNow(next -> next.clearExecuting());
  }

  /** Commands that were not accepted since boot. */
  public int rejected() {
    return rejected.get();
  }

  /** Takes a command from the link. One that has been seen before is dropped without a word. */
  public synchronized void submit(Telecommand command) {
    long counter = command.getCounter();
    String name = command.getCommandCase().name().toLowerCase(Locale.ROOT);
    if (Long.compareUnsigned(counter, state.get().getCommandCounter()) <= 0) {
      return;
    }
    List<SchemaCheck.Problem> problems = SchemaCheck.problems(command);
    CommandHandler handler = handlers.get(command.getCommandCase());
    String reason =
        command.getCommandCase() == CommandCase.COMMAND_NOT_SET
            ? "unknown command"
            : !problems.isEmpty()
                ? problems.get(0).toString()
                : handler == null ? "no app carries out " + name : "";
    boolean accepted = reason.isEmpty();
    try {
      state.updateNow(
          next -> {
            next.setCommandCounter(counter);
            if (accepted) {
              next.addExecuting(ExecutingCommand.newBuilder().setCounter(counter).setCommand(name));
            }
          });
    } catch (IOException e) {
      // not run: without the counter on disk it could run twice
      state.update(next -> ended(next, counter));
      rejected.incrementAndGet();
      events.report(CoreEvent.COMMAND_REJECTED, counter, "its counter cannot be stored: " + e);
      report(counter, name, Stage.FAILED, "counter cannot be stored");
      return;
    }
    if (handler == null || !accepted) {
      rejected.incrementAndGet();
      events.report(CoreEvent.COMMAND_REJECTED, counter, reason);
      report(counter, name, Stage.FAILED, reason);
      return;
    }
    report(counter, name, Stage.ACCEPTED, "");
    report(counter, name, Stage.STARTED, "");
    handler.execute(command, new Running(counter, name));
  }

  private final class Running implements Execution {
    private final long counter;
    private final String name;
    private final AtomicBoolean ended = new AtomicBoolean();

    private Running(long counter, String name) {
      this.counter = counter;
      this.name = name;
    }

    @Override
    public void progress(String text) {
      if (!ended.get()) {
        report(counter, name, Stage.PROGRESS, text);
      }
    }

    @Override
    public void complete() {
      end(Stage.COMPLETED, "");
    }

    @Override
    public void fail(String reason) {
      end(Stage.FAILED, reason);
    }

    private void end(Stage stage, String reason) {
      if (!ended.compareAndSet(false, true)) {
        return;
      }
      report(counter, name, stage, reason);
      try {
        state.updateNow(next -> ended(next, counter));
      } catch (IOException e) {
        events.report(CoreEvent.RECORDER_FAILED, "state: " + e);
      }
    }
  }

  /** Nothing of it is left that a restart would report as cut off. */
  private static void ended(FlightState.Builder state, long counter) {
    List<ExecutingCommand> others =
        state.getExecutingList().stream().filter(other -> other.getCounter() != counter).toList();
    state.clearExecuting().addAllExecuting(others);
  }

  private void report(long counter, String name, Stage stage, String reason) {
    CommandReport report =
        CommandReport.newBuilder()
            .setCounter(counter)
            .setCommand(name)
            .setStage(stage)
            .setReason(reason)
            .setMissionNanos(clock.missionNanos())
            .build();
    try {
      recorder.append(
          Recorder.Priority.REPORT, Downlink.newBuilder().setCommandReport(report).build());
    } catch (RecorderFault e) {
      events.report(CoreEvent.RECORDER_FAILED, String.valueOf(e.getMessage()));
    }
  }
}

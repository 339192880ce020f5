package org.heliostat.core.command;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.heliostat.core.event.CoreEvent;
import org.heliostat.core.event.Events;
import org.heliostat.core.recorder.Recorder;
import org.heliostat.core.recorder.RecorderFault;
import org.heliostat.core.time.MissionClock;
import org.heliostat.protocol.CommandReport;
import org.heliostat.protocol.Downlink;
import org.heliostat.protocol.Refusal;
import org.heliostat.protocol.Role;
import org.heliostat.protocol.Stage;
import org.heliostat.protocol.Telecommand.CommandCase;

/**
 * The commands in execution, from when they are taken until the recorder has their end: how many
 * there may be, when each must end, and the reports of their stages. Thread-safe.
 */
final class Executions {
  /**
   * From on board, with those that have ended and whose end the recorder does not take; beyond it
   * the oldest of these is reported no more.
   */
  static final int MOST_UNRECORDED = 256;

  /** Stages of one command; more progress than that is left out, never its end. */
  private static final int MOST_KEPT_BACK = 100;

  private final MissionClock clock;
  private final Recorder recorder;
  private final Events events;
  private final AtomicInteger completed = new AtomicInteger();
  private final AtomicInteger failed = new AtomicInteger();
  private final AtomicInteger rejected = new AtomicInteger();
  private final Set<Running> executing = new LinkedHashSet<>();
  private volatile boolean journalIsBehind;
  private volatile boolean recorderFails;

  /** Why a command is not taken. */
  record Problem(Refusal refusal, String text) {}

  Executions(MissionClock clock, Recorder recorder, Events events) {
    this.clock = clock;
    this.recorder = recorder;
    this.events = events;
  }

  /** How those that were accepted have ended, and how many were not. */
  Commands.Counts counts(int accepted) {
    return new Commands.Counts(accepted, completed.get(), failed.get(), rejected.get());
  }

  int rejected() {
    return rejected.get();
  }

  /** A command that is not in execution yet. */
  Running make(CommandCase kind, long counter, String origin, Role role, Issued issued) {
    return new Running(kind, counter, origin, role, issued);
  }

  /** Takes it into execution, where there is room. */
  Optional<Problem> begin(Running running) {
    synchronized (executing) {
      // those of ground stand in the journal until their end is recorded
      long ahead =
          running.counter == 0
              ? executing.stream().filter(one -> one.counter == 0 && !one.ended.get()).count()
              : journalled();
      if (ahead >= Commands.MOST_EXECUTING) {
        return Optional.of(
            new Problem(Refusal.TOO_MANY, Commands.MOST_EXECUTING + " commands are in execution"));
      }
      if (running.counter == 0 && executing.size() - journalled() >= MOST_UNRECORDED) {
        executing.stream()
            .filter(one -> one.counter == 0 && one.ended.get())
            .findFirst()
            .ifPresent(executing::remove);
      }
      executing.add(running);
      return Optional.empty();
    }
  }

  /** Takes one from ground that is refused, until its report is recorded, where there is room. */
  void addRefused(Running running) {
    synchronized (executing) {
      if (journalled() < CommandJournal.MOST_ENTRIES) {
        executing.add(running);
      }
    }
  }

  /** The caller holds {@link #executing}. */
  private long journalled() {
    return executing.stream().filter(one -> one.counter != 0).count();
  }

  boolean forget(Running running) {
    synchronized (executing) {
      return executing.remove(running);
    }
  }

  /** What the journal is to hold; it is not behind then, until the next one ends. */
  List<CommandJournal.Entry> entries() {
    List<CommandJournal.Entry> entries = new ArrayList<>();
    journalIsBehind = false;
    synchronized (executing) {
      for (Running running : executing) {
        if (running.counter != 0) {
          entries.add(new CommandJournal.Entry(running.counter, running.kind.getNumber()));
        }
      }
    }
    return entries;
  }

  /** Whether a command has ended that stands in the journal still. */
  boolean journalIsBehind() {
    return journalIsBehind;
  }

  void setJournalBehind() {
    journalIsBehind = true;
  }

  /** Ends what is over its deadline, and records what the recorder has not taken. */
  void tick() {
    List<Running> late = new ArrayList<>();
    List<Running> unrecorded = new ArrayList<>();
    long now = clock.hostNanos();
    synchronized (executing) {
      for (Running running : executing) {
        if (running.ended.get()) {
          unrecorded.add(running);
        } else if (now - running.deadlineNanos > 0) {
          late.add(running);
        }
      }
    }
    unrecorded.forEach(Running::recordAgain);
    for (Running running : late) {
      events.report(
          CoreEvent.COMMAND_TIMED_OUT, running.counter, running.name, running.deadlineSeconds);
      running.fail(Refusal.TIMED_OUT, "has not ended in time");
    }
  }

  void reject(Running running, Problem problem) {
    rejected.incrementAndGet();
    running.ended.set(true);
    running.tell(running.report(Stage.FAILED, problem.refusal(), problem.text()));
    running.issued.end(false, problem.refusal(), problem.text());
  }

  /** Reports a command that the last run of the flight left unfinished. */
  void reportInterrupted(long counter, String name) {
    boolean unused =
        record(
            List.of(report(counter, name, "", Stage.FAILED, Refusal.INTERRUPTED, "interrupted")));
  }

  final class Running implements Execution {
    private final CommandCase kind;
    private final long counter;
    private final String name;
    private final String origin;
    private final Role role;
    private final Issued issued;
    private final AtomicBoolean ended = new AtomicBoolean();
    private final AtomicInteger answers = new AtomicInteger();
    private final List<CommandReport> gathered = new ArrayList<>();
    private boolean gathering;
    private boolean endTold;
    private volatile double deadlineSeconds;
    private volatile long deadlineNanos;

    private Running(CommandCase kind, long counter, String origin, Role role, Issued issued) {
      this.role = role;
      this.kind = kind;
      this.counter = counter;
      this.name = Executions.name(kind);
      this.origin = origin;
      this.issued = issued;
      this.deadlineSeconds = Commands.DEADLINE_SECONDS;
      this.deadlineNanos = clock.hostNanos() + (long) (Commands.DEADLINE_SECONDS * 1e9);
    }

    long counter() {
      return counter;
    }

    String name() {
      return name;
    }

    CommandReport report(Stage stage, Refusal refusal, String reason) {
      return Executions.this.report(counter, name, origin, stage, refusal, reason);
    }

    /** From now on reports are kept back, for {@link #recordGathered}. */
    synchronized void gather() {
      gathering = true;
    }

    synchronized void recordGathered() {
      gathering = false;
      recordAll();
    }

    private synchronized void recordAgain() {
      if (!gathering) {
        recordAll();
      }
    }

    /** In order, from whatever thread: those that are kept back go first. */
    synchronized void tell(CommandReport report) {
      boolean end = report.getStage() == Stage.COMPLETED || report.getStage() == Stage.FAILED;
      endTold |= end;
      if (end || gathered.size() < MOST_KEPT_BACK) {
        gathered.add(report);
      }
      if (!gathering) {
        recordAll();
      }
    }

    /**
     * What the recorder does not take is kept back for {@link #tick}, and the command stays in the
     * journal until its end is recorded: a crash before that is to report it as interrupted.
     */
    private void recordAll() {
      if (!record(gathered)) {
        return;
      }
      gathered.clear();
      if (endTold && forget(this) && counter != 0) {
        journalIsBehind = true;
      }
    }

    @Override
    public void within(double hostSeconds) {
      deadlineSeconds = hostSeconds;
      deadlineNanos = clock.hostNanos() + (long) (hostSeconds * 1e9);
    }

    @Override
    public String origin() {
      return origin;
    }

    @Override
    public Role role() {
      return role;
    }

    @Override
    public boolean ended() {
      return ended.get();
    }

    @Override
    public void progress(String text) {
      if (!ended.get()) {
        tell(report(Stage.PROGRESS, Refusal.REFUSAL_UNSPECIFIED, text));
      }
    }

    @Override
    public void answer(Recorder.Priority priority, Downlink answer) throws RecorderFault {
      long unused = recorder.append(priority, answer);
      answers.incrementAndGet();
    }

    @Override
    public void complete() {
      if (ended.compareAndSet(false, true)) {
        completed.incrementAndGet();
        end(true, Refusal.REFUSAL_UNSPECIFIED, "");
      }
    }

    @Override
    public void fail(String reason) {
      fail(Refusal.EXECUTION_FAILED, reason);
    }

    @Override
    public void fail(Refusal refusal, String reason) {
      if (ended.compareAndSet(false, true)) {
        failed.incrementAndGet();
        end(false, refusal, reason);
      }
    }

    private void end(boolean well, Refusal refusal, String reason) {
      CommandReport report = report(well ? Stage.COMPLETED : Stage.FAILED, refusal, reason);
      if (well && answers.get() > 0) {
        report = report.toBuilder().setAnswers(answers.get()).build();
      }
      tell(report);
      issued.end(well, refusal, reason);
    }
  }

  static String name(CommandCase command) {
    return command.name().toLowerCase(Locale.ROOT);
  }

  private CommandReport report(
      long counter, String name, String origin, Stage stage, Refusal refusal, String reason) {
    CommandReport.Builder report =
        CommandReport.newBuilder()
            .setCounter(counter)
            .setCommand(name)
            .setStage(stage)
            .setReason(reason)
            .setMissionNanos(clock.missionNanos());
    if (!origin.isEmpty()) {
      report.setOrigin(origin);
    }
    if (refusal != Refusal.REFUSAL_UNSPECIFIED) {
      report.setRefusal(refusal);
    }
    return report.build();
  }

  private boolean record(List<CommandReport> reports) {
    if (reports.isEmpty()) {
      return true;
    }
    try {
      List<Long> unused =
          recorder.appendAll(
              reports.stream()
                  .map(
                      report ->
                          new Recorder.Item(
                              Recorder.Priority.REPORT,
                              Downlink.newBuilder().setCommandReport(report).build(),
                              0))
                  .toList());
      recorderFails = false;
      return true;
    } catch (RecorderFault e) {
      if (!recorderFails) {
        events.report(CoreEvent.RECORDER_FAILED, String.valueOf(e.getMessage()));
      }
      recorderFails = true;
      return false;
    }
  }
}

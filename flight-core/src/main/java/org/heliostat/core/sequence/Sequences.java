package org.heliostat.core.sequence;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.heliostat.core.command.Commands;
import org.heliostat.core.command.Issued;
import org.heliostat.core.event.CoreEvent;
import org.heliostat.core.event.Events;
import org.heliostat.core.state.Inhibits;
import org.heliostat.core.state.StateStore;
import org.heliostat.core.table.TableFamily;
import org.heliostat.core.table.Tables;
import org.heliostat.core.time.MissionClock;
import org.heliostat.protocol.FlightState;
import org.heliostat.protocol.Refusal;
import org.heliostat.protocol.RunningSequence;
import org.heliostat.protocol.Sequence;
import org.heliostat.protocol.SequenceStatus;
import org.heliostat.protocol.SequenceStep;
import org.heliostat.protocol.Table;
import org.heliostat.protocol.Table.ContentCase;

/**
 * Runs sequences of stored commands.
 *
 * <ul>
 *   <li>The steps of a relative sequence run so long after the step before has been run, or after
 *       the start, in mission time, and never before the command of that step has ended. A restart
 *       ends it. It waits for no save of the flight state: that it runs, or no more, is on disk
 *       with the next regular one. A restart before that tells nothing of one that had just begun,
 *       and of one that had just ended that it was cut off.
 *   <li>The steps of an absolute sequence run by UTC, and only while UTC is good, so that a clock
 *       that jumps can neither run nor kill commands: until it is good again they wait. A step that
 *       is later than its {@code late_seconds} is skipped. It goes on after a restart, with the
 *       next step: that a step is about to be run is on disk before it is run, and that it was
 *       started or stopped before anybody is told so. One whose last step a restart cuts off has
 *       failed.
 *   <li>A step that fails ends its sequence. (Stored Command of cFS goes on; here what comes next
 *       mostly builds upon the step that failed, and an operator would rather start it again.)
 *   <li>A relative sequence can be paused: the time to its next step stands still. An absolute one
 *       cannot, for UTC does not wait.
 *   <li>A sequence that is inhibited is not started, whoever wants it; one that runs goes on.
 *   <li>While a sequence runs, its table is not replaced; it is stopped where its table is dropped.
 * </ul>
 *
 * <p>Bounds: {@value #MOST_RUNNING} sequences at once, {@value #MOST_TABLES} tables. {@link #tick}
 * is called by one thread; all else is thread-safe. Commands are issued without a lock held.
 */
public final class Sequences {
  /** Sequences that run at once. */
  static final int MOST_RUNNING = 16;

  /** Tables of sequences. */
  static final int MOST_TABLES = 64;

  /** Sequences that are inhibited; one more is refused. */
  static final int MOST_INHIBITED = 64;

  static final String PREFIX = "sequence.";

  private static final int MOST_NAME = 32;

  private final MissionClock clock;
  private final Commands commands;
  private final Events events;
  private final StateStore state;
  private final Tables tables;
  private final Map<String, Run> runs = new TreeMap<>();
  private final Map<String, Integer> failures = new TreeMap<>();
  private final Deque<String> loaded = new ArrayDeque<>();
  private final Set<String> inhibited = new TreeSet<>();

  private static final class Run {
    private final String name;
    private final Sequence sequence;
    private final boolean absolute;
    private int next;
    private long dueNanos;
    private Optional<Issued> issued = Optional.empty();
    private boolean unnoted;

    /** No step runs yet: that it was started is not on disk. */
    private boolean starting;

    /** While it is paused: from then to its next step. */
    private long leftNanos;

    private boolean paused;
    private volatile boolean stopped;

    private Run(String name, Sequence sequence, int next) {
      this.name = name;
      this.sequence = sequence;
      this.next = next;
      this.absolute = absolute(sequence);
    }

    private SequenceStep step() {
      return sequence.getSteps(next);
    }
  }

  /** No sequence runs yet; those that the last run of the flight left are gone on with. */
  public Sequences(
      MissionClock clock, Commands commands, Events events, StateStore state, Tables tables) {
    this.clock = clock;
    this.commands = commands;
    this.events = events;
    this.state = state;
    this.tables = tables;
    Inhibits.of(state.get(), Inhibits.SEQUENCE)
        .forEach(
            (name, off) -> {
              if (off) {
                inhibited.add(name);
              }
            });
    List<Table> known =
        tables.register(
            new TableFamily(
                PREFIX,
                ContentCase.SEQUENCE,
                MOST_TABLES,
                Sequences::problems,
                this::locked,
                this::activated,
                this::dropped));
    goOn(known);
  }

  private void goOn(List<Table> known) {
    List<RunningSequence> left = state.get().getSequencesList();
    for (RunningSequence before : left) {
      String name = before.getName();
      int next = before.getNextStep();
      Optional<Sequence> sequence =
          known.stream().filter(one -> name(one).equals(name)).findFirst().map(Table::getSequence);
      int steps = sequence.map(Sequence::getStepsCount).orElse(next + 1);
      if (sequence.isPresent() && absolute(sequence.get()) && next < steps) {
        runs.put(name, new Run(name, sequence.get(), next));
        events.report(CoreEvent.SEQUENCE_STARTED, name, next, "the run before");
      } else {
        events.report(CoreEvent.SEQUENCE_FAILED, name, Math.min(next, steps - 1), "a restart");
        failures.merge(name, 1, Integer::sum);
      }
    }
    if (!left.isEmpty()) {
      synchronized (this) {
        state.update(this::note);
      }
    }
  }

  /**
   * Why a sequence was not started.
   *
   * @param refusal TOO_MANY where that passes by itself, as others end
   * @param why for people
   */
  public record NotStarted(Refusal refusal, String why) {
    private static Optional<NotStarted> because(String why) {
      return Optional.of(new NotStarted(Refusal.EXECUTION_FAILED, why));
    }
  }

  /**
   * Starts a sequence; why it cannot be, or nothing.
   *
   * @param origin who wants it, for the event
   * @throws IOException when an absolute one cannot be stored; it is not started then
   */
  public Optional<NotStarted> start(String name, String origin) throws IOException {
    Run run;
    synchronized (this) {
      Optional<Table> table = tables.active(PREFIX + name);
      if (table.isEmpty()) {
        return NotStarted.because("there is no sequence " + name);
      }
      if (inhibited.contains(name)) {
        return NotStarted.because("it is inhibited");
      }
      if (runs.containsKey(name)) {
        return NotStarted.because("it runs already");
      }
      if (runs.size() >= MOST_RUNNING) {
        return Optional.of(
            new NotStarted(Refusal.TOO_MANY, MOST_RUNNING + " sequences run already"));
      }
      run = new Run(name, table.get().getSequence(), 0);
      run.dueNanos = clock.missionNanos() + after(run.step());
      run.starting = run.absolute;
      runs.put(name, run);
      state.update(this::note);
    }
    try {
      if (run.absolute) {
        state.save();
      }
    } catch (IOException e) {
      remove(run);
      throw e;
    }
    synchronized (this) {
      run.starting = false;
    }
    events.report(CoreEvent.SEQUENCE_STARTED, name, 0, origin);
    return Optional.empty();
  }

  /**
   * Stops a sequence before its next step; false where it does not run.
   *
   * @throws IOException when an absolute one is stopped, but may go on after a restart
   */
  public boolean stop(String name, String origin) throws IOException {
    Run run;
    synchronized (this) {
      run = runs.remove(name);
      if (run == null) {
        return false;
      }
      run.stopped = true;
      state.update(this::note);
    }
    try {
      if (run.absolute) {
        state.save();
      }
    } finally {
      // it is stopped either way
      events.report(CoreEvent.SEQUENCE_STOPPED, name, run.next, origin);
    }
    return true;
  }

  /**
   * Has the time of a relative sequence stand still; why it cannot be, or nothing.
   *
   * @param origin who wants it, for the event
   */
  public Optional<String> pause(String name, String origin) {
    int next;
    synchronized (this) {
      Run run = runs.get(name);
      if (run == null) {
        return Optional.of("it does not run");
      }
      if (run.absolute) {
        return Optional.of("it is an absolute one, and UTC does not wait");
      }
      if (run.paused) {
        return Optional.of("it is paused already");
      }
      run.paused = true;
      run.leftNanos = run.dueNanos - clock.missionNanos();
      next = run.next;
    }
    events.report(CoreEvent.SEQUENCE_PAUSED, name, next, origin);
    return Optional.empty();
  }

  /**
   * Has a paused sequence go on; why it cannot be, or nothing.
   *
   * @param origin who wants it, for the event
   */
  public Optional<String> resume(String name, String origin) {
    int next;
    synchronized (this) {
      Run run = runs.get(name);
      if (run == null) {
        return Optional.of("it does not run");
      }
      if (!run.paused) {
        return Optional.of("it is not paused");
      }
      run.paused = false;
      run.dueNanos = clock.missionNanos() + run.leftNanos;
      next = run.next;
    }
    events.report(CoreEvent.SEQUENCE_RESUMED, name, next, origin);
    return Optional.empty();
  }

  /**
   * Inhibits or enables a sequence; why it cannot be, or nothing.
   *
   * @throws IOException when it holds, but only until the next restart
   */
  public Optional<String> set(String name, boolean inhibit) throws IOException {
    synchronized (this) {
      // one whose table has gone can still be enabled
      if (!inhibited.contains(name) && tables.active(PREFIX + name).isEmpty()) {
        return Optional.of("there is no sequence " + name);
      }
      if (!inhibit) {
        inhibited.remove(name);
      } else if (inhibited.size() < MOST_INHIBITED || inhibited.contains(name)) {
        inhibited.add(name);
      } else {
        return Optional.of(MOST_INHIBITED + " sequences are inhibited already");
      }
      state.update(next -> Inhibits.putAll(next, Inhibits.SEQUENCE, inhibited));
    }
    events.report(CoreEvent.SEQUENCE_INHIBITED, name, inhibit ? "inhibited" : "enabled");
    state.save();
    return Optional.empty();
  }

  /** State of all sequences, by name. */
  public List<SequenceStatus> status() {
    List<SequenceStatus> all = new ArrayList<>();
    tables
        .status()
        .forEach(
            table -> {
              if (table.getName().startsWith(PREFIX)) {
                all.add(status(table.getName().substring(PREFIX.length())));
              }
            });
    return all;
  }

  private synchronized SequenceStatus status(String name) {
    SequenceStatus.Builder status =
        SequenceStatus.newBuilder()
            .setName(name)
            .setRunning(runs.containsKey(name))
            .setSteps(
                tables.active(PREFIX + name).map(t -> t.getSequence().getStepsCount()).orElse(0))
            .setFailed(failures.getOrDefault(name, 0))
            .setInhibited(inhibited.contains(name));
    Run run = runs.get(name);
    if (run != null) {
      status.setNextStep(run.next).setPaused(run.paused);
    }
    return status.build();
  }

  /** Runs what is due. */
  public void tick() {
    for (Optional<String> next = nextLoaded(); next.isPresent(); next = nextLoaded()) {
      String name = next.get();
      try {
        start(name, "being loaded")
            .ifPresent(no -> events.report(CoreEvent.SEQUENCE_FAILED, name, 0, no.why));
      } catch (IOException e) {
        events.report(CoreEvent.SEQUENCE_FAILED, name, 0, "it cannot be stored: " + e);
      }
    }
    List<Run> now;
    synchronized (this) {
      now = List.copyOf(runs.values());
    }
    now.forEach(this::advance);
  }

  private synchronized Optional<String> nextLoaded() {
    return Optional.ofNullable(loaded.poll());
  }

  private void advance(Run run) {
    // each turn runs or skips a step, so that the steps of a sequence bound it
    while (!run.stopped) {
      if (run.issued.isPresent()) {
        Issued issued = run.issued.get();
        if (issued.state() == Issued.State.EXECUTING) {
          return;
        }
        run.issued = Optional.empty();
        if (issued.state() == Issued.State.FAILED) {
          end(run);
          synchronized (this) {
            failures.merge(run.name, 1, Integer::sum);
          }
          events.report(CoreEvent.SEQUENCE_FAILED, run.name, run.next - 1, issued.reason());
          return;
        }
      }
      if (run.next == run.sequence.getStepsCount()) {
        end(run);
        events.report(CoreEvent.SEQUENCE_COMPLETED, run.name);
        return;
      }
      if (!due(run) || !noteNext(run)) {
        return;
      }
    }
  }

  private synchronized boolean due(Run run) {
    if (run.paused || run.starting) {
      return false;
    }
    return run.absolute
        ? clock.utcGood() && clock.utcNanos() - run.step().getAtUtcNanos() >= 0
        : clock.missionNanos() - run.dueNanos >= 0;
  }

  /** Runs or skips the step that is due, which is noted before; false where it cannot be. */
  private boolean noteNext(Run run) {
    SequenceStep step = run.step();
    double late = run.absolute ? (clock.utcNanos() - step.getAtUtcNanos()) / 1e9 : 0;
    int index = run.next;
    synchronized (this) {
      if (run.stopped || run.paused) {
        return false;
      }
      run.next++;
      if (!run.absolute && run.next < run.sequence.getStepsCount()) {
        run.dueNanos = clock.missionNanos() + after(run.step());
      }
      state.update(this::note);
    }
    if (run.absolute) {
      try {
        state.save();
        run.unnoted = false;
      } catch (IOException e) {
        synchronized (this) {
          run.next--;
          state.update(this::note);
        }
        if (!run.unnoted) {
          events.report(CoreEvent.SEQUENCE_NOT_NOTED, run.name, e);
        }
        run.unnoted = true;
        return false;
      }
    }
    if (run.absolute && late > step.getLateSeconds()) {
      events.report(CoreEvent.SEQUENCE_STEP_SKIPPED, run.name, index, late);
      return true;
    }
    run.issued = Optional.of(commands.issue(step.getCommand(), "sequence " + run.name));
    return true;
  }

  private void end(Run run) {
    remove(run);
    if (run.absolute) {
      // where the disk refuses, a restart before the next save finds it running
      state.trySave();
    }
  }

  private synchronized void remove(Run run) {
    runs.remove(run.name, run);
    run.stopped = true;
    state.update(this::note);
  }

  /**
   * The caller holds the lock, and takes that of the state within it, never the other way round.
   */
  private void note(FlightState.Builder next) {
    next.clearSequences();
    runs.values()
        .forEach(
            run ->
                next.addSequences(
                    RunningSequence.newBuilder().setName(run.name).setNextStep(run.next)));
  }

  private void activated(Table table) {
    if (table.getSequence().getStartWhenLoaded()) {
      synchronized (this) {
        loaded.add(name(table));
      }
    }
  }

  private void dropped(String table) {
    try {
      boolean unused = stop(table.substring(PREFIX.length()), "its table was dropped");
    } catch (IOException e) {
      events.report(CoreEvent.STATE_NOT_STORED, e);
    }
  }

  /** What the schema cannot say about the table of a sequence. */
  static List<String> problems(Table table) {
    List<String> problems = new ArrayList<>();
    String name = name(table);
    if (name.isEmpty() || name.length() > MOST_NAME) {
      problems.add("a sequence's name has 1 to " + MOST_NAME + " characters");
    }
    Sequence sequence = table.getSequence();
    boolean absolute = absolute(sequence);
    long before = Long.MIN_VALUE;
    for (int i = 0; i < sequence.getStepsCount(); i++) {
      SequenceStep step = sequence.getSteps(i);
      String at = "step " + i + ": ";
      Consumer<String> add = text -> problems.add(at + text);
      if (step.getTimeCase() == SequenceStep.TimeCase.TIME_NOT_SET) {
        add.accept("it has no time");
      } else if (step.hasAtUtcNanos() != absolute) {
        add.accept("steps are either all relative or all absolute");
      } else if (absolute && step.getAtUtcNanos() < before) {
        add.accept("it comes before the one before");
      }
      before = step.getAtUtcNanos();
      Commands.storedProblem(step.getCommand()).ifPresent(add);
    }
    return problems;
  }

  private synchronized Optional<String> locked(String table) {
    return runs.containsKey(table.substring(PREFIX.length()))
        ? Optional.of("the sequence runs; it must be stopped first")
        : Optional.empty();
  }

  private static boolean absolute(Sequence sequence) {
    return sequence.getStepsCount() > 0 && sequence.getSteps(0).hasAtUtcNanos();
  }

  private static String name(Table table) {
    return table.getName().substring(Math.min(PREFIX.length(), table.getName().length()));
  }

  private static long after(SequenceStep step) {
    return (long) (step.getAfterSeconds() * 1e9);
  }
}

package org.heliostat.core.command;

import java.io.IOException;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.heliostat.core.command.Executions.Problem;
import org.heliostat.core.command.Executions.Running;
import org.heliostat.core.event.CoreEvent;
import org.heliostat.core.event.Events;
import org.heliostat.core.recorder.Recorder;
import org.heliostat.core.state.StateStore;
import org.heliostat.core.time.MissionClock;
import org.heliostat.protocol.AppCommand;
import org.heliostat.protocol.ArmCommand;
import org.heliostat.protocol.CommandRoles;
import org.heliostat.protocol.ExecutingCommand;
import org.heliostat.protocol.LinkSeal;
import org.heliostat.protocol.Mode;
import org.heliostat.protocol.Options;
import org.heliostat.protocol.Refusal;
import org.heliostat.protocol.Role;
import org.heliostat.protocol.SchemaCheck;
import org.heliostat.protocol.Stage;
import org.heliostat.protocol.Telecommand;
import org.heliostat.protocol.Telecommand.CommandCase;

/**
 * Takes telecommands: which, from whom, once each, and by whom they are carried out; what becomes
 * of those that it takes is the affair of {@link Executions}. The counter is on disk before a
 * command runs, so that neither a replay nor a crash runs one twice; one that a restart cut off is
 * reported as failed. Arguments are checked from the schema before a handler sees them. Stages go
 * to ground after ECSS-E-ST-70-41C service 1.
 *
 * <p>A hazardous command is refused by itself: ArmCommand makes it ready, and FireCommand runs it
 * within the time-out. A restart disarms. Commands that are issued on board come from tables that
 * ground has loaded, so hazardous ones run at once; of them only the end is reported.
 *
 * <p>The stages that a command goes through before its handler returns are recorded together, by
 * one force of the disk. Should the process end before, the command is in the journal: it is
 * reported as interrupted.
 *
 * <p>That a command has ended is brought to disk with the next one, or by {@link #tick}; a crash
 * before that reports it once more, as interrupted.
 *
 * <p>Answers go by their own priority, so they may come down before or after the end of their
 * command; its COMPLETED says how many there are.
 *
 * <p>Bounds: {@value #MOST_EXECUTING} commands from ground in execution, with those whose end the
 * recorder has not taken yet, as many from on board, {@value #MOST_ARMED} armed; one more is
 * refused with TOO_MANY. Neither ground nor a disk that fails takes the places of those from on
 * board: load must be shed then, too. One that has not ended within its deadline fails.
 * Thread-safe; handlers run on the thread of the caller.
 */
public final class Commands {
  /** Host time in which a command must end, where its handler does not ask for more. */
  public static final double DEADLINE_SECONDS = 600;

  static final int MOST_EXECUTING = 64;
  static final int MOST_ARMED = 8;

  private static final Set<CommandCase> HAZARDOUS = hazardousCommands();
  private static final Set<CommandCase> GROUND_ALONE =
      Collections.unmodifiableSet(
          java.util.EnumSet.of(
              CommandCase.ARM_COMMAND, CommandCase.FIRE_COMMAND, CommandCase.LOAD_KEY));

  private static final String GROUND_ALONE_TEXT = "ground alone arms, fires and loads keys";

  /**
   * How far ahead of the highest counter a command may be: one that is further has not been counted
   * by a ground station that is well, and would use up numbers that are not given twice.
   */
  static final long WINDOW = 1L << 32;

  /**
   * How far the counter goes on where the journal is lost. The flight state knows it only as it was
   * when the state was written last, and what ground has commanded since must not run again for
   * whoever has recorded it. So many commands no spacecraft is sent between two writes of its
   * state, nor in its life: it holds also where the state is lost, too, and the counter begins at
   * 0.
   */
  static final long LOST_JOURNAL_STEP = 1L << 20;

  private final MissionClock clock;
  private final CommandJournal journal;
  private final StateStore state;
  private final Events events;
  private final Executions executions;
  private final Map<CommandCase, Owned> handlers =
      Collections.synchronizedMap(new EnumMap<>(CommandCase.class));
  private final Map<String, Verbs> verbs = Collections.synchronizedMap(new HashMap<>());
  private final Map<Long, Armed> armed = Collections.synchronizedMap(new LinkedHashMap<>());

  /** The mode of the spacecraft; before it is known, it is not SAFE. */
  private volatile Supplier<Mode> mode = () -> Mode.MODE_UNSPECIFIED;

  private final AtomicInteger accepted = new AtomicInteger();
  private final AtomicLong replayed = new AtomicLong();

  /** Held while the journal is written: what is newer there must be newer here. */
  private final Object journalling = new Object();

  private final boolean journalLost;
  private long highest;

  private record Owned(String app, CommandHandler handler) {}

  private record Verbs(Map<String, AppVerb> byName, AppVerb.Handler handler) {}

  private record Armed(Telecommand command, Role by, long untilMissionNanos) {}

  /**
   * What has become of commands since boot.
   *
   * @param accepted passed all checks
   * @param completed of those, ended well
   * @param failed of those, ended otherwise
   * @param rejected not accepted
   */
  public record Counts(int accepted, int completed, int failed, int rejected) {}

  /**
   * With no handlers yet.
   *
   * @param journal what must be durable before a command runs
   * @param state which knows the counter, too, as it was when the state was written last
   */
  public Commands(
      MissionClock clock,
      CommandJournal journal,
      StateStore state,
      Recorder recorder,
      Events events) {
    this.clock = clock;
    this.journal = journal;
    this.state = state;
    this.executions = new Executions(clock, recorder, events);
    this.events = events;
    long stored = state.get().getCommandCounter();
    long noted = journal.recovered().counter();
    long known = Long.compareUnsigned(stored, noted) > 0 ? stored : noted;
    this.journalLost =
        journal.damaged() || (journal.recovered().sequence() == 0 && (stored != 0 || state.lost()));
    this.highest = journalLost ? beyond(known) : known;
    handle(CommandCase.ARM_COMMAND, this::arm);
    handle(CommandCase.FIRE_COMMAND, this::fire);
    handle(CommandCase.APP_COMMAND, this::callApp);
  }

  /** Above what ground can have used; near the end of all counters some are left for ground. */
  private static long beyond(long known) {
    return known + Math.min(LOST_JOURNAL_STEP, (LinkSeal.MOST_COUNTER - known) / 2);
  }

  private static Set<CommandCase> hazardousCommands() {
    Set<CommandCase> found = java.util.EnumSet.noneOf(CommandCase.class);
    for (CommandCase command : CommandCase.values()) {
      if (command != CommandCase.COMMAND_NOT_SET
          && Telecommand.getDescriptor()
              .findFieldByNumber(command.getNumber())
              .getOptions()
              .getExtension(Options.meta)
              .getHazardous()) {
        found.add(command);
      }
    }
    return Collections.unmodifiableSet(found);
  }

  /** Says where to ask for the mode of the spacecraft; some commands need SAFE for some keys. */
  public void inMode(Supplier<Mode> now) {
    mode = now;
  }

  /** Names the handler of a command that needs no app. */
  public void handle(CommandCase command, CommandHandler handler) {
    handlers.put(command, new Owned("", handler));
  }

  /**
   * Names the handler of a command, for as long as its app runs; a later one takes the place of an
   * earlier one.
   */
  public void handle(String app, CommandCase command, CommandHandler handler) {
    handlers.put(command, new Owned(app, handler));
  }

  /**
   * Names the verbs of an app, for AppCommand; later ones take the place of earlier ones.
   *
   * @throws IllegalArgumentException where two are called the same
   */
  public void verbs(String app, List<AppVerb> declared, AppVerb.Handler handler) {
    Map<String, AppVerb> byName = new HashMap<>();
    for (AppVerb verb : declared) {
      if (byName.put(verb.name(), verb) != null) {
        throw new IllegalArgumentException(app + " has two verbs " + verb.name());
      }
    }
    verbs.put(app, new Verbs(Map.copyOf(byName), handler));
  }

  /**
   * Takes the verbs and handlers of an app back; the executive does so when it has ended. Its
   * commands are refused with NO_HANDLER until it runs again.
   */
  public void withdraw(String app) {
    verbs.remove(app);
    handlers.values().removeIf(one -> one.app.equals(app));
  }

  /** Reports the commands that the last run of the flight left unfinished. Called once, at boot. */
  public void reportInterrupted() throws IOException {
    if (journalLost) {
      events.report(CoreEvent.JOURNAL_DAMAGED, highest);
      // should the journal take nothing either, the next run begins above it
      state.update(next -> next.setCommandCounter(highest));
    }
    for (CommandJournal.Entry entry : journal.recovered().executing()) {
      CommandCase command = CommandCase.forNumber(entry.command());
      interrupted(entry.counter(), command == null ? "unknown" : Executions.name(command));
    }
    // of an image that had no journal yet
    for (ExecutingCommand command : state.get().getExecutingList()) {
      interrupted(command.getCounter(), command.getCommand());
    }
    if (state.get().getExecutingCount() > 0) {
      state.updateNow(next -> next.clearExecuting().setCommandCounter(highest));
    }
    synchronized (journalling) {
      writeJournal();
    }
  }

  private void interrupted(long counter, String name) {
    events.report(CoreEvent.COMMAND_INTERRUPTED, counter, name);
    executions.reportInterrupted(counter, name);
  }

  /** What has become of commands since boot. */
  public Counts counts() {
    return executions.counts(accepted.get());
  }

  /** Commands that were not accepted since boot. */
  public int rejected() {
    return executions.rejected();
  }

  /** Commands that were authentic and not new, since boot. */
  public long replayed() {
    return replayed.get();
  }

  /** The highest counter that was taken. */
  public long highestCounter() {
    synchronized (journalling) {
      return highest;
    }
  }

  /**
   * Takes a command from the link.
   *
   * @param authority by which it was authenticated
   * @return whether it shows that ground is there now. False where its counter has been seen
   *     before, or is none that can follow: it is dropped without a word, and counted. False where
   *     it came too late: that is reported, but who holds back what ground has sent long ago must
   *     not keep the command-loss timer from running out
   */
  public boolean submit(Telecommand command, Authority authority) {
    long counter = command.getCounter();
    Running running =
        executions.make(command.getCommandCase(), counter, "", authority.role(), new Issued());
    Optional<Problem> problem;
    synchronized (journalling) {
      if (Long.compareUnsigned(counter, highest) <= 0
          || Long.compareUnsigned(counter - highest, WINDOW) > 0
          || Long.compareUnsigned(counter, LinkSeal.MOST_COUNTER) > 0) {
        replayed.incrementAndGet();
        return false;
      }
      highest = counter;
      problem = late(authority);
      if (problem.isEmpty()) {
        problem = problem(command);
      }
      if (problem.isEmpty()) {
        problem = notAllowed(command, authority.role());
      }
      if (problem.isEmpty() && HAZARDOUS.contains(command.getCommandCase())) {
        problem =
            Optional.of(
                new Problem(Refusal.NOT_ARMED, "it is hazardous: it must be armed, then fired"));
      }
      if (problem.isEmpty()) {
        problem = executions.begin(running);
      }
      if (problem.isPresent()) {
        // ground repeats nothing that the journal has: should the answer be cut off, it comes then
        executions.addRefused(running);
      }
      try {
        writeJournal();
      } catch (IOException e) {
        // not run: without the counter on disk it could run twice
        boolean unused = executions.forget(running);
        problem = Optional.of(new Problem(Refusal.NOT_STORED, "counter cannot be stored"));
        // ground is told that it has not run: both bring its counter to disk when that works again
        executions.setJournalBehind();
        state.update(next -> next.setCommandCounter(counter));
        events.report(CoreEvent.COMMAND_REJECTED, counter, "its counter cannot be stored: " + e);
        executions.reject(running, problem.get());
        return true;
      }
    }
    state.update(next -> next.setCommandCounter(counter));
    if (problem.isPresent()) {
      events.report(CoreEvent.COMMAND_REJECTED, counter, problem.get().text());
      executions.reject(running, problem.get());
      return problem.get().refusal() != Refusal.TOO_LATE;
    }
    accepted.incrementAndGet();
    running.gather();
    running.tell(running.report(Stage.ACCEPTED, Refusal.REFUSAL_UNSPECIFIED, ""));
    running.tell(running.report(Stage.STARTED, Refusal.REFUSAL_UNSPECIFIED, ""));
    try {
      execute(command, running);
    } finally {
      running.recordGathered();
    }
    return true;
  }

  /**
   * Runs a command that comes from on board. It has no counter and leaves no trace in the journal:
   * whoever issues it sees to it that a crash does not run it twice.
   *
   * @param origin who issues it, such as {@code sequence NAME}
   * @return how it goes; it may have ended already
   */
  public Issued issue(Telecommand command, String origin) {
    Issued issued = new Issued();
    Telecommand own = command.toBuilder().setCounter(0).build();
    Running running =
        executions.make(own.getCommandCase(), 0, origin, Role.ROLE_UNSPECIFIED, issued);
    Optional<Problem> problem = problem(own);
    if (problem.isEmpty() && GROUND_ALONE.contains(own.getCommandCase())) {
      problem = Optional.of(new Problem(Refusal.BAD_ARGUMENT, GROUND_ALONE_TEXT));
    }
    if (problem.isEmpty()) {
      problem = executions.begin(running);
    }
    if (problem.isPresent()) {
      events.report(CoreEvent.COMMAND_REJECTED, 0, origin + ": " + problem.get().text());
      executions.reject(running, problem.get());
    } else {
      accepted.incrementAndGet();
      execute(own, running);
    }
    return issued;
  }

  /**
   * What is wrong with a command that is stored to run later, as far as it can be known now. Who
   * carries it out, and whether there is anyone, is not asked.
   */
  public static Optional<String> storedProblem(Telecommand command) {
    if (command.getCommandCase() == CommandCase.COMMAND_NOT_SET) {
      return Optional.of("unknown command");
    }
    if (GROUND_ALONE.contains(command.getCommandCase())) {
      return Optional.of(GROUND_ALONE_TEXT);
    }
    return SchemaCheck.problems(command).stream().findFirst().map(SchemaCheck.Problem::toString);
  }

  /** Ends what is over its deadline, and brings to disk what has ended. Called once a second. */
  public void tick() {
    executions.tick();
    if (executions.journalIsBehind()) {
      synchronized (journalling) {
        try {
          writeJournal();
        } catch (IOException e) {
          // a crash reports it once more, and the next command writes it again
          executions.setJournalBehind();
        }
      }
    }
  }

  private void execute(Telecommand command, Running running) {
    Owned owned = handlers.get(command.getCommandCase());
    if (owned == null) {
      running.fail(Refusal.NO_HANDLER, "no app carries out " + running.name());
      return;
    }
    try {
      owned.handler.execute(command, running);
    } catch (RuntimeException | LinkageError | StackOverflowError | AssertionError e) {
      // the handler is another room's; what is broken there fails its command and not the link
      events.report(CoreEvent.HANDLER_FAILED, running.counter(), running.name(), e);
      running.fail(Refusal.EXECUTION_FAILED, "its handler failed: " + e);
    }
  }

  private Optional<Problem> problem(Telecommand command) {
    CommandCase kind = command.getCommandCase();
    if (kind == CommandCase.COMMAND_NOT_SET) {
      return Optional.of(new Problem(Refusal.UNKNOWN_COMMAND, "unknown command"));
    }
    List<SchemaCheck.Problem> schema = SchemaCheck.problems(command);
    if (!schema.isEmpty()) {
      return Optional.of(new Problem(Refusal.BAD_ARGUMENT, schema.get(0).toString()));
    }
    if (!handlers.containsKey(kind)) {
      return Optional.of(
          new Problem(Refusal.NO_HANDLER, "no app carries out " + Executions.name(kind)));
    }
    return switch (kind) {
      case ARM_COMMAND -> armProblem(command.getArmCommand().getCommand());
      case FIRE_COMMAND -> fireProblem(command.getFireCommand().getArmed());
      case APP_COMMAND -> verbProblem(command.getAppCommand());
      default -> Optional.empty();
    };
  }

  private Optional<Problem> late(Authority authority) {
    return authority.notAfterNanos() != 0
            && authority.role() != Role.ROLE_EMERGENCY
            && clock.utcGood()
            && clock.utcNanos() - authority.notAfterNanos() > 0
        ? Optional.of(
            new Problem(Refusal.TOO_LATE, "it came after the time until which it was good"))
        : Optional.empty();
  }

  /** The problem is looked for after all others, so that an armed one is there. */
  private Optional<Problem> notAllowed(Telecommand command, Role by) {
    if (command.getCommandCase() == CommandCase.FIRE_COMMAND) {
      Armed ready = armed.get(command.getFireCommand().getArmed());
      return ready != null && ready.by == by
          ? Optional.empty()
          : Optional.of(
              new Problem(Refusal.NOT_ALLOWED, "the key of another role armed it than fires it"));
    }
    if (!CommandRoles.opens(by, command)) {
      return Optional.of(
          new Problem(Refusal.NOT_ALLOWED, "the key of " + by + " does not open this command"));
    }
    return by == Role.ROLE_EMERGENCY
            && CommandRoles.inEmergencyOnlyInSafe(command)
            && mode.get() != Mode.SAFE
        ? Optional.of(
            new Problem(
                Refusal.NOT_ALLOWED,
                "the emergency key opens this command in mode SAFE alone: SET_MODE SAFE first"))
        : Optional.empty();
  }

  private Optional<Problem> armProblem(Telecommand inner) {
    if (GROUND_ALONE.contains(inner.getCommandCase())) {
      return Optional.of(new Problem(Refusal.BAD_ARGUMENT, "that cannot be armed"));
    }
    disarmLate();
    return armed.size() >= MOST_ARMED
        ? Optional.of(new Problem(Refusal.TOO_MANY, MOST_ARMED + " commands are armed already"))
        : problem(inner);
  }

  private Optional<Problem> fireProblem(long counter) {
    disarmLate();
    return armed.containsKey(counter)
        ? Optional.empty()
        : Optional.of(
            new Problem(
                Refusal.NOT_ARMED,
                "nothing is armed by " + Long.toUnsignedString(counter) + " (any more)"));
  }

  private void disarmLate() {
    long now = clock.missionNanos();
    armed.values().removeIf(one -> now - one.untilMissionNanos > 0);
  }

  private Optional<Problem> verbProblem(AppCommand call) {
    Verbs known = verbs.get(call.getApp());
    if (known == null) {
      return Optional.of(
          new Problem(Refusal.NO_HANDLER, "no app " + call.getApp() + " takes commands"));
    }
    AppVerb verb = known.byName.get(call.getVerb());
    if (verb == null) {
      return Optional.of(
          new Problem(
              Refusal.BAD_ARGUMENT,
              call.getApp()
                  + " has no \""
                  + call.getVerb()
                  + "\"; it has "
                  + known.byName.keySet()));
    }
    return verb.problem(call.getArgumentsList())
        .map(text -> new Problem(Refusal.BAD_ARGUMENT, text));
  }

  private void arm(Telecommand command, Execution execution) {
    ArmCommand arm = command.getArmCommand();
    armed.put(
        command.getCounter(),
        new Armed(
            arm.getCommand(),
            execution.role(),
            clock.missionNanos() + (long) (arm.getTimeoutSeconds() * 1e9)));
    execution.complete();
  }

  private void fire(Telecommand command, Execution execution) {
    Armed ready = armed.remove(command.getFireCommand().getArmed());
    if (ready == null) {
      execution.fail(Refusal.NOT_ARMED, "it is not armed any more");
      return;
    }
    Telecommand inner = ready.command.toBuilder().setCounter(command.getCounter()).build();
    Owned owned = handlers.get(inner.getCommandCase());
    if (owned == null) {
      execution.fail(Refusal.NO_HANDLER, "no app carries it out any more");
      return;
    }
    execution.progress("runs " + Executions.name(inner.getCommandCase()));
    owned.handler.execute(inner, execution);
  }

  private void callApp(Telecommand command, Execution execution) {
    AppCommand call = command.getAppCommand();
    Verbs known = verbs.get(call.getApp());
    if (known == null) {
      execution.fail(Refusal.NO_HANDLER, "the app has ended");
      return;
    }
    Map<String, Double> arguments = new HashMap<>();
    call.getArgumentsList().forEach(one -> arguments.put(one.getName(), one.getValue()));
    known.handler.execute(call.getVerb(), Map.copyOf(arguments), execution);
  }

  /** The caller holds {@link #journalling}. */
  private void writeJournal() throws IOException {
    journal.write(highest, executions.entries());
  }
}

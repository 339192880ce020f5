package org.heliostat.core.limit;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.function.Predicate;
import org.heliostat.core.bus.Bus;
import org.heliostat.core.command.Commands;
import org.heliostat.core.command.Issued;
import org.heliostat.core.event.CoreEvent;
import org.heliostat.core.event.EventDefinition;
import org.heliostat.core.event.Events;
import org.heliostat.core.mode.Modes;
import org.heliostat.core.state.Inhibits;
import org.heliostat.core.state.StateStore;
import org.heliostat.protocol.Actionpoint;
import org.heliostat.protocol.FieldPath;
import org.heliostat.protocol.FieldPath.BadPath;
import org.heliostat.protocol.Housekeeping;
import org.heliostat.protocol.LimitStatus;
import org.heliostat.protocol.LimitTable;
import org.heliostat.protocol.Mode;
import org.heliostat.protocol.Refusal;
import org.heliostat.protocol.Severity;
import org.heliostat.protocol.StartSequence;
import org.heliostat.protocol.Telecommand;
import org.heliostat.protocol.Watchpoint;

/**
 * Looks at snapshots by the table {@code limits}.
 *
 * <p>A watchpoint fails after so many samples in a row outside, and is well after so many inside; a
 * sample that has no value is neither, and counted. Outside of its modes, and while it is
 * inhibited, it is not failed and begins anew.
 *
 * <p>An actionpoint acts once when all of its watchpoints have failed, and again only after one of
 * them has been well in between; one for which any of them is enough, only after all have been
 * well. Where its lock-out from the time before is not over, it acts when it is, if they still fail
 * then. One whose sequence was refused for a reason that passes (NOT_STORED, NO_HANDLER, TOO_MANY)
 * acts again while they still fail, after its lock-out and after {@value #RETRY_SECONDS} s at the
 * least. Where it was refused for another one, as there is none or it is inhibited, that is said
 * once; {@link #set} has the actionpoint act anew. How a sequence ends that was started is nothing
 * to its actionpoint.
 *
 * <p>Thread-safe; {@link #look} issues commands without a lock held.
 */
final class Limits {
  static final int RETRY_SECONDS = 10;

  private static final Set<Refusal> PASSING =
      Set.of(Refusal.NOT_STORED, Refusal.NO_HANDLER, Refusal.TOO_MANY);

  private final Commands commands;
  private final Modes modes;
  private final Events events;
  private final StateStore state;
  private final Bus bus;
  private Map<String, WatchState> watchpoints = new LinkedHashMap<>();
  private Map<String, ActionState> actionpoints = new LinkedHashMap<>();
  private final Map<String, Boolean> inhibited;

  private static final class ActionState {
    private final Actionpoint actionpoint;
    private boolean acted;
    private boolean locked;
    private long untilNanos;
    private Optional<Issued> issued = Optional.empty();

    private ActionState(Actionpoint actionpoint) {
      this.actionpoint = actionpoint;
    }
  }

  /** An event of another severity than its own. */
  private record At(CoreEvent event, Severity severity) implements EventDefinition {
    @Override
    public String source() {
      return event.source();
    }

    @Override
    public int id() {
      return event.id();
    }

    @Override
    public String name() {
      return event.name();
    }

    @Override
    public String format() {
      return event.format();
    }
  }

  Limits(Commands commands, Modes modes, Events events, StateStore state, Bus bus) {
    this.commands = commands;
    this.modes = modes;
    this.events = events;
    this.state = state;
    this.bus = bus;
    this.inhibited = new HashMap<>(Inhibits.of(state.get(), Inhibits.LIMIT));
  }

  /** Takes a table that {@link #problems} has nothing against; what has not changed goes on. */
  synchronized void take(LimitTable table) {
    Map<String, WatchState> watch = new LinkedHashMap<>();
    for (Watchpoint one : table.getWatchpointsList()) {
      WatchState known = watchpoints.get(one.getName());
      watch.put(
          one.getName(),
          known != null && known.watchpoint().equals(one) ? known : new WatchState(one, path(one)));
    }
    Map<String, ActionState> act = new LinkedHashMap<>();
    for (Actionpoint one : table.getActionpointsList()) {
      ActionState known = actionpoints.get(one.getName());
      act.put(
          one.getName(),
          known != null && known.actionpoint.equals(one) ? known : new ActionState(one));
    }
    watchpoints = watch;
    actionpoints = act;
  }

  private static FieldPath path(Watchpoint watchpoint) {
    try {
      return FieldPath.of(Housekeeping.getDescriptor(), watchpoint.getField());
    } catch (BadPath e) {
      throw new IllegalArgumentException("the table was not checked", e);
    }
  }

  /**
   * Looks at the newest snapshot.
   *
   * @param now mission time, ns
   */
  void look(Housekeeping snapshot, long now) {
    List<ActionState> acting = new ArrayList<>();
    synchronized (this) {
      for (WatchState watch : watchpoints.values()) {
        look(watch, snapshot);
      }
      for (ActionState action : actionpoints.values()) {
        if (acts(action, now)) {
          acting.add(action);
        }
      }
    }
    acting.forEach(this::act);
    synchronized (this) {
      actionpoints.values().forEach(action -> end(action, now));
    }
  }

  private void look(WatchState watch, Housekeeping snapshot) {
    Watchpoint watchpoint = watch.watchpoint();
    if (isInhibited(watchpoint.getName())
        || (watchpoint.getModesCount() > 0
            && !watchpoint.getModesList().contains(snapshot.getMode()))) {
      watch.forget();
      return;
    }
    OptionalDouble sample = watch.path().number(snapshot);
    switch (watch.look(sample)) {
      case FAILED -> {
        events.report(
            new At(CoreEvent.LIMIT_FAILED, watchpoint.getSeverity()),
            watchpoint.getName(),
            watchpoint.getField(),
            text(watch.value()),
            watchpoint.getComparison().name().toLowerCase(Locale.ROOT),
            text(watchpoint.getValue()));
        bus.publish(new WatchpointFailed(watchpoint.getName()));
      }
      case RECOVERED ->
          events.report(
              CoreEvent.LIMIT_RECOVERED,
              watchpoint.getName(),
              watchpoint.getField(),
              text(watch.value()));
      case NONE -> {}
    }
  }

  private static String text(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? Long.toString((long) value)
        : String.format(Locale.ROOT, "%.6g", value);
  }

  private boolean acts(ActionState action, long now) {
    if (isInhibited(action.actionpoint.getName()) || !failed(action.actionpoint)) {
      action.acted = false;
      return false;
    }
    if (action.acted || (action.locked && now - action.untilNanos < 0)) {
      return false;
    }
    action.acted = true;
    action.locked = true;
    action.untilNanos = now + (long) (action.actionpoint.getLockoutSeconds() * 1e9);
    return true;
  }

  private boolean failed(Actionpoint actionpoint) {
    Predicate<String> failed =
        name -> Optional.ofNullable(watchpoints.get(name)).map(WatchState::failed).orElse(false);
    return actionpoint.getAny()
        ? actionpoint.getWatchpointsList().stream().anyMatch(failed)
        : actionpoint.getWatchpointsList().stream().allMatch(failed);
  }

  private void act(ActionState action) {
    Actionpoint actionpoint = action.actionpoint;
    String origin = "limit " + actionpoint.getName();
    if (actionpoint.hasChangeMode()) {
      Mode to = actionpoint.getChangeMode();
      // what has failed never makes the spacecraft do more
      boolean lowered = modes.lower(to, origin);
      events.report(
          CoreEvent.ACTIONPOINT_FIRED,
          actionpoint.getName(),
          "mode " + to + (lowered ? "" : ": it is " + modes.mode() + " already"));
      return;
    }
    String sequence = actionpoint.getStartSequence();
    events.report(CoreEvent.ACTIONPOINT_FIRED, actionpoint.getName(), "sequence " + sequence);
    Issued issued =
        commands.issue(
            Telecommand.newBuilder()
                .setStartSequence(StartSequence.newBuilder().setSequence(sequence))
                .build(),
            origin);
    synchronized (this) {
      action.issued = Optional.of(issued);
    }
  }

  private void end(ActionState action, long now) {
    if (action.issued.isEmpty() || action.issued.get().state() == Issued.State.EXECUTING) {
      return;
    }
    Issued issued = action.issued.get();
    action.issued = Optional.empty();
    if (issued.state() == Issued.State.FAILED) {
      if (PASSING.contains(issued.refusal())) {
        action.acted = false;
        action.untilNanos = Math.max(action.untilNanos, now + RETRY_SECONDS * 1_000_000_000L);
      }
      events.report(
          CoreEvent.ACTIONPOINT_FAILED,
          action.actionpoint.getName(),
          "sequence " + action.actionpoint.getStartSequence(),
          issued.reason());
    }
  }

  private boolean isInhibited(String name) {
    return inhibited.getOrDefault(name, false);
  }

  /**
   * Inhibits or enables a watchpoint or actionpoint, and clears its counters.
   *
   * @return false where there is none of that name
   * @throws IOException when it holds, but only until the next restart
   */
  boolean set(String name, boolean inhibit) throws IOException {
    synchronized (this) {
      WatchState watch = watchpoints.get(name);
      ActionState action = actionpoints.get(name);
      if (watch == null && action == null) {
        return false;
      }
      inhibited.put(name, inhibit);
      if (watch != null) {
        watch.clear();
      }
      if (action != null) {
        action.acted = false;
        action.locked = false;
      }
    }
    events.report(CoreEvent.LIMIT_INHIBITED, name, inhibit ? "inhibited" : "enabled");
    state.updateNow(next -> Inhibits.put(next, Inhibits.LIMIT, name, inhibit));
    return true;
  }

  /** Watchpoints that have failed or have no value, and what is inhibited. */
  synchronized List<LimitStatus> status() {
    List<LimitStatus> all = new ArrayList<>();
    for (WatchState watch : watchpoints.values()) {
      String name = watch.watchpoint().getName();
      boolean off = isInhibited(name);
      if (watch.failures() > 0 || watch.missing() > 0 || off) {
        LimitStatus.Builder status =
            LimitStatus.newBuilder()
                .setName(name)
                .setFailed(watch.failed())
                .setInhibited(off)
                .setFailures(watch.failures());
        if (watch.missing() > 0) {
          status.setMissing(watch.missing());
        }
        if (!Double.isNaN(watch.value())) {
          status.setValue(watch.value());
        }
        all.add(status.build());
      }
    }
    for (String name : actionpoints.keySet()) {
      if (isInhibited(name) && !watchpoints.containsKey(name)) {
        all.add(LimitStatus.newBuilder().setName(name).setInhibited(true).build());
      }
    }
    return all;
  }

  /** What the schema cannot say about a table. */
  static List<String> problems(LimitTable table) {
    List<String> problems = new ArrayList<>();
    Set<String> names = new HashSet<>();
    Set<String> watched = new HashSet<>();
    for (Watchpoint watchpoint : table.getWatchpointsList()) {
      String name = watchpoint.getName();
      watched.add(name);
      if (!names.add(name)) {
        problems.add("\"" + name + "\" stands twice");
      }
      try {
        FieldPath path = FieldPath.of(Housekeeping.getDescriptor(), watchpoint.getField());
        if (!path.isNumber()) {
          problems.add(name + ": " + path + " is no number");
        }
      } catch (BadPath e) {
        problems.add(name + ": " + e.getMessage());
      }
      if (watchpoint.getModesList().contains(Mode.MODE_UNSPECIFIED)) {
        problems.add(name + ": there is no such mode");
      }
    }
    for (Actionpoint actionpoint : table.getActionpointsList()) {
      if (!names.add(actionpoint.getName())) {
        problems.add("\"" + actionpoint.getName() + "\" stands twice");
      }
      if (actionpoint.getActionCase() == Actionpoint.ActionCase.ACTION_NOT_SET) {
        problems.add(actionpoint.getName() + " does nothing");
      }
      for (String name : actionpoint.getWatchpointsList()) {
        if (!watched.contains(name)) {
          problems.add(actionpoint.getName() + ": there is no watchpoint \"" + name + "\"");
        }
      }
    }
    return problems;
  }
}

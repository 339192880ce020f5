package org.heliostat.core.mode;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.heliostat.core.bus.Bus;
import org.heliostat.core.command.Commands;
import org.heliostat.core.event.CoreEvent;
import org.heliostat.core.event.Events;
import org.heliostat.core.table.TableDefinition;
import org.heliostat.core.table.Tables;
import org.heliostat.protocol.Mode;
import org.heliostat.protocol.ModeTable;
import org.heliostat.protocol.ModeTransition;
import org.heliostat.protocol.Table;
import org.heliostat.protocol.Table.ContentCase;
import org.heliostat.protocol.Telecommand.CommandCase;

/**
 * The mode of the spacecraft and the table {@code modes} of its transitions. Boot ends in SAFE or
 * STANDBY. SAFE can be entered from everywhere, whatever the table says. Thread-safe.
 */
public final class Modes {
  /** Origin of a change that ground commands. */
  public static final String GROUND = "ground";

  private static final String TABLE = "modes";

  private final Bus bus;
  private final Events events;
  private Map<Mode, Set<Mode>> allowed;
  private Mode mode;

  /** Published on the bus when the mode has changed. */
  public record Changed(Mode from, Mode to) {}

  /** In STANDBY. */
  public Modes(Bus bus, Events events) {
    this(bus, events, Mode.STANDBY);
  }

  /**
   * In the mode that boot ends in.
   *
   * @throws IllegalArgumentException for one that is neither SAFE nor STANDBY
   */
  public Modes(Bus bus, Events events, Mode first) {
    if (first != Mode.SAFE && first != Mode.STANDBY) {
      throw new IllegalArgumentException("boot does not end in " + first);
    }
    this.bus = bus;
    this.events = events;
    this.mode = first;
    this.allowed = read(standard());
  }

  /** Lets operators change the transitions. */
  public void register(Tables tables) {
    take(tables.register(definition(Optional.of(this::take))).active());
  }

  /** What is said of the table {@code modes}; empty for another one. */
  public static Optional<TableDefinition> table(String name) {
    return name.equals(TABLE) ? Optional.of(definition(Optional.empty())) : Optional.empty();
  }

  private static TableDefinition definition(Optional<Consumer<Table>> activation) {
    return new TableDefinition(
        TABLE,
        ContentCase.MODES,
        Table.newBuilder().setModes(standard()).build(),
        table -> problems(table.getModes()),
        activation);
  }

  /** Lets ground change the mode, and commands depend on it. */
  public void serve(Commands commands) {
    commands.inMode(this::mode);
    commands.handle(
        CommandCase.SET_MODE,
        (command, execution) -> {
          Mode to = command.getSetMode().getMode();
          if (change(to)) {
            execution.complete();
          } else {
            execution.fail(mode() + " -> " + to + " is not in the table of transitions");
          }
        });
  }

  /** The mode now. */
  public synchronized Mode mode() {
    return mode;
  }

  /** Goes to another mode, as ground wants it; see {@link #change(Mode, String)}. */
  public boolean change(Mode to) {
    return change(to, GROUND);
  }

  /**
   * Goes to another mode; false when the table does not allow it. Going to the present mode changes
   * nothing.
   *
   * @param origin who wants it: {@link #GROUND}, {@code protection RULE}, {@code survival} ...
   */
  public boolean change(Mode to, String origin) {
    Mode from;
    synchronized (this) {
      from = mode;
      if (to == from) {
        return true;
      }
      if (to != Mode.SAFE && !allowed.getOrDefault(from, Set.of()).contains(to)) {
        return false;
      }
      go(to);
    }
    report(from, to, origin);
    return true;
  }

  /**
   * Goes to a mode in which less is at work, or to SAFE where the table does not allow that one;
   * false, and no change, when the present mode is that one or lower.
   *
   * @param origin as for {@link #change(Mode, String)}
   */
  public boolean lower(Mode to, String origin) {
    Mode from;
    Mode lower;
    synchronized (this) {
      from = mode;
      if (from.getNumber() <= to.getNumber()) {
        return false;
      }
      lower = allowed.getOrDefault(from, Set.of()).contains(to) ? to : Mode.SAFE;
      go(lower);
    }
    report(from, lower, origin);
    return true;
  }

  /** The caller holds the lock. */
  private void go(Mode to) {
    Mode from = mode;
    mode = to;
    bus.publish(new Changed(from, to));
  }

  /** Without the lock: who reports may wait for the disk, and who asks for the mode must not. */
  private void report(Mode from, Mode to, String origin) {
    events.report(CoreEvent.MODE_CHANGED, from, to, origin);
  }

  private synchronized void take(Table table) {
    allowed = read(table.getModes());
  }

  private static ModeTable standard() {
    return ModeTable.newBuilder()
        .addTransitions(row(Mode.SAFE, Mode.STANDBY))
        .addTransitions(row(Mode.STANDBY, Mode.SAFE, Mode.NOMINAL, Mode.PAYLOAD))
        .addTransitions(row(Mode.NOMINAL, Mode.SAFE, Mode.STANDBY, Mode.PAYLOAD))
        .addTransitions(row(Mode.PAYLOAD, Mode.SAFE, Mode.STANDBY, Mode.NOMINAL))
        .build();
  }

  private static ModeTransition row(Mode from, Mode... to) {
    return ModeTransition.newBuilder().setFrom(from).addAllTo(List.of(to)).build();
  }

  private static Map<Mode, Set<Mode>> read(ModeTable table) {
    Map<Mode, Set<Mode>> rows = new EnumMap<>(Mode.class);
    table.getTransitionsList().forEach(row -> rows.put(row.getFrom(), Set.copyOf(row.getToList())));
    return rows;
  }

  private static List<String> problems(ModeTable table) {
    List<String> problems = new ArrayList<>();
    Set<Mode> seen = EnumSet.noneOf(Mode.class);
    for (ModeTransition row : table.getTransitionsList()) {
      if (!seen.add(row.getFrom())) {
        problems.add(row.getFrom() + " stands twice");
      }
      if (row.getToList().contains(Mode.MODE_UNSPECIFIED)) {
        problems.add(row.getFrom() + " leads to no mode");
      }
    }
    if (!read(table).getOrDefault(Mode.SAFE, Set.of()).contains(Mode.STANDBY)) {
      problems.add("SAFE could not be left: it must lead to STANDBY");
    }
    return problems;
  }
}

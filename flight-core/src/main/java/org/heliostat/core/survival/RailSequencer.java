package org.heliostat.core.survival;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.heliostat.core.state.RailHolds;
import org.heliostat.protocol.RailHold;

/**
 * Knows who keeps each rail off, and turns rails on again one at a time. A rail comes back only
 * when nobody keeps it off any more; one that did not come on is tried again, and holds up no
 * other. Overflow policy: a rail waits at most once. Not thread-safe.
 */
final class RailSequencer {
  private List<RailHold> holds;
  private final Set<String> held = new LinkedHashSet<>();
  private final Set<String> waiting;
  private Optional<Long> lastOn = Optional.empty();

  /**
   * Goes on where an earlier run has ended.
   *
   * @param holds as {@link #holds}
   * @param waiting as {@link #waiting}
   */
  RailSequencer(List<RailHold> holds, List<String> waiting) {
    this.holds = List.copyOf(holds);
    this.waiting = new LinkedHashSet<>(waiting);
    holds.forEach(hold -> held.add(hold.getRail()));
    this.waiting.removeAll(held);
  }

  /**
   * Keeps these rails off from now on; those that nobody keeps off any more wait for their turn.
   */
  void keepOff(List<RailHold> wanted) {
    List<String> before = new ArrayList<>(held);
    holds = List.copyOf(wanted);
    held.clear();
    holds.forEach(hold -> held.add(hold.getRail()));
    waiting.addAll(before);
    letGo(held);
  }

  /** These rails wait no more. */
  void letGo(Collection<String> rails) {
    rails.forEach(waiting::remove);
  }

  /** A rail that was left off waits for its turn. */
  void bringBack(String rail) {
    waiting.add(rail);
  }

  /** A rail did not come on: it waits again, behind all others. */
  void again(String rail) {
    if (!held.contains(rail)) {
      waiting.remove(rail);
      waiting.add(rail);
    }
  }

  /**
   * The rail whose turn it is, if any.
   *
   * @param ready whether a rail may come on already
   */
  Optional<String> next(long nanos, long staggerNanos, Predicate<String> ready) {
    if (lastOn.isPresent() && nanos - lastOn.get() < staggerNanos) {
      return Optional.empty();
    }
    Optional<String> next = waiting.stream().filter(ready).findFirst();
    if (next.isPresent()) {
      lastOn = Optional.of(nanos);
      letGo(List.of(next.get()));
    }
    return next;
  }

  /** Who keeps which rail off. */
  List<RailHold> holds() {
    return holds;
  }

  /** Rails that are kept off, each once. */
  List<String> held() {
    return List.copyOf(held);
  }

  /** Whether an order of ground alone keeps a rail off. */
  boolean byOrderAlone(String rail) {
    return holds.stream()
        .filter(hold -> hold.getRail().equals(rail))
        .allMatch(hold -> hold.getHolder().equals(RailHolds.ORDER));
  }

  /** Rails that wait for their turn, in its order. */
  List<String> waiting() {
    return List.copyOf(waiting);
  }
}

package org.heliostat.core.survival;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
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

  /** Those of the waiting that did not come on, and the mission time before which they wait. */
  private final Map<String, Long> refused = new HashMap<>();

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
    refused.keySet().retainAll(waiting);
  }

  /** A rail that was left off waits for its turn. */
  void bringBack(String rail) {
    waiting.add(rail);
  }

  /**
   * A rail did not come on: it waits again, behind all others.
   *
   * @param nanos mission time before which it is not its turn
   */
  void again(String rail, long nanos) {
    if (!held.contains(rail)) {
      waiting.remove(rail);
      waiting.add(rail);
      refused.put(rail, nanos);
    }
  }

  /** The rail whose turn it is, if any. */
  Optional<String> next(long nanos, long staggerNanos) {
    if (lastOn.isPresent() && nanos - lastOn.get() < staggerNanos) {
      return Optional.empty();
    }
    Optional<String> next =
        waiting.stream().filter(rail -> nanos - refused.getOrDefault(rail, nanos) >= 0).findFirst();
    if (next.isPresent()) {
      lastOn = Optional.of(nanos);
      letGo(List.of(next.get()));
    }
    return next;
  }

  /** Whether rails wait for their turn; those that did not come on are not waited for. */
  boolean busy() {
    return !refused.keySet().containsAll(waiting);
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

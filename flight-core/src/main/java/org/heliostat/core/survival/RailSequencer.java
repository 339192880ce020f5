package org.heliostat.core.survival;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Knows who keeps each rail off, and turns rails on again one at a time. A rail comes back only
 * when nobody keeps it off any more. Overflow policy: a rail waits at most once. Not thread-safe.
 */
final class RailSequencer {
  private final Map<String, Set<String>> holders = new HashMap<>();
  private final Deque<String> waiting = new ArrayDeque<>();
  private Optional<Long> lastOn = Optional.empty();

  /**
   * Keeps rails off.
   *
   * @return those that have to be turned off now
   */
  List<String> hold(String holder, List<String> rails) {
    for (String rail : rails) {
      holders.computeIfAbsent(rail, name -> new HashSet<>()).add(holder);
      waiting.remove(rail);
    }
    return rails;
  }

  /** Keeps rails off no longer; those that nobody else does wait for their turn. */
  void release(String holder, List<String> rails) {
    for (String rail : rails) {
      Set<String> others = holders.getOrDefault(rail, new HashSet<>());
      if (others.remove(holder) && others.isEmpty() && !waiting.contains(rail)) {
        waiting.addLast(rail);
      }
    }
  }

  /** The rail whose turn it is, if any. */
  Optional<String> next(long nanos, long staggerNanos) {
    if (waiting.isEmpty() || (lastOn.isPresent() && nanos - lastOn.get() < staggerNanos)) {
      return Optional.empty();
    }
    lastOn = Optional.of(nanos);
    return Optional.of(waiting.removeFirst());
  }

  /** Whether rails wait for their turn. */
  boolean busy() {
    return !waiting.isEmpty();
  }

  /** Whether somebody keeps a rail off. */
  boolean held(String rail) {
    return !holders.getOrDefault(rail, Set.of()).isEmpty();
  }
}

package org.heliostat.core.protection;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Things that last, each told of anew every {@link #PERIOD_NANOS}. One thread. */
final class Lasting<T> {
  /** Mission time after which what lasts is a symptom again. */
  static final long PERIOD_NANOS = 30_000_000_000L;

  private final Map<T, Long> told = new HashMap<>();

  /**
   * Those that are due again. One that was not there before has just been told of by an event; one
   * that has gone begins anew.
   */
  List<T> again(Set<T> there, long now) {
    told.keySet().retainAll(there);
    List<T> due = new ArrayList<>();
    for (T one : there) {
      Long last = told.putIfAbsent(one, now);
      if (last != null && now - last >= PERIOD_NANOS) {
        told.put(one, now);
        due.add(one);
      }
    }
    return due;
  }
}

package org.heliostat.core.event;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.heliostat.core.state.Inhibits;
import org.heliostat.protocol.FilterEvent;
import org.heliostat.protocol.FlightState;
import org.heliostat.protocol.InhibitedItem;
import org.heliostat.protocol.Severity;

/**
 * Which events pass: a filter for one event comes before one for its source, and that before the
 * rule for all, by which those of level DEBUG are held back. What is CRITICAL always passes.
 * Thread-safe.
 */
public final class EventFilters {
  /** Filters at once; one more is refused. */
  static final int MOST = 64;

  private static final Severity STANDARD = Severity.INFO;

  private final Map<String, Severity> lowest = new ConcurrentHashMap<>();

  EventFilters() {}

  /** What a filter is about: a source, or an event of it as {@code source/NAME}. */
  public static String key(FilterEvent filter) {
    return filter.getName().isEmpty()
        ? filter.getSource()
        : filter.getSource() + "/" + filter.getName();
  }

  /** Sets a filter; false when there are too many. That of a source goes with its standard. */
  public synchronized boolean set(FilterEvent filter) {
    String key = key(filter);
    if (filter.getName().isEmpty() && filter.getLowest() == STANDARD) {
      lowest.remove(key);
      return true;
    }
    if (!lowest.containsKey(key) && lowest.size() >= MOST) {
      return false;
    }
    lowest.put(key, filter.getLowest());
    return true;
  }

  /** Sets the filters that the last run had. */
  public void restore(FlightState state) {
    for (InhibitedItem item : state.getInhibitedList()) {
      if (item.getKind().equals(Inhibits.EVENT)) {
        lowest.put(item.getName(), item.getLowest());
      }
    }
  }

  /** Notes the filters for the next run. */
  public void store(FlightState.Builder state) {
    Inhibits.clear(state, Inhibits.EVENT);
    lowest.forEach(
        (key, severity) ->
            state.addInhibited(
                InhibitedItem.newBuilder()
                    .setKind(Inhibits.EVENT)
                    .setName(key)
                    .setLowest(severity)));
  }

  boolean passes(EventDefinition event) {
    Severity severity = event.severity();
    if (severity == Severity.CRITICAL) {
      return true;
    }
    Severity floor = STANDARD;
    if (!lowest.isEmpty()) {
      Severity ofSource = lowest.getOrDefault(event.source(), STANDARD);
      floor = lowest.getOrDefault(event.source() + "/" + event.name(), ofSource);
    }
    return severity.getNumber() >= floor.getNumber();
  }
}

package org.heliostat.core.event;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.heliostat.core.state.Inhibits;
import org.heliostat.protocol.FilterEvent;
import org.heliostat.protocol.FilterStatus;
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

  private final Map<String, Filter> filters = new ConcurrentHashMap<>();

  private record Filter(Severity lowest, AtomicLong held) {
    private Filter(Severity lowest) {
      this(lowest, new AtomicLong());
    }
  }

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
      filters.remove(key);
      return true;
    }
    if (!filters.containsKey(key) && filters.size() >= MOST) {
      return false;
    }
    filters.put(key, new Filter(filter.getLowest()));
    return true;
  }

  /** Sets the filters that the last run had. */
  public void restore(FlightState state) {
    for (InhibitedItem item : state.getInhibitedList()) {
      if (item.getKind().equals(Inhibits.EVENT)) {
        filters.put(item.getName(), new Filter(item.getLowest()));
      }
    }
  }

  /** Notes the filters for the next run. */
  public void store(FlightState.Builder state) {
    Inhibits.clear(state, Inhibits.EVENT);
    filters.forEach(
        (key, filter) ->
            state.addInhibited(
                InhibitedItem.newBuilder()
                    .setKind(Inhibits.EVENT)
                    .setName(key)
                    .setLowest(filter.lowest())));
  }

  boolean passes(EventDefinition event) {
    Severity severity = event.severity();
    if (severity == Severity.CRITICAL) {
      return true;
    }
    if (!filters.isEmpty()) {
      Filter filter = filters.get(event.source() + "/" + event.name());
      if (filter == null) {
        filter = filters.get(event.source());
      }
      if (filter != null) {
        boolean passes = severity.getNumber() >= filter.lowest().getNumber();
        if (!passes) {
          filter.held().incrementAndGet();
        }
        return passes;
      }
    }
    return passesUsually(event);
  }

  /** Whether it passes where there is no filter for it. */
  static boolean passesUsually(EventDefinition event) {
    return event.severity().getNumber() >= STANDARD.getNumber();
  }

  /** Takes all filters away. */
  public synchronized void reset() {
    filters.clear();
  }

  /** The filters in force, in order, with the events that each has held back. */
  List<FilterStatus> status() {
    List<FilterStatus> all = new ArrayList<>();
    new TreeMap<>(filters)
        .forEach(
            (key, filter) -> {
              int slash = key.indexOf('/');
              FilterStatus.Builder status =
                  FilterStatus.newBuilder()
                      .setSource(slash < 0 ? key : key.substring(0, slash))
                      .setLowest(filter.lowest())
                      .setHeld(filter.held().get());
              if (slash >= 0) {
                status.setName(key.substring(slash + 1));
              }
              all.add(status.build());
            });
    return all;
  }

  void clearCounters() {
    filters.values().forEach(filter -> filter.held().set(0));
  }
}

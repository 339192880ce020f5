package org.heliostat.core.state;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.heliostat.protocol.FlightState;
import org.heliostat.protocol.InhibitedItem;

/** What operators have inhibited or enabled, as it stands in the flight state. Stateless. */
public final class Inhibits {
  /** Kind of the filters of events. */
  public static final String EVENT = "event";

  /** Kind of watchpoints and actionpoints. */
  public static final String LIMIT = "limit";

  /** Kind of the rules of fault protection. */
  public static final String RULE = "rule";

  /** Kind of the areas that are checked. */
  public static final String AREA = "area";

  /** Kind of the sequences. */
  public static final String SEQUENCE = "sequence";

  private Inhibits() {}

  /** What was said of the items of a kind, by name; one of which nothing was said is absent. */
  public static Map<String, Boolean> of(FlightState state, String kind) {
    Map<String, Boolean> said = new HashMap<>();
    for (InhibitedItem item : state.getInhibitedList()) {
      if (item.getKind().equals(kind)) {
        said.put(item.getName(), item.getInhibited());
      }
    }
    return said;
  }

  /** Says it of one item. */
  public static void put(FlightState.Builder state, String kind, String name, boolean inhibited) {
    List<InhibitedItem> others =
        state.getInhibitedList().stream()
            .filter(item -> !item.getKind().equals(kind) || !item.getName().equals(name))
            .toList();
    state
        .clearInhibited()
        .addAllInhibited(others)
        .addInhibited(
            InhibitedItem.newBuilder().setKind(kind).setName(name).setInhibited(inhibited));
  }

  /** Says that these items of a kind are inhibited, and no others. */
  public static void putAll(FlightState.Builder state, String kind, Collection<String> names) {
    clear(state, kind);
    names.forEach(name -> put(state, kind, name, true));
  }

  /** Forgets all of a kind. */
  public static void clear(FlightState.Builder state, String kind) {
    List<InhibitedItem> others =
        state.getInhibitedList().stream().filter(item -> !item.getKind().equals(kind)).toList();
    state.clearInhibited().addAllInhibited(others);
  }
}

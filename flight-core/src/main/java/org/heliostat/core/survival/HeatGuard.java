package org.heliostat.core.survival;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.heliostat.protocol.HeatRule;

/**
 * Turns rails off by temperature. A rule is hot after its device has been above the off limit for
 * long enough, and cool again below the on limit; where the thermometer went off with the rails it
 * counts as cool after its rest. Not thread-safe.
 */
final class HeatGuard {
  private final Map<String, State> states = new HashMap<>();

  private static final class State {
    private Optional<Long> aboveSince = Optional.empty();
    private Optional<Long> hotSince = Optional.empty();
  }

  /** Rules that have become hot, or cool again. */
  record Decision(List<HeatRule> hot, List<HeatRule> cool) {}

  /**
   * Decides by one sample.
   *
   * @param nanos mission time
   * @param celsius of a device, if it is known
   */
  Decision decide(long nanos, List<HeatRule> rules, Function<String, Optional<Double>> celsius) {
    Decision decision = new Decision(new ArrayList<>(), new ArrayList<>());
    for (HeatRule rule : rules) {
      State state = states.computeIfAbsent(rule.getDevice(), name -> new State());
      Optional<Double> now = celsius.apply(rule.getDevice());
      if (state.hotSince.isPresent()) {
        boolean cool =
            now.map(value -> value < rule.getOnCelsius())
                .orElse(nanos - state.hotSince.get() >= (long) (rule.getRestSeconds() * 1e9));
        if (cool) {
          state.hotSince = Optional.empty();
          state.aboveSince = Optional.empty();
          decision.cool().add(rule);
        }
      } else if (now.isPresent() && now.get() > rule.getOffCelsius()) {
        long since = state.aboveSince.orElse(nanos);
        state.aboveSince = Optional.of(since);
        if (nanos - since >= (long) (rule.getConfirmSeconds() * 1e9)) {
          state.hotSince = Optional.of(nanos);
          decision.hot().add(rule);
        }
      } else {
        state.aboveSince = Optional.empty();
      }
    }
    return decision;
  }

  /** Devices that are too hot at present. */
  List<String> hot() {
    return states.entrySet().stream()
        .filter(entry -> entry.getValue().hotSince.isPresent())
        .map(Map.Entry::getKey)
        .sorted()
        .toList();
  }
}

package org.heliostat.core.survival;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.heliostat.protocol.HeatRule;

/**
 * Turns rails off by temperature. A rule turns its rails off after its device has been above the
 * off limit for long enough. A rail is cool again when the device is below the on limit of every
 * rule that it has for that rail; where the thermometer went off with the rails it counts as cool
 * after its rest. Rules of one device do not disturb each other. Not thread-safe.
 */
final class HeatGuard {
  private List<HeatRule> rules = List.of();
  private final List<Optional<Long>> aboveSince = new ArrayList<>();
  private final Map<Hot, Long> hotSince = new LinkedHashMap<>();

  /** A rail that is off because a device is too hot. */
  record Hot(String device, String rail) {}

  /** Rails of one device. */
  record Change(String device, List<String> rails) {}

  /** Rails that have become too hot, or cool again. */
  record Decision(List<Change> hot, List<Change> cool) {}

  /**
   * Begins.
   *
   * @param hot what an earlier run has turned off: it rests anew
   * @param nanos mission time
   */
  HeatGuard(List<HeatRule> rules, List<Hot> hot, long nanos) {
    hot.forEach(one -> hotSince.put(one, nanos));
    use(rules);
  }

  /** Goes by other rules from now on; what none of them is about is hot no longer. */
  void use(List<HeatRule> next) {
    rules = List.copyOf(next);
    aboveSince.clear();
    rules.forEach(rule -> aboveSince.add(Optional.empty()));
    hotSince.keySet().removeIf(one -> rules.stream().noneMatch(rule -> isAbout(rule, one)));
  }

  private static boolean isAbout(HeatRule rule, Hot one) {
    return rule.getDevice().equals(one.device()) && rule.getRailsList().contains(one.rail());
  }

  /**
   * Decides by one sample.
   *
   * @param nanos mission time
   * @param celsius of a device, if it is known
   */
  Decision decide(long nanos, Function<String, Optional<Double>> celsius) {
    List<Change> cool = cool(nanos, celsius);
    List<Change> hot = new ArrayList<>();
    for (int i = 0; i < rules.size(); i++) {
      HeatRule rule = rules.get(i);
      Optional<Double> now = celsius.apply(rule.getDevice());
      if (now.isEmpty() || !(now.get() > rule.getOffCelsius())) {
        aboveSince.set(i, Optional.empty());
        continue;
      }
      long since = aboveSince.get(i).orElse(nanos);
      aboveSince.set(i, Optional.of(since));
      if (nanos - since >= (long) (rule.getConfirmSeconds() * 1e9)) {
        List<String> rails = new ArrayList<>();
        for (String rail : rule.getRailsList()) {
          if (hotSince.putIfAbsent(new Hot(rule.getDevice(), rail), nanos) == null) {
            rails.add(rail);
          }
        }
        if (!rails.isEmpty()) {
          hot.add(new Change(rule.getDevice(), rails));
        }
      }
    }
    return new Decision(hot, cool);
  }

  private List<Change> cool(long nanos, Function<String, Optional<Double>> celsius) {
    Map<String, List<String>> cool = new LinkedHashMap<>();
    for (Map.Entry<Hot, Long> entry : List.copyOf(hotSince.entrySet())) {
      Hot one = entry.getKey();
      Optional<Double> now = celsius.apply(one.device());
      long rested = nanos - entry.getValue();
      boolean isCool =
          rules.stream()
              .filter(rule -> isAbout(rule, one))
              .allMatch(
                  rule ->
                      now.map(value -> value < rule.getOnCelsius())
                          .orElse(rested >= (long) (rule.getRestSeconds() * 1e9)));
      if (isCool) {
        hotSince.remove(one);
        cool.computeIfAbsent(one.device(), name -> new ArrayList<>()).add(one.rail());
      } else if (now.isPresent()) {
        // it rests from when it was seen hot last
        hotSince.put(one, nanos);
      }
    }
    return cool.entrySet().stream().map(e -> new Change(e.getKey(), e.getValue())).toList();
  }

  /** Rails that are off at present. */
  List<Hot> hot() {
    return List.copyOf(hotSince.keySet());
  }
}

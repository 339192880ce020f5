package org.heliostat.core.protection;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import org.heliostat.protocol.ProtectionRule;

/** One rule and what it has counted. One thread. */
final class RuleState {
  private final ProtectionRule rule;
  private final Map<String, Deque<Long>> times = new HashMap<>();
  private final Map<String, Long> lockedUntil = new HashMap<>();
  private int symptoms;
  private int responses;

  /**
   * One that has seen nothing yet.
   *
   * @param responses how often it has responded in earlier runs
   */
  RuleState(ProtectionRule rule, int responses) {
    this.rule = rule;
    this.responses = responses;
  }

  ProtectionRule rule() {
    return rule;
  }

  int symptoms() {
    return symptoms;
  }

  int responses() {
    return responses;
  }

  /**
   * Counts a symptom of a thing; true when it is confirmed by that. Devices come from the mission
   * file, so that their number bounds what is kept here.
   */
  boolean confirm(String device, long now) {
    symptoms++;
    Deque<Long> seen = times.computeIfAbsent(device, key -> new ArrayDeque<>());
    seen.addLast(now);
    long window = (long) (rule.getWindowSeconds() * 1e9);
    while (now - seen.peekFirst() > window) {
      seen.removeFirst();
    }
    if (seen.size() > rule.getCount()) {
      seen.removeFirst();
    }
    return seen.size() >= rule.getCount();
  }

  /** It has responded about a thing. */
  void responded(String thing, long now) {
    responses++;
    lockedUntil.put(thing, now + (long) (rule.getLockoutSeconds() * 1e9));
  }

  boolean locked(String thing, long now) {
    Long until = lockedUntil.get(thing);
    return until != null && now - until < 0;
  }

  boolean exhausted() {
    return rule.getMostResponses() > 0 && responses >= rule.getMostResponses();
  }

  /** As if it had seen nothing. */
  void clear() {
    times.clear();
    lockedUntil.clear();
    symptoms = 0;
    responses = 0;
  }
}

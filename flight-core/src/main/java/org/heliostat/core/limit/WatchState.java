package org.heliostat.core.limit;

import java.util.OptionalDouble;
import org.heliostat.protocol.FieldPath;
import org.heliostat.protocol.Watchpoint;

/** One watchpoint and what it has seen. One thread; a change shows in what {@link #look} gives. */
final class WatchState {
  /** What a sample has changed. */
  enum Change {
    NONE,
    FAILED,
    RECOVERED
  }

  private final Watchpoint watchpoint;
  private final FieldPath path;
  private boolean failed;
  private int outside;
  private int inside;
  private int failures;
  private int missing;
  private double value = Double.NaN;

  WatchState(Watchpoint watchpoint, FieldPath path) {
    this.watchpoint = watchpoint;
    this.path = path;
  }

  Watchpoint watchpoint() {
    return watchpoint;
  }

  FieldPath path() {
    return path;
  }

  boolean failed() {
    return failed;
  }

  /** How often it has failed. */
  int failures() {
    return failures;
  }

  /** The newest samples in a row that had no value. */
  int missing() {
    return missing;
  }

  /** The newest value; NaN before there is one. */
  double value() {
    return value;
  }

  /** Takes a sample; one without a value speaks neither for nor against it. */
  Change look(OptionalDouble sample) {
    if (sample.isEmpty()) {
      missing++;
      return Change.NONE;
    }
    missing = 0;
    value = sample.getAsDouble();
    if (outside(value)) {
      inside = 0;
      outside = Math.min(outside + 1, watchpoint.getFailsAfter());
      if (!failed && outside >= watchpoint.getFailsAfter()) {
        failed = true;
        failures++;
        return Change.FAILED;
      }
    } else {
      outside = 0;
      inside = Math.min(inside + 1, watchpoint.getRecoversAfter());
      if (failed && inside >= watchpoint.getRecoversAfter()) {
        failed = false;
        return Change.RECOVERED;
      }
    }
    return Change.NONE;
  }

  /** Out of its modes, or inhibited: what was seen before counts no more. */
  void forget() {
    failed = false;
    outside = 0;
    inside = 0;
    missing = 0;
  }

  /** As if it had never failed. */
  void clear() {
    forget();
    failures = 0;
  }

  private boolean outside(double sample) {
    // once failed, it must come back by the hysteresis
    double margin = failed ? watchpoint.getHysteresis() : 0;
    double limit = watchpoint.getValue();
    return switch (watchpoint.getComparison()) {
      case ABOVE -> sample > limit - margin;
      case BELOW -> sample < limit + margin;
      case EQUAL -> Math.abs(sample - limit) <= margin;
      case NOT_EQUAL -> sample != limit;
      default -> false;
    };
  }
}

package org.heliostat.core.time;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import org.heliostat.protocol.TimeConfig;
import org.heliostat.protocol.TimeQuality;

/**
 * Correlates mission time with UTC. Each observation says that UTC was a certain value somewhere
 * between two mission times, so it bounds the offset of the two from both sides; bounds of
 * successive observations are intersected, widened by the largest drift for the time between them
 * (interval intersection after K. Marzullo and S. Owicki, "Maintaining the time in a distributed
 * system", 1985). An observation that contradicts what is known by more than the mission's
 * tolerance is a jump: it is set aside until enough of its like have agreed with each other. Not
 * thread-safe.
 */
final class Correlator {
  private static final int DRIFT_POINTS = 32;
  private static final long DRIFT_STEP_NANOS = 60_000_000_000L;
  private static final int DRIFT_LEAST_POINTS = 5;

  private final TimeConfig config;
  private final long jumpNanos;
  private final double mostDrift;
  private Optional<Bounds> known = Optional.empty();
  private TimeQuality source = TimeQuality.TIME_QUALITY_UNSPECIFIED;
  private double driftPpm;
  private final Deque<Point> points = new ArrayDeque<>();
  private Optional<Bounds> aside = Optional.empty();
  private int agreeing;
  private int accepted;
  private int rejected;
  private int jumps;

  /** What became of an observation. */
  enum Outcome {
    ACCEPTED,
    /** It contradicts what is known, and is set aside. */
    REJECTED,
    /** So did those before it, and all of them agree: they are believed now. */
    JUMP_BELIEVED
  }

  /** UTC less mission time lies between two values, as of a mission time. */
  private record Bounds(long missionNanos, long low, long high) {
    /** What holds at another time whatever the drift was; an estimate of it is no bound. */
    Bounds at(long time, double mostDrift) {
      long wider = drifted(time - missionNanos, mostDrift);
      return new Bounds(time, low - wider, high + wider);
    }

    Bounds meet(Bounds other) {
      return new Bounds(missionNanos, Math.max(low, other.low), Math.min(high, other.high));
    }

    boolean empty() {
      return low > high;
    }

    long gap(Bounds other) {
      return Math.max(0, Math.max(low - other.high, other.low - high));
    }

    long middle() {
      return low + (high - low) / 2;
    }
  }

  private static long drifted(long nanos, double mostDrift) {
    return (long) Math.ceil(Math.abs((double) nanos) * mostDrift);
  }

  private record Point(long missionNanos, long offset) {}

  Correlator(TimeConfig config) {
    this.config = config;
    this.jumpNanos = (long) (config.getJumpSeconds() * 1e9);
    this.mostDrift = config.getMostDriftPpm() * 1e-6;
  }

  /** Begins with the drift that an earlier run has measured. */
  void resume(double earlierDriftPpm) {
    driftPpm = clamp(earlierDriftPpm);
  }

  /** Goes on with what is known already, so that what contradicts it is not believed at once. */
  void resume(Correlation earlier) {
    resume(earlier.driftPpm());
    long offset = earlier.utcNanos() - earlier.missionNanos();
    known =
        Optional.of(
            new Bounds(
                earlier.missionNanos(),
                offset - earlier.uncertaintyNanos(),
                offset + earlier.uncertaintyNanos()));
    source = earlier.quality();
  }

  /**
   * Takes an observation: UTC was {@code utcNanos}, give or take, between two mission times.
   *
   * @param fromNanos mission time after which that was
   * @param toNanos mission time before which that was
   */
  Outcome offer(
      long fromNanos, long toNanos, long utcNanos, long uncertaintyNanos, TimeQuality by) {
    long wider = uncertaintyNanos + drifted(toNanos - fromNanos, mostDrift);
    Bounds seen = new Bounds(toNanos, utcNanos - toNanos - wider, utcNanos - fromNanos + wider);
    if (known.isEmpty()) {
      believe(seen, by);
      return Outcome.ACCEPTED;
    }
    // one of an earlier time counts, by what may have become of it since
    long latest = Math.max(toNanos, known.get().missionNanos());
    seen = seen.at(latest, mostDrift);
    TimeQuality worth = latest == toNanos ? by : source;
    Bounds expected = known.get().at(latest, mostDrift);
    if (seen.gap(expected) <= jumpNanos) {
      Bounds both = expected.meet(seen);
      believe(both.empty() ? seen : both, worth);
      notePoint(both.empty() ? seen : both);
      return Outcome.ACCEPTED;
    }
    agreeing =
        aside.isPresent() && seen.gap(aside.get().at(latest, mostDrift)) <= jumpNanos
            ? agreeing + 1
            : 1;
    aside = Optional.of(seen);
    if (agreeing < config.getAgreeCount()) {
      rejected++;
      return Outcome.REJECTED;
    }
    jumps++;
    points.clear();
    believe(seen, worth);
    return Outcome.JUMP_BELIEVED;
  }

  /** How far an observation lies from what is known, in s; 0 where it fits or nothing is known. */
  double contradiction(long missionNanos, long utcNanos) {
    Bounds seen = new Bounds(missionNanos, utcNanos - missionNanos, utcNanos - missionNanos);
    return known.map(bounds -> seen.gap(bounds.at(missionNanos, mostDrift)) / 1e9).orElse(0.0);
  }

  /** Forgets what it knows but the drift: ground knows better. */
  void forget() {
    known = Optional.empty();
    points.clear();
    aside = Optional.empty();
    agreeing = 0;
  }

  private void believe(Bounds bounds, TimeQuality by) {
    known = Optional.of(bounds);
    source = by;
    aside = Optional.empty();
    agreeing = 0;
    accepted++;
  }

  private void notePoint(Bounds bounds) {
    if (!points.isEmpty()
        && bounds.missionNanos() - points.getLast().missionNanos() < DRIFT_STEP_NANOS) {
      return;
    }
    points.addLast(new Point(bounds.missionNanos(), bounds.middle()));
    if (points.size() > DRIFT_POINTS) {
      points.removeFirst();
    }
    if (points.size() >= DRIFT_LEAST_POINTS) {
      driftPpm = clamp(slope() * 1e6);
    }
  }

  /** Least squares over the offsets of the last half hour. */
  private double slope() {
    Point first = points.getFirst();
    double meanTime = 0;
    double meanOffset = 0;
    for (Point point : points) {
      meanTime += (double) (point.missionNanos() - first.missionNanos()) / points.size();
      meanOffset += (double) (point.offset() - first.offset()) / points.size();
    }
    double covariance = 0;
    double variance = 0;
    for (Point point : points) {
      double time = point.missionNanos() - first.missionNanos() - meanTime;
      covariance += time * (point.offset() - first.offset() - meanOffset);
      variance += time * time;
    }
    return variance == 0 ? 0 : covariance / variance;
  }

  private double clamp(double ppm) {
    return Math.max(-config.getMostDriftPpm(), Math.min(config.getMostDriftPpm(), ppm));
  }

  /** What is known now; empty before the first observation. */
  Optional<Correlation> correlation() {
    return known.map(
        bounds ->
            new Correlation(
                bounds.missionNanos(),
                bounds.missionNanos() + bounds.middle(),
                driftPpm,
                (bounds.high() - bounds.low() + 1) / 2,
                source));
  }

  double driftPpm() {
    return driftPpm;
  }

  int accepted() {
    return accepted;
  }

  int rejected() {
    return rejected;
  }

  int jumps() {
    return jumps;
  }
}

package org.heliostat.core.link;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.heliostat.protocol.Pass;
import org.heliostat.protocol.Pass.BeginCase;
import org.heliostat.protocol.PassState;
import org.heliostat.protocol.PassTable;

/**
 * The table {@code passes}: when ground is in view. It counts only where it can be relied on; where
 * it does not, the link tries always, so that no plan keeps ground out for good. Immutable.
 */
final class PassPlan {
  /** A next pass that is further away is as good as none. */
  static final long FAR_NANOS = 7 * 86_400_000_000_000L;

  private final List<Window> windows;
  private final boolean byUtc;

  /**
   * A pass.
   *
   * @param beginNanos as the table has it: UTC or mission time
   * @param endNanos the first moment behind it
   * @param bytesPerSecond infinite where nothing is said
   * @param volumeBytes {@link Long#MAX_VALUE} where nothing is said
   */
  record Window(long beginNanos, long endNanos, double bytesPerSecond, long volumeBytes) {
    private static Window of(Pass pass) {
      long begin = begin(pass);
      double rate = pass.getRateBytesPerSecond();
      long volume = pass.getVolumeBytes();
      return new Window(
          begin,
          begin + (long) (pass.getDurationSeconds() * 1e9),
          rate > 0 ? rate : Double.POSITIVE_INFINITY,
          volume > 0 ? volume : Long.MAX_VALUE);
    }
  }

  /**
   * What the plan says of a moment.
   *
   * @param reason why it is void, for people; else empty
   * @param window the pass that is open
   * @param leftNanos until that ends; 0 without one
   * @param nextNanos until the next one begins, where there is one
   */
  record Look(
      PassState state,
      String reason,
      Optional<Window> window,
      long leftNanos,
      OptionalLong nextNanos) {
    private static Look without(PassState state, String reason) {
      return new Look(state, reason, Optional.empty(), 0, OptionalLong.empty());
    }
  }

  /** By a table that the schema and {@link #problems} have nothing against. */
  PassPlan(PassTable table) {
    this.windows = table.getPassesList().stream().map(Window::of).toList();
    this.byUtc = table.getPassesList().stream().anyMatch(Pass::hasBeginUtcNanos);
  }

  /**
   * What the plan says now.
   *
   * @param utcGood whether UTC may decide anything
   * @param groundLost the command-loss timer has run out and ground was not heard since
   */
  Look at(long missionNanos, long utcNanos, boolean utcGood, boolean groundLost) {
    if (windows.isEmpty()) {
      return Look.without(PassState.NO_PASSES, "");
    }
    if (groundLost) {
      return Look.without(PassState.PLAN_VOID, "command loss");
    }
    if (byUtc && !utcGood) {
      return Look.without(PassState.PLAN_VOID, "UTC is not good");
    }
    long now = byUtc ? utcNanos : missionNanos;
    Optional<Window> open =
        windows.stream().filter(one -> one.beginNanos <= now && now < one.endNanos).findFirst();
    Optional<Window> next = windows.stream().filter(one -> one.beginNanos > now).findFirst();
    OptionalLong untilNext =
        next.isPresent() ? OptionalLong.of(next.get().beginNanos - now) : OptionalLong.empty();
    if (open.isPresent()) {
      return new Look(PassState.PASS_OPEN, "", open, open.get().endNanos - now, untilNext);
    }
    if (untilNext.isEmpty()) {
      return Look.without(PassState.PLAN_VOID, "its last pass is over");
    }
    if (untilNext.getAsLong() > FAR_NANOS) {
      return Look.without(PassState.PLAN_VOID, "its next pass is more than a week away");
    }
    return new Look(PassState.PASS_CLOSED, "", Optional.empty(), 0, untilNext);
  }

  /** What the schema cannot say about the table; empty for one that may be used. */
  static List<String> problems(PassTable table) {
    List<String> problems = new ArrayList<>();
    long end = 0;
    for (int i = 0; i < table.getPassesCount(); i++) {
      Pass pass = table.getPasses(i);
      String name = "pass " + i;
      if (pass.getBeginCase() == BeginCase.BEGIN_NOT_SET) {
        problems.add(name + " has no begin");
        continue;
      }
      if (pass.getBeginCase() != table.getPasses(0).getBeginCase()) {
        problems.add(name + " is not by the time that the first one is by");
      } else if (begin(pass) < end) {
        problems.add(name + " begins before the one before it has ended");
      }
      end = Window.of(pass).endNanos;
    }
    return problems;
  }

  private static long begin(Pass pass) {
    return pass.hasBeginUtcNanos() ? pass.getBeginUtcNanos() : pass.getBeginMissionNanos();
  }
}

package org.heliostat.core.link;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.OptionalLong;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.heliostat.core.link.PassPlan.Look;
import org.heliostat.protocol.Pass;
import org.heliostat.protocol.PassState;
import org.heliostat.protocol.PassTable;
import org.junit.jupiter.api.Test;

class PassPlanTest {
  private static final long SECOND = 1_000_000_000L;
  private static final long UTC = 1_800_000_000L * SECOND;

  private static Pass.Builder mission(long begin, double seconds) {
    return Pass.newBuilder().setBeginMissionNanos(begin * SECOND).setDurationSeconds(seconds);
  }

  private static Pass.Builder utc(long begin, double seconds) {
    return Pass.newBuilder().setBeginUtcNanos(UTC + begin * SECOND).setDurationSeconds(seconds);
  }

  private static PassPlan plan(Pass.Builder... passes) {
    PassTable.Builder table = PassTable.newBuilder();
    for (Pass.Builder pass : passes) {
      table.addPasses(pass);
    }
    assertThat(PassPlan.problems(table.build())).isEmpty();
    return new PassPlan(table.build());
  }

  private static Look at(PassPlan plan, long missionSeconds) {
    return plan.at(missionSeconds * SECOND, UTC, true, false);
  }

  @Test
  void aPassOpensAndClosesAtItsTimes() {
    PassPlan plan = plan(mission(100, 50), mission(200, 50));
    assertThat(at(plan, 99).state()).isEqualTo(PassState.PASS_CLOSED);
    assertThat(at(plan, 99).nextNanos()).isEqualTo(OptionalLong.of(SECOND));
    Look open = at(plan, 100);
    assertThat(open.state()).isEqualTo(PassState.PASS_OPEN);
    assertThat(open.leftNanos()).isEqualTo(50 * SECOND);
    assertThat(open.nextNanos()).isEqualTo(OptionalLong.of(100 * SECOND));
    assertThat(open.window().orElseThrow().bytesPerSecond()).isInfinite();
    assertThat(open.window().orElseThrow().volumeBytes()).isEqualTo(Long.MAX_VALUE);
    assertThat(at(plan, 150).state()).isEqualTo(PassState.PASS_CLOSED);
    assertThat(at(plan, 249).leftNanos()).isEqualTo(SECOND);
  }

  @Test
  void withoutPassesThereIsNoPlan() {
    assertThat(at(plan(), 5).state()).isEqualTo(PassState.NO_PASSES);
  }

  @Test
  void itIsVoidBehindItsLastPass() {
    PassPlan plan = plan(mission(100, 50));
    assertThat(at(plan, 149).state()).isEqualTo(PassState.PASS_OPEN);
    assertThat(at(plan, 150).state()).isEqualTo(PassState.PLAN_VOID);
  }

  @Test
  void itIsVoidWhileItsNextPassIsTooFarAway() {
    PassPlan plan = plan(mission(8 * 86_400, 50));
    assertThat(at(plan, 86_399).state()).isEqualTo(PassState.PLAN_VOID);
    assertThat(at(plan, 86_400).state()).isEqualTo(PassState.PASS_CLOSED);
  }

  @Test
  void utcDecidesNothingWhileItIsNotGood() {
    PassPlan plan = plan(utc(100, 50));
    assertThat(plan.at(0, UTC, false, false).state()).isEqualTo(PassState.PLAN_VOID);
    assertThat(plan.at(0, UTC, true, false).state()).isEqualTo(PassState.PASS_CLOSED);
    assertThat(plan.at(0, UTC + 120 * SECOND, true, false).state()).isEqualTo(PassState.PASS_OPEN);
    // one by mission time needs no UTC
    assertThat(plan(mission(100, 50)).at(0, UTC, false, false).state())
        .isEqualTo(PassState.PASS_CLOSED);
  }

  @Test
  void commandLossMakesItVoid() {
    PassPlan plan = plan(mission(100, 50));
    assertThat(plan.at(0, UTC, true, true).state()).isEqualTo(PassState.PLAN_VOID);
    assertThat(plan.at(0, UTC, true, true).reason()).isEqualTo("command loss");
  }

  @Test
  void aPlanThatContradictsItselfIsRefused() {
    assertThat(
            PassPlan.problems(
                PassTable.newBuilder()
                    .addPasses(mission(100, 50))
                    .addPasses(mission(149, 5))
                    .addPasses(utc(300, 5))
                    .addPasses(Pass.newBuilder().setDurationSeconds(3))
                    .build()))
        .containsExactly(
            "pass 1 begins before the one before it has ended",
            "pass 2 is not by the time that the first one is by",
            "pass 3 has no begin");
  }

  /** Whatever the plan is, the link is tried within a week and a day. */
  @Property(seed = "1")
  void noPlanKeepsGroundOutForGood(
      @ForAll @LongRange(min = 0, max = 9_000_000_000L) long first,
      @ForAll @IntRange(min = 1, max = 86_400) int length,
      @ForAll @LongRange(min = 0, max = 9_000_000_000L) long gap,
      @ForAll @LongRange(min = 0, max = 9_000_000_000L) long now) {
    long second = Math.min(9_000_000_000L, first + length + gap);
    PassPlan plan =
        second < first + length
            ? plan(mission(first, length))
            : plan(mission(first, length), mission(second, length));
    boolean tried = false;
    for (long hour = 0; hour <= 8 * 24 && !tried; hour++) {
      Look look = plan.at((now + hour * 3600) * SECOND, 0, false, false);
      tried = look.state() != PassState.PASS_CLOSED;
      if (!tried) {
        // a pass may be shorter than an hour
        long begin = look.nextNanos().orElseThrow();
        tried = begin <= 3600 * SECOND;
      }
    }
    assertThat(tried).isTrue();
  }
}

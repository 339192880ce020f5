package org.heliostat.hil.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class KillPlanTest {
  @Test
  void theSameSeedGivesTheSameKillsAndAnotherOneOthers() {
    assertThat(KillPlan.of(25, 7)).isEqualTo(KillPlan.of(25, 7)).isNotEqualTo(KillPlan.of(25, 8));
  }

  @Test
  void killsAreNumberedAndGoOverTheWholeLife() {
    for (int seed = 0; seed < 50; seed++) {
      List<KillPlan> plan = KillPlan.of(25, seed);
      assertThat(plan.stream().map(KillPlan::number))
          .containsExactlyElementsOf(IntStream.rangeClosed(1, 25).boxed().toList());
      assertThat(plan).allMatch(kill -> kill.afterSeconds() >= 0 && kill.afterSeconds() <= 12);
      assertThat(plan).anyMatch(kill -> kill.afterSeconds() > 8);
      assertThat(plan.stream().filter(KillPlan::inBoot).count()).isEqualTo(6 + 5);
    }
  }

  @Test
  void aFullFlightHasARowOfBootsThatNeverReachOperation() {
    for (int seed = 0; seed < 50; seed++) {
      assertThat(longestRow(KillPlan.of(25, seed))).isGreaterThanOrEqualTo(5);
    }
  }

  @Test
  void aFewKillsAreAllOfOperationAndBoot() {
    assertThat(KillPlan.of(3, 1)).hasSize(3);
    assertThat(KillPlan.of(3, 1)).noneMatch(KillPlan::inBoot);
    assertThat(KillPlan.of(4, 1)).filteredOn(KillPlan::inBoot).hasSize(1);
  }

  private static int longestRow(List<KillPlan> plan) {
    int longest = 0;
    int row = 0;
    for (KillPlan kill : plan) {
      row = kill.inBoot() && kill.afterSeconds() <= 2.5 ? row + 1 : 0;
      longest = Math.max(longest, row);
    }
    return longest;
  }
}

package org.heliostat.core.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class LateTimesTest {
  @Property(tries = 300, seed = "1")
  void aQuantileIsTheTrueOneAndAtMostASixteenthMore(
      @ForAll @Size(min = 1, max = 200) List<@LongRange(min = 0, max = 1L << 50) Long> times,
      @ForAll @LongRange(min = 1, max = 1000) long perMille) {
    LateTimes late = new LateTimes();
    times.forEach(late::add);
    List<Long> sorted = times.stream().sorted().toList();
    long truth = sorted.get((int) Math.ceil(perMille / 1000.0 * sorted.size()) - 1);
    long given = late.quantileNanos(perMille / 1000.0);
    assertThat(given).isBetween(truth, truth + truth / 16 + 1_000);
    assertThat(late.worstNanos()).isEqualTo(sorted.get(sorted.size() - 1));
  }

  @Test
  void knowsNothingBeforeTheFirst() {
    assertThat(new LateTimes().quantileNanos(0.5)).isZero();
  }

  @Test
  void whatIsEarlyIsOnTime() {
    LateTimes late = new LateTimes();
    late.add(-5);
    assertThat(late.worstNanos()).isZero();
  }
}

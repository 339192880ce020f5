package org.heliostat.core.time;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import org.heliostat.protocol.TimeConfig;
import org.heliostat.protocol.TimeQuality;
import org.junit.jupiter.api.Test;

class CorrelatorTest {
  private static final long SECOND = 1_000_000_000L;
  private static final long UTC = 1_800_000_000L * SECOND;
  private static final TimeConfig CONFIG =
      TimeConfig.newBuilder().setJumpSeconds(0.5).setAgreeCount(3).setMostDriftPpm(100).build();

  private final Correlator correlator = new Correlator(CONFIG);

  private Correlator.Outcome gnss(long from, long to, long utc) {
    return correlator.offer(from, to, utc, 0, TimeQuality.BY_GNSS);
  }

  @Test
  void knowsNothingBeforeTheFirstObservation() {
    assertThat(correlator.correlation()).isEmpty();
    assertThat(correlator.contradiction(5, UTC)).isZero();
  }

  @Test
  void boundsMeet() {
    gnss(0, SECOND, UTC + SECOND / 2);
    assertThat(correlator.correlation().orElseThrow().uncertaintyNanos())
        // and the clock may have drifted meanwhile
        .isEqualTo(SECOND / 2 + SECOND / 10_000);
    // the next one came in within 100 ms
    gnss(2 * SECOND, 2 * SECOND + SECOND / 10, UTC + 2 * SECOND + SECOND / 20);
    Correlation now = correlator.correlation().orElseThrow();
    assertThat(now.uncertaintyNanos()).isLessThan(51_000_000L);
    assertThat(now.utcAt(10 * SECOND)).isCloseTo(UTC + 10 * SECOND, within(51_000_000L));
    assertThat(now.quality()).isEqualTo(TimeQuality.BY_GNSS);
  }

  @Property(tries = 100, seed = "1")
  void neverLeavesTheTruthWhateverDriftAndDelay(
      @ForAll @DoubleRange(min = -90, max = 90) double ppm, @ForAll long seed) {
    Correlator mine = new Correlator(CONFIG);
    Random random = new Random(seed);
    for (int i = 1; i < 600; i++) {
      long asked = i * SECOND + random.nextInt(50_000_000);
      long arrived = asked + random.nextInt(100_000_000);
      long taken = arrived + random.nextInt(100_000_000);
      long utc = UTC + arrived + Math.round(arrived * ppm * 1e-6);
      assertThat(mine.offer(asked, taken, utc, 0, TimeQuality.BY_GNSS))
          .isEqualTo(Correlator.Outcome.ACCEPTED);
      Correlation now = mine.correlation().orElseThrow();
      long truth = UTC + taken + Math.round(taken * ppm * 1e-6);
      assertThat(now.utcAt(taken)).isCloseTo(truth, within(now.uncertaintyNanos() + 1));
    }
    assertThat(mine.driftPpm()).isCloseTo(ppm, within(60.0));
  }

  @Test
  void aWrongEstimateOfTheDriftIsNoBound() {
    correlator.resume(-100);
    gnss(0, 0, UTC);
    long at = 1000 * SECOND;
    long truth = UTC + at + at / 11_000; // 91 ppm
    correlator.offer(at, at, truth, SECOND / 2, TimeQuality.BY_GROUND);
    Correlation now = correlator.correlation().orElseThrow();
    assertThat(now.utcAt(at)).isCloseTo(truth, within(now.uncertaintyNanos()));
  }

  @Test
  void whatWasKnownBeforeARestartIsNotGivenUpForTheFirstObservation() {
    correlator.resume(new Correlation(0, UTC, 5, SECOND / 2, TimeQuality.HOLDOVER));
    assertThat(correlator.driftPpm()).isEqualTo(5);
    assertThat(gnss(SECOND, SECOND, UTC + 1024 * 7 * 86400 * SECOND))
        .isEqualTo(Correlator.Outcome.REJECTED);
    assertThat(gnss(2 * SECOND, 2 * SECOND, UTC + 2 * SECOND + SECOND / 3))
        .isEqualTo(Correlator.Outcome.ACCEPTED);
    assertThat(correlator.correlation().orElseThrow().uncertaintyNanos()).isZero();
  }

  @Test
  void anObservationOfAnEarlierTimePutsNothingBack() {
    gnss(0, 10 * SECOND, UTC + 5 * SECOND);
    correlator.offer(4 * SECOND, 4 * SECOND, UTC + 4 * SECOND, 0, TimeQuality.BY_GROUND);
    Correlation now = correlator.correlation().orElseThrow();
    assertThat(now.missionNanos()).isEqualTo(10 * SECOND);
    assertThat(now.quality()).isEqualTo(TimeQuality.BY_GNSS);
    // 100 ppm for 6 s
    assertThat(now.uncertaintyNanos()).isEqualTo(600_000L);
    assertThat(now.utcNanos()).isEqualTo(UTC + 10 * SECOND);
  }

  @Test
  void measuresTheDriftAndHoldsOverByIt() {
    for (int i = 0; i < 1800; i++) {
      long at = i * SECOND;
      gnss(at, at, UTC + at + at / 50_000); // 20 ppm
    }
    assertThat(correlator.driftPpm()).isCloseTo(20, within(0.5));
    Correlation now = correlator.correlation().orElseThrow();
    long later = 5400 * SECOND;
    assertThat(now.utcAt(later)).isCloseTo(UTC + later + later / 50_000, within(5_000_000L));
  }

  @Test
  void oneThatContradictsIsSetAside() {
    gnss(0, 0, UTC);
    assertThat(gnss(SECOND, SECOND, UTC + 100 * SECOND)).isEqualTo(Correlator.Outcome.REJECTED);
    assertThat(gnss(2 * SECOND, 2 * SECOND, UTC + 2 * SECOND))
        .isEqualTo(Correlator.Outcome.ACCEPTED);
    assertThat(correlator.correlation().orElseThrow().utcAt(3 * SECOND))
        .isCloseTo(UTC + 3 * SECOND, within(1_000_000L));
    assertThat(correlator.rejected()).isEqualTo(1);
    assertThat(correlator.accepted()).isEqualTo(2);
  }

  @Test
  void manyThatAgreeAreBelieved() {
    gnss(0, 0, UTC);
    assertThat(gnss(SECOND, SECOND, UTC + 50 * SECOND)).isEqualTo(Correlator.Outcome.REJECTED);
    // one that agrees with nobody begins the count anew
    assertThat(gnss(2 * SECOND, 2 * SECOND, UTC - 9 * SECOND))
        .isEqualTo(Correlator.Outcome.REJECTED);
    assertThat(gnss(3 * SECOND, 3 * SECOND, UTC - 8 * SECOND))
        .isEqualTo(Correlator.Outcome.REJECTED);
    assertThat(gnss(4 * SECOND, 4 * SECOND, UTC - 7 * SECOND))
        .isEqualTo(Correlator.Outcome.JUMP_BELIEVED);
    assertThat(correlator.jumps()).isEqualTo(1);
    assertThat(correlator.correlation().orElseThrow().utcAt(4 * SECOND))
        .isEqualTo(UTC - 7 * SECOND);
  }

  @Test
  void aSmallStepIsTaken() {
    gnss(0, 0, UTC);
    assertThat(gnss(SECOND, SECOND, UTC + SECOND + SECOND / 5))
        .isEqualTo(Correlator.Outcome.ACCEPTED);
    assertThat(correlator.correlation().orElseThrow().utcAt(SECOND))
        .isEqualTo(UTC + SECOND + SECOND / 5);
  }

  @Test
  void contradictionIsInSeconds() {
    gnss(0, 0, UTC);
    assertThat(correlator.contradiction(SECOND, UTC + 3 * SECOND)).isCloseTo(2, within(0.001));
    correlator.forget();
    assertThat(correlator.contradiction(SECOND, UTC + 3 * SECOND)).isZero();
  }

  @Test
  void driftOfAnEarlierRunIsTakenWithinReason() {
    correlator.resume(12);
    assertThat(correlator.driftPpm()).isEqualTo(12);
    correlator.resume(-1e9);
    assertThat(correlator.driftPpm()).isEqualTo(-100);
  }
}

package org.heliostat.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class BackoffTest {
  private static final long SECOND = 1_000_000_000L;

  @Test
  void thePauseGrowsToItsBoundAndIsForgottenAfterAGoodConnection() {
    Backoff backoff = new Backoff();
    long now = -5 * SECOND;
    assertThat(backoff.over(now)).isTrue();
    for (long pause : new long[] {1, 2, 4, 8, 16, 30, 30}) {
      backoff.connected(now);
      backoff.lost(now);
      assertThat(backoff.over(now + pause * SECOND - 1)).isFalse();
      now += pause * SECOND;
      assertThat(backoff.over(now)).isTrue();
      // over is over
      assertThat(backoff.over(now - 1)).isTrue();
    }
    backoff.connected(now);
    now += Backoff.GOOD_NANOS;
    backoff.lost(now);
    assertThat(backoff.over(now + SECOND)).isTrue();
  }

  @Test
  void aConnectionThatWasNeverMadeForgetsNothing() {
    Backoff backoff = new Backoff();
    backoff.refused(0);
    backoff.refused(100 * SECOND);
    assertThat(backoff.over(102 * SECOND - 1)).isFalse();
    assertThat(backoff.over(102 * SECOND)).isTrue();
  }
}

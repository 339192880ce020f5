package org.heliostat.tests.link;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class ConnectionFateTest {
  private static List<ConnectionFate> fates(long seed) {
    return LongStream.range(0, 10_000)
        .mapToObj(number -> ConnectionFate.of(seed, number, LinkCampaign.LINE))
        .toList();
  }

  @Test
  void threeOfTenConnectionsAreCutSomewhereBetweenTheirFirstBytesAndAPass() {
    List<Long> cuts =
        fates(1).stream()
            .map(ConnectionFate::cutAtBytes)
            .filter(bytes -> bytes < Long.MAX_VALUE)
            .sorted()
            .toList();
    assertThat(cuts).hasSizeBetween(2_850, 3_150);
    assertThat(cuts.get(0)).isBetween(1L, 100L);
    assertThat(cuts.get(cuts.size() - 1)).isBetween(100_000L, 120_000L);
  }

  @Test
  void theSameSeedDoesTheSameAndAnotherSomethingElse() {
    assertThat(fates(1)).isEqualTo(fates(1)).isNotEqualTo(fates(2));
  }

  @Test
  void aLineWithoutFaultsDoesNothing() {
    ConnectionFate fate = ConnectionFate.of(1, 1, LineFaults.NONE);
    assertThat(fate.cutAtBytes()).isEqualTo(Long.MAX_VALUE);
    assertThat(fate.holdAtBytes()).isEqualTo(Long.MAX_VALUE);
    assertThat(fate.extraDelayNanos()).isZero();
  }
}

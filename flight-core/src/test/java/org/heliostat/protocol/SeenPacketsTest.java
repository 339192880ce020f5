package org.heliostat.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class SeenPacketsTest {
  @Property(tries = 300, seed = "5")
  void eachPacketIsFreshOnceWithinTheWindow(
      @ForAll @Size(max = 300) List<@IntRange(max = 3 * SeenPackets.WINDOW) Integer> counters) {
    SeenPackets seen = new SeenPackets(4);
    Set<Integer> model = new HashSet<>();
    int highest = -1;
    for (int counter : counters) {
      boolean expected = !model.contains(counter) && counter > highest - SeenPackets.WINDOW;
      assertThat(seen.fresh(9, counter)).isEqualTo(expected);
      model.add(counter);
      highest = Math.max(highest, counter);
    }
  }

  @Test
  void countersFarAheadAreTaken() {
    SeenPackets seen = new SeenPackets(4);
    assertThat(seen.fresh(1, 0xFFFF_FFFFL)).isTrue();
    assertThat(seen.fresh(1, 0xFFFF_FFFFL)).isFalse();
    assertThat(seen.fresh(1, 0xFFFF_FFFFL - SeenPackets.WINDOW)).isFalse();
    assertThat(seen.fresh(1, 0xFFFF_FFFFL - SeenPackets.WINDOW + 1)).isTrue();
  }

  @Test
  void runsAreApartAndTheOneHeardOfLeastRecentlyGoes() {
    SeenPackets seen = new SeenPackets(2);
    assertThat(seen.fresh(1, 5)).isTrue();
    assertThat(seen.fresh(2, 5)).isTrue();
    assertThat(seen.fresh(1, 5)).isFalse();
    assertThat(seen.fresh(3, 5)).isTrue();
    assertThat(seen.highest()).isEqualTo(Map.of(1L, 5L, 3L, 5L));
  }

  @Test
  void whatWasNotedBeforeCountsAsSeen() {
    SeenPackets seen = new SeenPackets(2);
    seen.seenUpTo(7, 100);
    assertThat(seen.fresh(7, 100)).isFalse();
    assertThat(seen.fresh(7, 1)).isFalse();
    assertThat(seen.fresh(7, 101)).isTrue();
    assertThat(seen.fresh(7, 101)).isFalse();
  }
}

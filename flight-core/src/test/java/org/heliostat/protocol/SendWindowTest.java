package org.heliostat.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class SendWindowTest {
  @Test
  void boundsNumberAndBytesButTakesOneOfAnySize() {
    SendWindow window = new SendWindow(3, 100);
    assertThat(window.take(500, 0)).isTrue();
    assertThat(window.take(1, 0)).isFalse();
    window.give(500, 0);
    assertThat(window.take(60, 0)).isTrue();
    assertThat(window.take(41, 0)).isFalse();
    assertThat(window.take(40, 0)).isTrue();
    assertThat(window.take(0, 0)).isTrue();
    assertThat(window.take(0, 0)).isFalse();
    assertThat(window.messages()).isEqualTo(3);
  }

  @Test
  void stallsByTheTimeSinceTheLastProgress() {
    SendWindow window = new SendWindow(3, 100);
    assertThat(window.stalled(1000, 10)).isFalse();
    assertThat(window.take(1, 1000)).isTrue();
    assertThat(window.take(1, 1009)).isTrue();
    assertThat(window.stalled(1010, 10)).isFalse();
    assertThat(window.stalled(1011, 10)).isTrue();
    window.give(1, 1011);
    assertThat(window.stalled(1021, 10)).isFalse();
    assertThat(window.stalled(1022, 10)).isTrue();
    window.give(1, 1022);
    assertThat(window.stalled(9999, 10)).isFalse();
  }

  @Property(seed = "5")
  void countsWhatIsInIt(
      @ForAll @Size(max = 200) List<@IntRange(min = -1, max = 60) Integer> steps) {
    SendWindow window = new SendWindow(5, 100);
    Deque<Integer> inside = new ArrayDeque<>();
    for (int step : steps) {
      if (step < 0) {
        if (!inside.isEmpty()) {
          window.give(inside.removeFirst(), 0);
        }
      } else if (window.take(step, 0)) {
        inside.addLast(step);
      }
      assertThat(window.messages()).isEqualTo(inside.size()).isLessThanOrEqualTo(5);
      int bytes = inside.stream().mapToInt(Integer::intValue).sum();
      assertThat(bytes).isLessThanOrEqualTo(100);
    }
  }
}

package org.heliostat.payload.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class TilingTest {
  @Property(tries = 1000, seed = "1")
  void keptPixelsPartitionTheAxisAndLieWithinTheirTile(
      @ForAll @IntRange(min = 1, max = 5000) int length,
      @ForAll @IntRange(min = 8, max = 600) int tile,
      @ForAll @IntRange(max = 600) int asked) {
    int overlap = asked % ((tile + 1) / 2);
    List<Tiling.Span> spans = Tiling.spans(length, tile, overlap);
    int next = 0;
    for (Tiling.Span span : spans) {
      assertThat(span.from()).isEqualTo(next).isGreaterThanOrEqualTo(span.start());
      assertThat(span.to()).isGreaterThan(span.from());
      assertThat(span.to()).isLessThanOrEqualTo(span.start() + span.size());
      assertThat(span.start()).isNotNegative();
      assertThat(span.start() + span.size()).isLessThanOrEqualTo(length);
      assertThat(span.size()).isEqualTo(Math.min(tile, length));
      next = span.to();
    }
    assertThat(next).isEqualTo(length);
    for (int i = 1; i < spans.size(); i++) {
      int shared = spans.get(i - 1).start() + tile - spans.get(i).start();
      assertThat(shared).isGreaterThanOrEqualTo(overlap);
      // a seam is at least half of what is shared, rounded down, from either tile's rim
      assertThat(spans.get(i).from() - spans.get(i).start()).isGreaterThanOrEqualTo(shared / 2);
      assertThat(spans.get(i - 1).start() + tile - spans.get(i - 1).to())
          .isGreaterThanOrEqualTo(shared / 2);
    }
  }

  @Property(tries = 500, seed = "2")
  void aMirroredIndexStaysInside(
      @ForAll @IntRange(min = 1, max = 300) int length,
      @ForAll @IntRange(min = -1000, max = 1000) int index) {
    int mirrored = Tiling.mirror(index, length);
    assertThat(mirrored).isBetween(0, length - 1);
    if (index >= 0 && index < length) {
      assertThat(mirrored).isEqualTo(index);
    }
  }

  @Test
  void mirroringDoesNotRepeatTheEdge() {
    assertThat(Tiling.mirror(5, 5)).isEqualTo(3);
    assertThat(Tiling.mirror(6, 5)).isEqualTo(2);
    assertThat(Tiling.mirror(-1, 5)).isEqualTo(1);
    assertThat(Tiling.mirror(9, 5)).isEqualTo(1);
  }

  @Test
  void aFrameAsLargeAsATileIsOneTile() {
    assertThat(Tiling.spans(512, 512, 64)).containsExactly(new Tiling.Span(0, 512, 0, 512));
    assertThat(Tiling.spans(513, 512, 0))
        .containsExactly(new Tiling.Span(0, 512, 0, 256), new Tiling.Span(1, 512, 256, 513));
  }

  @Test
  void roundsUpToAMultiple() {
    assertThat(Tiling.roundUp(1, 8)).isEqualTo(8);
    assertThat(Tiling.roundUp(8, 8)).isEqualTo(8);
    assertThat(Tiling.roundUp(101, 4)).isEqualTo(104);
  }
}

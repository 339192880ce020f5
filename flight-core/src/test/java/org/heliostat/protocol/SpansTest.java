package org.heliostat.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.BitSet;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.heliostat.protocol.Spans.Span;

/** Spans are what a set of single bytes would be. */
class SpansTest {
  private static final int END = 40;

  @Property(seed = "1")
  void spansAreASetOfBytes(
      @ForAll @Size(max = 40) List<@IntRange(min = 0, max = 2 * END * END - 1) Integer> steps) {
    Spans spans = new Spans();
    BitSet model = new BitSet();
    for (int step : steps) {
      int from = step / 2 % END;
      int to = step / 2 / END;
      if (step % 2 == 0) {
        spans.add(from, to);
        model.set(from, Math.max(from, to));
      } else {
        spans.remove(from, to);
        model.clear(from, Math.max(from, to));
      }
      assertThat(spans.bytes()).isEqualTo(model.cardinality());
      assertThat(spans.end()).isEqualTo(model.length());
      BitSet listed = new BitSet();
      long behind = -1;
      for (Span span : spans.list()) {
        assertThat(span.from()).as("they do not touch").isGreaterThan(behind);
        listed.set((int) span.from(), (int) span.to());
        behind = span.to();
      }
      assertThat(listed).isEqualTo(model);
      BitSet lacking = new BitSet();
      spans.missing(END, END).forEach(span -> lacking.set((int) span.from(), (int) span.to()));
      BitSet complement = new BitSet();
      complement.set(0, END);
      complement.andNot(model);
      assertThat(lacking).isEqualTo(complement);
      assertThat(spans.missing(END, 1))
          .isEqualTo(spans.missing(END, END).stream().limit(1).toList());
      if (from < to) {
        assertThat(spans.covers(from, to)).isEqualTo(model.nextClearBit(from) >= to);
      }
    }
  }
}

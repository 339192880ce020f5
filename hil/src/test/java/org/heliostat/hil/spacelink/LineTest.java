package org.heliostat.hil.spacelink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

class LineTest {
  private static final long SECOND = 1_000_000_000L;

  @Test
  void bytesTakeTheirTimeOneAfterAnother() {
    Line line = new Line(new LinkModel(1000, 0));
    assertThat(line.send(500, 0)).isEqualTo(SECOND / 2);
    assertThat(line.send(500, 0)).isEqualTo(SECOND);
    assertThat(line.send(1, SECOND / 4)).isEqualTo(SECOND + SECOND / 1000);
  }

  @Test
  void silenceEarnsNoCredit() {
    Line line = new Line(new LinkModel(1000, 0));
    line.send(1, 0);
    assertThat(line.send(1000, 10 * SECOND)).isEqualTo(11 * SECOND);
  }

  @Test
  void delayComesOnTopAndDoesNotHoldTheLine() {
    Line line = new Line(new LinkModel(1000, 3 * SECOND));
    assertThat(line.send(1000, 0)).isEqualTo(4 * SECOND);
    assertThat(line.send(1000, 0)).isEqualTo(5 * SECOND);
  }

  @Test
  void unlimitedLineOnlyDelays() {
    Line line = new Line(new LinkModel(0, 7));
    assertThat(line.send(1_000_000, 5)).isEqualTo(12);
    assertThat(line.send(1_000_000, 5)).isEqualTo(12);
  }

  @Test
  void cutFreesTheLine() {
    Line line = new Line(new LinkModel(1, 0));
    line.send(1000, 0);
    line.clear();
    assertThat(line.send(1, 2 * SECOND)).isEqualTo(3 * SECOND);
  }

  @Test
  void clockMayBeNegative() {
    Line line = new Line(new LinkModel(1000, 0));
    assertThat(line.send(1000, -5 * SECOND)).isEqualTo(-4 * SECOND);
  }

  @Test
  void chunksAreShortInTime() {
    assertThat(new Line(new LinkModel(100_000, 0)).chunkBytes()).isEqualTo(2000);
    assertThat(new Line(new LinkModel(100, 0)).chunkBytes()).isEqualTo(64);
    assertThat(new Line(LinkModel.ideal()).chunkBytes()).isEqualTo(8192);
  }

  @Test
  void modelRefusesNonsense() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new LinkModel(-1, 0))
        .withMessageContaining("rate");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new LinkModel(Double.NaN, 0))
        .withMessageContaining("rate");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new LinkModel(0, -1))
        .withMessageContaining("delay");
  }
}

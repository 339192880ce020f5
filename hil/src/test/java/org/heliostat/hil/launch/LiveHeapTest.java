package org.heliostat.hil.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.StringReader;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class LiveHeapTest {
  private static final int KEPT = 32 << 20;

  /** Above the most that Linux gives a process. */
  private static final long NOBODY = (1L << 22) + 1;

  private static OptionalLong total(String answer) throws IOException {
    return LiveHeap.total(new BufferedReader(new StringReader(answer)));
  }

  @Test
  void theLastLineOfAHistogramIsTheTotal() throws IOException {
    assertThat(
            total(
                """
                77:
                 num  #instances  #bytes  class name
                   1:          9     720  [B (java.base@17)
                Total          9     720
                """))
        .hasValue(720);
  }

  @Test
  void anAnswerWithoutATotalIsNone() throws IOException {
    assertThat(total("")).isEmpty();
    assertThat(total("com.sun.tools.attach.AttachNotSupportedException: Unable to open\n"))
        .isEmpty();
    assertThat(total("Total 99999999999999999999 99999999999999999999\n")).isEmpty();
  }

  @Test
  void whatIsLetGoIsNotLiveAnyMore() throws Exception {
    long pid = ProcessHandle.current().pid();
    byte[][] kept = {new byte[KEPT]};
    long with = LiveHeap.bytes(pid);
    assertThat(kept[0]).hasSize(KEPT);
    kept[0] = new byte[0];
    assertThat(with - LiveHeap.bytes(pid)).isBetween(KEPT / 2L, KEPT * 2L);
  }

  @Test
  void ofAProcessThatIsNotThereNothingIsSaid() {
    assertThatThrownBy(() -> LiveHeap.bytes(NOBODY))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("process " + NOBODY);
  }
}

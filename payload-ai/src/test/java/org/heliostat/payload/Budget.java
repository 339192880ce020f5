package org.heliostat.payload;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/** What memory a thread takes from here on: a few bytes of input must not claim much of it. */
public final class Budget {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /** A fuzzer instruments the classes that a thread meets on that thread. */
  private static final long OF_THE_FUZZER = 64L << 20;

  private final long atFirst = THREADS.getCurrentThreadAllocatedBytes();

  /** Fails when the thread that made this has since allocated more, a fuzzer's share left out. */
  public void atMost(long bytes) {
    assertThat(THREADS.getCurrentThreadAllocatedBytes() - atFirst)
        .as("bytes allocated")
        .isLessThan(bytes + OF_THE_FUZZER);
  }
}

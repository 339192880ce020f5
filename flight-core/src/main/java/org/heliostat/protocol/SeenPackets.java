package org.heliostat.protocol;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Which packets of which runs have come: each is fresh once. To be asked of authenticated packets
 * alone. Packets of a run may come out of order within a window of {@value #WINDOW}; older ones are
 * not fresh.
 *
 * <p>Overflow policy: of more runs than fit, that which was heard of least recently is forgotten;
 * what its packets say must therefore do no harm when it comes again. One thread.
 */
public final class SeenPackets {
  /** Packets behind the newest one that may still come. */
  public static final int WINDOW = 4096;

  private static final int WORD = 64;

  private final int mostRuns;
  private final Map<Long, Run> runs = new LinkedHashMap<>(16, 0.75f, true);

  private static final class Run {
    long highest = -1;
    final long[] bits = new long[WINDOW / WORD];

    boolean fresh(long counter) {
      if (counter > highest) {
        long from = Math.max(highest + 1, counter - WINDOW + 1);
        for (long between = from; between <= counter; between++) {
          bits[word(between)] &= ~bit(between);
        }
        highest = counter;
      } else if (counter <= highest - WINDOW || (bits[word(counter)] & bit(counter)) != 0) {
        return false;
      }
      bits[word(counter)] |= bit(counter);
      return true;
    }

    private static int word(long counter) {
      return (int) (counter % WINDOW / WORD);
    }

    private static long bit(long counter) {
      return 1L << counter % WORD;
    }
  }

  /** With nothing seen. */
  public SeenPackets(int mostRuns) {
    this.mostRuns = mostRuns;
  }

  /** Whether this packet has not come before; from now on it has. */
  public boolean fresh(long run, long counter) {
    return run(run).fresh(counter);
  }

  /** All packets of a run up to this one count as seen. */
  public void seenUpTo(long run, long counter) {
    Run seen = run(run);
    seen.highest = Math.max(seen.highest, counter);
    java.util.Arrays.fill(seen.bits, -1L);
  }

  /** The highest counter that has come, by run; that heard of least recently first. */
  public Map<Long, Long> highest() {
    Map<Long, Long> highest = new LinkedHashMap<>();
    runs.forEach((run, seen) -> highest.put(run, seen.highest));
    return highest;
  }

  private Run run(long id) {
    Run known = runs.get(id);
    if (known == null) {
      if (runs.size() == mostRuns) {
        runs.remove(runs.keySet().iterator().next());
      }
      known = new Run();
      runs.put(id, known);
    }
    return known;
  }
}

package org.heliostat.core.app;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * How late cycles began, since boot: a histogram whose classes are a sixteenth of their value wide,
 * from 1 us on. One thread adds; any thread reads. Allocates nothing when it adds.
 */
final class LateTimes {
  private static final int STEPS = 16;
  private static final int STEP_BITS = 4;
  private static final int CLASSES = 64 * STEPS;
  private static final long SMALLEST_NANOS = 1_000;

  private final AtomicLongArray counts = new AtomicLongArray(CLASSES);
  private volatile long worst;
  private final AtomicLong all = new AtomicLong();

  void add(long nanos) {
    long late = Math.max(0, nanos);
    counts.lazySet(classOf(late), counts.getPlain(classOf(late)) + 1);
    if (late > worst) {
      worst = late;
    }
    all.incrementAndGet();
  }

  long worstNanos() {
    return worst;
  }

  /** Upper end of the class that holds this part of all; 0 without any. */
  long quantileNanos(double part) {
    long wanted = (long) Math.ceil(part * all.get());
    long seen = 0;
    for (int i = 0; i < CLASSES && wanted > 0; i++) {
      seen += counts.get(i);
      if (seen >= wanted) {
        return Math.min(upperEnd(i), worst);
      }
    }
    return 0;
  }

  private static int classOf(long nanos) {
    long units = nanos / SMALLEST_NANOS;
    if (units < STEPS) {
      return (int) units;
    }
    int exponent = 63 - Long.numberOfLeadingZeros(units);
    int within = (int) (units >>> (exponent - STEP_BITS)) - STEPS;
    return (exponent - STEP_BITS + 1) * STEPS + within;
  }

  private static long upperEnd(int index) {
    if (index < STEPS) {
      return (index + 1L) * SMALLEST_NANOS;
    }
    int exponent = index / STEPS + STEP_BITS - 1;
    long within = index % STEPS + STEPS + 1L;
    return (within << (exponent - STEP_BITS)) * SMALLEST_NANOS;
  }
}

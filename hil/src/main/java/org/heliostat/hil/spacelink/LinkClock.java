package org.heliostat.hil.spacelink;

import java.util.concurrent.TimeUnit;

/** Host time, so that a test can hold it. */
interface LinkClock {
  /** The host's monotonic clock. */
  LinkClock SYSTEM =
      new LinkClock() {
        @Override
        public long nanoTime() {
          return System.nanoTime();
        }

        @Override
        public void awaitUntil(long deadlineNanos) throws InterruptedException {
          long left = deadlineNanos - System.nanoTime();
          while (left > 0) {
            TimeUnit.NANOSECONDS.sleep(left);
            left = deadlineNanos - System.nanoTime();
          }
        }
      };

  /** Nanoseconds since some fixed moment. */
  long nanoTime();

  /** Returns when {@link #nanoTime()} has reached the deadline. */
  void awaitUntil(long deadlineNanos) throws InterruptedException;
}

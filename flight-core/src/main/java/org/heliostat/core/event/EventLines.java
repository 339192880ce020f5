package org.heliostat.core.event;

import java.io.PrintStream;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * Prints the lines of events on a thread of its own, so that a reader who has stopped reading the
 * process's output stops nothing but the output.
 *
 * <p>Overflow policy: with {@value #MOST} lines waiting the next ones are left out, and their
 * number is printed in their place. Thread-safe.
 */
public final class EventLines implements Consumer<String>, AutoCloseable {
  static final int MOST = 1000;
  private static final long PATIENCE_MILLIS = 2_000;

  private final PrintStream out;
  private final BlockingQueue<String> waiting = new ArrayBlockingQueue<>(MOST);
  private final AtomicLong left = new AtomicLong();
  private final Thread thread = new Thread(this::run, "event-lines");
  private volatile boolean closing;

  /** With its thread running. */
  public EventLines(PrintStream out) {
    this.out = out;
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void accept(String line) {
    if (closing || !waiting.offer(line)) {
      left.incrementAndGet();
    }
  }

  private void run() {
    try {
      while (!closing || !waiting.isEmpty()) {
        String line = waiting.poll(PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
        if (line != null) {
          out.println(line);
        }
        if (waiting.isEmpty()) {
          sayWhatIsLeftOut();
        }
      }
    } catch (InterruptedException e) {
      // closed: what waits is printed all the same
      for (String line = waiting.poll(); line != null; line = waiting.poll()) {
        out.println(line);
      }
      sayWhatIsLeftOut();
    }
  }

  private void sayWhatIsLeftOut() {
    long count = left.getAndSet(0);
    if (count > 0) {
      out.println(count + " lines of events were left out: nobody read them");
    }
  }

  /** Prints what waits, for {@value #PATIENCE_MILLIS} ms at most. */
  @Override
  public void close() {
    closing = true;
    thread.interrupt();
    try {
      thread.join(PATIENCE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

package org.heliostat.core.file;

import java.io.IOException;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Runs what touches the disk on threads of its own, so that a disk that hangs holds up nobody for
 * longer than the deadline: a thread in a system call cannot be called back, so it is left there
 * and its caller goes on. While one is left so, others wait for a twentieth of the deadline only.
 * Overflow policy: callers beyond the number of threads wait within their deadline; when all
 * threads have been left, the next caller is told so at once. Thread-safe.
 */
public final class Disk {
  /** Host time that anyone waits for the disk. */
  public static final long DEADLINE_NANOS = 3_000_000_000L;

  private static final int IDLE_SECONDS = 5;
  private static final int WAITING = 0;
  private static final int CLAIMED = 1;
  private static final int LEFT = 2;

  private static final int HASTE = 20;

  private final ThreadPoolExecutor threads;
  private final int most;
  private final Semaphore free;
  private final AtomicInteger left = new AtomicInteger();
  private final long deadlineNanos;

  /** The disk has not answered within the deadline; whether it will is not known. */
  public static final class Hung extends IOException {
    private static final long serialVersionUID = 1L;

    Hung(String message) {
      super(message);
    }
  }

  /** Something that is done on the disk. */
  @FunctionalInterface
  public interface Work {
    void run() throws IOException;
  }

  /** Whether somebody still waits for a piece of work. */
  public static final class Turn {
    private final AtomicInteger state = new AtomicInteger(WAITING);

    /** True if the caller is still there, and will now be given the result for sure. */
    public boolean claim() {
      return state.compareAndSet(WAITING, CLAIMED);
    }

    /** Whether the caller has gone, and will not hear of the result. */
    public boolean left() {
      return state.get() == LEFT;
    }

    /** The caller goes; false if the work has been claimed for it. */
    boolean leave() {
      return state.compareAndSet(WAITING, LEFT);
    }
  }

  /**
   * A disk.
   *
   * @param name of its threads
   * @param most threads at once
   * @param deadlineNanos host time that a caller waits
   */
  public Disk(String name, int most, long deadlineNanos) {
    this.most = most;
    this.free = new Semaphore(most);
    this.deadlineNanos = deadlineNanos;
    // the semaphore bounds it
    this.threads =
        new ThreadPoolExecutor(
            0,
            Integer.MAX_VALUE,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            task -> {
              Thread thread = new Thread(task, name);
              thread.setDaemon(true);
              return thread;
            });
  }

  /**
   * Runs work on a thread of the disk.
   *
   * @param turn the work's own, for it to ask whether anyone still waits
   * @throws Hung when the deadline has passed; the work may still be done later
   * @throws ExecutionException with what the work threw
   */
  public <T> T call(Turn turn, Callable<T> work) throws Hung, ExecutionException {
    int stuck = left.get();
    if (stuck >= most) {
      throw new Hung("the disk hangs: every thread that asked it still waits");
    }
    return call(turn, work, stuck > 0 ? deadlineNanos / HASTE : deadlineNanos);
  }

  /** For a caller that waits so many ns of host time. */
  <T> T call(Turn turn, Callable<T> work, long patience) throws Hung, ExecutionException {
    long end = System.nanoTime() + patience;
    boolean interrupted = false;
    try {
      while (true) {
        try {
          if (!free.tryAcquire(end - System.nanoTime(), TimeUnit.NANOSECONDS)) {
            throw new Hung("the disk has not come to it for " + patience / 1e9 + " s");
          }
          break;
        } catch (InterruptedException e) {
          // what is meant for the disk is waited for; the deadline bounds it
          interrupted = true;
        }
      }
      Future<T> future = submit(turn, work);
      while (true) {
        try {
          return future.get(end - System.nanoTime(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
          interrupted = true;
        } catch (TimeoutException e) {
          left.incrementAndGet();
          if (turn.leave()) {
            throw new Hung("the disk has not answered for " + patience / 1e9 + " s");
          }
          left.decrementAndGet();
          // it has just been done, and only has to be handed over
          end = System.nanoTime() + deadlineNanos;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /**
   * Runs work on a thread of the disk, for a caller whom nobody tells that it has gone.
   *
   * @throws Hung when the deadline has passed; the work may still be done later
   * @throws IOException what the work threw
   */
  public <T> T get(Callable<T> work) throws IOException {
    try {
      return call(new Turn(), work);
    } catch (ExecutionException e) {
      throw thrown(e);
    }
  }

  /** Like {@link #get(Callable)}, for work that asks whether anyone still waits. */
  <T> T get(Turn turn, Callable<T> work) throws IOException {
    try {
      return call(turn, work);
    } catch (ExecutionException e) {
      throw thrown(e);
    }
  }

  private static IOException thrown(ExecutionException e) {
    return e.getCause() instanceof IOException failure ? failure : new IOException(e.getCause());
  }

  /** Like {@link #get}, for work that gives nothing. */
  public void run(Work work) throws IOException {
    boolean unused =
        get(
            () -> {
              work.run();
              return true;
            });
  }

  private <T> Future<T> submit(Turn turn, Callable<T> work) {
    boolean begun = false;
    try {
      Future<T> future = threads.submit(() -> run(turn, work));
      begun = true;
      return future;
    } finally {
      if (!begun) {
        // the host has no thread to give
        free.release();
      }
    }
  }

  private <T> T run(Turn turn, Callable<T> work) throws Exception {
    try {
      return work.call();
    } finally {
      free.release();
      if (!turn.claim() && turn.left()) {
        left.decrementAndGet();
      }
    }
  }
}

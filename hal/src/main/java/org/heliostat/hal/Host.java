package org.heliostat.hal;

import com.sun.jna.Memory;
import org.heliostat.hal.os.HostCalls;
import org.heliostat.hal.os.NativeHost;

/**
 * The computer that the flight process runs on: how its threads are scheduled and whether its
 * memory may be paged out. Thread-safe; each thread speaks for itself.
 */
public final class Host {
  /** Most processors that a thread can be pinned to. */
  public static final int MOST_PROCESSORS = 1024;

  private static final int CLOCK_THREAD_CPUTIME_ID = 3;
  private static final int SCHED_FIFO = 1;
  // a process that the thread starts, such as a card worker, is an ordinary one again
  private static final int SCHED_RESET_ON_FORK = 0x40000000;
  private static final int MCL_CURRENT = 1;
  private static final int MCL_FUTURE = 2;
  // only what is touched: a JVM reserves far more than it uses
  private static final int MCL_ONFAULT = 4;
  private static final long NANOS = 1_000_000_000L;

  private final HostCalls calls;
  private final ThreadLocal<Memory> timespec = ThreadLocal.withInitial(() -> new Memory(16));

  /** Over any provider of the native calls. */
  public Host(HostCalls calls) {
    this.calls = calls;
  }

  /** The real one. */
  public static Host open() {
    return new Host(NativeHost.load());
  }

  /**
   * What the host made of a wish.
   *
   * @param granted whether it did it
   * @param text what holds now, or why it refused: {@code fifo 20}, {@code refused with error 1}
   */
  public record Answer(boolean granted, String text) {}

  /**
   * Has the calling thread scheduled by SCHED_FIFO (sched(7)).
   *
   * @param priority 1 (lowest) to 99
   */
  public Answer schedule(int priority) {
    return schedule(0, priority);
  }

  /**
   * Has a thread of this process scheduled by SCHED_FIFO.
   *
   * @param thread its number as Linux counts; 0 stands for the calling thread
   * @param priority 1 (lowest) to 99
   */
  public Answer schedule(int thread, int priority) {
    try (Memory param = new Memory(8)) {
      param.setLong(0, 0);
      param.setInt(0, priority);
      return calls.sched_setscheduler(thread, SCHED_FIFO | SCHED_RESET_ON_FORK, param) == 0
          ? new Answer(true, "fifo " + priority)
          : refused();
    }
  }

  /**
   * Pins the calling thread, and the processes that it starts, to one processor.
   *
   * @param processor from 0 on
   */
  public Answer pin(int processor) {
    if (processor < 0 || processor >= MOST_PROCESSORS) {
      return new Answer(false, "there is no processor " + processor);
    }
    try (Memory set = new Memory(MOST_PROCESSORS / 8)) {
      set.clear();
      set.setByte(processor / 8, (byte) (1 << (processor % 8)));
      return calls.sched_setaffinity(0, MOST_PROCESSORS / 8, set) == 0
          ? new Answer(true, "processor " + processor)
          : refused();
    }
  }

  /**
   * Keeps what the process has touched, and will touch, in memory. Refused where the process may
   * not lock all that it has reserved, for then a later allocation would fail.
   */
  public Answer lockMemory() {
    return calls.mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) == 0
        ? new Answer(true, "locked on fault")
        : refused();
  }

  /** Processor time of the calling thread in ns; 0 where the host does not say. */
  public long threadCpuNanos() {
    Memory time = timespec.get();
    return calls.clock_gettime(CLOCK_THREAD_CPUTIME_ID, time) == 0
        ? time.getLong(0) * NANOS + time.getLong(8)
        : 0;
  }

  /** Number of the calling thread, as Linux counts. */
  public int threadId() {
    return calls.gettid();
  }

  private Answer refused() {
    return new Answer(false, "refused with error " + calls.lastError());
  }
}

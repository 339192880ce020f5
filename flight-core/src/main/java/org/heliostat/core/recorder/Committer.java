package org.heliostat.core.recorder;

import java.io.IOException;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jctools.queues.MpscArrayQueue;
import org.jspecify.annotations.Nullable;

/**
 * The recorder's thread: takes what callers want, does what has gathered meanwhile together, and
 * brings it to disk by one force. A disk that hangs holds this thread alone; callers go after their
 * deadline, and after a twentieth of it while others have gone already.
 *
 * <p>Overflow policy: {@value #QUEUED} callers at once, and {@value #MOST_LEFT} that have gone
 * while the disk hangs; whoever comes then is told so at once. Thread-safe.
 */
final class Committer {
  static final int MOST_LEFT = 8;
  private static final int QUEUED = 1024;
  private static final int MOST_TOGETHER = 256;
  private static final int HASTE = 20;

  /**
   * About 50 us: whoever has been told that a record is stored often comes with the next one, and
   * to be woken costs as much as a force.
   */
  private static final int SPINS = Runtime.getRuntime().availableProcessors() > 1 ? 2_000 : 0;

  /** Likewise, one caller at a time looks on instead of sleeping while the disk is this fast. */
  private static final long FAST_NANOS = SPINS > 0 ? 400_000 : 0;

  private final Journal journal;
  private final Counters counters;
  private final long deadlineNanos;
  private final MpscArrayQueue<Request> queue = new MpscArrayQueue<>(QUEUED);
  private final AtomicInteger left = new AtomicInteger();
  private final AtomicBoolean watched = new AtomicBoolean();
  private final CountDownLatch over = new CountDownLatch(1);
  private final Thread thread = new Thread(this::run, "recorder");

  /** Taken from the queue and not answered yet; of the thread alone. */
  private final List<Request> inHand = new ArrayList<>(MOST_TOGETHER);

  private volatile boolean sleeping;
  private volatile long usualNanos = Long.MAX_VALUE;
  private volatile boolean closing;
  private volatile boolean ended;
  private volatile Optional<IOException> failure = Optional.empty();

  /** With its thread running. */
  Committer(Journal journal, Counters counters, long deadlineNanos) {
    this.journal = journal;
    this.counters = counters;
    this.deadlineNanos = deadlineNanos;
    thread.setDaemon(true);
    thread.start();
  }

  // ---- callers

  /**
   * Has something done, and waits for it.
   *
   * @throws RecorderFault where it was not done; {@link RecorderFault.Kind#HUNG} when the disk does
   *     not answer
   */
  void call(Request request) throws RecorderFault {
    checkOpen();
    int gone = left.get();
    if (gone >= MOST_LEFT) {
      throw hung("the disk hangs: " + gone + " callers have gone");
    }
    if (!queue.offer(request)) {
      throw hung("the disk hangs: " + QUEUED + " callers wait");
    }
    // the thread says that it sleeps, then looks into the queue; here it is the other way about
    VarHandle.fullFence();
    if (sleeping) {
      LockSupport.unpark(thread);
    }
    if (ended && request.leave()) {
      throw closed();
    }
    await(request, gone > 0 ? deadlineNanos / HASTE : deadlineNanos);
    if (request.fault().isPresent()) {
      throw request.fault().get();
    }
  }

  /** Throws when the recorder is closed. */
  void checkOpen() throws RecorderFault {
    if (closing) {
      throw closed();
    }
  }

  private void await(Request request, long patience) throws RecorderFault {
    long start = System.nanoTime();
    watch(request, start);
    boolean interrupted = false;
    try {
      while (!request.isDone()) {
        long rest = patience - (System.nanoTime() - start);
        if (rest <= 0) {
          left.incrementAndGet();
          if (request.leave()) {
            throw hung("the disk has not answered for " + patience / 1e9 + " s");
          }
          left.decrementAndGet();
          // it has just been done, and only has to be handed over
          start = System.nanoTime();
        }
        LockSupport.parkNanos(this, rest);
        // what is meant for the disk is waited for; the deadline bounds it
        interrupted |= Thread.interrupted();
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Looks on for as long as it usually takes, twice over. */
  private void watch(Request request, long start) {
    long usual = usualNanos;
    if (usual > FAST_NANOS || !watched.compareAndSet(false, true)) {
      return;
    }
    while (!request.isDone() && System.nanoTime() - start < 2 * usual) {
      Thread.onSpinWait();
    }
    watched.set(false);
  }

  private RecorderFault hung(String text) {
    counters.hung.incrementAndGet();
    return new RecorderFault(RecorderFault.Kind.HUNG, text);
  }

  private static RecorderFault closed() {
    return new RecorderFault(RecorderFault.Kind.CLOSED, "the recorder is closed");
  }

  /** Does what is wanted by now, brings all to disk and ends the thread. */
  void close() throws IOException, InterruptedException {
    closing = true;
    LockSupport.unpark(thread);
    if (!over.await(deadlineNanos, TimeUnit.NANOSECONDS)) {
      throw new IOException("the disk has not answered for " + deadlineNanos / 1e9 + " s");
    }
    if (failure.isPresent()) {
      throw failure.get();
    }
  }

  // ---- the thread

  private void run() {
    try {
      for (Request first = next(); first != null; first = next()) {
        together(first);
      }
      journal.close();
    } catch (IOException e) {
      failure = Optional.of(e);
    } catch (RuntimeException | Error e) {
      // the top of the thread: what is in memory may not be what is on disk any more
      failure = Optional.of(new IOException("the recorder failed: " + e, e));
    } finally {
      closing = true;
      ended = true;
      VarHandle.fullFence();
      inHand.forEach(Committer::refuse);
      for (Request late = queue.poll(); late != null; late = queue.poll()) {
        refuse(late);
      }
      over.countDown();
    }
  }

  private static void refuse(Request request) {
    boolean there = request.claim();
    // one that was held, and not told before the thread ended, would wait for ever
    if (there || !request.isDone()) {
      request.tell(Optional.of(closed()));
    }
  }

  /** What is wanted next; nothing when the recorder is to be closed. */
  private @Nullable Request next() {
    Request request = queue.relaxedPoll();
    for (int spin = 0; request == null && spin < SPINS && !closing; spin++) {
      Thread.onSpinWait();
      request = queue.relaxedPoll();
    }
    while (request == null && !closing) {
      sleeping = true;
      request = queue.relaxedPoll();
      if (request == null && !closing) {
        LockSupport.park(this);
      }
      sleeping = false;
    }
    return request;
  }

  private void together(Request first) {
    long start = System.nanoTime();
    List<Request> requests = inHand;
    List<Optional<RecorderFault>> faults = new ArrayList<>();
    Optional<RecorderFault> diskFault = Optional.empty();
    try {
      for (Request request = first;
          request != null;
          request = requests.size() < MOST_TOGETHER ? queue.relaxedPoll() : null) {
        if (request.isLeft()) {
          left.decrementAndGet();
          continue;
        }
        requests.add(request);
        faults.add(Optional.empty());
        try {
          request.apply(journal);
        } catch (RecorderFault e) {
          faults.set(faults.size() - 1, Optional.of(e));
        }
      }
      journal.commit();
    } catch (IOException e) {
      diskFault = Optional.of(new RecorderFault(RecorderFault.Kind.DISK, e.toString(), e));
      journal.rollBack();
    }
    boolean allKept = true;
    for (int i = 0; i < requests.size(); i++) {
      allKept &= settle(requests.get(i), faults.get(i).isPresent() ? faults.get(i) : diskFault);
    }
    requests.clear();
    if (!allKept) {
      journal.settle();
    }
    usual(System.nanoTime() - start);
  }

  /** A mean that goes with the last few times. */
  private void usual(long nanos) {
    long before = Math.min(usualNanos, 2 * FAST_NANOS);
    usualNanos = before + (nanos - before) / 4;
  }

  private boolean settle(Request request, Optional<RecorderFault> fault) {
    boolean there = request.claim();
    boolean kept = there && fault.isEmpty();
    if (kept) {
      request.kept(journal);
    } else {
      request.lost(journal);
    }
    if (there) {
      request.tell(fault);
    } else {
      left.decrementAndGet();
    }
    return kept;
  }
}

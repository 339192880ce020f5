package org.heliostat.core.bus;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jctools.queues.MpscArrayQueue;
import org.jspecify.annotations.Nullable;

/**
 * A subscriber's bounded queue of messages of one topic. Any number of threads publish; ONE thread
 * takes: {@link #poll}, {@link #drain} and {@link #take} are for the consumer alone, all else is
 * thread-safe. Messages of one publisher come in the order in which it published them.
 *
 * <p>Overflow policy: a full queue refuses the new message, which is counted in {@link #dropped}.
 */
public final class Subscription<M> implements AutoCloseable {
  // before it parks a consumer looks so often, 1 to 3 us apart: looking all the time would take the
  // cache line away from the publisher message by message. On one processor nobody comes meanwhile
  private static final int LOOKS = Runtime.getRuntime().availableProcessors() > 1 ? 6 : 0;
  private static final int PAUSES = 64;
  // how deep the queue is, is looked at every so many messages: it costs a cache line of the
  // publisher's
  private static final int LOOK_MASK = 31;

  private final String name;
  private final Topic<M> topic;
  private final MpscArrayQueue<M> queue;
  private final AtomicLong drops = new AtomicLong();

  /** Times that the queue began to overflow after it had been empty. */
  private final AtomicInteger overflows = new AtomicInteger();

  /** The consumer while it waits; whoever takes it out wakes it. */
  private final AtomicReference<@Nullable Thread> waiter = new AtomicReference<>();

  /** A publisher that waits for room, while it sleeps. */
  private volatile @Nullable Thread stalled;

  private volatile boolean overflowing;
  private volatile int highest;

  /** Of {@link Bus#overflows}: those that have been told. */
  private int toldOverflows;

  Subscription(String name, Topic<M> topic, int capacity) {
    if (capacity < 1) {
      throw new IllegalArgumentException("a queue of " + capacity);
    }
    this.name = name;
    this.topic = topic;
    this.queue = new MpscArrayQueue<>(Math.max(2, capacity));
  }

  // ---- the consumer

  /** The next message, or nothing when there is none. Never waits, not for a publisher either. */
  public Optional<M> poll() {
    return Optional.ofNullable(next());
  }

  /**
   * Passes on what waits, oldest first. Allocates nothing.
   *
   * @param limit most messages passed on
   * @return number of messages passed on
   */
  public int drain(Consumer<? super M> sink, int limit) {
    int taken = 0;
    while (taken < limit) {
      M message = queue.relaxedPoll();
      if (message == null) {
        caughtUp();
        break;
      }
      if (taken++ == 0) {
        look(1);
      }
      sink.accept(message);
    }
    return taken;
  }

  /**
   * The next message; waits for one at most so long (host time).
   *
   * @throws InterruptedException when the thread is interrupted while it waits; no message is lost
   */
  public Optional<M> take(Duration atMost) throws InterruptedException {
    M message = next();
    // where it is longer than a long counts, it is the longest
    long nanos = TimeUnit.NANOSECONDS.convert(atMost);
    for (int look = 0; message == null && look < LOOKS && nanos > 0; look++) {
      breathe();
      message = queue.relaxedPoll();
    }
    return message != null ? Optional.of(message) : await(nanos);
  }

  /** A pause of 1 to 3 us that keeps the processor. */
  static void breathe() {
    for (int i = 0; i < PAUSES; i++) {
      Thread.onSpinWait();
    }
  }

  private Optional<M> await(long nanos) throws InterruptedException {
    long start = System.nanoTime();
    while (true) {
      // seen by whoever publishes after the look into the queue that follows
      waiter.set(Thread.currentThread());
      M message = queue.relaxedPoll();
      long left = nanos - (System.nanoTime() - start);
      if (message != null || left <= 0) {
        waiter.set(null);
        return Optional.ofNullable(message);
      }
      if (Thread.interrupted()) {
        waiter.set(null);
        throw new InterruptedException();
      }
      LockSupport.parkNanos(this, left);
    }
  }

  private @Nullable M next() {
    M message = queue.relaxedPoll();
    if (message == null) {
      caughtUp();
    } else if ((queue.currentConsumerIndex() & LOOK_MASK) == 1) {
      look(1);
    }
    return message;
  }

  private void caughtUp() {
    Thread publisher = stalled;
    if (publisher != null) {
      stalled = null;
      LockSupport.unpark(publisher);
    }
    if (overflowing && queue.isEmpty()) {
      overflowing = false;
    }
  }

  // ---- publishers

  /** Puts a message into the queue; false when it is full. Wakes nobody. */
  boolean offer(M message) {
    return queue.offer(message);
  }

  /**
   * Sleeps until the consumer has caught up, at most so long. Where two publishers sleep, or the
   * consumer looks a moment too early, one sleeps to the end.
   */
  void sleepForRoom(long nanos) {
    stalled = Thread.currentThread();
    LockSupport.parkNanos(this, nanos);
    stalled = null;
  }

  /** Wakes the consumer if it waits. A full fence must stand between the offer and this. */
  void wake() {
    if (waiter.get() != null) {
      Thread thread = waiter.getAndSet(null);
      if (thread != null) {
        LockSupport.unpark(thread);
      }
    }
  }

  /** Counts a message that the queue had no room for. */
  void drop() {
    drops.incrementAndGet();
    if (!overflowing) {
      overflowing = true;
      overflows.incrementAndGet();
    }
  }

  // ---- everybody

  /** Name of the subscriber. */
  public String name() {
    return name;
  }

  /** Type of its messages. */
  public Class<M> type() {
    return topic.type();
  }

  /** Messages that wait now; a moment later there may be others. */
  public int size() {
    return queue.size();
  }

  /** Most messages that can wait: what was asked for, rounded up to a power of two. */
  public int capacity() {
    return queue.capacity();
  }

  /** Messages that this subscriber was too slow for. */
  public long dropped() {
    return drops.get();
  }

  /**
   * Most messages that were seen waiting. It is looked at whenever the consumer drains, at every
   * 32nd single message and here; a queue that was full is never missed.
   */
  public int highest() {
    look(0);
    return highest;
  }

  /** Ends the subscription: nothing that is published later comes in. What waits can be taken. */
  @Override
  public void close() {
    topic.remove(this);
  }

  /** Whether it has begun to overflow since the last call. For one thread alone. */
  boolean hasOverflowed() {
    int all = overflows.get();
    boolean fresh = all != toldOverflows;
    toldOverflows = all;
    return fresh;
  }

  /**
   * Looks how many wait, beside those that have just been taken. Two threads may look at once; the
   * mark of one that saw less gives way at the next look.
   */
  private void look(int justTaken) {
    int size = drops.get() > 0 ? capacity() : Math.min(capacity(), queue.size() + justTaken);
    if (size > highest) {
      highest = size;
    }
  }
}

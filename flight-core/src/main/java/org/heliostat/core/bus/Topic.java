package org.heliostat.core.bus;

import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * All messages of one type: the fast door of the {@link Bus} for whoever publishes often.
 * Publishing allocates nothing and takes no lock. Messages must be immutable; they are passed by
 * reference. Thread-safe.
 */
public final class Topic<M> {
  // while it waits for room a publisher looks so often before it sleeps
  private static final int LOOKS = Runtime.getRuntime().availableProcessors() > 1 ? 4 : 0;
  private static final long NAP_NANOS = 50_000;

  private final Class<M> type;
  private final AtomicLong busDrops;
  private final AtomicReference<@Nullable M> newest = new AtomicReference<>();
  private volatile Subscription<M>[] subscriptions = none();

  Topic(Class<M> type, AtomicLong busDrops) {
    this.type = type;
    this.busDrops = busDrops;
  }

  /** Type of the messages. */
  public Class<M> type() {
    return type;
  }

  /** The message that was published last. */
  public Optional<M> newest() {
    return Optional.ofNullable(newest.getAcquire());
  }

  /**
   * Passes a message to every subscriber. Never waits: a subscriber whose queue is full does not
   * get it, which is counted.
   */
  public void publish(M message) {
    newest.setRelease(message);
    Subscription<M>[] all = subscriptions;
    for (Subscription<M> subscription : all) {
      if (!subscription.offer(message)) {
        drop(subscription);
      }
    }
    wake(all);
  }

  /**
   * Passes a message to every subscriber and waits for room where a queue is full: flow control for
   * a publisher that wants it and may be held up.
   *
   * @param atMost host time for all subscribers together; whoever had no room by then does not get
   *     the message, which is counted
   * @return whether every subscriber has got it
   * @throws InterruptedException when the thread is interrupted while it waits; it is counted where
   *     the message did not get
   */
  public boolean publishOrWait(M message, Duration atMost) throws InterruptedException {
    newest.setRelease(message);
    Subscription<M>[] all = subscriptions;
    int missing = 0;
    for (int i = 0; i < all.length; i++) {
      if (!all[i].offer(message)) {
        // whoever has got it need not wait with us
        missing += waitForRoom(message, all, i, TimeUnit.NANOSECONDS.convert(atMost));
        break;
      }
    }
    wake(all);
    return missing == 0;
  }

  /** From one subscription on; the number of those that had no room. */
  private int waitForRoom(M message, Subscription<M>[] all, int from, long nanos)
      throws InterruptedException {
    long start = System.nanoTime();
    int missing = 0;
    for (int i = from; i < all.length; i++) {
      for (int tries = 0; !all[i].offer(message); tries++) {
        boolean interrupted = Thread.interrupted();
        if (interrupted || System.nanoTime() - start >= nanos) {
          missing++;
          drop(all[i]);
          if (interrupted) {
            for (int j = i + 1; j < all.length; j++) {
              drop(all[j]);
            }
            wake(all);
            throw new InterruptedException();
          }
          break;
        }
        pause(tries, all, i);
      }
    }
    return missing;
  }

  private static <M> void pause(int tries, Subscription<M>[] all, int full) {
    if (tries < LOOKS) {
      Subscription.breathe();
    } else {
      wake(all);
      all[full].sleepForRoom(NAP_NANOS);
    }
  }

  private void drop(Subscription<M> subscription) {
    subscription.drop();
    busDrops.incrementAndGet();
  }

  private static <M> void wake(Subscription<M>[] all) {
    // a consumer says that it waits, then looks into its queue; we put into its queue, then look
    // whether it waits: without the fence both could miss the other
    VarHandle.fullFence();
    for (Subscription<M> subscription : all) {
      subscription.wake();
    }
  }

  // ---- who subscribes

  Subscription<M> subscribe(String name, int capacity) {
    Subscription<M> subscription = new Subscription<>(name, this, capacity);
    synchronized (this) {
      Subscription<M>[] more = Arrays.copyOf(subscriptions, subscriptions.length + 1);
      more[more.length - 1] = subscription;
      subscriptions = more;
    }
    return subscription;
  }

  synchronized void remove(Subscription<M> subscription) {
    subscriptions =
        Arrays.stream(subscriptions).filter(other -> other != subscription).toArray(Topic::array);
  }

  List<Subscription<M>> subscriptions() {
    return List.of(subscriptions);
  }

  private static <M> Subscription<M>[] none() {
    return array(0);
  }

  @SuppressWarnings({
    "unchecked",
    "rawtypes"
  }) // an array of a generic type cannot be made otherwise
  private static <M> Subscription<M>[] array(int length) {
    return new Subscription[length];
  }
}

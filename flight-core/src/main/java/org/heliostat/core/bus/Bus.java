package org.heliostat.core.bus;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Passes immutable messages by reference from publishers to bounded queues. A publisher never
 * blocks and never fails because of a subscriber; a full queue refuses the new message, and each
 * subscriber's drops are counted. Thread-safe.
 */
public final class Bus {
  private final Map<Class<?>, List<Subscription<?>>> subscriptions = new ConcurrentHashMap<>();
  private final Map<Class<?>, Object> newest = new ConcurrentHashMap<>();
  private final AtomicLong drops = new AtomicLong();

  /** A bounded queue of messages of one type. Any number of threads may take. */
  public static final class Subscription<M> {
    private final BlockingQueue<M> queue;
    private final Class<M> type;
    private final AtomicLong dropped = new AtomicLong();

    private Subscription(Class<M> type, int capacity) {
      this.type = type;
      this.queue = new ArrayBlockingQueue<>(capacity);
    }

    /** The next message, or nothing when the queue is empty. */
    public Optional<M> poll() {
      return Optional.ofNullable(queue.poll());
    }

    /** Messages that this subscriber was too slow for. */
    public long dropped() {
      return dropped.get();
    }

    private void offer(Object message, AtomicLong drops) {
      if (!queue.offer(type.cast(message))) {
        dropped.incrementAndGet();
        drops.incrementAndGet();
      }
    }
  }

  /** Subscribes to messages of exactly this type. */
  public <M> Subscription<M> subscribe(Class<M> type, int capacity) {
    Subscription<M> subscription = new Subscription<>(type, capacity);
    subscriptions.computeIfAbsent(type, t -> new CopyOnWriteArrayList<>()).add(subscription);
    return subscription;
  }

  /** Ends a subscription. */
  public void unsubscribe(Subscription<?> subscription) {
    List<Subscription<?>> all = subscriptions.get(subscription.type);
    if (all != null) {
      all.remove(subscription);
    }
  }

  /** Passes a message to every subscriber of its type and keeps it as the newest of that type. */
  public void publish(Object message) {
    newest.put(message.getClass(), message);
    for (Subscription<?> subscription : subscriptions.getOrDefault(message.getClass(), List.of())) {
      subscription.offer(message, drops);
    }
  }

  /** The newest message of a type. */
  public <M> Optional<M> newest(Class<M> type) {
    return Optional.ofNullable(type.cast(newest.get(type)));
  }

  /** Messages dropped at all subscribers together. */
  public long dropped() {
    return drops.get();
  }
}

package org.heliostat.core.bus;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Passes immutable messages by reference from publishers to bounded queues. A publisher never
 * blocks and never fails because of a subscriber; a full queue refuses the new message, and each
 * subscriber's drops are counted. Thread-safe.
 *
 * <p>Types are classes of the program: there are few, and a topic, once there, stays.
 */
public final class Bus {
  private final Map<Class<?>, Topic<?>> topics = new ConcurrentHashMap<>();
  private final AtomicLong drops = new AtomicLong();

  /**
   * How a subscriber uses its queue, in messages.
   *
   * @param type simple name of the class of its messages
   * @param highest most messages that were seen waiting
   */
  public record Usage(
      String subscriber, String type, int size, int highest, int capacity, long dropped) {}

  /** The topic of messages of exactly this type. */
  @SuppressWarnings("unchecked") // it is put there under its own type
  public <M> Topic<M> topic(Class<M> type) {
    Topic<?> topic = topics.get(type);
    return (Topic<M>)
        (topic != null ? topic : topics.computeIfAbsent(type, key -> new Topic<>(key, drops)));
  }

  /**
   * Subscribes to messages of exactly this type.
   *
   * @param subscriber name that telemetry and events give it
   * @param capacity messages that may wait; rounded up to a power of two
   */
  public <M> Subscription<M> subscribe(String subscriber, Class<M> type, int capacity) {
    return topic(type).subscribe(subscriber, capacity);
  }

  /** Subscribes under the name of the thread that does, which is that of its app. */
  public <M> Subscription<M> subscribe(Class<M> type, int capacity) {
    return subscribe(Thread.currentThread().getName(), type, capacity);
  }

  /** Ends a subscription. */
  public void unsubscribe(Subscription<?> subscription) {
    subscription.close();
  }

  /**
   * Passes a message to every subscriber of its class and keeps it as the newest of that. Whoever
   * publishes often holds the {@link #topic}.
   */
  public void publish(Object message) {
    publish(message, message.getClass());
  }

  private <M> void publish(Object message, Class<M> type) {
    topic(type).publish(type.cast(message));
  }

  /** The newest message of a type. */
  public <M> Optional<M> newest(Class<M> type) {
    return topic(type).newest();
  }

  /** Messages dropped at all subscribers together. */
  public long dropped() {
    return drops.get();
  }

  /** How all queues are used, for telemetry, in a fixed order. */
  public List<Usage> subscriptions() {
    List<Usage> all = new ArrayList<>();
    for (Topic<?> topic : topics.values()) {
      topic.subscriptions().forEach(subscription -> all.add(usage(subscription)));
    }
    all.sort(Comparator.comparing(Usage::subscriber).thenComparing(Usage::type));
    return List.copyOf(all);
  }

  /**
   * The queues that have begun to overflow since the last call, each once, however many messages it
   * has lost and goes on to lose; again only after its subscriber has caught up. For one owner, who
   * reports them off the publishers' path.
   */
  public List<Usage> overflows() {
    if (drops.get() == 0) {
      return List.of();
    }
    List<Usage> fresh = new ArrayList<>();
    for (Topic<?> topic : topics.values()) {
      for (Subscription<?> subscription : topic.subscriptions()) {
        if (subscription.hasOverflowed()) {
          fresh.add(usage(subscription));
        }
      }
    }
    return List.copyOf(fresh);
  }

  private static Usage usage(Subscription<?> subscription) {
    return new Usage(
        subscription.name(),
        subscription.type().getSimpleName(),
        subscription.size(),
        subscription.highest(),
        subscription.capacity(),
        subscription.dropped());
  }
}

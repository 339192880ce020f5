package org.heliostat.core.bus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class BusTest {
  private static final Duration LONG = Duration.ofSeconds(50);

  private record Tick(int number) {}

  private final Bus bus = new Bus();
  private final ExecutorService other = Executors.newSingleThreadExecutor();

  @AfterEach
  void end() {
    other.shutdownNow();
  }

  private void publish(int from, int to) {
    for (int i = from; i < to; i++) {
      bus.publish(new Tick(i));
    }
  }

  private static List<Integer> drain(Subscription<Tick> subscription, int limit) {
    List<Integer> numbers = new ArrayList<>();
    int taken = subscription.drain(tick -> numbers.add(tick.number()), limit);
    assertThat(taken).isEqualTo(numbers.size());
    return numbers;
  }

  /** The thread, when it has parked. */
  private static Thread parked(AtomicReference<Thread> who) {
    while (true) {
      Thread thread = who.get();
      if (thread != null && thread.getState() == Thread.State.TIMED_WAITING) {
        return thread;
      }
      Thread.onSpinWait();
    }
  }

  @Test
  void eachSubscriberGetsTheSameMessage() {
    Subscription<Tick> one = bus.subscribe(Tick.class, 4);
    Subscription<Tick> two = bus.subscribe(Tick.class, 4);
    Tick tick = new Tick(1);
    bus.publish(tick);
    bus.publish("of another type");
    assertThat(one.poll()).containsSame(tick);
    assertThat(two.poll()).containsSame(tick);
    assertThat(one.poll()).isEmpty();
    assertThat(bus.newest(Tick.class)).containsSame(tick);
  }

  @Test
  void bothDoorsLeadToOneTopic() {
    Subscription<Tick> subscription = bus.subscribe(Tick.class, 4);
    Topic<Tick> topic = bus.topic(Tick.class);
    assertThat(topic.newest()).isEmpty();
    topic.publish(new Tick(1));
    bus.publish(new Tick(2));
    assertThat(bus.topic(Tick.class)).isSameAs(topic);
    assertThat(topic.type()).isEqualTo(Tick.class);
    assertThat(topic.newest()).contains(new Tick(2));
    assertThat(bus.newest(Tick.class)).contains(new Tick(2));
    assertThat(drain(subscription, 9)).containsExactly(1, 2);
  }

  @Test
  void aMessageIsKeptAsTheNewestThoughNobodyListens() throws Exception {
    publish(1, 3);
    assertThat(bus.newest(Tick.class)).contains(new Tick(2));
    assertThat(bus.topic(Tick.class).publishOrWait(new Tick(3), Duration.ZERO)).isTrue();
    assertThat(bus.newest(Tick.class)).contains(new Tick(3));
    assertThat(bus.dropped()).isZero();
  }

  @Test
  void aSlowSubscriberLosesTheNewestAndItsLossIsCounted() {
    Subscription<Tick> slow = bus.subscribe(Tick.class, 2);
    Subscription<Tick> fast = bus.subscribe(Tick.class, 10);
    publish(0, 5);
    assertThat(slow.dropped()).isEqualTo(3);
    assertThat(fast.dropped()).isZero();
    assertThat(bus.dropped()).isEqualTo(3);
    assertThat(slow.poll()).contains(new Tick(0));
  }

  @Test
  void nothingComesAfterUnsubscribing() {
    Subscription<Tick> gone = bus.subscribe(Tick.class, 2);
    Subscription<Tick> stays = bus.subscribe(Tick.class, 2);
    bus.publish(new Tick(1));
    bus.unsubscribe(gone);
    bus.publish(new Tick(2));
    assertThat(gone.poll()).contains(new Tick(1));
    assertThat(gone.poll()).isEmpty();
    assertThat(drain(stays, 9)).containsExactly(1, 2);
    assertThat(bus.subscriptions()).hasSize(1);
  }

  @Test
  void aQueueHasAtLeastTheCapacityAskedForAndAPowerOfTwo() {
    assertThat(bus.subscribe(Tick.class, 1).capacity()).isEqualTo(2);
    assertThat(bus.subscribe(Tick.class, 5).capacity()).isEqualTo(8);
    assertThat(bus.subscribe(Tick.class, 8).capacity()).isEqualTo(8);
    assertThatThrownBy(() -> bus.subscribe(Tick.class, 0))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void drainsInOrderAndNoMoreThanTheLimit() {
    Subscription<Tick> subscription = bus.subscribe(Tick.class, 16);
    publish(0, 10);
    assertThat(drain(subscription, 4)).containsExactly(0, 1, 2, 3);
    assertThat(drain(subscription, 0)).isEmpty();
    assertThat(subscription.size()).isEqualTo(6);
    assertThat(drain(subscription, 100)).containsExactly(4, 5, 6, 7, 8, 9);
    assertThat(drain(subscription, 100)).isEmpty();
  }

  // ---- waiting for a message

  @Test
  void takesWhatIsThereWithoutWaiting() throws Exception {
    Subscription<Tick> subscription = bus.subscribe(Tick.class, 4);
    assertThat(subscription.take(Duration.ZERO)).isEmpty();
    assertThat(subscription.take(Duration.ofNanos(1))).isEmpty();
    bus.publish(new Tick(1));
    assertThat(subscription.take(Duration.ZERO)).contains(new Tick(1));
    bus.publish(new Tick(2));
    // longer than any clock counts
    assertThat(subscription.take(Duration.ofSeconds(Long.MAX_VALUE))).contains(new Tick(2));
  }

  @Test
  void aConsumerThatSleepsIsWoken() throws Exception {
    Subscription<Tick> subscription = bus.subscribe(Tick.class, 4);
    for (int i = 0; i < 20; i++) {
      AtomicReference<Thread> sleeper = new AtomicReference<>();
      Future<Optional<Tick>> taken =
          other.submit(
              () -> {
                sleeper.set(Thread.currentThread());
                return subscription.take(Duration.ofSeconds(Long.MAX_VALUE));
              });
      assertThat(parked(sleeper).isAlive()).isTrue();
      bus.publish(new Tick(i));
      assertThat(taken.get()).contains(new Tick(i));
    }
  }

  @Test
  void aConsumerThatIsInterruptedLosesNoMessage() throws Exception {
    Subscription<Tick> subscription = bus.subscribe(Tick.class, 4);
    AtomicReference<Thread> sleeper = new AtomicReference<>();
    Future<String> ended =
        other.submit(
            () -> {
              sleeper.set(Thread.currentThread());
              try {
                return "took " + subscription.take(LONG);
              } catch (InterruptedException e) {
                return "interrupted";
              }
            });
    parked(sleeper).interrupt();
    assertThat(ended.get()).isEqualTo("interrupted");
    bus.publish(new Tick(7));
    assertThat(subscription.take(LONG)).contains(new Tick(7));
  }

  // ---- waiting for room

  @Test
  void whoWaitsForRoomLosesNothingWhileTheConsumerGoesOn() throws Exception {
    Subscription<Tick> subscription = bus.subscribe(Tick.class, 2);
    Topic<Tick> topic = bus.topic(Tick.class);
    Future<Boolean> published =
        other.submit(
            () -> {
              boolean all = true;
              for (int i = 0; i < 10_000; i++) {
                all &= topic.publishOrWait(new Tick(i), LONG);
              }
              return all;
            });
    for (int i = 0; i < 10_000; i++) {
      assertThat(subscription.take(LONG)).contains(new Tick(i));
    }
    assertThat(published.get()).isTrue();
    assertThat(bus.dropped()).isZero();
  }

  @Test
  void whatPassesTheDeadlineIsCountedForEachWhoHadNoRoom() throws Exception {
    Subscription<Tick> full = bus.subscribe(Tick.class, 2);
    Subscription<Tick> roomy = bus.subscribe(Tick.class, 8);
    Subscription<Tick> alsoFull = bus.subscribe(Tick.class, 2);
    publish(0, 2);
    assertThat(bus.topic(Tick.class).publishOrWait(new Tick(2), Duration.ofMillis(1))).isFalse();
    assertThat(full.dropped()).isEqualTo(1);
    assertThat(alsoFull.dropped()).isEqualTo(1);
    assertThat(roomy.dropped()).isZero();
    assertThat(bus.dropped()).isEqualTo(2);
    assertThat(drain(roomy, 9)).containsExactly(0, 1, 2);
    assertThat(drain(full, 9)).containsExactly(0, 1);
  }

  @Test
  void aSubscriberWithRoomIsNotHeldUpByOneWithout() throws Exception {
    Subscription<Tick> roomy = bus.subscribe(Tick.class, 8);
    Subscription<Tick> full = bus.subscribe(Tick.class, 2);
    publish(0, 2);
    assertThat(drain(roomy, 9)).containsExactly(0, 1);
    AtomicReference<Thread> publisher = new AtomicReference<>();
    Future<Boolean> published =
        other.submit(
            () -> {
              publisher.set(Thread.currentThread());
              return bus.topic(Tick.class).publishOrWait(new Tick(2), LONG);
            });
    assertThat(roomy.take(LONG)).contains(new Tick(2));
    assertThat(parked(publisher).isAlive()).isTrue();
    assertThat(published.isDone()).isFalse();
    assertThat(full.poll()).contains(new Tick(0));
    assertThat(published.get()).isTrue();
    assertThat(drain(full, 9)).containsExactly(1, 2);
  }

  @Test
  void aPublisherThatIsInterruptedCountsWhomItDidNotReach() throws Exception {
    Subscription<Tick> reached = bus.subscribe(Tick.class, 8);
    Subscription<Tick> full = bus.subscribe(Tick.class, 2);
    Subscription<Tick> behind = bus.subscribe(Tick.class, 8);
    publish(0, 2);
    AtomicReference<Thread> publisher = new AtomicReference<>();
    Future<String> ended =
        other.submit(
            () -> {
              publisher.set(Thread.currentThread());
              try {
                return "published " + bus.topic(Tick.class).publishOrWait(new Tick(2), LONG);
              } catch (InterruptedException e) {
                return "interrupted";
              }
            });
    parked(publisher).interrupt();
    assertThat(ended.get()).isEqualTo("interrupted");
    assertThat(full.dropped()).isEqualTo(1);
    assertThat(behind.dropped()).isEqualTo(1);
    assertThat(bus.dropped()).isEqualTo(2);
    assertThat(drain(reached, 9)).containsExactly(0, 1, 2);
  }

  // ---- what telemetry and events say

  @Test
  void tellsHowEachQueueIsUsed() {
    Subscription<Tick> ticks = bus.subscribe("limits", Tick.class, 4);
    Subscription<String> texts = bus.subscribe("archive", String.class, 8);
    publish(0, 3);
    assertThat(drain(ticks, 2)).containsExactly(0, 1);
    bus.publish("a");
    assertThat(bus.subscriptions())
        .containsExactly(
            new Bus.Usage("archive", "String", 1, 1, 8, 0),
            new Bus.Usage("limits", "Tick", 1, 3, 4, 0));
    publish(3, 9);
    assertThat(texts.poll()).contains("a");
    assertThat(bus.subscriptions())
        .containsExactly(
            new Bus.Usage("archive", "String", 0, 1, 8, 0),
            new Bus.Usage("limits", "Tick", 4, 4, 4, 3));
    assertThat(ticks.name()).isEqualTo("limits");
    assertThat(ticks.type()).isEqualTo(Tick.class);
  }

  @Test
  void theDeepestThatAQueueWasIsSeenBySinglePollsToo() {
    Subscription<Tick> subscription = bus.subscribe(Tick.class, 64);
    publish(0, 40);
    assertThat(subscription.poll()).contains(new Tick(0));
    assertThat(drain(subscription, 64)).hasSize(39);
    assertThat(subscription.highest()).isBetween(39, 40);
  }

  @Test
  void aSubscriberHasTheNameOfItsThreadUnlessItGivesAnother() throws Exception {
    String name = Thread.currentThread().getName();
    assertThat(bus.subscribe(Tick.class, 2).name()).isEqualTo(name);
  }

  @Test
  void anOverflowIsToldOnceUntilTheSubscriberHasCaughtUp() {
    Subscription<Tick> slow = bus.subscribe("slow", Tick.class, 2);
    Subscription<Tick> fast = bus.subscribe("fast", Tick.class, 64);
    assertThat(bus.overflows()).isEmpty();
    publish(0, 3);
    assertThat(bus.overflows()).containsExactly(new Bus.Usage("slow", "Tick", 2, 2, 2, 1));
    publish(3, 9);
    assertThat(bus.overflows()).isEmpty();
    // not caught up: one has been taken, one still waits
    assertThat(drain(slow, 1)).hasSize(1);
    publish(9, 12);
    assertThat(bus.overflows()).isEmpty();
    assertThat(drain(slow, 9)).hasSize(2);
    assertThat(slow.poll()).isEmpty();
    publish(12, 15);
    assertThat(bus.overflows()).containsExactly(new Bus.Usage("slow", "Tick", 2, 2, 2, 10));
    assertThat(bus.overflows()).isEmpty();
    assertThat(fast.dropped()).isZero();
  }

  @Test
  void anOverflowThatIsOverBeforeAnybodyLooksIsToldAllTheSame() {
    Subscription<Tick> slow = bus.subscribe("slow", Tick.class, 2);
    for (int storm = 0; storm < 3; storm++) {
      publish(0, 4);
      assertThat(drain(slow, 9)).hasSize(2);
    }
    assertThat(bus.overflows()).containsExactly(new Bus.Usage("slow", "Tick", 0, 2, 2, 6));
    assertThat(bus.overflows()).isEmpty();
  }

  @Test
  void publishingAndDrainingManyFromManyThreadsLosesAndInventsNothing() throws Exception {
    int publishers = 3;
    int each = 30_000;
    CountDownLatch ready = new CountDownLatch(1);
    Subscription<Tick> polled = bus.subscribe("polled", Tick.class, 64);
    Subscription<Tick> taken = bus.subscribe("taken", Tick.class, 256);
    ExecutorService threads = Executors.newFixedThreadPool(publishers + 2);
    try {
      List<Future<?>> publishing = new ArrayList<>();
      Topic<Tick> topic = bus.topic(Tick.class);
      for (int p = 0; p < publishers; p++) {
        int publisher = p;
        publishing.add(
            threads.submit(
                () -> {
                  ready.await();
                  for (int i = 0; i < each; i++) {
                    Tick tick = new Tick(publisher * each + i);
                    if (i % 3 == 0) {
                      boolean unused = topic.publishOrWait(tick, Duration.ofNanos(1));
                    } else {
                      topic.publish(tick);
                    }
                  }
                  return 0;
                }));
      }
      Tick last = new Tick(-1);
      Future<List<Integer>> byPoll =
          threads.submit(
              () -> {
                ready.await();
                List<Integer> got = new ArrayList<>();
                while (true) {
                  Optional<Tick> tick = polled.poll();
                  if (tick.isPresent() && tick.get().equals(last)) {
                    return got;
                  }
                  tick.ifPresent(t -> got.add(t.number()));
                }
              });
      Future<List<Integer>> byTake =
          threads.submit(
              () -> {
                ready.await();
                List<Integer> got = new ArrayList<>();
                while (got.isEmpty() || got.get(got.size() - 1) != last.number()) {
                  if (taken.drain(t -> got.add(t.number()), 16) == 0) {
                    taken.take(LONG).ifPresent(t -> got.add(t.number()));
                  }
                }
                got.remove(got.size() - 1);
                return got;
              });
      ready.countDown();
      for (Future<?> done : publishing) {
        done.get();
      }
      assertThat(topic.publishOrWait(last, LONG)).isTrue();
      int all = publishers * each;
      assertThat(byPoll.get().size() + polled.dropped()).isEqualTo(all);
      assertThat(byTake.get().size() + taken.dropped()).isEqualTo(all);
      assertThat(bus.dropped()).isEqualTo(polled.dropped() + taken.dropped());
      for (int p = 0; p < publishers; p++) {
        int publisher = p;
        for (List<Integer> got : List.of(byPoll.get(), byTake.get())) {
          assertThat(got.stream().filter(n -> n / each == publisher).toList())
              .isSorted()
              .doesNotHaveDuplicates();
        }
      }
    } finally {
      threads.shutdownNow();
    }
  }
}

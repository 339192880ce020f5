package org.heliostat.core.bus;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** Whatever is published and taken in whatever order: the bus does what a bounded list would. */
class BusPropertyTest {
  private record Message(int publisher, int number) {}

  private static final int PUBLISHERS = 3;

  @Property(seed = "1")
  void whatWasPublishedIsTakenOrCountedInOrder(
      @ForAll @IntRange(min = 1, max = 9) int capacity,
      @ForAll @Size(max = 200) List<@IntRange(min = 0, max = 7) Integer> steps)
      throws InterruptedException {
    Bus bus = new Bus();
    Subscription<Message> subscription = bus.subscribe("model", Message.class, capacity);
    Topic<Message> topic = bus.topic(Message.class);
    Deque<Message> waiting = new ArrayDeque<>();
    int[] published = new int[PUBLISHERS];
    long dropped = 0;
    long taken = 0;
    int highest = 0;
    boolean overflowing = false;
    boolean told = true;
    for (int step : steps) {
      List<Message> got = new ArrayList<>();
      switch (step) {
        case 0, 1, 2 -> {
          Message message = new Message(step, published[step]++);
          boolean fits = waiting.size() < subscription.capacity();
          if (step == 0) {
            bus.publish(message);
          } else if (step == 1) {
            topic.publish(message);
          } else {
            assertThat(topic.publishOrWait(message, Duration.ZERO)).isEqualTo(fits);
          }
          if (fits) {
            waiting.addLast(message);
            highest = Math.max(highest, waiting.size());
          } else {
            dropped++;
            told &= overflowing;
            overflowing = true;
          }
          assertThat(topic.newest()).contains(message);
          continue;
        }
        case 3 -> subscription.poll().ifPresent(got::add);
        case 4 -> subscription.take(Duration.ZERO).ifPresent(got::add);
        case 5, 6 -> {
          int count = subscription.drain(got::add, step - 3);
          assertThat(count).isEqualTo(got.size());
        }
        default -> {
          assertThat(bus.overflows()).hasSize(told ? 0 : 1);
          told = true;
          continue;
        }
      }
      int asked = step < 5 ? 1 : step - 3;
      List<Message> expected = new ArrayList<>();
      while (expected.size() < asked && !waiting.isEmpty()) {
        expected.add(waiting.removeFirst());
      }
      assertThat(got).isEqualTo(expected);
      overflowing &= expected.size() == asked;
      taken += got.size();
    }
    assertThat(subscription.size()).isEqualTo(waiting.size());
    assertThat(subscription.dropped()).isEqualTo(dropped);
    assertThat(bus.dropped()).isEqualTo(dropped);
    assertThat(subscription.highest()).isBetween(waiting.size(), highest);
    assertThat(taken + dropped + waiting.size())
        .isEqualTo((long) published[0] + published[1] + published[2]);
  }
}

package org.heliostat.core.bus;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class BusTest {
  private record Tick(int number) {}

  private final Bus bus = new Bus();

  @Test
  void eachSubscriberGetsTheSameMessage() {
    Bus.Subscription<Tick> one = bus.subscribe(Tick.class, 4);
    Bus.Subscription<Tick> two = bus.subscribe(Tick.class, 4);
    Tick tick = new Tick(1);
    bus.publish(tick);
    bus.publish("of another type");
    assertThat(one.poll()).containsSame(tick);
    assertThat(two.poll()).containsSame(tick);
    assertThat(one.poll()).isEmpty();
    assertThat(bus.newest(Tick.class)).containsSame(tick);
  }

  @Test
  void aSlowSubscriberLosesTheNewestAndItsLossIsCounted() {
    Bus.Subscription<Tick> slow = bus.subscribe(Tick.class, 2);
    Bus.Subscription<Tick> fast = bus.subscribe(Tick.class, 10);
    for (int i = 0; i < 5; i++) {
      bus.publish(new Tick(i));
    }
    assertThat(slow.dropped()).isEqualTo(3);
    assertThat(fast.dropped()).isZero();
    assertThat(bus.dropped()).isEqualTo(3);
    assertThat(slow.poll()).contains(new Tick(0));
  }

  @Test
  void nothingComesAfterUnsubscribing() {
    Bus.Subscription<Tick> gone = bus.subscribe(Tick.class, 2);
    bus.unsubscribe(gone);
    bus.publish(new Tick(1));
    assertThat(gone.poll()).isEmpty();
  }
}

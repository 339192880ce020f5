package org.heliostat.core.survival;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.heliostat.core.app.Services;
import org.heliostat.core.command.Issued;
import org.heliostat.core.event.CoreEvent;
import org.heliostat.hal.RailReading;
import org.heliostat.protocol.SwitchRail;
import org.heliostat.protocol.Telecommand;

/**
 * Has rails switched, and sees how that goes. A rail that does not go off, or on, is told of once
 * and tried again, at first after {@link #FIRST_PAUSE_NANOS} and then after twice the pause before
 * up to {@link #LONGEST_PAUSE_NANOS}, until it has gone well.
 *
 * <p>Overflow policy: with {@value #MOST_OFFS} orders off in hand the next ones wait for the next
 * look. Not thread-safe.
 */
final class RailOrders {
  /** Mission time. */
  static final long FIRST_PAUSE_NANOS = 5_000_000_000L;

  /** Mission time. */
  static final long LONGEST_PAUSE_NANOS = 160_000_000_000L;

  /** What the hardware app takes beside a full set of other commands. */
  static final int MOST_OFFS = 32;

  private final Services services;
  private final String origin;
  private final RailSequencer rails;
  private final Map<String, Order> inHand = new LinkedHashMap<>();
  private final Map<String, Long> orderedOff = new HashMap<>();
  private final Map<String, Refusal> refused = new HashMap<>();

  private record Order(boolean on, Issued command) {}

  /** The last of some refusals in a row. */
  private record Refusal(boolean on, long pauseNanos, long untilNanos) {}

  RailOrders(Services services, String origin, RailSequencer rails) {
    this.services = services;
    this.origin = origin;
    this.rails = rails;
  }

  /** Looks what has become of the orders; a rail that did not come on waits again. */
  void watch(long now) {
    for (Map.Entry<String, Order> entry : List.copyOf(inHand.entrySet())) {
      String rail = entry.getKey();
      Order order = entry.getValue();
      switch (order.command().state()) {
        case EXECUTING -> {}
        case COMPLETED -> {
          inHand.remove(rail);
          refused.remove(rail);
        }
        case FAILED -> {
          inHand.remove(rail);
          failed(rail, order, now);
        }
      }
    }
  }

  private void failed(String rail, Order order, long now) {
    Optional<Refusal> before = refusal(rail, order.on());
    if (before.isEmpty()) {
      services
          .events()
          .report(
              CoreEvent.RAIL_REFUSED, rail, order.on() ? "on" : "off", order.command().reason());
    }
    long pause =
        before
            .map(last -> Math.min(2 * last.pauseNanos(), LONGEST_PAUSE_NANOS))
            .orElse(FIRST_PAUSE_NANOS);
    refused.put(rail, new Refusal(order.on(), pause, now + pause));
    if (order.on()) {
      rails.again(rail);
    }
  }

  private Optional<Refusal> refusal(String rail, boolean on) {
    return Optional.ofNullable(refused.get(rail)).filter(last -> last.on() == on);
  }

  /** Whether rails wait for their turn; those that did not come on are not waited for. */
  boolean busy() {
    return rails.waiting().stream().anyMatch(rail -> refusal(rail, true).isEmpty());
  }

  /**
   * Orders off what has to be off and was not ordered so by this run, or did not go off, or has
   * come on again since, as a controller that resets itself does.
   */
  void turnOff(long now) {
    List<String> held = rails.held();
    orderedOff.keySet().retainAll(held);
    // what is refused after this is another story
    List<String> toComeOn = toComeOn();
    refused
        .entrySet()
        .removeIf(last -> !(last.getValue().on() ? toComeOn : held).contains(last.getKey()));
    long inHandOff = inHand.values().stream().filter(order -> !order.on()).count();
    for (String rail : held) {
      if (inHandOff < MOST_OFFS && mustGoOff(rail, now)) {
        inHandOff++;
        orderedOff.put(rail, now);
        order(rail, false);
      }
    }
  }

  private boolean mustGoOff(String rail, long now) {
    Optional<Order> last = Optional.ofNullable(inHand.get(rail));
    if (last.isPresent() && !last.get().on()) {
      return false;
    }
    Optional<Refusal> refusal = refusal(rail, false);
    if (refusal.isPresent()) {
      return now - refusal.get().untilNanos() >= 0;
    }
    Optional<Long> before = Optional.ofNullable(orderedOff.get(rail));
    if (before.isEmpty() && rails.byOrderAlone(rail)) {
      // it is going off by that order, or has come on since
      orderedOff.put(rail, now);
      return isOn(rail);
    }
    return before.map(nanos -> now - nanos >= FIRST_PAUSE_NANOS && isOn(rail)).orElse(true);
  }

  private boolean isOn(String rail) {
    return services
        .hardware()
        .reading(rail, RailReading.class)
        .filter(RailReading::commandedOn)
        .isPresent();
  }

  /** Orders on the rail whose turn it is, if any. */
  void turnOn(long now, long staggerNanos) {
    rails
        .next(
            now,
            staggerNanos,
            rail -> refusal(rail, true).map(last -> now - last.untilNanos() >= 0).orElse(true))
        .ifPresent(rail -> order(rail, true));
  }

  private void order(String rail, boolean on) {
    Issued command =
        services
            .commands()
            .issue(
                Telecommand.newBuilder()
                    .setSwitchRail(SwitchRail.newBuilder().setDevice(rail).setOn(on))
                    .build(),
                origin);
    inHand.put(rail, new Order(on, command));
  }

  /** Whether an order about a rail has not ended. */
  boolean inHand(String rail) {
    return inHand.containsKey(rail);
  }

  /** Rails that were ordered on and may still come on, then those that wait for their turn. */
  List<String> toComeOn() {
    List<String> held = rails.held();
    Stream<String> ordered =
        inHand.entrySet().stream()
            .filter(entry -> entry.getValue().on() && !held.contains(entry.getKey()))
            .map(Map.Entry::getKey);
    return Stream.concat(ordered, rails.waiting().stream()).toList();
  }
}

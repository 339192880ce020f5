package org.heliostat.core.protection;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.heliostat.core.command.Commands;
import org.heliostat.core.command.Issued;
import org.heliostat.core.event.CoreEvent;
import org.heliostat.core.event.Events;
import org.heliostat.core.hardware.Hardware;
import org.heliostat.hal.RailReading;
import org.heliostat.protocol.SwitchRail;
import org.heliostat.protocol.Telecommand;

/**
 * Keeps isolated rails off: after a loss of power their controllers turn them on. Each is ordered
 * off once the devices are open, and again while the order fails or the rail reads as on, but not
 * within {@link #RETRY_NANOS} of the order before, and after each that fails twice as late, up to
 * {@link #LONGEST_NANOS}. That a rail does not go off is said once, until an order has come to a
 * good end. One thread.
 */
final class IsolatedRails {
  /** Mission time between two orders to one rail. */
  static final long RETRY_NANOS = 5_000_000_000L;

  /** The longest mission time between two orders that fail. */
  static final long LONGEST_NANOS = 320_000_000_000L;

  private static final String ORIGIN = "protection";

  private final Devices devices;
  private final Hardware hardware;
  private final Commands commands;
  private final Events events;
  private final Map<String, Order> orders = new HashMap<>();

  private record Order(Issued command, long nanos, long pauseNanos) {}

  IsolatedRails(Devices devices, Hardware hardware, Commands commands, Events events) {
    this.devices = devices;
    this.hardware = hardware;
    this.commands = commands;
    this.events = events;
  }

  /** Orders a rail off. */
  Issued off(String rail, String origin, long now) {
    return order(rail, origin, now, RETRY_NANOS);
  }

  /** Sees to the rails among what is isolated; what is not any more is forgotten. */
  void keepOff(Set<String> isolated, long now) {
    orders.keySet().retainAll(isolated);
    if (!hardware.opened()) {
      // nobody takes the order yet
      return;
    }
    for (String thing : isolated) {
      if (devices.rail(thing).isPresent()) {
        keepOff(thing, now);
      }
    }
  }

  private void keepOff(String rail, long now) {
    Order last = orders.get(rail);
    if (last == null) {
      Issued unused = order(rail, ORIGIN, now, RETRY_NANOS);
      return;
    }
    Issued.State state = last.command.state();
    boolean failed = state == Issued.State.FAILED;
    if (state == Issued.State.EXECUTING
        || now - last.nanos < (failed ? last.pauseNanos : RETRY_NANOS)) {
      return;
    }
    if (failed && last.pauseNanos == RETRY_NANOS) {
      events.report(CoreEvent.RAIL_REFUSED, rail, "off", last.command.reason());
    }
    if (failed || isOn(rail)) {
      Issued unused =
          order(
              rail,
              ORIGIN,
              now,
              failed ? Math.min(2 * last.pauseNanos, LONGEST_NANOS) : RETRY_NANOS);
    }
  }

  private boolean isOn(String rail) {
    return hardware
        .reading(rail, RailReading.class)
        .filter(reading -> reading.commandedOn() || reading.powerGood())
        .isPresent();
  }

  private Issued order(String rail, String origin, long now, long pauseNanos) {
    Issued issued =
        commands.issue(
            Telecommand.newBuilder()
                .setSwitchRail(SwitchRail.newBuilder().setDevice(rail).setOn(false))
                .build(),
            origin);
    orders.put(rail, new Order(issued, now, pauseNanos));
    return issued;
  }
}

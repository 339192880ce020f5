package org.heliostat.core.hardware;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.heliostat.core.state.RailHolds;
import org.heliostat.core.state.StateStore;
import org.heliostat.hal.HardwareFault;
import org.heliostat.protocol.FlightState;
import org.heliostat.protocol.RailHold;

/** What the flight state knows of rails: who keeps them off. Thread-safe. */
final class RailNotes {
  private final StateStore state;

  RailNotes(StateStore state) {
    this.state = state;
  }

  /**
   * Throws where a rail must not be turned on. What fault protection has isolated stays off until
   * an operator releases it, and what load shedding or heat keeps off until that is over: survival
   * lets go of a rail before it turns it on, and of what a new power table does not name. What
   * ground or a sequence has ordered off is turned on by them alone.
   *
   * @param origin of the command; empty for ground
   */
  void checkOn(String rail, String origin) throws HardwareFault {
    FlightState now = state.get();
    if (now.getIsolatedDevicesList().contains(rail)) {
      throw refused(rail, "it is isolated, and must be released first");
    }
    String holders =
        now.getRailHoldsList().stream()
            .filter(hold -> hold.getRail().equals(rail))
            .map(RailHold::getHolder)
            .filter(holder -> !holder.equals(RailHolds.ORDER))
            .distinct()
            .collect(Collectors.joining(", "));
    if (!holders.isEmpty()) {
      throw refused(
          rail,
          "it is kept off by "
              + holders
              + ": the app survival turns it on when that is over, or when a table power does not"
              + " name it there");
    }
    if (now.getOrderedOffList().contains(rail) && !orders(origin)) {
      throw refused(rail, "ground or a sequence has ordered it off");
    }
  }

  private static HardwareFault refused(String rail, String why) {
    return new HardwareFault(HardwareFault.Kind.REFUSED, rail, why);
  }

  private static boolean orders(String origin) {
    return origin.isEmpty() || origin.startsWith("sequence ");
  }

  /** Somebody turns a rail on or off; where that is ground or a sequence, it stands. */
  void ordered(String rail, String origin, boolean on) {
    if (orders(origin) && state.get().getOrderedOffList().contains(rail) == on) {
      state.update(
          next -> {
            List<String> off = new ArrayList<>(next.getOrderedOffList());
            off.remove(rail);
            if (!on) {
              off.add(rail);
            }
            next.clearOrderedOff().addAllOrderedOff(off);
          });
      state.trySave();
    }
  }
}

package org.heliostat.core.protection;

import java.util.Optional;
import java.util.Set;
import org.heliostat.core.hardware.Hardware;
import org.heliostat.core.state.RailHolds;
import org.heliostat.core.state.StateStore;
import org.heliostat.hal.RailFault;
import org.heliostat.hal.RailReading;
import org.heliostat.protocol.FlightState;

/** Says whether a device has no power because somebody keeps it off. Keeps nothing itself. */
final class PowerCheck {
  private final Devices devices;
  private final Hardware hardware;
  private final StateStore state;

  PowerCheck(Devices devices, Hardware hardware, StateStore state) {
    this.devices = devices;
    this.hardware = hardware;
    this.state = state;
  }

  /**
   * Whether a fault of a device tells nothing: its rail is ordered off, has no input, or is held
   * off by load shedding or heat. A rail that its controller has latched off is none of these. What
   * the switch of a rail says of itself counts until the rail is off.
   */
  boolean keptOff(String device) {
    Optional<String> rail = devices.rail(device);
    if (rail.isEmpty()) {
      return false;
    }
    FlightState now = state.get();
    boolean held =
        now.getRailHoldsList().stream()
            .filter(one -> one.getRail().equals(rail.get()))
            .anyMatch(
                one ->
                    !one.getHolder().equals(RailHolds.ORDER)
                        || now.getOrderedOffList().contains(rail.get()));
    boolean off =
        hardware.reading(rail.get(), RailReading.class).filter(PowerCheck::isOff).isPresent();
    return off || (held && !rail.get().equals(device));
  }

  private static boolean isOff(RailReading rail) {
    // a fault of the input stands until it is cleared, and may be an old one beside one that counts
    boolean starved =
        !rail.powerGood()
            && !rail.latchedOff()
            && rail.faults().equals(Set.of(RailFault.INPUT_UNDER_VOLTAGE));
    return !rail.commandedOn() || starved;
  }
}

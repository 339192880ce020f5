package org.heliostat.core.protection;

import java.util.Optional;
import org.heliostat.core.hardware.Hardware;
import org.heliostat.core.state.StateStore;
import org.heliostat.hal.RailFault;
import org.heliostat.hal.RailReading;

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
    boolean held =
        state.get().getRailHoldsList().stream().anyMatch(one -> one.getRail().equals(rail.get()));
    boolean off =
        hardware.reading(rail.get(), RailReading.class).filter(PowerCheck::isOff).isPresent();
    return off || (held && !rail.get().equals(device));
  }

  private static boolean isOff(RailReading rail) {
    boolean starved =
        !rail.powerGood()
            && !rail.latchedOff()
            && rail.faults().contains(RailFault.INPUT_UNDER_VOLTAGE);
    return !rail.commandedOn() || starved;
  }
}

package org.heliostat.hal;

import java.util.List;

/** A card that computes: a GPU or another accelerator. */
public interface ComputeCard extends Device {
  /** Who the card is; asked anew after the card was lost. */
  CardIdentity identity() throws HardwareFault;

  /** Takes one fresh sample of heat, power and load. */
  CardReading read() throws HardwareFault;

  /**
   * Makes this process a holder of the card: its threads move near the card, and the driver knows
   * the process.
   */
  void claim() throws HardwareFault;

  /** Process ids that compute on the card, in the driver's order. */
  List<Long> holders() throws HardwareFault;
}

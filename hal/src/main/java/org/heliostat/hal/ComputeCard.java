package org.heliostat.hal;

import java.util.List;

/** A card that computes: a GPU or another accelerator. */
public interface ComputeCard extends Polled<CardReading> {
  /** Who the card is; asked anew after the card was lost. */
  CardIdentity identity() throws HardwareFault;

  /**
   * Makes this process a holder of the card: its threads move near the card, and the driver knows
   * the process.
   */
  void claim() throws HardwareFault;

  /** Process ids that compute on the card, in the driver's order. */
  List<Long> holders() throws HardwareFault;

  /**
   * Sets the power that the card holds itself to.
   *
   * @param watts within what the card allows
   * @throws HardwareFault of kind {@code REFUSED} where the card cannot, or not so much or little
   */
  void setPowerLimit(double watts) throws HardwareFault;

  /**
   * Resets the card without switching its rail. No process may hold it.
   *
   * @throws HardwareFault of kind {@code REFUSED} where the card cannot be reset so
   */
  void reset() throws HardwareFault;
}

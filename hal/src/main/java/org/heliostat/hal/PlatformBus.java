package org.heliostat.hal;

import java.util.Map;

/**
 * The bus of the platform (CAN): its state comes in, commands go out. Which frames there are, and
 * what stands where in them, is in the driver's parameters.
 */
public interface PlatformBus extends Polled<PlatformReading> {
  /**
   * Sends a command frame.
   *
   * @param frame its name in the parameters
   * @param values of its signals by name, in their units
   * @throws HardwareFault of kind {@code REFUSED} for an unknown name, {@code OUT_OF_RANGE} for a
   *     value that its field cannot hold
   */
  void send(String frame, Map<String, Double> values) throws HardwareFault;
}

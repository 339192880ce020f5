package org.heliostat.hal;

import java.util.Map;

/**
 * Opens one kind of device. Offered through {@link java.util.ServiceLoader} and chosen by name.
 *
 * <p>Opening reserves what the driver needs of the operating system and checks the parameters; it
 * does not touch the part itself, so that a part which answers later is usable without another
 * open.
 */
public interface DeviceDriver {
  /** The name by which a mission file chooses the driver. */
  String name();

  /** What the driver's devices are. */
  Class<? extends Device> kind();

  /**
   * Says whether the parameters are in order, without touching anything.
   *
   * @param deviceName the name for faults
   * @throws HardwareFault of kind {@code REFUSED} with the key and what is wrong with it
   */
  void check(String deviceName, Map<String, String> parameters) throws HardwareFault;

  /**
   * Opens a device. What {@link #check} refuses, this refuses, too.
   *
   * @param deviceName the name for faults and events
   * @param parameters the driver's own keys; an unknown key is refused
   * @param board clock and buses
   */
  Device open(String deviceName, Map<String, String> parameters, Board board) throws HardwareFault;
}

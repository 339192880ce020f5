package org.heliostat.hal;

import java.util.List;

/**
 * What the platform has said lately.
 *
 * @param signals those that have arrived and are not older than the driver's limit, by name
 * @param takenNanos mission time of the newest frame, ns
 */
public record PlatformReading(List<Signal> signals, long takenNanos) implements Reading {
  public PlatformReading {
    signals = List.copyOf(signals);
  }

  /**
   * One value from the bus.
   *
   * @param name as in the parameters
   * @param value in the unit of the parameters
   * @param takenNanos mission time at which its frame arrived, ns
   */
  public record Signal(String name, double value, long takenNanos) {}
}

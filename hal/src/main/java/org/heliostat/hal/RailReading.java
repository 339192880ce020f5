package org.heliostat.hal;

import java.util.Set;

/**
 * One sample of a switched rail.
 *
 * @param inputVolts voltage that feeds the switch, V
 * @param outputVolts voltage of the rail behind it, V
 * @param currentAmperes current through the switch, A
 * @param powerWatts power, W
 * @param celsius temperature at the switch, degrees Celsius; NaN where the part has no sensor
 * @param commandedOn whether the rail is told to be on
 * @param powerGood whether the rail has its voltage
 * @param latchedOff whether the controller has turned the rail off by itself and keeps it off
 * @param faults what the controller has noted since its faults were cleared
 * @param takenNanos mission time of the sample, ns
 */
public record RailReading(
    double inputVolts,
    double outputVolts,
    double currentAmperes,
    double powerWatts,
    double celsius,
    boolean commandedOn,
    boolean powerGood,
    boolean latchedOff,
    Set<RailFault> faults,
    long takenNanos)
    implements Reading {
  public RailReading {
    faults = Set.copyOf(faults);
  }
}

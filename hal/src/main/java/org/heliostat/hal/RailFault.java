package org.heliostat.hal;

/** What a rail's controller has noted since its faults were cleared. */
public enum RailFault {
  /** The current was above the limit for longer than the part tolerates. */
  OVER_CURRENT,
  /** The switch itself, or the card beside it, was too hot. */
  OVER_TEMPERATURE,
  /** The voltage that feeds the rail was too low (a brown-out). */
  INPUT_UNDER_VOLTAGE,
  /** The voltage that feeds the rail was too high. */
  INPUT_OVER_VOLTAGE,
  /** The rail does not reach its voltage. */
  OUTPUT_UNDER_VOLTAGE,
  /** More power than the limit. */
  OVER_POWER,
  /** The switch conducts although it is turned off, or the other way round. */
  SWITCH_BROKEN,
  /** The controller has understood a command wrongly, or its memory is damaged. */
  CONTROLLER
}

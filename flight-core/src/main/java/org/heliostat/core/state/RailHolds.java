package org.heliostat.core.state;

/** Who keeps rails off, as it stands in the flight state. */
public final class RailHolds {
  /** Holder of a rail that ground or a sequence has ordered off, until they turn it on again. */
  public static final String ORDER = "order of ground";

  private RailHolds() {}
}

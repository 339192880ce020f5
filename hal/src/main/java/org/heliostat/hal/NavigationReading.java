package org.heliostat.hal;

/**
 * One solution of a navigation receiver. A value that the receiver does not give is NaN.
 *
 * @param fix what the solution is made of
 * @param utcNanos UTC of the solution, ns since 1970; 0 while the receiver knows no time
 * @param latitudeDegrees geodetic, WGS 84, north positive
 * @param longitudeDegrees WGS 84, east positive
 * @param altitudeMetres above the ellipsoid where the receiver says so, else above mean sea level
 * @param northMetresPerSecond velocity to the north
 * @param eastMetresPerSecond velocity to the east
 * @param downMetresPerSecond velocity downwards
 * @param accuracyMetres horizontal accuracy, one sigma, as the receiver sees it
 * @param satellites how many are used
 * @param takenNanos mission time at which the last byte of the solution came in, ns
 */
public record NavigationReading(
    Fix fix,
    long utcNanos,
    double latitudeDegrees,
    double longitudeDegrees,
    double altitudeMetres,
    double northMetresPerSecond,
    double eastMetresPerSecond,
    double downMetresPerSecond,
    double accuracyMetres,
    int satellites,
    long takenNanos)
    implements Reading {
  /** What a solution is made of. */
  public enum Fix {
    /** No position. */
    NONE,
    /** Time alone. */
    TIME,
    /** Position without height. */
    TWO_DIMENSIONAL,
    /** Position and height. */
    THREE_DIMENSIONAL
  }
}

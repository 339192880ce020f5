package org.heliostat.hil.rig;

import org.heliostat.protocol.Scenario;

/**
 * A circular orbit about a spherical Earth with a cylindrical shadow (Wertz, Space Mission Analysis
 * and Design, section 5.1).
 *
 * <p>Times are seconds of flight. The phase runs from 0 to 1; 0 is nearest the Sun.
 */
final class Orbit {
  private static final double EARTH_RADIUS_M = 6_378_137;
  private static final double EARTH_MU = 3.986004418e14;
  private static final double EARTH_TURN_RAD_S = 7.2921159e-5;

  private final double radius;
  private final double periodSeconds;
  private final double initialPhase;
  private final double shadowHalfPhase;
  private final double inclination;

  Orbit(Scenario.Orbit orbit) {
    this.periodSeconds = orbit.getPeriodS();
    this.initialPhase = orbit.getInitialPhase();
    this.inclination = Math.toRadians(orbit.getInclinationDeg());
    this.radius = Math.cbrt(EARTH_MU * Math.pow(periodSeconds / (2 * Math.PI), 2));
    // The shadow's edge, seen as an angle from the middle of the shadow, in the orbit plane.
    double ratio =
        Math.sqrt(1 - Math.pow(EARTH_RADIUS_M / radius, 2))
            / Math.cos(Math.toRadians(orbit.getBetaDeg()));
    this.shadowHalfPhase = ratio >= 1 ? 0 : Math.acos(ratio) / (2 * Math.PI);
  }

  double phase(double seconds) {
    double turns = initialPhase + seconds / periodSeconds;
    return turns - Math.floor(turns);
  }

  /** 1 in sunlight, 0 in shadow. */
  double sunlight(double seconds) {
    return Math.abs(phase(seconds) - 0.5) < shadowHalfPhase ? 0 : 1;
  }

  /** Share of the orbit that lies in shadow. */
  double shadowShare() {
    return 2 * shadowHalfPhase;
  }

  /**
   * Where the satellite is, and how it moves over the ground.
   *
   * @param latitudeDegrees geocentric, on the sphere
   * @param altitudeMetres above the sphere
   * @param northMetresPerSecond velocity over the turning Earth
   * @param eastMetresPerSecond velocity over the turning Earth
   */
  record Fix(
      double latitudeDegrees,
      double longitudeDegrees,
      double altitudeMetres,
      double northMetresPerSecond,
      double eastMetresPerSecond) {}

  Fix fix(double seconds) {
    double[] here = subpoint(seconds);
    double[] before = subpoint(seconds - 0.5);
    double[] after = subpoint(seconds + 0.5);
    double east = after[1] - before[1];
    east -= 360 * Math.rint(east / 360);
    double north = after[0] - before[0];
    return new Fix(
        here[0],
        here[1],
        radius - EARTH_RADIUS_M,
        Math.toRadians(north) * radius,
        Math.toRadians(east) * radius * Math.cos(Math.toRadians(here[0])));
  }

  /**
   * Attitude that keeps one face to the Earth, as a unit quaternion (scalar last) from a frame that
   * does not turn: turned about the orbit's normal, once in an orbit.
   */
  double[] attitude(double seconds) {
    double half = Math.PI * phase(seconds);
    double tilt = inclination / 2;
    // first about the orbit's normal (y), then the tilt of the orbit (x)
    return new double[] {
      Math.sin(tilt) * Math.cos(half),
      Math.cos(tilt) * Math.sin(half),
      Math.sin(tilt) * Math.sin(half),
      Math.cos(tilt) * Math.cos(half)
    };
  }

  /** Rate of the turn about the orbit's normal, rad/s. */
  double rate() {
    return 2 * Math.PI / periodSeconds;
  }

  private double[] subpoint(double seconds) {
    double angle = 2 * Math.PI * phase(seconds);
    double latitude = Math.toDegrees(Math.asin(Math.sin(inclination) * Math.sin(angle)));
    double along = Math.atan2(Math.cos(inclination) * Math.sin(angle), Math.cos(angle));
    double longitude = Math.toDegrees(along - EARTH_TURN_RAD_S * seconds);
    return new double[] {latitude, longitude - 360 * Math.floor((longitude + 180) / 360)};
  }

  /**
   * West, south, east, north of a footprint of 0.15 degrees under the satellite, in degrees;
   * coarse, for labels.
   */
  double[] footprint(double seconds) {
    double[] here = subpoint(seconds);
    double latitude = here[0];
    double longitude = here[1];
    double half = 0.075;
    double wide = half / Math.max(0.1, Math.cos(Math.toRadians(latitude)));
    longitude = Math.max(-180 + wide, Math.min(180 - wide, longitude));
    return new double[] {longitude - wide, latitude - half, longitude + wide, latitude + half};
  }
}

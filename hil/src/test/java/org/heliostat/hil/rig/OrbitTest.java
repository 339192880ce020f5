package org.heliostat.hil.rig;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.heliostat.protocol.Scenario;
import org.junit.jupiter.api.Test;

class OrbitTest {
  private static Orbit orbit(double periodSeconds, double betaDegrees, double phase) {
    return new Orbit(
        Scenario.Orbit.newBuilder()
            .setPeriodS(periodSeconds)
            .setBetaDeg(betaDegrees)
            .setInitialPhase(phase)
            .build());
  }

  @Test
  void theLongestEclipseAt500KilometresIs35Point8Minutes() {
    // Period 5677 s; rho = asin(6378/6878) = 68.02 degrees, so 2 x 68.02 / 360 of the orbit.
    assertThat(orbit(5677, 0, 0).shadowShare() * 5677 / 60).isCloseTo(35.75, within(0.1));
  }

  @Test
  void thereIsNoEclipseWhenTheOrbitFacesTheSun() {
    assertThat(orbit(5677, 68.1, 0).shadowShare()).isZero();
    assertThat(orbit(5677, 67.9, 0).shadowShare()).isPositive();
    assertThat(orbit(5677, -90, 0).sunlight(2838)).isEqualTo(1);
  }

  @Test
  void entersAndLeavesTheShadowOnTime() {
    Orbit orbit = orbit(6000, 0, 0);
    double enter = 3000 - orbit.shadowShare() * 3000;
    double leave = 3000 + orbit.shadowShare() * 3000;
    assertThat(orbit.sunlight(0)).isEqualTo(1);
    assertThat(orbit.sunlight(enter - 0.01)).isEqualTo(1);
    assertThat(orbit.sunlight(enter + 0.01)).isZero();
    assertThat(orbit.sunlight(leave - 0.01)).isZero();
    assertThat(orbit.sunlight(leave + 0.01)).isEqualTo(1);
    assertThat(orbit.sunlight(6000 * 1000 + enter + 0.01)).isZero();
  }

  @Test
  void startsAtItsPhase() {
    assertThat(orbit(6000, 0, 0.5).sunlight(0)).isZero();
    assertThat(orbit(6000, 0, 0.25).phase(3000)).isCloseTo(0.75, within(1e-12));
    assertThat(orbit(6000, 0, 0.75).phase(3000)).isCloseTo(0.25, within(1e-12));
  }

  @Test
  void footprintsLieOnEarth() {
    Orbit orbit = orbit(5700, 20, 0.1);
    for (double t = 0; t < 100_000; t += 97) {
      double[] box = orbit.footprint(t);
      assertThat(box[0]).isBetween(-180.0, box[2]);
      assertThat(box[2]).isLessThanOrEqualTo(180);
      assertThat(box[1]).isBetween(-90.0, box[3]);
      assertThat(box[3]).isLessThanOrEqualTo(90);
    }
  }
}

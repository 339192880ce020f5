package org.heliostat.hil.rig;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.heliostat.protocol.Scenario;
import org.junit.jupiter.api.Test;

class PhysicsTest {
  private static final double[] NO_HEAT = {Double.NaN, Double.NaN};
  private static final double[] IDLE = {0, 0};

  private static Scenario scenario(double charge) {
    return Scenario.newBuilder()
        .setOrbit(Scenario.Orbit.newBuilder().setPeriodS(5700).setBetaDeg(0))
        .setPower(Scenario.Power.newBuilder().setInitialCharge(charge))
        .build();
  }

  @Test
  void whatGoesIntoTheBatteryAndOutOfItIsWhatItsChargeSays() {
    Physics physics = new Physics(scenario(0.5), 2);
    double before = physics.charge() * 200;
    double balance = 0;
    double[] busy = {0.5, 1};
    for (int t = 0; t < 5700; t++) {
      physics.step(t, 1, busy, NO_HEAT);
      double net = physics.arrayWatts() - physics.loadWatts();
      balance += net * (net > 0 ? 0.95 : 1) / 3600;
    }
    assertThat(physics.charge()).isBetween(0.05, 0.95);
    assertThat(physics.charge() * 200 - before).isCloseTo(balance, within(1e-6));
  }

  @Test
  void drawsPlatformAndCards() {
    Physics physics = new Physics(scenario(0.5), 2);
    physics.step(0, 1, new double[] {0, 1}, NO_HEAT);
    assertThat(physics.cardWatts(0)).isEqualTo(15);
    assertThat(physics.cardWatts(1)).isEqualTo(60);
    assertThat(physics.loadWatts()).isEqualTo(105);
    assertThat(physics.busVolts() * physics.busAmperes()).isCloseTo(105, within(1e-9));
    physics.step(1, 1, new double[] {-1, 0}, NO_HEAT);
    assertThat(physics.cardWatts(0)).isZero();
  }

  @Test
  void aFullBatteryTakesNoMoreAndAnEmptyOneGivesNoMore() {
    Physics full = new Physics(scenario(1), 2);
    full.step(0, 100, IDLE, NO_HEAT);
    assertThat(full.charge()).isEqualTo(1);
    assertThat(full.arrayWatts()).isEqualTo(full.loadWatts());

    Scenario dark =
        scenario(0.001).toBuilder()
            .setPower(Scenario.Power.newBuilder().setInitialCharge(0.001).setArrayW(0))
            .build();
    Physics empty = new Physics(dark, 2);
    empty.step(0, 1000, IDLE, NO_HEAT);
    assertThat(empty.charge()).isZero();
  }

  @Test
  void thereIsNoPowerFromTheArrayInShadow() {
    Physics physics = new Physics(scenario(0.5), 2);
    physics.step(2849, 1, IDLE, NO_HEAT);
    assertThat(physics.sunlight()).isZero();
    assertThat(physics.arrayWatts()).isZero();
    assertThat(physics.charge()).isLessThan(0.5);
  }

  @Test
  void aCardAtFullLoadSettlesWellBelowItsLimit() {
    Physics physics = new Physics(scenario(0.5), 2);
    physics.step(0, 600, new double[] {1, 0}, NO_HEAT);
    // radiator at 15 degrees, 60 W over 0.6 K/W
    assertThat(physics.cardCelsius(0)).isCloseTo(51, within(0.1));
    assertThat(physics.cardCelsius(1)).isCloseTo(24, within(0.1));
  }

  @Test
  void heatFromOutsideDrivesTheCardAndGoesAway() {
    Physics physics = new Physics(scenario(0.5), 2);
    physics.step(0, 20, IDLE, new double[] {88, Double.NaN});
    assertThat(physics.cardCelsius(0)).isBetween(87.0, 88.0);
    assertThat(physics.cardCelsius(1)).isCloseTo(24, within(0.1));
    // time constant 0.6 K/W x 50 J/K = 30 s
    physics.step(20, 30, IDLE, NO_HEAT);
    assertThat(physics.cardCelsius(0)).isCloseTo(24 + 64 / Math.E, within(1.0));
  }

  @Test
  void theLengthOfTheStepsMatterLittle() {
    Physics coarse = new Physics(scenario(0.5), 2);
    Physics fine = new Physics(scenario(0.5), 2);
    double[] busy = {0.7, 0.2};
    coarse.step(0, 3000, busy, NO_HEAT);
    for (int i = 0; i < 30_000; i++) {
      fine.step(i / 10.0, 0.1, busy, NO_HEAT);
    }
    assertThat(coarse.charge()).isCloseTo(fine.charge(), within(0.001));
    assertThat(coarse.cardCelsius(0)).isCloseTo(fine.cardCelsius(0), within(0.1));
    assertThat(coarse.radiatorCelsius()).isCloseTo(fine.radiatorCelsius(), within(0.1));
  }
}

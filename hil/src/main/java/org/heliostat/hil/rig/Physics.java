package org.heliostat.hil.rig;

import java.util.Arrays;
import org.heliostat.protocol.Scenario;

/**
 * Power and heat of the satellite: an array and a battery that feed the platform and the cards;
 * each card a mass that is tied to one radiator, whose temperature follows the sunlight.
 *
 * <p>Each temperature is a first-order lag, stepped by its exact solution, so that no step is too
 * long to be stable. Written by one thread.
 */
final class Physics {
  private static final double BATTERY_OHMS = 0.02;
  private static final double BOARD_K_PER_W = 0.4;
  private static final double BOARD_TIME_CONSTANT_S = 300;
  private static final double HEATER_TIME_CONSTANT_S = 3;
  private static final double LONGEST_STEP_S = 1;

  private final Scenario scenario;
  private final Orbit orbit;
  private final double capacityJoules;

  private double storedJoules;
  private double radiatorCelsius;
  private double boardCelsius;
  private final double[] cardCelsius;
  private final double[] cardWatts;
  private double sunlight;
  private double arrayWatts;

  Physics(Scenario scenario, int cards) {
    this.scenario = scenario;
    this.orbit = new Orbit(scenario.getOrbit());
    this.capacityJoules = scenario.getPower().getBatteryWh() * 3600;
    this.storedJoules = capacityJoules * scenario.getPower().getInitialCharge();
    this.sunlight = orbit.sunlight(0);
    this.radiatorCelsius = radiatorTarget();
    this.boardCelsius = boardTarget();
    this.cardWatts = new double[cards];
    this.cardCelsius = new double[cards];
    Arrays.fill(cardWatts, scenario.getCards().getIdleW());
    Arrays.fill(cardCelsius, cardTarget(scenario.getCards().getIdleW()));
  }

  /** Goes on from a state that was written down. */
  void restore(double charge, double radiator, double board, double[] cards) {
    storedJoules = Math.max(0, Math.min(1, charge)) * capacityJoules;
    radiatorCelsius = radiator;
    boardCelsius = board;
    System.arraycopy(cards, 0, cardCelsius, 0, cardCelsius.length);
  }

  /**
   * Moves the world on.
   *
   * @param fromSeconds flight time at which the step starts
   * @param seconds length of the step, 0 or more
   * @param utilisation of each card, 0 to 1; below 0 stands for a card without power
   * @param heatCelsius what something else heats each card to; NaN for nothing
   */
  void step(double fromSeconds, double seconds, double[] utilisation, double[] heatCelsius) {
    int steps = (int) Math.max(1, Math.ceil(seconds / LONGEST_STEP_S));
    double dt = seconds / steps;
    for (int i = 0; i < steps; i++) {
      smallStep(fromSeconds + (i + 1) * dt, dt, utilisation, heatCelsius);
    }
  }

  private void smallStep(double at, double dt, double[] utilisation, double[] heatCelsius) {
    Scenario.Cards cards = scenario.getCards();
    Scenario.Power power = scenario.getPower();
    sunlight = orbit.sunlight(at);
    for (int card = 0; card < cardWatts.length; card++) {
      double busy = Math.min(1, utilisation[card]);
      cardWatts[card] =
          busy < 0 ? 0 : cards.getIdleW() + (cards.getMaxW() - cards.getIdleW()) * busy;
    }
    double net = power.getArrayW() * sunlight - loadWatts();
    double stored = storedJoules + net * dt * (net > 0 ? power.getChargeEfficiency() : 1);
    // A full battery takes no more: the regulator leaves the rest on the array.
    arrayWatts =
        stored > capacityJoules
            ? Math.min(power.getArrayW() * sunlight, loadWatts())
            : power.getArrayW() * sunlight;
    storedJoules = Math.max(0, Math.min(capacityJoules, stored));

    radiatorCelsius =
        toward(radiatorCelsius, radiatorTarget(), dt, cards.getRadiatorTimeConstantS());
    boardCelsius = toward(boardCelsius, boardTarget(), dt, BOARD_TIME_CONSTANT_S);
    double cardTimeConstant = cards.getResistanceKPerW() * cards.getCapacityJPerK();
    for (int card = 0; card < cardCelsius.length; card++) {
      cardCelsius[card] =
          Double.isNaN(heatCelsius[card])
              ? toward(cardCelsius[card], cardTarget(cardWatts[card]), dt, cardTimeConstant)
              : toward(cardCelsius[card], heatCelsius[card], dt, HEATER_TIME_CONSTANT_S);
    }
  }

  double sunlight() {
    return sunlight;
  }

  Orbit orbit() {
    return orbit;
  }

  /** State of charge, 0 to 1. */
  double charge() {
    return storedJoules / capacityJoules;
  }

  /** What the array gives, W. */
  double arrayWatts() {
    return arrayWatts;
  }

  /** What the satellite draws, W. */
  double loadWatts() {
    double sum = scenario.getPower().getPlatformW();
    for (double watts : cardWatts) {
      sum += watts;
    }
    return sum;
  }

  double busVolts() {
    Scenario.Power power = scenario.getPower();
    double open = power.getEmptyVolts() + (power.getFullVolts() - power.getEmptyVolts()) * charge();
    return open + BATTERY_OHMS * (arrayWatts - loadWatts()) / open;
  }

  double busAmperes() {
    return loadWatts() / busVolts();
  }

  double cardWatts(int card) {
    return cardWatts[card];
  }

  double cardCelsius(int card) {
    return cardCelsius[card];
  }

  double boardCelsius() {
    return boardCelsius;
  }

  double radiatorCelsius() {
    return radiatorCelsius;
  }

  private double radiatorTarget() {
    Scenario.Cards cards = scenario.getCards();
    return sunlight > 0.5 ? cards.getRadiatorSunCelsius() : cards.getRadiatorShadowCelsius();
  }

  private double boardTarget() {
    return radiatorCelsius + BOARD_K_PER_W * scenario.getPower().getPlatformW();
  }

  private double cardTarget(double watts) {
    return radiatorCelsius + watts * scenario.getCards().getResistanceKPerW();
  }

  private static double toward(double now, double target, double dt, double timeConstant) {
    return now + (target - now) * -Math.expm1(-dt / timeConstant);
  }
}

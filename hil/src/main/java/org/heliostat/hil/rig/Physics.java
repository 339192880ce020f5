package org.heliostat.hil.rig;

import java.util.Arrays;
import org.heliostat.protocol.Scenario;

/**
 * Power and heat of the satellite: an array and a battery that feed the platform, the heaters and
 * the cards; each card a mass that is tied to one radiator by a coolant loop, whose temperature
 * follows the sunlight. With both pumps at full speed the loop has the resistance of the scenario;
 * without flow it has twice that. The platform's power holds the pumps'.
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
  private static final double HEATER_WATTS = 20;

  /** Close to a heater the plate is warmer than elsewhere, and soon. */
  private static final double SPOT_K_PER_W = 0.5;

  private static final double SPOT_TIME_CONSTANT_S = 15;
  private static final double BATTERY_K_PER_W = 0.5;
  private static final double BATTERY_TIME_CONSTANT_S = 1200;
  // The payload plate lies on the radiator: its heater warms both.
  private static final double PLATE_K_PER_W = 0.3;
  private static final double PUMP_TIME_CONSTANT_S = 2;
  private static final double PUMP_STOPS_IN_S = 0.3;
  private static final double FULL_SPEED_RPM = 4800;
  private static final double GRAY_PER_SECOND = 1e-5;
  private static final double GRAY_AT_START = 10;
  // The strings of the array lie above the bus by what its regulator needs.
  private static final double REGULATOR_VOLTS = 2;
  private static final double THROTTLE_KELVIN = 10;
  private static final double THROTTLED = 0.3;

  private final Scenario scenario;
  private final Orbit orbit;
  private final double capacityJoules;

  private double storedJoules;
  private double radiatorCelsius;
  private double heaterSpotKelvin;
  private double boardCelsius;
  private final double[] cardCelsius;
  private final double[] cardWatts;
  private final double[] pumpRpm = new double[BoardMap.PUMP_COUNT];
  private final Actuators actuators;
  private double batteryCelsius;
  private double gray = GRAY_AT_START;
  private double sunlight;
  private double arrayWatts;

  /**
   * What moves the world beside itself: set by the rig before a step. At first everything is as
   * after power-on of the board.
   */
  static final class Actuators {
    /** Power that a card may draw, W. */
    final double[] limitWatts;

    /** Current that a card draws beside its work, A. */
    final double[] extraAmperes;

    /** Share of full power, 0 to 1. */
    final double[] heaterDuty = new double[BoardMap.HEATER_COUNT];

    /** Share of full drive, 0 to 1. */
    final double[] pumpDuty = new double[BoardMap.PUMP_COUNT];

    final boolean[] pumpStalled = new boolean[BoardMap.PUMP_COUNT];

    /** What holds the bus at this voltage, V; NaN for nothing. */
    double sagVolts = Double.NaN;

    Actuators(int cards) {
      limitWatts = new double[cards];
      extraAmperes = new double[cards];
      Arrays.fill(limitWatts, Double.MAX_VALUE);
      Arrays.fill(pumpDuty, 1);
    }
  }

  Physics(Scenario scenario, int cards) {
    this.scenario = scenario;
    this.orbit = new Orbit(scenario.getOrbit());
    this.capacityJoules = scenario.getPower().getBatteryWh() * 3600;
    this.storedJoules = capacityJoules * scenario.getPower().getInitialCharge();
    this.sunlight = orbit.sunlight(0);
    this.actuators = new Actuators(cards);
    Arrays.fill(pumpRpm, FULL_SPEED_RPM);
    this.radiatorCelsius = radiatorTarget();
    this.boardCelsius = boardTarget();
    this.batteryCelsius = batteryTarget();
    this.cardWatts = new double[cards];
    this.cardCelsius = new double[cards];
    Arrays.fill(cardWatts, scenario.getCards().getIdleW());
    Arrays.fill(cardCelsius, cardTarget(scenario.getCards().getIdleW()));
  }

  /** Goes on from a state that was written down. */
  void restore(
      double charge,
      double radiator,
      double board,
      double battery,
      double dose,
      double[] pumps,
      double[] cards) {
    batteryCelsius = battery;
    gray = dose;
    System.arraycopy(pumps, 0, pumpRpm, 0, pumpRpm.length);
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
      double busy = Math.min(throttle(card), utilisation[card]);
      cardWatts[card] =
          busy < 0
              ? 0
              : Math.min(
                  actuators.limitWatts[card],
                  cards.getIdleW() + (cards.getMaxW() - cards.getIdleW()) * busy);
    }
    gray += GRAY_PER_SECOND * dt;
    for (int pump = 0; pump < pumpRpm.length; pump++) {
      pumpRpm[pump] =
          actuators.pumpStalled[pump]
              ? toward(pumpRpm[pump], 0, dt, PUMP_STOPS_IN_S)
              : toward(
                  pumpRpm[pump],
                  actuators.pumpDuty[pump] * FULL_SPEED_RPM,
                  dt,
                  PUMP_TIME_CONSTANT_S);
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
    heaterSpotKelvin =
        toward(heaterSpotKelvin, SPOT_K_PER_W * heaterWatts(1), dt, SPOT_TIME_CONSTANT_S);
    boardCelsius = toward(boardCelsius, boardTarget(), dt, BOARD_TIME_CONSTANT_S);
    batteryCelsius = toward(batteryCelsius, batteryTarget(), dt, BATTERY_TIME_CONSTANT_S);
    double cardTimeConstant = resistance() * cards.getCapacityJPerK();
    for (int card = 0; card < cardCelsius.length; card++) {
      cardCelsius[card] =
          Double.isNaN(heatCelsius[card])
              ? toward(cardCelsius[card], cardTarget(heatWatts(card)), dt, cardTimeConstant)
              : toward(cardCelsius[card], heatCelsius[card], dt, HEATER_TIME_CONSTANT_S);
    }
  }

  double sunlight() {
    return sunlight;
  }

  /** For the rig to set before a step. */
  Actuators actuators() {
    return actuators;
  }

  /** Most of its work that a card does at its temperature, 0 to 1. */
  private double throttle(int card) {
    double over = cardCelsius[card] - CardState.TARGET_CELSIUS;
    return over <= 0 ? 1 : Math.max(THROTTLED, 1 - (1 - THROTTLED) * over / THROTTLE_KELVIN);
  }

  /** Whether a card does less than it could, because it is hot. */
  boolean throttled(int card) {
    return throttle(card) < 1;
  }

  /** Whether its power limit holds a card. */
  boolean held(int card) {
    return cardWatts[card] > 0 && cardWatts[card] >= actuators.limitWatts[card];
  }

  /** What a card draws from its rail, A. */
  double railAmperes(int card) {
    return heatWatts(card) / scenario.getPower().getCardVolts();
  }

  private double heatWatts(int card) {
    return cardWatts[card] + actuators.extraAmperes[card] * scenario.getPower().getCardVolts();
  }

  double batteryCelsius() {
    return batteryCelsius;
  }

  /** Dose since launch, Gy. */
  double gray() {
    return gray;
  }

  /** Speed of a pump, revolutions a minute. */
  double pumpRpm(int pump) {
    return pumpRpm[pump];
  }

  /** Voltage of the array, V. */
  double solarVolts() {
    return sunlight > 0 ? busVolts() + REGULATOR_VOLTS : 0;
  }

  double solarAmperes() {
    return sunlight > 0 ? arrayWatts / solarVolts() : 0;
  }

  /** Current into the battery, A; below 0 it is drained. */
  double batteryAmperes() {
    return (arrayWatts - loadWatts()) / busVolts();
  }

  private double heaterWatts(int heater) {
    return actuators.heaterDuty[heater] * HEATER_WATTS;
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
    for (int card = 0; card < cardWatts.length; card++) {
      sum += heatWatts(card);
    }
    for (int heater = 0; heater < actuators.heaterDuty.length; heater++) {
      sum += heaterWatts(heater);
    }
    return sum;
  }

  double busVolts() {
    if (!Double.isNaN(actuators.sagVolts)) {
      return actuators.sagVolts;
    }
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

  /** At the radiator's thermometer, which sits beside the payload heater. */
  double radiatorSensorCelsius() {
    return radiatorCelsius + heaterSpotKelvin;
  }

  private double radiatorTarget() {
    Scenario.Cards cards = scenario.getCards();
    return PLATE_K_PER_W * heaterWatts(1)
        + (sunlight > 0.5 ? cards.getRadiatorSunCelsius() : cards.getRadiatorShadowCelsius());
  }

  private double batteryTarget() {
    return boardCelsius + BATTERY_K_PER_W * heaterWatts(0);
  }

  /** From the die to the radiator, K/W. */
  private double resistance() {
    double flow = 0;
    for (double rpm : pumpRpm) {
      flow += Math.min(1, rpm / FULL_SPEED_RPM) / pumpRpm.length;
    }
    return scenario.getCards().getResistanceKPerW() * (2 - Math.sqrt(flow));
  }

  private double boardTarget() {
    return radiatorCelsius + BOARD_K_PER_W * scenario.getPower().getPlatformW();
  }

  private double cardTarget(double watts) {
    return radiatorCelsius + watts * resistance();
  }

  private static double toward(double now, double target, double dt, double timeConstant) {
    return now + (target - now) * -Math.expm1(-dt / timeConstant);
  }
}

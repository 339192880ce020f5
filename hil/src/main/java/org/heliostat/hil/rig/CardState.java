package org.heliostat.hil.rig;

import org.heliostat.hil.rig.WorldLayout.Card;
import org.heliostat.hil.rig.WorldLayout.Chip;
import org.heliostat.protocol.Scenario;

/**
 * The electrical life of one card: its rail, its switch, and what the card does by itself when it
 * is too hot or latched up. Lasting state stands in the world, so that a rig that is started again
 * goes on. One thread.
 */
final class CardState {
  /** Above this a card does less, degrees Celsius (its T.limit). */
  static final double TARGET_CELSIUS = 90;

  /** Above this a card says that it slows down hard. */
  static final double SLOWDOWN_CELSIUS = 95;

  /** At this a card turns itself off until its rail has been off. */
  static final double SHUTDOWN_CELSIUS = 105;

  /** A latch-up that lasts longer kills the card. */
  static final double LATCH_UP_KILLS_S = 120;

  static final int IDLE_MEGAHERTZ = 210;
  static final int MOST_MEGAHERTZ = 1980;
  static final int MEMORY_MEGAHERTZ = 6001;

  /** The rail needs at least this of the bus, V. */
  static final double LEAST_BUS_VOLTS = 11;

  // nvmlClocksThrottleReason...
  private static final long IDLE = 0x1;
  private static final long POWER_CAP = 0x4;
  private static final long SOFTWARE_THERMAL = 0x20;
  private static final long HARDWARE_SLOWDOWN = 0x8;
  private static final long HARDWARE_THERMAL = 0x40;

  private final World world;
  private final RigLog log;
  private final Faults faults;
  private final int card;
  private final int chip;
  private final long mostMilliwatts;
  private boolean rail;
  private long resetRequests;

  CardState(World world, RigLog log, Faults faults, Scenario scenario, int card) {
    this.world = world;
    this.log = log;
    this.faults = faults;
    this.card = card;
    this.chip = BoardMap.powerSwitch(card);
    this.mostMilliwatts = Math.round(scenario.getCards().getMaxW() * 1000);
    this.rail = conducts();
    this.resetRequests = world.get(card, Card.RESET_REQUESTS);
  }

  private boolean conducts() {
    boolean told = world.get(chip, Chip.RESETS_DONE) == 0 || world.get(chip, Chip.OUTPUT, 0) != 0;
    return told && world.get(chip, Chip.LATCHED) == 0;
  }

  /** Whether the rail has voltage. */
  boolean rail() {
    return rail;
  }

  /** Whether an over-current has turned the switch off. */
  boolean latched() {
    return world.get(chip, Chip.LATCHED) != 0;
  }

  /** Whether the card runs. */
  boolean runs() {
    return rail && world.get(card, Card.DEAD) == 0 && world.get(card, Card.SHUT_DOWN) == 0;
  }

  /** Before a step: what the switch has been told, and what flight has asked of the card. */
  void look(double seconds, double busVolts) {
    boolean now = conducts() && busVolts >= LEAST_BUS_VOLTS;
    if (now != rail) {
      rail = now;
      log.happened(now ? "rail_on" : "rail_off", "switch" + card, seconds);
      if (now) {
        powerUp();
      } else {
        faults.cardIsOff(card);
        world.set(card, Card.SHUT_DOWN, 0);
      }
    }
    long requests = world.get(card, Card.RESET_REQUESTS);
    if (requests != resetRequests) {
      resetRequests = requests;
      if (runs() && !faults.gone(card)) {
        log.happened("card_reset", "card" + card, seconds);
        faults.cardWasReset(card);
        powerUp();
      }
    }
    world.set(card, Card.PRESENT, runs() && !faults.gone(card) ? 1 : 0);
  }

  private void powerUp() {
    world.set(card, Card.LIMIT_MILLIWATTS, mostMilliwatts);
    world.set(card, Card.ECC_CORRECTED, 0);
    world.set(card, Card.ECC_UNCORRECTED, 0);
    if (world.get(card, Card.ROWS_PENDING) != 0) {
      world.set(card, Card.ROWS_PENDING, 0);
      world.count(card, Card.ROWS_UNCORRECTABLE, 1);
    }
    world.count(card, Card.POWER_UPS, 1);
  }

  /** After a step: what the hardware does about the current and the heat. */
  void react(double seconds, double amperes, double celsius) {
    long limit = world.get(chip, Chip.OUTPUT, 1);
    if (rail && world.get(chip, Chip.RESETS_DONE) != 0 && amperes * 1e6 > limit) {
      world.set(chip, Chip.TRIPS, world.get(chip, Chip.TRIPS) + 1);
      world.set(chip, Chip.LATCHED, 1);
      log.happened("latched_off", "switch" + card, seconds);
    }
    if (!runs()) {
      return;
    }
    if (faults.latchedUpSeconds(card, seconds) > LATCH_UP_KILLS_S) {
      world.set(card, Card.DEAD, 1);
      log.happened("card_died", "card" + card, seconds);
    } else if (celsius >= SHUTDOWN_CELSIUS) {
      world.set(card, Card.SHUT_DOWN, 1);
      log.happened("card_shutdown", "card" + card, seconds);
    }
  }

  /** Why the clocks are not at their highest, as NVML says it. */
  static long throttle(boolean idle, boolean held, boolean throttled, double celsius) {
    return (idle ? IDLE : 0)
        | (held ? POWER_CAP : 0)
        | (throttled ? SOFTWARE_THERMAL : 0)
        | (celsius >= SLOWDOWN_CELSIUS ? HARDWARE_SLOWDOWN | HARDWARE_THERMAL : 0);
  }
}

package org.heliostat.hil.rig;

import java.util.List;
import org.heliostat.hil.rig.WorldLayout.Card;
import org.heliostat.hil.rig.WorldLayout.Chip;
import org.heliostat.hil.rig.WorldLayout.Header;
import org.heliostat.protocol.Scenario;

/**
 * Plays the faults of the scenario. Which ones have been played stands in the world, so that a rig
 * that is started again repeats none; what lasts for a while follows from the time alone.
 */
final class Faults {
  static final int MOST = 62;

  private final World world;
  private final Processes processes;
  private final RigLog log;
  private final List<Scenario.Fault> faults;

  /**
   * Makes a player.
   *
   * @throws IllegalArgumentException if a fault cannot be played on this board
   */
  Faults(World world, Processes processes, RigLog log, Scenario scenario) {
    this.world = world;
    this.processes = processes;
    this.log = log;
    this.faults = scenario.getFaultsList();
  }

  /**
   * Plays what is due.
   *
   * @param seconds of flight
   * @param computing whether each card is in the middle of something
   * @param holders process that holds each card, 0 for none
   */
  void play(double seconds, boolean[] computing, long[] holders) {
    long done = world.get(Header.FAULTS_DONE);
    for (int i = 0; i < faults.size(); i++) {
      Scenario.Fault fault = faults.get(i);
      if ((done >> i & 1) != 0 || seconds < fault.getAtS()) {
        continue;
      }
      if (start(fault, seconds, computing, holders)) {
        done |= 1L << i;
        world.set(Header.FAULTS_DONE, done);
      }
    }
    presence(seconds);
  }

  /**
   * Whether a worker is to be killed as soon as it computes; looks are wanted often until then, so
   * that it dies in mid-frame.
   */
  boolean lurking(double seconds) {
    long done = world.get(Header.FAULTS_DONE);
    for (int i = 0; i < faults.size(); i++) {
      Scenario.Fault fault = faults.get(i);
      if ((done >> i & 1) == 0
          && seconds >= fault.getAtS()
          && fault.hasKillWorker()
          && fault.getKillWorker().getWhenBusy()) {
        return true;
      }
    }
    return false;
  }

  /** What something heats the card to at this time; NaN for nothing. */
  double heatCelsius(double seconds, int card) {
    for (Scenario.Fault fault : faults) {
      if (fault.hasHeatCard()
          && fault.getHeatCard().getCard() == card
          && lasts(fault, fault.getHeatCard().getForS(), seconds)) {
        return fault.getHeatCard().getToCelsius();
      }
    }
    return Double.NaN;
  }

  private boolean start(Scenario.Fault fault, double seconds, boolean[] computing, long[] holders) {
    switch (fault.getKindCase()) {
      case KILL_WORKER -> {
        int card = fault.getKillWorker().getCard();
        long pid = holders[card];
        if (pid == 0 || (fault.getKillWorker().getWhenBusy() && !computing[card])) {
          return false;
        }
        if (!processes.kill(pid)) {
          return false;
        }
        log.fault("kill_worker", seconds, "\"card\":" + card + ",\"pid\":" + pid);
      }
      case HEAT_CARD ->
          log.fault(
              "heat_card",
              seconds,
              "\"card\":"
                  + fault.getHeatCard().getCard()
                  + ",\"to_celsius\":"
                  + fault.getHeatCard().getToCelsius()
                  + ",\"for_s\":"
                  + fault.getHeatCard().getForS());
      case RESET_INA226 -> {
        BoardMap.reset(
            world,
            BoardMap.find(
                world, fault.getResetIna226().getBus(), fault.getResetIna226().getAddress()));
        log.fault("reset_ina226", seconds, address(fault.getResetIna226().getAddress()));
      }
      case BROKER_OUTAGE ->
          log.fault("broker_outage", seconds, "\"for_s\":" + fault.getBrokerOutage().getForS());
      case SENSOR_ABSENT ->
          log.fault("sensor_absent", seconds, address(fault.getSensorAbsent().getAddress()));
      case CARD_LOST ->
          log.fault("card_lost", seconds, "\"card\":" + fault.getCardLost().getCard());
      case KIND_NOT_SET -> {
        // A fault without a kind is refused when the scenario is read.
      }
    }
    return true;
  }

  private static String address(int address) {
    return "\"address\":\"0x%02x\"".formatted(address);
  }

  private void presence(double seconds) {
    for (int chip = 0; chip < world.get(Header.CHIP_COUNT); chip++) {
      boolean present = true;
      for (Scenario.Fault fault : faults) {
        present &=
            !(fault.hasSensorAbsent()
                && fault.getSensorAbsent().getBus() == world.get(chip, Chip.BUS)
                && fault.getSensorAbsent().getAddress() == world.get(chip, Chip.ADDRESS)
                && lasts(fault, fault.getSensorAbsent().getForS(), seconds));
      }
      world.set(chip, Chip.PRESENT, present ? 1 : 0);
    }
    for (int card = 0; card < world.get(Header.CARD_COUNT); card++) {
      boolean present = true;
      for (Scenario.Fault fault : faults) {
        present &=
            !(fault.hasCardLost()
                && fault.getCardLost().getCard() == card
                && lasts(fault, fault.getCardLost().getForS(), seconds));
      }
      world.set(card, Card.PRESENT, present ? 1 : 0);
    }
  }

  private static boolean lasts(Scenario.Fault fault, double forSeconds, double seconds) {
    return seconds >= fault.getAtS() && seconds < fault.getAtS() + forSeconds;
  }
}

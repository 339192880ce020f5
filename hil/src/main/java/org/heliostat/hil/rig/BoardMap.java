package org.heliostat.hil.rig;

import org.heliostat.hil.rig.WorldLayout.Card;
import org.heliostat.hil.rig.WorldLayout.Chip;
import org.heliostat.hil.rig.WorldLayout.Header;
import org.heliostat.protocol.Scenario;

/**
 * Which parts sit where on the rig's board: all on {@code /dev/i2c-1}.
 *
 * <pre>
 * 0x40          INA226  the battery bus: everything that the satellite draws
 * 0x41 + card   INA226  the rail of a card
 * 0x48          LM75    the board
 * 0x49 + card   TMP105  the base plate of a card
 * </pre>
 */
final class BoardMap {
  static final int BUS = 1;
  static final int BUS_MONITOR = 0;
  static final int BOARD_SENSOR = 1;

  private static final int INA226_CONFIGURATION_DEFAULT = 0x4127;

  private BoardMap() {}

  static int railMonitor(int card) {
    return 2 + 2 * card;
  }

  static int plateSensor(int card) {
    return 3 + 2 * card;
  }

  /** Fills a new world with parts as they are after power-on. */
  static void populate(World world, Scenario scenario, int cards) {
    place(world, BUS_MONITOR, WorldLayout.KIND_INA226, 0x40);
    shunt(world, BUS_MONITOR, scenario.getPower().getBusShuntOhms());
    place(world, BOARD_SENSOR, WorldLayout.KIND_LM75, 0x48);
    for (int card = 0; card < cards; card++) {
      place(world, railMonitor(card), WorldLayout.KIND_INA226, 0x41 + card);
      shunt(world, railMonitor(card), scenario.getPower().getCardShuntOhms());
      place(world, plateSensor(card), WorldLayout.KIND_TMP105, 0x49 + card);
      world.set(card, Card.PRESENT, 1);
      world.set(card, Card.LIMIT_MILLIWATTS, Math.round(scenario.getCards().getMaxW() * 1000));
      world.set(card, Card.MEMORY_TOTAL_BYTES, scenario.getCards().getMemoryBytes());
    }
    world.set(Header.CHIP_COUNT, 2 + 2L * cards);
    world.set(Header.CARD_COUNT, cards);
  }

  /** The chip at an address, or -1. */
  static int find(World world, int bus, int address) {
    for (int chip = 0; chip < world.get(Header.CHIP_COUNT); chip++) {
      if (world.get(chip, Chip.BUS) == bus && world.get(chip, Chip.ADDRESS) == address) {
        return chip;
      }
    }
    return -1;
  }

  /** Puts a part into its state after power-on. */
  static void reset(World world, int chip) {
    for (int register = 0; register < Chip.REGISTERS.words(); register++) {
      boolean configuration =
          register == 0 && world.get(chip, Chip.KIND) == WorldLayout.KIND_INA226;
      world.set(chip, Chip.REGISTERS, register, configuration ? INA226_CONFIGURATION_DEFAULT : 0);
    }
    world.set(chip, Chip.RESETS, world.get(chip, Chip.RESETS) + 1);
  }

  private static void place(World world, int chip, int kind, int address) {
    world.set(chip, Chip.KIND, kind);
    world.set(chip, Chip.BUS, BUS);
    world.set(chip, Chip.ADDRESS, address);
    world.set(chip, Chip.PRESENT, 1);
    reset(world, chip);
    world.set(chip, Chip.RESETS, 0);
  }

  private static void shunt(World world, int chip, double ohms) {
    world.set(chip, Chip.SHUNT_NANOOHMS, Math.round(ohms * 1e9));
  }
}

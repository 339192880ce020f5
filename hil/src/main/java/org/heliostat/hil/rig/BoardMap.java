package org.heliostat.hil.rig;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.heliostat.hil.rig.WorldLayout.Card;
import org.heliostat.hil.rig.WorldLayout.Chip;
import org.heliostat.hil.rig.WorldLayout.Header;
import org.heliostat.hil.rig.WorldLayout.Kind;
import org.heliostat.protocol.Scenario;

/**
 * Which parts sit where on the rig's board, and by which names scenarios call them; {@code
 * hil/README.md} has the table.
 */
final class BoardMap {
  static final int BUS = 1;
  static final int BUS_MONITOR = 0;
  static final int BOARD_SENSOR = 1;
  static final int SOLAR = 16;
  static final int BATTERY = 17;
  static final int DOSE = 18;
  static final int RADIATOR = 19;
  static final int VIBRATION = 20;
  static final int PUMPS = 21;
  static final int HEATERS = 22;
  static final int AUX = 23;

  static final int PUMP_COUNT = 2;
  static final int HEATER_COUNT = 2;

  private static final int FIRST_SWITCH = 24;
  private static final int CHIPS_IN_USE = FIRST_SWITCH + WorldLayout.CARDS;
  private static final long FULL_SPEED_RPM = 4800;

  /** What a device is: decides which faults fit it. */
  enum DeviceType {
    POWER_MONITOR("A", true, true),
    THERMOMETER("Cel", true, true),
    DOSE("Gy", true, true),
    VIBRATION("m/s2", true, true),
    SWITCH("", false, true),
    PUMP("", false, true),
    HEATER("", false, true),
    CARD("", false, false),
    ZONE("Cel", true, false),
    EDAC("", false, false),
    WATCHDOG("", false, false),
    CLOCK("", false, false),
    RECEIVER("", false, false),
    PLATFORM("", false, false),
    BUS("", false, false),
    FLIGHT("", false, false),
    DISK("", false, false);

    /** Unit of what a sensor of this type measures. */
    final String unit;

    /** Whether it measures one quantity that can stand still, scatter or walk away. */
    final boolean sensor;

    /** Whether it is a part on an I2C bus. */
    final boolean part;

    DeviceType(String unit, boolean sensor, boolean part) {
      this.unit = unit;
      this.sensor = sensor;
      this.part = part;
    }
  }

  /**
   * A device of the board.
   *
   * @param name as scenarios call it
   * @param index number of the card, pump, heater, stream or bus; 0 for what there is one of
   * @param chip number of the part in the world; -1 for what is no part on a bus
   */
  record Device(String name, DeviceType type, int index, int chip) {}

  private BoardMap() {}

  static int railMonitor(int card) {
    return 2 + 2 * card;
  }

  static int plateSensor(int card) {
    return 3 + 2 * card;
  }

  static int powerSwitch(int card) {
    return FIRST_SWITCH + card;
  }

  /** Everything on a board with so many cards. */
  static List<Device> devices(int cards) {
    List<Device> all = new ArrayList<>();
    all.add(new Device("bus", DeviceType.POWER_MONITOR, 0, BUS_MONITOR));
    all.add(new Device("board", DeviceType.THERMOMETER, 0, BOARD_SENSOR));
    all.add(new Device("solar", DeviceType.POWER_MONITOR, 0, SOLAR));
    all.add(new Device("battery", DeviceType.POWER_MONITOR, 0, BATTERY));
    all.add(new Device("dose", DeviceType.DOSE, 0, DOSE));
    all.add(new Device("radiator", DeviceType.THERMOMETER, 0, RADIATOR));
    all.add(new Device("vibration", DeviceType.VIBRATION, 0, VIBRATION));
    all.add(new Device("aux", DeviceType.SWITCH, -1, AUX));
    for (int i = 0; i < PUMP_COUNT; i++) {
      all.add(new Device("pump" + i, DeviceType.PUMP, i, PUMPS));
    }
    for (int i = 0; i < HEATER_COUNT; i++) {
      all.add(new Device("heater" + i, DeviceType.HEATER, i, HEATERS));
    }
    for (int card = 0; card < cards; card++) {
      all.add(new Device("rail" + card, DeviceType.POWER_MONITOR, card, railMonitor(card)));
      all.add(new Device("plate" + card, DeviceType.THERMOMETER, card, plateSensor(card)));
      all.add(new Device("switch" + card, DeviceType.SWITCH, card, powerSwitch(card)));
      all.add(new Device("card" + card, DeviceType.CARD, card, -1));
    }
    all.add(new Device("zone0", DeviceType.ZONE, 0, -1));
    all.add(new Device("edac", DeviceType.EDAC, 0, -1));
    all.add(new Device("watchdog", DeviceType.WATCHDOG, 0, -1));
    all.add(new Device("rtc", DeviceType.CLOCK, 0, -1));
    all.add(new Device("gnss", DeviceType.RECEIVER, WorldLayout.STREAM_GNSS, -1));
    all.add(new Device("gnss2", DeviceType.RECEIVER, WorldLayout.STREAM_GNSS2, -1));
    all.add(new Device("platform", DeviceType.PLATFORM, WorldLayout.STREAM_CAN, -1));
    for (int bus = 1; bus <= 3; bus++) {
      all.add(new Device("i2c-" + bus, DeviceType.BUS, bus, -1));
    }
    all.add(new Device("flight", DeviceType.FLIGHT, 0, -1));
    all.add(new Device("disk", DeviceType.DISK, 0, -1));
    return all;
  }

  /** A device by its name. */
  static Optional<Device> device(String name, int cards) {
    return devices(cards).stream().filter(device -> device.name().equals(name)).findFirst();
  }

  /**
   * Fills a new world with parts that are to be powered on.
   *
   * @param cards as many as the world has room for; those beyond {@link WorldLayout#CARDS} have
   *     nothing but NVML
   */
  static void populate(World world, Scenario scenario, int cards) {
    Scenario.Power power = scenario.getPower();
    place(world, BUS_MONITOR, Kind.INA226, BUS, 0x40);
    shunt(world, BUS_MONITOR, power.getBusShuntOhms());
    place(world, BOARD_SENSOR, Kind.LM75, BUS, 0x48);
    place(world, SOLAR, Kind.INA228, 2, 0x40);
    shunt(world, SOLAR, 0.005);
    place(world, BATTERY, Kind.INA226, 2, 0x44);
    shunt(world, BATTERY, 0.005);
    place(world, DOSE, Kind.ADS1115, 2, 0x48);
    place(world, RADIATOR, Kind.TMP117, 2, 0x49);
    place(world, VIBRATION, Kind.ADXL345, 2, 0x53);
    place(world, PUMPS, Kind.EMC2305, 2, 0x2c);
    place(world, HEATERS, Kind.PCA9685, 2, 0x60);
    place(world, AUX, Kind.PMBUS_LINEAR, 3, 0x50);
    for (int pump = 0; pump < PUMP_COUNT; pump++) {
      world.set(PUMPS, Chip.INPUT, pump, FULL_SPEED_RPM);
    }
    for (int card = 0; card < Math.min(cards, WorldLayout.CARDS); card++) {
      place(world, railMonitor(card), Kind.INA226, BUS, 0x41 + card);
      shunt(world, railMonitor(card), power.getCardShuntOhms());
      place(world, plateSensor(card), Kind.TMP105, BUS, 0x49 + card);
      place(world, powerSwitch(card), Kind.ADM1272, 3, 0x10 + card);
      // 15 mV, at which the controller turns off, are 6 A
      shunt(world, powerSwitch(card), 0.0025);
    }
    long most = Math.round(scenario.getCards().getMaxW() * 1000);
    for (int card = 0; card < cards; card++) {
      world.set(card, Card.PRESENT, 1);
      world.set(card, Card.LIMIT_MILLIWATTS, most);
      world.set(card, Card.LIMIT_MOST_MILLIWATTS, most);
      world.set(
          card,
          Card.LIMIT_LEAST_MILLIWATTS,
          Math.min(most, Math.round(scenario.getCards().getIdleW() * 1000)));
      world.set(card, Card.MEMORY_TOTAL_BYTES, scenario.getCards().getMemoryBytes());
      world.set(card, Card.CLOCK_MEGAHERTZ, CardState.IDLE_MEGAHERTZ);
      world.set(card, Card.MEMORY_CLOCK_MEGAHERTZ, CardState.MEMORY_MEGAHERTZ);
      world.set(card, Card.POWER_UPS, 1);
    }
    world.set(Header.CHIP_COUNT, CHIPS_IN_USE);
    world.set(Header.CARD_COUNT, cards);
  }

  /** The chip at an address, or -1. */
  static int find(World world, int bus, int address) {
    for (int chip = 0; chip < world.get(Header.CHIP_COUNT); chip++) {
      if (world.get(chip, Chip.KIND) != 0
          && world.get(chip, Chip.BUS) == bus
          && world.get(chip, Chip.ADDRESS) == address) {
        return chip;
      }
    }
    return -1;
  }

  /**
   * Sends a part through a power-on now; its registers show it from the next transfer on, and it
   * has converted since.
   */
  static void reset(World world, int chip) {
    world.set(chip, Chip.RESET_NS, world.get(Header.LAST_STEP_NS));
    world.set(chip, Chip.RESETS, world.get(chip, Chip.RESETS) + 1);
  }

  private static void place(World world, int chip, Kind kind, int bus, int address) {
    world.set(chip, Chip.KIND, kind.number());
    world.set(chip, Chip.BUS, bus);
    world.set(chip, Chip.ADDRESS, address);
    world.set(chip, Chip.PRESENT, 1);
    world.set(chip, Chip.RESETS, 1);
  }

  private static void shunt(World world, int chip, double ohms) {
    world.set(chip, Chip.SHUNT_NANOOHMS, Math.round(ohms * 1e9));
  }
}

package org.heliostat.hil.rig;

import java.util.Arrays;
import java.util.Locale;
import org.heliostat.hil.rig.WorldLayout.Card;
import org.heliostat.hil.rig.WorldLayout.Chip;
import org.heliostat.hil.rig.WorldLayout.Header;
import org.heliostat.protocol.Scenario;

/**
 * One step of the world after the other: looks at the processes, plays the faults, moves the
 * physics, writes the world. One thread.
 */
final class Rig {
  /** At most so many lines a second of host time. */
  private static final long LOG_HOST_NANOS = 100_000_000L;

  private final Scenario scenario;
  private final World world;
  private final MissionTime time;
  private final Physics physics;
  private final Faults faults;
  private final CameraPlayer camera;
  private final LinkSchedule link;
  private final RigLog log;
  private final CardLoad[] loads;

  private final double[] busy;
  private final boolean[] computing;
  private final double[] heat;
  private final long[] holders;
  private long lastMissionNanos;
  private boolean lurking;
  private long lastLogHostNanos = Long.MIN_VALUE / 2;
  private long lastLogSecond = Long.MIN_VALUE;

  Rig(
      Scenario scenario,
      World world,
      Physics physics,
      Processes processes,
      CameraPlayer camera,
      RigLog log) {
    this.scenario = scenario;
    this.world = world;
    this.time = world.time();
    this.physics = physics;
    this.faults = new Faults(world, processes, log, scenario);
    this.camera = camera;
    this.link = new LinkSchedule(scenario);
    this.log = log;
    int cards = (int) world.get(Header.CARD_COUNT);
    this.loads = new CardLoad[cards];
    for (int card = 0; card < cards; card++) {
      loads[card] = new CardLoad(world, processes, card);
    }
    this.busy = new double[cards];
    this.computing = new boolean[cards];
    this.heat = new double[cards];
    this.holders = new long[cards];
    this.lastMissionNanos = world.get(Header.LAST_STEP_NS);
    if (world.adopted()) {
      double[] celsius = new double[cards];
      Arrays.setAll(celsius, card -> world.get(card, Card.MICROCELSIUS) / 1e6);
      physics.restore(
          world.get(Header.BATTERY_PPB) / 1e9,
          world.get(Header.RADIATOR_MICROCELSIUS) / 1e6,
          world.get(Header.BOARD_MICROCELSIUS) / 1e6,
          celsius);
    }
  }

  /** Writes the state of the physics into a world that nobody sees yet. */
  static void write(World world, Scenario scenario, Physics physics) {
    world.set(Header.BATTERY_PPB, Math.round(physics.charge() * 1e9));
    world.set(Header.RADIATOR_MICROCELSIUS, Math.round(physics.radiatorCelsius() * 1e6));
    world.set(Header.BOARD_MICROCELSIUS, Math.round(physics.boardCelsius() * 1e6));
    world.set(BoardMap.BUS_MONITOR, Chip.BUS_MICROVOLTS, Math.round(physics.busVolts() * 1e6));
    world.set(
        BoardMap.BUS_MONITOR, Chip.CURRENT_MICROAMPERES, Math.round(physics.busAmperes() * 1e6));
    world.set(BoardMap.BOARD_SENSOR, Chip.MICROCELSIUS, Math.round(physics.boardCelsius() * 1e6));
    double railVolts = scenario.getPower().getCardVolts();
    for (int card = 0; card < world.get(Header.CARD_COUNT); card++) {
      double watts = physics.cardWatts(card);
      double celsius = physics.cardCelsius(card);
      world.set(card, Card.MILLIWATTS, Math.round(watts * 1e3));
      world.set(card, Card.MICROCELSIUS, Math.round(celsius * 1e6));
      int rail = BoardMap.railMonitor(card);
      world.set(rail, Chip.BUS_MICROVOLTS, Math.round(railVolts * 1e6));
      world.set(rail, Chip.CURRENT_MICROAMPERES, Math.round(watts / railVolts * 1e6));
      // The base plate lies between die and radiator.
      world.set(
          BoardMap.plateSensor(card),
          Chip.MICROCELSIUS,
          Math.round(
              (physics.radiatorCelsius() + 0.7 * (celsius - physics.radiatorCelsius())) * 1e6));
    }
  }

  /** Moves the world to this moment of the host's monotonic clock. */
  void step(long hostNanos) {
    long missionNanos = time.missionNanos(hostNanos);
    double seconds = time.flightSeconds(hostNanos);
    for (int card = 0; card < loads.length; card++) {
      double share = loads[card].sample(hostNanos);
      holders[card] = loads[card].holder();
      busy[card] = share;
      computing[card] = loads[card].computing();
    }
    faults.play(seconds, computing, holders);
    lurking = faults.lurking(seconds);
    for (int card = 0; card < loads.length; card++) {
      heat[card] = faults.heatCelsius(seconds, card);
      world.set(card, Card.UTILISATION_PERMILLE, Math.round(busy[card] * 1000));
      world.set(
          card,
          Card.MEMORY_USED_BYTES,
          holders[card] == 0 ? 0 : scenario.getCards().getMemoryBytes() / 16);
      if (world.get(card, Card.PRESENT) == 0) {
        busy[card] = -1;
      }
    }
    double dt = Math.max(0, (missionNanos - lastMissionNanos) / 1e9);
    physics.step(seconds - dt, dt, busy, heat);
    lastMissionNanos = Math.max(lastMissionNanos, missionNanos);
    write(world, scenario, physics);
    world.set(Header.LAST_STEP_NS, lastMissionNanos);
    world.set(Header.TICKS, world.get(Header.TICKS) + 1);
    camera.play(missionNanos, seconds);
    long second = (long) Math.floor(seconds);
    if (second != lastLogSecond && hostNanos - lastLogHostNanos >= LOG_HOST_NANOS) {
      lastLogSecond = second;
      lastLogHostNanos = hostNanos;
      log.line(state(seconds));
    }
  }

  /** Whether the next step is wanted soon. */
  boolean lurking() {
    return lurking;
  }

  private String state(double seconds) {
    StringBuilder json = new StringBuilder(256);
    json.append(
        String.format(
            Locale.ROOT,
            "{\"t\":%.3f,\"phase\":%.5f,\"sunlight\":%.2f,\"battery_soc\":%.5f,\"bus_w\":%.2f,\"bus_v\":%.3f,\"solar_w\":%.2f,"
                + "\"contact\":%b,\"link\":%b,\"cards\":[",
            seconds,
            physics.orbit().phase(seconds),
            physics.sunlight(),
            physics.charge(),
            physics.loadWatts(),
            physics.busVolts(),
            physics.arrayWatts(),
            link.contact(seconds),
            link.up(seconds)));
    for (int card = 0; card < loads.length; card++) {
      json.append(
          String.format(
              Locale.ROOT,
              "%s{\"w\":%.2f,\"c\":%.2f,\"util\":%.3f,\"pid\":%d}",
              card == 0 ? "" : ",",
              physics.cardWatts(card),
              physics.cardCelsius(card),
              Math.max(0, busy[card]),
              holders[card]));
    }
    return json.append(
            String.format(
                Locale.ROOT,
                "],\"board_c\":%.2f,\"radiator_c\":%.2f,\"camera_remaining\":%d}",
                physics.boardCelsius(),
                physics.radiatorCelsius(),
                camera.remaining()))
        .toString();
  }
}

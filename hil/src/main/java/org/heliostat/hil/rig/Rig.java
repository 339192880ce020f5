package org.heliostat.hil.rig;

import java.util.Arrays;
import java.util.Locale;
import org.heliostat.hil.rig.Senses.Quantity;
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

  // Noise of parts that are well, root mean square: a sensor that gives the same number for ever is
  // not a sensor that works.
  private static final double NOISE_VOLTS = 0.003;
  private static final double NOISE_AMPERES = 0.004;
  private static final double NOISE_K = 0.05;
  private static final double NOISE_GRAY = 0.05;
  private static final long NOISE_MICRO_G = 10_000;

  private static final double PROCESSOR_KELVIN = 12;
  private static final double RADFET_ZERO_VOLTS = 1.0;
  private static final double RADFET_VOLTS_PER_GRAY = 0.002;
  private static final double TONE_MICRO_G = 50_000;
  private static final double FULL_TURNS_PER_S = 80;
  private static final double STANDARD_GRAVITY = 9.80665;
  private static final double AUX_VOLTS = 5;
  private static final double AUX_AMPERES = 0.5;

  private final Scenario scenario;
  private final World world;
  private final MissionTime time;
  private final Physics physics;
  private final Faults faults;
  private final CameraPlayer camera;
  private final LinkSchedule link;
  private final RigLog log;
  private final CardLoad[] loads;
  private final CardState[] states;
  private final BoardWatchdog watchdog;
  private final Senders senders;

  private final double[] busy;
  private final boolean[] computing;
  private final double[] heat;
  private final boolean[] railOn;
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
    this(scenario, world, physics, processes, camera, log, StorageFaults.NONE);
  }

  Rig(
      Scenario scenario,
      World world,
      Physics physics,
      Processes processes,
      CameraPlayer camera,
      RigLog log,
      StorageFaults storage) {
    this.scenario = scenario;
    this.world = world;
    this.time = world.time();
    this.physics = physics;
    this.faults = new Faults(world, processes, log, scenario, storage);
    this.camera = camera;
    this.link = new LinkSchedule(scenario);
    this.log = log;
    int cards = (int) world.get(Header.CARD_COUNT);
    this.loads = new CardLoad[cards];
    this.states = new CardState[cards];
    for (int card = 0; card < cards; card++) {
      loads[card] = new CardLoad(world, processes, card);
      states[card] = new CardState(world, log, faults, scenario, card);
    }
    this.watchdog = new BoardWatchdog(world, processes, log);
    this.senders = new Senders(world, physics.orbit(), faults, log);
    this.busy = new double[cards];
    this.computing = new boolean[cards];
    this.heat = new double[cards];
    this.railOn = new boolean[cards];
    this.holders = new long[cards];
    this.lastMissionNanos = world.get(Header.LAST_STEP_NS);
    if (world.adopted()) {
      double[] celsius = new double[cards];
      Arrays.setAll(celsius, card -> world.get(card, Card.MICROCELSIUS) / 1e6);
      physics.restore(
          world.get(Header.BATTERY_PPB) / 1e9,
          world.get(Header.RADIATOR_MICROCELSIUS) / 1e6,
          world.get(Header.BOARD_MICROCELSIUS) / 1e6,
          world.get(Header.BATTERY_MICROCELSIUS) / 1e6,
          world.get(Header.DOSE_NANOGRAY) / 1e9,
          new double[] {
            world.get(BoardMap.PUMPS, Chip.INPUT, 0), world.get(BoardMap.PUMPS, Chip.INPUT, 1)
          },
          celsius);
    }
  }

  /** Takes a fault that starts at the next step, from any thread; says why it is refused. */
  String inject(Scenario.Fault fault) {
    return faults.inject(fault);
  }

  /** Writes the state of the physics into a world that nobody sees yet. */
  static void write(World world, Scenario scenario, Physics physics) {
    boolean[] on = new boolean[(int) world.get(Header.CARD_COUNT)];
    Arrays.fill(on, true);
    write(world, scenario, physics, Senses.TRUE, on);
  }

  private static void write(
      World world, Scenario scenario, Physics physics, Senses senses, boolean[] railOn) {
    world.set(Header.BATTERY_PPB, Math.round(physics.charge() * 1e9));
    world.set(Header.RADIATOR_MICROCELSIUS, Math.round(physics.radiatorCelsius() * 1e6));
    world.set(Header.BOARD_MICROCELSIUS, Math.round(physics.boardCelsius() * 1e6));
    world.set(Header.BATTERY_MICROCELSIUS, Math.round(physics.batteryCelsius() * 1e6));
    world.set(Header.DOSE_NANOGRAY, Math.round(physics.gray() * 1e9));
    double zone = physics.boardCelsius() + PROCESSOR_KELVIN;
    world.set(
        Header.ZONE_MICROCELSIUS,
        Math.round(senses.felt(-1, Quantity.CELSIUS, zone, NOISE_K) * 1e6));
    power(world, senses, BoardMap.BUS_MONITOR, physics.busVolts(), physics.busAmperes());
    power(world, senses, BoardMap.SOLAR, physics.solarVolts(), physics.solarAmperes());
    power(world, senses, BoardMap.BATTERY, physics.busVolts(), physics.batteryAmperes());
    heat(world, senses, BoardMap.SOLAR, physics.radiatorCelsius());
    heat(world, senses, BoardMap.BOARD_SENSOR, physics.boardCelsius());
    heat(world, senses, BoardMap.RADIATOR, physics.radiatorSensorCelsius());
    double gray = senses.felt(BoardMap.DOSE, Quantity.GRAY, physics.gray(), NOISE_GRAY);
    world.set(
        BoardMap.DOSE,
        Chip.INPUT,
        0,
        Math.round((RADFET_ZERO_VOLTS + RADFET_VOLTS_PER_GRAY * gray) * 1e6));
    double turns = 0;
    for (int pump = 0; pump < BoardMap.PUMP_COUNT; pump++) {
      world.set(BoardMap.PUMPS, Chip.INPUT, pump, Math.round(physics.pumpRpm(pump)));
      turns = Math.max(turns, physics.pumpRpm(pump) / 60);
    }
    world.set(BoardMap.VIBRATION, Chip.INPUT, 0, Math.round(turns * 1e3));
    // what is out of balance pulls with the square of the speed
    double tone = TONE_MICRO_G * Math.pow(turns / FULL_TURNS_PER_S, 2);
    world.set(BoardMap.VIBRATION, Chip.INPUT, 1, Math.round(tone));
    world.set(BoardMap.VIBRATION, Chip.INPUT, 2, NOISE_MICRO_G);
    double railVolts = scenario.getPower().getCardVolts();
    world.set(BoardMap.AUX, Chip.INPUT, 0, Math.round(AUX_VOLTS * 1e6));
    boolean aux =
        (world.get(BoardMap.AUX, Chip.RESETS_DONE) == 0
                || world.get(BoardMap.AUX, Chip.OUTPUT, 0) != 0)
            && world.get(BoardMap.AUX, Chip.LATCHED) == 0;
    world.set(BoardMap.AUX, Chip.INPUT, 1, aux ? Math.round(AUX_VOLTS * 1e6) : 0);
    world.set(BoardMap.AUX, Chip.CURRENT_MICROAMPERES, aux ? Math.round(AUX_AMPERES * 1e6) : 0);
    heat(world, senses, BoardMap.AUX, physics.boardCelsius());
    for (int card = 0; card < world.get(Header.CARD_COUNT); card++) {
      double watts = physics.cardWatts(card);
      double celsius = physics.cardCelsius(card);
      world.set(card, Card.MILLIWATTS, Math.round(watts * 1e3));
      world.set(card, Card.MICROCELSIUS, Math.round(celsius * 1e6));
      double volts = railOn[card] ? railVolts : 0;
      power(world, senses, BoardMap.railMonitor(card), volts, physics.railAmperes(card));
      // The base plate lies between die and radiator.
      heat(
          world,
          senses,
          BoardMap.plateSensor(card),
          physics.radiatorCelsius() + 0.7 * (celsius - physics.radiatorCelsius()));
      int chip = BoardMap.powerSwitch(card);
      // the converter before the switches ends with the bus
      boolean fed = physics.busVolts() >= CardState.LEAST_BUS_VOLTS;
      world.set(chip, Chip.INPUT, 0, fed ? Math.round(railVolts * 1e6) : 0);
      world.set(chip, Chip.INPUT, 1, Math.round(volts * 1e6));
      double amperes =
          Math.max(
              0, senses.felt(chip, Quantity.AMPERES, physics.railAmperes(card), NOISE_AMPERES));
      world.set(chip, Chip.CURRENT_MICROAMPERES, Math.round(amperes * 1e6));
      heat(world, senses, chip, physics.boardCelsius());
    }
  }

  private static void power(World world, Senses senses, int chip, double volts, double amperes) {
    world.set(
        chip,
        Chip.BUS_MICROVOLTS,
        Math.round(Math.max(0, senses.felt(chip, Quantity.VOLTS, volts, NOISE_VOLTS)) * 1e6));
    world.set(
        chip,
        Chip.CURRENT_MICROAMPERES,
        Math.round(senses.felt(chip, Quantity.AMPERES, amperes, NOISE_AMPERES) * 1e6));
  }

  private static void heat(World world, Senses senses, int chip, double celsius) {
    world.set(
        chip,
        Chip.MICROCELSIUS,
        Math.round(senses.felt(chip, Quantity.CELSIUS, celsius, NOISE_K) * 1e6));
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
    faults.play(seconds, computing, holders, camera.delivered());
    lurking = faults.lurking(seconds);
    look(seconds);
    double dt = Math.max(0, (missionNanos - lastMissionNanos) / 1e9);
    physics.step(seconds - dt, dt, busy, heat);
    lastMissionNanos = Math.max(lastMissionNanos, missionNanos);
    world.step(this::writeAll);
    for (int card = 0; card < states.length; card++) {
      states[card].react(seconds, physics.railAmperes(card), physics.cardCelsius(card));
    }
    senders.send(seconds);
    watchdog.look(hostNanos, seconds);
    camera.play(missionNanos, seconds);
    long second = (long) Math.floor(seconds);
    if (second != lastLogSecond && hostNanos - lastLogHostNanos >= LOG_HOST_NANOS) {
      lastLogSecond = second;
      lastLogHostNanos = hostNanos;
      log.line(state(seconds));
    }
  }

  /** What flight has told the parts, and what is wrong with them. */
  private void look(double seconds) {
    Physics.Actuators actuators = physics.actuators();
    actuators.sagVolts = faults.sagVolts();
    for (int heater = 0; heater < BoardMap.HEATER_COUNT; heater++) {
      actuators.heaterDuty[heater] =
          faults.heaterStuck(heater) ? 1 : world.get(BoardMap.HEATERS, Chip.OUTPUT, heater) / 1e6;
    }
    for (int pump = 0; pump < BoardMap.PUMP_COUNT; pump++) {
      boolean untouched = world.get(BoardMap.PUMPS, Chip.RESETS_DONE) == 0;
      actuators.pumpDuty[pump] = untouched ? 1 : world.get(BoardMap.PUMPS, Chip.OUTPUT, pump) / 1e6;
      actuators.pumpStalled[pump] = faults.pumpStalled(pump);
    }
    for (int card = 0; card < loads.length; card++) {
      states[card].look(seconds, physics.busVolts());
      heat[card] = faults.heatCelsius(seconds, card);
      boolean runs = states[card].runs();
      if (!runs) {
        busy[card] = -1;
      }
      actuators.extraAmperes[card] = runs ? faults.extraAmperes(card) : 0;
      actuators.limitWatts[card] = world.get(card, Card.LIMIT_MILLIWATTS) / 1e3;
      railOn[card] = states[card].rail();
    }
  }

  private void writeAll() {
    write(world, scenario, physics, faults, railOn);
    double stands = faults.vibrationStandsAt();
    world.set(BoardMap.VIBRATION, Chip.INPUT, 4, Double.isNaN(stands) ? 0 : 1);
    world.set(
        BoardMap.VIBRATION,
        Chip.INPUT,
        5,
        Double.isNaN(stands) ? 0 : Math.round(stands / STANDARD_GRAVITY * 1e6));
    world.set(
        BoardMap.VIBRATION,
        Chip.INPUT,
        2,
        NOISE_MICRO_G + Math.round(faults.vibrationNoise() / STANDARD_GRAVITY * 1e6));
    for (int card = 0; card < loads.length; card++) {
      double share = Math.max(0, busy[card]);
      boolean throttled = physics.throttled(card);
      double clock =
          busy[card] < 0 || (holders[card] == 0 && share == 0)
              ? CardState.IDLE_MEGAHERTZ
              : throttled ? CardState.MOST_MEGAHERTZ * 0.5 : CardState.MOST_MEGAHERTZ;
      world.set(card, Card.UTILISATION_PERMILLE, Math.round(share * 1000));
      world.set(card, Card.CLOCK_MEGAHERTZ, Math.round(clock));
      world.set(
          card,
          Card.THROTTLE,
          CardState.throttle(share == 0, physics.held(card), throttled, physics.cardCelsius(card)));
      world.set(
          card,
          Card.MEMORY_USED_BYTES,
          holders[card] == 0 ? 0 : scenario.getCards().getMemoryBytes() / 16);
    }
    world.set(Header.LAST_STEP_NS, lastMissionNanos);
    world.set(Header.TICKS, world.get(Header.TICKS) + 1);
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
                "],\"board_c\":%.2f,\"radiator_c\":%.2f,\"battery_c\":%.2f,\"dose_gy\":%.5f,"
                    + "\"camera_remaining\":%d,\"pumps\":[%.0f,%.0f],\"heaters\":[%.3f,%.3f],\"rails\":[",
                physics.boardCelsius(),
                physics.radiatorCelsius(),
                physics.batteryCelsius(),
                physics.gray(),
                camera.remaining(),
                physics.pumpRpm(0),
                physics.pumpRpm(1),
                physics.actuators().heaterDuty[0],
                physics.actuators().heaterDuty[1]))
        .append(rails())
        .append("]}")
        .toString();
  }

  private String rails() {
    StringBuilder json = new StringBuilder();
    for (int card = 0; card < states.length; card++) {
      json.append(
          String.format(
              Locale.ROOT,
              "%s{\"on\":%b,\"latched\":%b,\"a\":%.3f}",
              card == 0 ? "" : ",",
              states[card].rail(),
              states[card].latched(),
              physics.railAmperes(card)));
    }
    return json.toString();
  }
}

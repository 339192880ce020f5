package org.heliostat.hil.rig;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import org.heliostat.hil.rig.BoardMap.Device;
import org.heliostat.hil.rig.BoardMap.DeviceType;
import org.heliostat.hil.rig.WorldLayout.Card;
import org.heliostat.hil.rig.WorldLayout.Chip;
import org.heliostat.hil.rig.WorldLayout.Header;
import org.heliostat.protocol.Scenario;
import org.heliostat.protocol.Scenario.FaultKind;
import org.jspecify.annotations.Nullable;

/**
 * Plays the faults of the scenario, and those that are injected while it flies. Which ones of the
 * scenario have been played stands in the world, so that a rig that is started again repeats none
 * and goes on with those that last; injected ones end with the rig. Everything but {@link #inject}
 * belongs to one thread.
 */
final class Faults implements Senses {
  static final int MOST = 62;

  private static final int MOST_WAITING = 64;
  private static final double USUAL_SAG_S = 1;
  private static final double PARTS_NEED_VOLTS = 16;
  private static final long XID_DOUBLE_BIT = 48;
  private static final long XID_OFF_THE_BUS = 79;
  private static final long XID_NO_ANSWER = 119;
  private static final double NOISE_PER_S = 20;

  private final World world;
  private final Processes processes;
  private final RigLog log;
  private final List<Scenario.Fault> faults;

  /** Special forms that last: those of the scenario, and the injected ones that are not over. */
  private final List<Scenario.Fault> lasting;

  private final StorageFaults storage;
  private final int cards;
  private final List<Active> active = new ArrayList<>();
  private final Queue<Scenario.Fault> waiting = new ArrayBlockingQueue<>(MOST_WAITING);
  private final double[] extraAmperes;
  private final boolean[] gone;
  private final boolean[] pumpStalled = new boolean[BoardMap.PUMP_COUNT];
  private final boolean[] heaterStuck = new boolean[BoardMap.HEATER_COUNT];
  private double sagVolts = Double.NaN;
  private double now;
  private long framesDelivered;

  /** A fault that lasts. */
  private static final class Active {
    final Scenario.Fault fault;
    final Device device;
    final double value;
    final double start;
    final double end;

    /** Place in the scenario, -1 for an injected one. */
    final int place;

    boolean over;
    long memory;
    final Set<Long> paused = new HashSet<>();

    Active(Scenario.Fault fault, Device device, double start, int place) {
      this.fault = fault;
      this.device = device;
      this.value = FaultTable.value(fault);
      this.start = start;
      double seconds = fault.getForS();
      if (seconds == 0 && fault.getKind() == FaultKind.BROWN_OUT) {
        seconds = USUAL_SAG_S;
      }
      this.end = seconds == 0 ? Double.POSITIVE_INFINITY : start + seconds;
      this.place = place;
    }

    FaultKind kind() {
      return fault.getKind();
    }
  }

  /** A player on a board whose disk it has no hold of. */
  Faults(World world, Processes processes, RigLog log, Scenario scenario) {
    this(world, processes, log, scenario, StorageFaults.NONE);
  }

  /** A player of faults that {@link FaultTable#problem} has found nothing wrong with. */
  Faults(World world, Processes processes, RigLog log, Scenario scenario, StorageFaults storage) {
    this.world = world;
    this.processes = processes;
    this.log = log;
    this.faults = scenario.getFaultsList();
    this.lasting = new ArrayList<>(faults);
    this.storage = storage;
    this.cards = (int) Math.min(WorldLayout.CARDS, world.get(Header.CARD_COUNT));
    this.extraAmperes = new double[cards];
    this.gone = new boolean[cards];
    for (int i = 0; i < faults.size(); i++) {
      boolean goesOn = done(Header.FAULTS_DONE, i) && !done(Header.FAULTS_OVER, i);
      if (goesOn && isOfKind(faults.get(i)) && FaultTable.row(faults.get(i).getKind()).lasts()) {
        active.add(made(faults.get(i), faults.get(i).getAtS(), i));
      }
    }
    // what was injected has ended with the rig that played it
    settleDisk(null);
  }

  private static boolean isOfKind(Scenario.Fault fault) {
    return fault.getSpecialCase() == Scenario.Fault.SpecialCase.SPECIAL_NOT_SET;
  }

  private Active made(Scenario.Fault fault, double start, int place) {
    Device device =
        FaultTable.device(fault, cards)
            .orElseThrow(() -> new IllegalArgumentException("no " + fault.getDevice()));
    Active made = new Active(fault, device, start, place);
    if (made.kind() == FaultKind.BUS_HUNG) {
      made.memory = world.get(Header.BUS_FREED, bus(device));
    }
    return made;
  }

  private boolean done(Header mask, int place) {
    return (world.get(mask) >> place & 1) != 0;
  }

  private void mark(Header mask, int place) {
    world.set(mask, world.get(mask) | 1L << place);
  }

  /**
   * Takes a fault that starts at the next step. From any thread.
   *
   * @return empty, or why it is refused
   */
  String inject(Scenario.Fault fault) {
    if (fault.hasBrokerOutage()) {
      return "cannot be injected: the ground station plays it, from the scenario";
    }
    String problem = FaultTable.problem(fault, cards, storage);
    if (!problem.isEmpty()) {
      return problem;
    }
    return waiting.offer(fault) ? "" : "is one too many: " + MOST_WAITING + " wait to be played";
  }

  /**
   * Plays what is due.
   *
   * @param seconds of flight
   * @param computing whether each card is in the middle of something
   * @param holders process that holds each card, 0 for none
   * @param frames that the camera has delivered
   */
  void play(double seconds, boolean[] computing, long[] holders, long frames) {
    now = seconds;
    framesDelivered = frames;
    for (int i = 0; i < faults.size(); i++) {
      Scenario.Fault fault = faults.get(i);
      if (!done(Header.FAULTS_DONE, i)
          && seconds >= fault.getAtS()
          && start(fault, i, fault.getAtS(), computing, holders)) {
        mark(Header.FAULTS_DONE, i);
      }
    }
    int due = waiting.size();
    for (int i = 0; i < due; i++) {
      Scenario.Fault fault = waiting.remove();
      if (!start(fault, -1, seconds, computing, holders)) {
        // it waits for a process: asked again at the next step
        waiting.add(fault);
      } else if (seconds(fault) > 0) {
        lasting.removeIf(
            other -> !faults.contains(other) && seconds >= other.getAtS() + seconds(other));
        lasting.add(fault.toBuilder().setAtS(seconds).build());
      }
    }
    goOn(seconds);
    presence(seconds);
  }

  /**
   * Whether a worker is to be killed as soon as it computes; looks are wanted often until then, so
   * that it dies in mid-frame.
   */
  boolean lurking(double seconds) {
    for (int i = 0; i < faults.size(); i++) {
      Scenario.Fault fault = faults.get(i);
      if (!done(Header.FAULTS_DONE, i)
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
    for (Scenario.Fault fault : lasting) {
      if (fault.hasHeatCard()
          && fault.getHeatCard().getCard() == card
          && lasts(fault, fault.getHeatCard().getForS(), seconds)) {
        return fault.getHeatCard().getToCelsius();
      }
    }
    for (Active one : active) {
      if (one.kind() == FaultKind.OVER_TEMPERATURE_OF_CARD && one.device.index() == card) {
        return one.value;
      }
    }
    return Double.NaN;
  }

  /** What a card draws beside its work, A. */
  double extraAmperes(int card) {
    return extraAmperes[card];
  }

  /** Whether a card is not on its bus. */
  boolean gone(int card) {
    return gone[card];
  }

  boolean pumpStalled(int pump) {
    return pumpStalled[pump];
  }

  boolean heaterStuck(int heater) {
    return heaterStuck[heater];
  }

  /** What holds the bus down, V; NaN for nothing. */
  double sagVolts() {
    return sagVolts;
  }

  /** How long a card has been latched up; 0 when it is not. */
  double latchedUpSeconds(int card, double seconds) {
    double longest = 0;
    for (Active one : active) {
      if (is(one, FaultKind.LATCH_UP, card) && !one.over) {
        longest = Math.max(longest, seconds - one.start);
      }
    }
    return longest;
  }

  /** The rail of a card is off: what needs power is over. */
  void cardIsOff(int card) {
    for (Active one : active) {
      if (is(one, FaultKind.LATCH_UP, card)
          || is(one, FaultKind.FUNCTIONAL_INTERRUPT, card)
          || is(one, FaultKind.CARD_FALLS_OFF, card)) {
        one.over = true;
      }
    }
    goOn(now);
  }

  /** A card was reset by its driver: it answers again. */
  void cardWasReset(int card) {
    for (Active one : active) {
      if (is(one, FaultKind.FUNCTIONAL_INTERRUPT, card)) {
        one.over = true;
      }
    }
    goOn(now);
  }

  /** Whether a device that sends by itself is silent. */
  boolean silent(int stream) {
    return sends(FaultKind.NO_ACKNOWLEDGE, stream);
  }

  /** Whether a device that sends by itself repeats its last message. */
  boolean repeats(int stream) {
    return sends(FaultKind.SENSOR_FROZEN, stream);
  }

  private boolean sends(FaultKind kind, int stream) {
    return active.stream()
        .anyMatch(
            one ->
                one.kind() == kind
                    && (one.device.type() == DeviceType.RECEIVER
                        || one.device.type() == DeviceType.PLATFORM)
                    && one.device.index() == stream);
  }

  /**
   * The vibration that the accelerometer feels beside what is there.
   *
   * @return NaN, or m/s2 at which it stands
   */
  double vibrationStandsAt() {
    for (Active one : active) {
      if (one.kind() == FaultKind.STUCK && one.device.type() == DeviceType.VIBRATION) {
        return one.value;
      }
    }
    return Double.NaN;
  }

  /** Noise that is added to the vibration, m/s2. */
  double vibrationNoise() {
    double noise = 0;
    for (Active one : active) {
      if (one.device.type() == DeviceType.VIBRATION) {
        noise +=
            one.kind() == FaultKind.NOISY
                ? one.value
                : one.kind() == FaultKind.DRIFTING
                    ? Math.abs(one.value) * (now - one.start) / 60
                    : 0;
      }
    }
    return noise;
  }

  @Override
  public double felt(int chip, Quantity quantity, double truth, double noise) {
    long moment = (long) Math.floor(now * NOISE_PER_S);
    long place = chip * 16L + quantity.place;
    double felt = truth + noise * Senses.gaussian(0, place, moment);
    for (Active one : active) {
      if (!sensed(one.device, chip, quantity)) {
        continue;
      }
      switch (one.kind()) {
        case STUCK -> {
          return one.value;
        }
        case NOISY -> felt += one.value * Senses.gaussian(one.fault.getSeed() + 1, place, moment);
        case DRIFTING -> felt += one.value * (now - one.start) / 60;
        default -> {
          // of another sort
        }
      }
    }
    return felt;
  }

  private static boolean sensed(Device device, int chip, Quantity quantity) {
    if (device.chip() != chip || (chip < 0 && device.type() != DeviceType.ZONE)) {
      return false;
    }
    return switch (device.type()) {
      case POWER_MONITOR -> quantity == Quantity.AMPERES;
      case THERMOMETER, ZONE -> quantity == Quantity.CELSIUS;
      case DOSE -> quantity == Quantity.GRAY;
      default -> false;
    };
  }

  private static boolean is(Active one, FaultKind kind, int card) {
    return one.kind() == kind && one.device.index() == card;
  }

  private static int bus(Device device) {
    return device.type() == DeviceType.BUS ? device.index() : busOfChip(device.chip());
  }

  private static int busOfChip(int chip) {
    if (chip >= BoardMap.AUX) {
      return 3;
    }
    return chip >= BoardMap.SOLAR ? 2 : 1;
  }

  // ---- how faults start ----

  private boolean start(
      Scenario.Fault fault, int place, double at, boolean[] computing, long[] holders) {
    if (isOfKind(fault)) {
      return startKind(fault, place, at);
    }
    switch (fault.getSpecialCase()) {
      case KILL_WORKER -> {
        Scenario.KillWorker kill = fault.getKillWorker();
        int card = kill.getCard();
        long pid = holders[card];
        if (pid == 0 || framesDelivered < kill.getAfterFrames()) {
          return false;
        }
        boolean atIt =
            kill.hasWhileOpen()
                ? processes.hasOpen(pid, kill.getWhileOpen())
                : computing[card] || !kill.getWhenBusy();
        if (!atIt) {
          return false;
        }
        if (!processes.kill(pid)) {
          return false;
        }
        log.fault("kill_worker", now, "\"card\":" + card + ",\"pid\":" + pid);
      }
      case HEAT_CARD ->
          log.fault(
              "heat_card",
              now,
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
        log.fault("reset_ina226", now, address(fault.getResetIna226().getAddress()));
      }
      case BROKER_OUTAGE ->
          log.fault("broker_outage", now, "\"for_s\":" + fault.getBrokerOutage().getForS());
      case SENSOR_ABSENT ->
          log.fault("sensor_absent", now, address(fault.getSensorAbsent().getAddress()));
      case CARD_LOST -> log.fault("card_lost", now, "\"card\":" + fault.getCardLost().getCard());
      case SPECIAL_NOT_SET -> throw new IllegalStateException("has a kind");
    }
    return true;
  }

  private static String address(int address) {
    return "\"address\":\"0x%02x\"".formatted(address);
  }

  private boolean startKind(Scenario.Fault fault, int place, double at) {
    Active one = made(fault, at, place);
    int card = one.device.index();
    switch (one.kind()) {
      case CHIP_RESET -> BoardMap.reset(world, one.device.chip());
      case BROWN_OUT -> {
        if (one.value < PARTS_NEED_VOLTS) {
          for (int chip = 0; chip < world.get(Header.CHIP_COUNT); chip++) {
            if (world.get(chip, Chip.KIND) != 0) {
              BoardMap.reset(world, chip);
            }
          }
        }
      }
      case BUS_HUNG ->
          world.set(
              Header.BUS_HUNG,
              bus(one.device),
              one.value == 0 ? WorldLayout.HUNG_UNTIL_CLOCKED : WorldLayout.HUNG_UNTIL_POWERED);
      case FUNCTIONAL_INTERRUPT -> xid(card, XID_NO_ANSWER);
      case CARD_FALLS_OFF -> xid(card, XID_OFF_THE_BUS);
      case ECC_BURST -> memoryErrors(one);
      case FLIGHT_HANGS -> {
        long pid = world.get(Header.WATCHDOG_ARMED) == 0 ? 0 : world.get(Header.WATCHDOG_PID);
        if (pid <= 0 || !processes.pause(pid)) {
          return false;
        }
        one.memory = pid;
      }
      case DISK_SLOW, DISK_READ_ONLY, DISK_FULL, DISK_IO_ERROR, DISK_HUNG ->
          storage.set(one.kind(), one.value);
      case CLOCK_JUMP -> world.count(Header.CLOCK_OFFSET_NS, Math.round(one.value * 1e9));
      case CLOCK_BACK_TO_1970 -> {
        // from the start of the flight on, so that the clock goes on from 1970
        long offset = -world.get(Header.UTC_EPOCH_NS) - Math.round(now * 1e9);
        world.set(Header.CLOCK_OFFSET_NS, offset);
        world.set(Header.RTC_OFFSET_NS, offset);
      }
      default -> {
        // only lasts
      }
    }
    log.fault(
        one.kind().name().toLowerCase(java.util.Locale.ROOT),
        now,
        "\"device\":"
            + RigLog.quoted(one.device.name())
            + (FaultTable.row(one.kind()).value().isEmpty() ? "" : ",\"value\":" + one.value)
            + (fault.getForS() == 0 ? "" : ",\"for_s\":" + fault.getForS()));
    if (FaultTable.row(one.kind()).lasts()) {
      active.add(one);
    }
    return true;
  }

  private void xid(int card, long number) {
    long count = world.get(card, Card.XIDS);
    world.set(card, Card.XID, (int) (count % Card.XID.words()), number);
    world.set(card, Card.XIDS, count + 1);
    world.count(Header.XIDS, 1);
  }

  private void memoryErrors(Active one) {
    long errors = Math.round(Math.abs(one.value));
    boolean uncorrected = one.value < 0;
    if (one.device.type() == DeviceType.EDAC) {
      world.count(uncorrected ? Header.EDAC_UNCORRECTED : Header.EDAC_CORRECTED, errors);
      return;
    }
    int card = one.device.index();
    world.count(card, uncorrected ? Card.ECC_UNCORRECTED : Card.ECC_CORRECTED, errors);
    world.count(card, uncorrected ? Card.ECC_UNCORRECTED_EVER : Card.ECC_CORRECTED_EVER, errors);
    if (uncorrected) {
      world.set(card, Card.ROWS_PENDING, 1);
      xid(card, XID_DOUBLE_BIT);
    }
  }

  // ---- how they last and end ----

  private void goOn(double seconds) {
    Arrays.fill(extraAmperes, 0);
    Arrays.fill(gone, false);
    Arrays.fill(pumpStalled, false);
    Arrays.fill(heaterStuck, false);
    sagVolts = Double.NaN;
    boolean[] hangs = new boolean[cards];
    boolean zoneSilent = false;
    for (Iterator<Active> each = active.iterator(); each.hasNext(); ) {
      Active one = each.next();
      if (one.kind() == FaultKind.BUS_HUNG
          && world.get(Header.BUS_FREED, bus(one.device)) != one.memory) {
        log.happened("bus_freed", one.device.name(), seconds);
        one.over = true;
      }
      if (one.over || seconds >= one.end) {
        end(one);
        each.remove();
        continue;
      }
      int index = one.device.index();
      switch (one.kind()) {
        case LATCH_UP -> extraAmperes[index] += one.value;
        case CARD_FALLS_OFF -> gone[index] = true;
        case FUNCTIONAL_INTERRUPT -> {
          hangs[index] = true;
          pauseHolders(one, index);
        }
        case PUMP_STALL -> pumpStalled[index] = true;
        case HEATER_STUCK_ON -> heaterStuck[index] = true;
        case BROWN_OUT -> sagVolts = one.value;
        case NO_ACKNOWLEDGE -> zoneSilent |= one.device.type() == DeviceType.ZONE;
        default -> {
          // felt elsewhere
        }
      }
    }
    for (int card = 0; card < cards; card++) {
      world.set(card, Card.HANGS, hangs[card] ? 1 : 0);
    }
    world.set(Header.ZONE_SILENT, zoneSilent ? 1 : 0);
    for (Scenario.Fault fault : lasting) {
      if (fault.hasCardLost() && lasts(fault, fault.getCardLost().getForS(), seconds)) {
        gone[fault.getCardLost().getCard()] = true;
      }
    }
  }

  private void pauseHolders(Active one, int card) {
    for (int place = 0; place < Card.HOLDERS.words(); place++) {
      long pid = world.get(card, Card.HOLDERS, place);
      if (pid > 0 && !one.paused.contains(pid) && processes.pause(pid)) {
        one.paused.add(pid);
      }
    }
  }

  private void end(Active one) {
    switch (one.kind()) {
      case FUNCTIONAL_INTERRUPT -> one.paused.forEach(processes::resume);
      case FLIGHT_HANGS -> {
        if (one.memory > 0) {
          processes.resume(one.memory);
        }
      }
      case BUS_HUNG -> {
        if (world.get(Header.BUS_HUNG, bus(one.device)) != 0) {
          world.set(Header.BUS_HUNG, bus(one.device), 0);
          log.happened("bus_freed", one.device.name(), now);
        }
      }
      case DISK_SLOW, DISK_READ_ONLY, DISK_FULL, DISK_IO_ERROR, DISK_HUNG -> settleDisk(one);
      default -> {
        // nothing to put back
      }
    }
    if (one.place >= 0) {
      mark(Header.FAULTS_OVER, one.place);
    }
  }

  /** The disk shows the fault that started last of those that still last. */
  private void settleDisk(@Nullable Active ended) {
    Optional<Active> last =
        active.stream()
            .filter(one -> one != ended && one.device.type() == DeviceType.DISK)
            .reduce((first, second) -> second.start < first.start ? first : second);
    last.ifPresentOrElse(one -> storage.set(one.kind(), one.value), storage::clear);
  }

  private void presence(double seconds) {
    for (int chip = 0; chip < world.get(Header.CHIP_COUNT); chip++) {
      boolean present = true;
      boolean frozen = false;
      boolean wrongPec = false;
      for (Scenario.Fault fault : lasting) {
        present &=
            !(fault.hasSensorAbsent()
                && fault.getSensorAbsent().getBus() == world.get(chip, Chip.BUS)
                && fault.getSensorAbsent().getAddress() == world.get(chip, Chip.ADDRESS)
                && lasts(fault, fault.getSensorAbsent().getForS(), seconds));
      }
      for (Active one : active) {
        if (one.device.chip() == chip) {
          present &= one.kind() != FaultKind.NO_ACKNOWLEDGE;
          frozen |= one.kind() == FaultKind.SENSOR_FROZEN;
          wrongPec |= one.kind() == FaultKind.WRONG_PEC;
        }
      }
      world.set(chip, Chip.PRESENT, present ? 1 : 0);
      world.set(chip, Chip.FROZEN, frozen ? 1 : 0);
      world.set(chip, Chip.WRONG_PEC, wrongPec ? 1 : 0);
    }
  }

  /** How long a special form lasts; 0 for one that happens once. */
  private static double seconds(Scenario.Fault fault) {
    return switch (fault.getSpecialCase()) {
      case HEAT_CARD -> fault.getHeatCard().getForS();
      case SENSOR_ABSENT -> fault.getSensorAbsent().getForS();
      case CARD_LOST -> fault.getCardLost().getForS();
      default -> 0;
    };
  }

  private static boolean lasts(Scenario.Fault fault, double forSeconds, double seconds) {
    return seconds >= fault.getAtS() && seconds < fault.getAtS() + forSeconds;
  }
}

package org.heliostat.core.survival;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.heliostat.core.app.App;
import org.heliostat.core.app.AppFactory;
import org.heliostat.core.app.Services;
import org.heliostat.core.command.Issued;
import org.heliostat.core.event.CoreEvent;
import org.heliostat.core.link.Transmitter;
import org.heliostat.core.mission.MissionFile;
import org.heliostat.core.state.RailHolds;
import org.heliostat.core.table.TableDefinition;
import org.heliostat.core.table.TableHandle;
import org.heliostat.hal.CardReading;
import org.heliostat.hal.PowerReading;
import org.heliostat.hal.RailReading;
import org.heliostat.hal.TemperatureReading;
import org.heliostat.protocol.DeviceConfig;
import org.heliostat.protocol.DeviceFault;
import org.heliostat.protocol.FlightState;
import org.heliostat.protocol.HeatRule;
import org.heliostat.protocol.Housekeeping;
import org.heliostat.protocol.Mission;
import org.heliostat.protocol.Mode;
import org.heliostat.protocol.PowerRung;
import org.heliostat.protocol.PowerTable;
import org.heliostat.protocol.RailHold;
import org.heliostat.protocol.Refusal;
import org.heliostat.protocol.StartSequence;
import org.heliostat.protocol.SurvivalStatus;
import org.heliostat.protocol.SurvivalTable;
import org.heliostat.protocol.Table;
import org.heliostat.protocol.Table.ContentCase;
import org.heliostat.protocol.Telecommand;

/**
 * Keeps the spacecraft alive: the ladder of load shedding, rails by temperature, the command-loss
 * timer and the longest silence of the transmitter. Looks once a second of mission time; needs
 * nothing of the payload, which may hang meanwhile.
 *
 * <p>Who keeps which rail off follows in each look from the rungs that are shed, the rails that are
 * hot, the table {@code power}, and what ground or a sequence has ordered off. It is noted in the
 * flight state, by which others are refused to turn such a rail on, and from which the next run
 * goes on.
 */
public final class SurvivalApp implements App {
  private static final String ORIGIN = "survival";
  private static final String RUNG = "rung ";
  private static final String HEAT = "heat of ";
  private static final long PERIOD_NANOS = 1_000_000_000L;

  /** Mission time for which a rail is off before it counts as left off. */
  private static final long ABANDONED_NANOS = 10_000_000_000L;

  /** Mission time for which a disk that refuses keeps rails from coming on. */
  private static final long DISK_NANOS = 60_000_000_000L;

  /** Mission time for which the sequence of command loss is tried while nobody runs sequences. */
  private static final long SEQUENCE_NANOS = 60_000_000_000L;

  private static final long SEQUENCE_PAUSE_NANOS = 5_000_000_000L;

  private final Services services;
  private final TableHandle power;
  private final TableHandle survival;
  private final LoadShedder shedder;
  private final HeatGuard heat;
  private final RailSequencer rails;
  private final RailOrders orders;
  private final CommandLoss commandLoss;
  private final Transmitter transmitter;
  private final Set<String> known;
  private final Map<String, Long> offSince = new HashMap<>();
  private PowerTable table;
  private Optional<Long> notStoredSince = Optional.empty();
  private Optional<PendingSequence> pending = Optional.empty();
  private final Consumer<Housekeeping.Builder> housekeeping = this::fill;
  private volatile SurvivalStatus status = SurvivalStatus.getDefaultInstance();

  /** The sequence of command loss, until it is started. */
  private record PendingSequence(String name, long nextNanos, long untilNanos) {}

  /** Offers the app as {@code survival}. */
  public static final class Factory implements AppFactory {
    @Override
    public String name() {
      return ORIGIN;
    }

    @Override
    public App start(Services services) {
      return new SurvivalApp(services);
    }

    @Override
    public Optional<TableDefinition> table(String name, Mission mission) {
      return name.equals(POWER)
          ? Optional.of(power(mission))
          : Optional.of(SURVIVAL).filter(table -> table.name().equals(name));
    }
  }

  private static final String POWER = "power";
  private static final TableDefinition SURVIVAL =
      new TableDefinition(
          "survival",
          ContentCase.SURVIVAL,
          Table.newBuilder().setSurvival(SurvivalTable.getDefaultInstance()).build(),
          table -> List.of(),
          Optional.empty());

  private static TableDefinition power(Mission mission) {
    PowerTableCheck check = new PowerTableCheck(mission.getDevicesList(), inUse(mission));
    return new TableDefinition(
        POWER,
        ContentCase.POWER,
        Table.newBuilder().setPower(PowerTable.getDefaultInstance()).build(),
        next -> check.problems(next.getPower()),
        Optional.empty());
  }

  /** Names of the devices that are in use. */
  private static Set<String> inUse(Mission mission) {
    return MissionFile.activeDevices(mission).stream()
        .map(DeviceConfig::getName)
        .collect(Collectors.toUnmodifiableSet());
  }

  SurvivalApp(Services services) {
    this.services = services;
    this.known = inUse(services.mission());
    this.power = services.tables().register(power(services.mission()));
    this.survival = services.tables().register(SURVIVAL);
    this.table = power.active().getPower();
    // what an earlier run keeps off stays so
    FlightState state = services.state().get();
    long now = services.clock().missionNanos();
    this.shedder = new LoadShedder(table, state.getShedRungs());
    this.heat = new HeatGuard(heatRules(), hot(state.getRailHoldsList()), now);
    this.rails =
        new RailSequencer(
            known(state.getRailHoldsList(), RailHold::getRail),
            known(state.getWaitingRailsList(), rail -> rail));
    this.orders = new RailOrders(services, ORIGIN, rails);
    long heard = state.getLastCommandNanos();
    if (heard > now) {
      // of a mission time that has ended: it would count again when this one comes there
      services.state().update(next -> forget(next, heard));
    }
    this.commandLoss = new CommandLoss(heard, state.getCommandLossSinceNanos(), now);
    noteCommandLoss();
    this.transmitter = new Transmitter(services.state(), services.clock());
    services.telemetry().contribute(housekeeping);
  }

  private static void forget(FlightState.Builder state, long heard) {
    if (state.getLastCommandNanos() == heard) {
      state.clearLastCommandNanos();
    }
  }

  private void noteCommandLoss() {
    services.state().update(next -> next.setCommandLossSinceNanos(commandLoss.sinceNanos()));
  }

  @Override
  public void step() throws InterruptedException {
    look();
    services.board().sleepUntilNanos(services.clock().missionNanos() + PERIOD_NANOS);
  }

  void look() {
    long now = services.clock().missionNanos();
    boolean changed;
    // rails go off first, whatever the disk does, and come on only when it is noted down
    services.events().neverWait();
    try {
      changed = keepOff(now);
    } finally {
      services.events().mayWait();
    }
    if (stored(changed, now)) {
      orders.turnOn(now, (long) (table.getStaggerSeconds() * 1e9));
    }
    watchGround(now);
    watchTransmitter();
    status =
        SurvivalStatus.newBuilder()
            .setShedRungs(shedder.shed())
            .setCommandLossSeconds((float) (commandLoss.leftNanos(now, commandLossLimit()) / 1e9))
            .setSilentSeconds((float) (transmitter.silentNanos() / 1e9))
            .addAllHot(heat.hot().stream().map(HeatGuard.Hot::device).distinct().sorted().toList())
            .build();
  }

  /** Has go off what must; true where the disk does not know that yet. */
  private boolean keepOff(long now) {
    power.takeNew().ifPresent(next -> use(next.getPower()));
    Optional<Double> volts =
        services
            .hardware()
            .power(table.getMonitor())
            .map(PowerReading::busVoltageVolts)
            .filter(Double::isFinite);
    LoadShedder.Decision load = shedder.decide(now, volts, orders.busy());
    HeatGuard.Decision warmth = heat.decide(now, this::celsius);
    orders.watch(now);
    rails.keepOff(wanted());
    // whether these come on is not decided here
    rails.letGo(services.state().get().getIsolatedDevicesList());
    bringBack(now);
    boolean changed = note();
    answer(load, volts.orElse(0.0));
    answer(warmth);
    orders.turnOff(now);
    // last: others may hold the mode while they wait for the disk
    lowerMode(load);
    return changed;
  }

  /**
   * A rail that is off for a while though nobody keeps it off, as after a power cycle that was cut
   * off, comes on by its turn.
   */
  private void bringBack(long now) {
    FlightState state = services.state().get();
    for (String rail : known) {
      boolean isOff =
          services
              .hardware()
              .reading(rail, RailReading.class)
              .filter(reading -> !reading.commandedOn())
              .isPresent();
      if (!isOff
          || rails.held().contains(rail)
          || orders.inHand(rail)
          || state.getIsolatedDevicesList().contains(rail)
          || services.hardware().cycling(rail)) {
        offSince.remove(rail);
      } else if (now - offSince.computeIfAbsent(rail, name -> now) >= ABANDONED_NANOS) {
        rails.bringBack(rail);
      }
    }
  }

  private void use(PowerTable next) {
    table = next;
    shedder.use(table);
    heat.use(heatRules());
  }

  private List<HeatRule> heatRules() {
    return known(table.getHeatList(), HeatRule::getDevice);
  }

  /** Who keeps which rail off, by the ladder, by heat and by orders as they are now. */
  private List<RailHold> wanted() {
    List<RailHold> wanted = new ArrayList<>();
    for (PowerRung rung : table.getRungsList().subList(0, shedder.shed())) {
      rung.getRailsList().forEach(rail -> wanted.add(hold(rail, RUNG + rung.getName())));
    }
    heat.hot().forEach(hot -> wanted.add(hold(hot.rail(), HEAT + hot.device())));
    services
        .state()
        .get()
        .getOrderedOffList()
        .forEach(rail -> wanted.add(hold(rail, RailHolds.ORDER)));
    return known(wanted, RailHold::getRail);
  }

  private static RailHold hold(String rail, String holder) {
    return RailHold.newBuilder().setRail(rail).setHolder(holder).build();
  }

  private static List<HeatGuard.Hot> hot(List<RailHold> holds) {
    return holds.stream()
        .filter(hold -> hold.getHolder().startsWith(HEAT))
        .map(hold -> new HeatGuard.Hot(hold.getHolder().substring(HEAT.length()), hold.getRail()))
        .toList();
  }

  /** Brings to the state what a restart must know; false where it knows already. */
  private boolean note() {
    // until it is on: to turn it on twice does no harm
    List<String> waiting = orders.toComeOn();
    FlightState before = services.state().get();
    if (before.getShedRungs() == shedder.shed()
        && before.getRailHoldsList().equals(rails.holds())
        && before.getWaitingRailsList().equals(waiting)) {
      return false;
    }
    services
        .state()
        .update(
            next ->
                next.setShedRungs(shedder.shed())
                    .clearRailHolds()
                    .addAllRailHolds(rails.holds())
                    .clearWaitingRails()
                    .addAllWaitingRails(waiting));
    return true;
  }

  /**
   * Brings to disk what {@link #note} has changed, or an earlier look could not.
   *
   * @return false while it is not there; a disk that has refused for {@link #DISK_NANOS} is waited
   *     for no more, since the payload would be off for ever
   */
  private boolean stored(boolean changed, long now) {
    if (changed || notStoredSince.isPresent()) {
      try {
        services.state().save();
        notStoredSince = Optional.empty();
      } catch (IOException e) {
        // it holds in memory, and the next look tries again
        if (notStoredSince.isEmpty()) {
          services.events().report(CoreEvent.STATE_NOT_STORED, e);
          notStoredSince = Optional.of(now);
        }
      }
    }
    return notStoredSince.map(since -> now - since >= DISK_NANOS).orElse(true);
  }

  private void answer(LoadShedder.Decision load, double volts) {
    for (PowerRung rung : load.shed()) {
      services.events().report(CoreEvent.LOAD_SHED, volts, rung.getName(), rung.getRailsList());
    }
    load.restored()
        .ifPresent(
            rung -> services.events().report(CoreEvent.LOAD_RESTORED, volts, rung.getName()));
  }

  private void lowerMode(LoadShedder.Decision load) {
    for (PowerRung rung : load.shed()) {
      if (rung.getMode() != Mode.MODE_UNSPECIFIED) {
        boolean unused = services.modes().lower(rung.getMode(), ORIGIN);
      }
    }
  }

  private void answer(HeatGuard.Decision warmth) {
    for (HeatGuard.Change hot : warmth.hot()) {
      services
          .events()
          .reportDevice(
              CoreEvent.TOO_HOT,
              hot.device(),
              DeviceFault.OVER_TEMPERATURE,
              celsius(hot.device()).orElse(Double.NaN),
              hot.rails());
    }
    for (HeatGuard.Change cool : warmth.cool()) {
      services.events().report(CoreEvent.COOLED_DOWN, cool.device(), cool.rails());
    }
  }

  private Optional<Double> celsius(String device) {
    return services
        .hardware()
        .temperature(device)
        .map(TemperatureReading::celsius)
        .or(() -> services.hardware().card(device).map(CardReading::temperatureCelsius))
        .filter(value -> !value.isNaN());
  }

  /** Cards that are not in use have rails that nobody switches. */
  private <T> List<T> known(List<T> named, Function<T, String> device) {
    return named.stream().filter(one -> known.contains(device.apply(one))).toList();
  }

  private long commandLossLimit() {
    return (long) (survival.active().getSurvival().getCommandLossSeconds() * 1e9);
  }

  private void watchGround(long now) {
    long last = services.state().get().getLastCommandNanos();
    long left = commandLossLimit();
    if (commandLoss.ranOut(last, now, left)) {
      answerCommandLoss(now, left);
    }
    pending.filter(sequence -> now >= sequence.nextNanos).ifPresent(one -> start(one, now));
  }

  private void answerCommandLoss(long now, long limitNanos) {
    services.events().report(CoreEvent.COMMAND_LOSS, limitNanos / 1_000_000_000L);
    // a plan of passes may be what keeps ground out
    services.state().update(next -> next.setGroundLost(true));
    boolean changed = services.modes().lower(Mode.SAFE, ORIGIN);
    transmitter.speak();
    boolean restarted = services.apps().restart("link", "command loss");
    services.events().report(CoreEvent.COMMAND_LOSS_ANSWERED, changed, restarted);
    pending =
        Optional.of(survival.active().getSurvival().getCommandLossSequence())
            .filter(name -> !name.isEmpty())
            .map(name -> new PendingSequence(name, now, now + SEQUENCE_NANOS));
    if (pending.isEmpty()) {
      commandLossIsAnswered();
    }
  }

  /** A restart before that answers the loss anew, so that its sequence is not lost. */
  private void commandLossIsAnswered() {
    noteCommandLoss();
    services.state().trySave();
  }

  private void start(PendingSequence sequence, long now) {
    Issued started =
        services
            .commands()
            .issue(
                Telecommand.newBuilder()
                    .setStartSequence(StartSequence.newBuilder().setSequence(sequence.name))
                    .build(),
                ORIGIN);
    long next = now + SEQUENCE_PAUSE_NANOS;
    if (started.refusal() == Refusal.NO_HANDLER && next <= sequence.untilNanos) {
      // at boot this app runs before the sequences
      pending = Optional.of(new PendingSequence(sequence.name, next, sequence.untilNanos));
      return;
    }
    pending = Optional.empty();
    commandLossIsAnswered();
    if (started.state() == Issued.State.FAILED) {
      services.events().report(CoreEvent.COMMAND_REJECTED, 0, started.reason());
    }
  }

  private void watchTransmitter() {
    long longest = (long) (survival.active().getSurvival().getLongestSilenceSeconds() * 1e9);
    if (transmitter.silentNanos() > longest) {
      transmitter.silence(longest);
    }
  }

  private void fill(Housekeeping.Builder packet) {
    packet.setSurvival(status);
  }

  @Override
  public boolean reload() {
    use(power.active().getPower());
    return true;
  }

  @Override
  public void close() {
    services.telemetry().withdraw(housekeeping);
  }
}

package org.heliostat.core.survival;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.heliostat.core.app.App;
import org.heliostat.core.app.AppFactory;
import org.heliostat.core.app.Services;
import org.heliostat.core.command.Issued;
import org.heliostat.core.event.CoreEvent;
import org.heliostat.core.link.Transmitter;
import org.heliostat.core.mission.MissionFile;
import org.heliostat.core.table.TableDefinition;
import org.heliostat.core.table.TableHandle;
import org.heliostat.hal.CardReading;
import org.heliostat.hal.PowerReading;
import org.heliostat.hal.TemperatureReading;
import org.heliostat.protocol.DeviceConfig;
import org.heliostat.protocol.HeatRule;
import org.heliostat.protocol.Housekeeping;
import org.heliostat.protocol.Mode;
import org.heliostat.protocol.PowerRung;
import org.heliostat.protocol.PowerTable;
import org.heliostat.protocol.StartSequence;
import org.heliostat.protocol.SurvivalStatus;
import org.heliostat.protocol.SurvivalTable;
import org.heliostat.protocol.SwitchRail;
import org.heliostat.protocol.Table;
import org.heliostat.protocol.Table.ContentCase;
import org.heliostat.protocol.Telecommand;

/**
 * Keeps the spacecraft alive: the ladder of load shedding, rails by temperature, the command-loss
 * timer and the longest silence of the transmitter. Looks once a second of mission time; needs
 * nothing of the payload, which may hang meanwhile.
 */
public final class SurvivalApp implements App {
  private static final String ORIGIN = "survival";
  private static final long PERIOD_NANOS = 1_000_000_000L;
  private static final long RETRY_NANOS = 5_000_000_000L;

  private final Services services;
  private final TableHandle power;
  private final TableHandle survival;
  private final LoadShedder shedder;
  private final HeatGuard heat = new HeatGuard();
  private final RailSequencer rails = new RailSequencer();
  private final CommandLoss commandLoss;
  private final Transmitter transmitter;
  private final Set<String> known;
  private final Map<String, Switching> switching = new HashMap<>();
  private final Consumer<Housekeeping.Builder> housekeeping = this::fill;
  private volatile SurvivalStatus status = SurvivalStatus.getDefaultInstance();

  private record Switching(boolean on, Issued command, long sinceNanos) {}

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
  }

  SurvivalApp(Services services) {
    this.services = services;
    this.power =
        services
            .tables()
            .register(
                new TableDefinition(
                    "power",
                    ContentCase.POWER,
                    Table.newBuilder().setPower(PowerTable.getDefaultInstance()).build(),
                    table -> problems(table.getPower()),
                    Optional.empty()));
    this.survival =
        services
            .tables()
            .register(
                new TableDefinition(
                    "survival",
                    ContentCase.SURVIVAL,
                    Table.newBuilder().setSurvival(SurvivalTable.getDefaultInstance()).build(),
                    table -> List.of(),
                    Optional.empty()));
    this.known =
        MissionFile.activeDevices(services.mission()).stream()
            .map(DeviceConfig::getName)
            .collect(Collectors.toUnmodifiableSet());
    PowerTable table = power.active().getPower();
    this.shedder = new LoadShedder(table, services.state().get().getShedRungs());
    // what an earlier run has shed stays so until the power is good again
    table
        .getRungsList()
        .subList(0, shedder.shed())
        .forEach(rung -> hold(rung.getName(), rung.getRailsList()));
    long now = services.clock().missionNanos();
    this.commandLoss = new CommandLoss(services.state().get().getLastCommandNanos(), now);
    this.transmitter = new Transmitter(services.state(), services.clock());
    services.telemetry().contribute(housekeeping);
  }

  private static List<String> problems(PowerTable table) {
    List<String> problems = new ArrayList<>();
    double above = Double.POSITIVE_INFINITY;
    for (PowerRung rung : table.getRungsList()) {
      if (rung.getRestoreVolts() <= rung.getShedVolts()) {
        problems.add(rung.getName() + ": restore_volts is not above shed_volts");
      }
      if (rung.getShedVolts() > above) {
        problems.add(rung.getName() + " would be shed before the rung that stands before it");
      }
      above = rung.getShedVolts();
    }
    for (HeatRule rule : table.getHeatList()) {
      if (rule.getOnCelsius() >= rule.getOffCelsius()) {
        problems.add(rule.getDevice() + ": on_celsius is not below off_celsius");
      }
    }
    return problems;
  }

  @Override
  public void step() throws InterruptedException {
    look();
    services.board().sleepUntilNanos(services.clock().missionNanos() + PERIOD_NANOS);
  }

  void look() {
    long now = services.clock().missionNanos();
    power.takeNew().ifPresent(table -> shedder.use(table.getPower()));
    PowerTable table = power.active().getPower();
    shedAndRestore(now, table);
    watchHeat(now, table);
    rails
        .next(now, (long) (table.getStaggerSeconds() * 1e9))
        .ifPresent(rail -> switchRail(rail, true, now));
    watchSwitching(now);
    watchGround(now);
    watchTransmitter();
    status =
        SurvivalStatus.newBuilder()
            .setShedRungs(shedder.shed())
            .setCommandLossSeconds((float) (commandLoss.leftNanos(now, commandLossLimit()) / 1e9))
            .setSilentSeconds((float) (transmitter.silentNanos() / 1e9))
            .addAllHot(heat.hot())
            .build();
  }

  private void shedAndRestore(long now, PowerTable table) {
    Optional<Double> volts =
        services.hardware().power(table.getMonitor()).map(PowerReading::busVoltageVolts);
    LoadShedder.Decision decision = shedder.decide(now, volts, rails.busy());
    for (PowerRung rung : decision.shed()) {
      services
          .events()
          .report(CoreEvent.LOAD_SHED, volts.orElse(0.0), rung.getName(), rung.getRailsList());
      hold(rung.getName(), rung.getRailsList()).forEach(rail -> switchRail(rail, false, now));
      if (rung.getMode() != Mode.MODE_UNSPECIFIED) {
        boolean unused = services.modes().lower(rung.getMode(), ORIGIN);
      }
    }
    decision
        .restored()
        .ifPresent(
            rung -> {
              services.events().report(CoreEvent.LOAD_RESTORED, volts.orElse(0.0), rung.getName());
              rails.release(rung.getName(), known(rung.getRailsList()));
            });
    if (!decision.equals(LoadShedder.Decision.NONE)) {
      services.state().update(next -> next.setShedRungs(shedder.shed()));
    }
  }

  private void watchHeat(long now, PowerTable table) {
    List<HeatRule> rules =
        table.getHeatList().stream().filter(rule -> known.contains(rule.getDevice())).toList();
    HeatGuard.Decision decision = heat.decide(now, rules, this::celsius);
    for (HeatRule rule : decision.hot()) {
      services
          .events()
          .reportDevice(
              CoreEvent.TOO_HOT,
              rule.getDevice(),
              org.heliostat.protocol.DeviceFault.OVER_TEMPERATURE,
              celsius(rule.getDevice()).orElse(Double.NaN),
              rule.getRailsList());
      hold("heat of " + rule.getDevice(), rule.getRailsList())
          .forEach(rail -> switchRail(rail, false, now));
    }
    for (HeatRule rule : decision.cool()) {
      services.events().report(CoreEvent.COOLED_DOWN, rule.getDevice(), rule.getRailsList());
      rails.release("heat of " + rule.getDevice(), known(rule.getRailsList()));
    }
  }

  private Optional<Double> celsius(String device) {
    return services
        .hardware()
        .temperature(device)
        .map(TemperatureReading::celsius)
        .or(() -> services.hardware().card(device).map(CardReading::temperatureCelsius));
  }

  /** Cards that are not in use have rails that nobody switches. */
  private List<String> known(List<String> named) {
    return named.stream().filter(known::contains).toList();
  }

  private List<String> hold(String holder, List<String> named) {
    return rails.hold(holder, known(named));
  }

  private void switchRail(String rail, boolean on, long now) {
    Issued command =
        services
            .commands()
            .issue(
                Telecommand.newBuilder()
                    .setSwitchRail(SwitchRail.newBuilder().setDevice(rail).setOn(on))
                    .build(),
                ORIGIN);
    switching.put(rail, new Switching(on, command, now));
  }

  /** A rail that has to be off is tried again until it is. */
  private void watchSwitching(long now) {
    for (Map.Entry<String, Switching> entry : List.copyOf(switching.entrySet())) {
      String rail = entry.getKey();
      Switching last = entry.getValue();
      if (last.command().state() == Issued.State.COMPLETED) {
        switching.remove(rail);
      } else if (last.command().state() == Issued.State.FAILED
          && now - last.sinceNanos() >= RETRY_NANOS) {
        services
            .events()
            .report(
                CoreEvent.RAIL_REFUSED, rail, last.on() ? "on" : "off", last.command().reason());
        switching.remove(rail);
        if (!last.on() && rails.held(rail)) {
          switchRail(rail, false, now);
        }
      }
    }
  }

  private long commandLossLimit() {
    return (long) (survival.active().getSurvival().getCommandLossSeconds() * 1e9);
  }

  private void watchGround(long now) {
    long last = services.state().get().getLastCommandNanos();
    long left = commandLossLimit();
    if (!commandLoss.ranOut(last, now, left)) {
      return;
    }
    services.events().report(CoreEvent.COMMAND_LOSS, left / 1_000_000_000L);
    boolean changed = services.modes().lower(Mode.SAFE, ORIGIN);
    transmitter.speak();
    boolean restarted = services.apps().restart("link", "command loss");
    services.events().report(CoreEvent.COMMAND_LOSS_ANSWERED, changed, restarted);
    String sequence = survival.active().getSurvival().getCommandLossSequence();
    if (!sequence.isEmpty()) {
      Issued started =
          services
              .commands()
              .issue(
                  Telecommand.newBuilder()
                      .setStartSequence(StartSequence.newBuilder().setSequence(sequence))
                      .build(),
                  ORIGIN);
      if (started.state() == Issued.State.FAILED) {
        services.events().report(CoreEvent.COMMAND_REJECTED, 0, started.reason());
      }
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
    shedder.use(power.active().getPower());
    return true;
  }

  @Override
  public void close() {
    services.telemetry().withdraw(housekeeping);
  }
}

package org.heliostat.core.protection;

import java.io.IOException;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.heliostat.core.app.App;
import org.heliostat.core.app.AppControl;
import org.heliostat.core.app.AppFactory;
import org.heliostat.core.app.Services;
import org.heliostat.core.bus.Subscription;
import org.heliostat.core.command.Execution;
import org.heliostat.core.limit.WatchpointFailed;
import org.heliostat.core.mission.MissionFile;
import org.heliostat.core.table.TableDefinition;
import org.heliostat.core.table.TableHandle;
import org.heliostat.protocol.AppConfig;
import org.heliostat.protocol.Event;
import org.heliostat.protocol.Housekeeping;
import org.heliostat.protocol.LimitStatus;
import org.heliostat.protocol.Mission;
import org.heliostat.protocol.Refusal;
import org.heliostat.protocol.Table;
import org.heliostat.protocol.Table.ContentCase;
import org.heliostat.protocol.Telecommand;
import org.heliostat.protocol.Telecommand.CommandCase;

/**
 * Feeds fault protection with events, failed watchpoints and the devices that are not well, five
 * times a second of mission time.
 *
 * <p>Overflow policy: beyond {@value #EVENTS} events that wait, new ones are dropped and counted by
 * the bus; a fault or a failed watchpoint that lasts comes again. Beyond {@value #REQUESTS}
 * commands that wait the next one fails at once.
 */
public final class ProtectionApp implements App {
  private static final String TABLE = "protection";
  static final int EVENTS = 256;
  static final int REQUESTS = 16;

  private static final long PERIOD_NANOS = 200_000_000L;
  private static final String APP_ENDS = "the protection app ends";

  private final Services services;
  private final Protection protection;
  private final TableHandle table;
  private final Subscription<Event> events;
  private final Subscription<WatchpointFailed> watchpoints;
  private final BlockingQueue<Request> requests = new ArrayBlockingQueue<>(REQUESTS);
  private final Consumer<Housekeeping.Builder> housekeeping;
  private long seenNanos = Long.MIN_VALUE;

  private record Request(Telecommand command, Execution execution) {}

  /** Offers the app as {@code protection}. */
  public static final class Factory implements AppFactory {
    @Override
    public String name() {
      return "protection";
    }

    @Override
    public App start(Services services) {
      return new ProtectionApp(services, services.apps());
    }

    @Override
    public Optional<TableDefinition> table(String name, Mission mission) {
      return name.equals(TABLE)
          ? Optional.of(definition(devices(mission), mission))
          : Optional.empty();
    }
  }

  ProtectionApp(Services services, AppControl apps) {
    this.services = services;
    Devices devices = devices(services.mission());
    this.protection =
        new Protection(
            devices,
            services.commands(),
            services.modes(),
            services.events(),
            services.state(),
            apps,
            services.hardware());
    this.table = services.tables().register(definition(devices, services.mission()));
    protection.take(table.active().getProtection());
    this.events = services.bus().subscribe(Event.class, EVENTS);
    this.watchpoints = services.bus().subscribe(WatchpointFailed.class, EVENTS);
    services.commands().handle("protection", CommandCase.SET_PROTECTION, this::request);
    services.commands().handle("protection", CommandCase.RELEASE_DEVICE, this::request);
    this.housekeeping = packet -> packet.addAllProtection(protection.status());
    services.telemetry().contribute(housekeeping);
  }

  private static Devices devices(Mission mission) {
    return new Devices(MissionFile.activeDevices(mission), MissionFile.activeCards(mission));
  }

  private static TableDefinition definition(Devices devices, Mission mission) {
    Set<String> appNames =
        mission.getAppsList().stream()
            .map(AppConfig::getName)
            .collect(Collectors.toUnmodifiableSet());
    return new TableDefinition(
        TABLE,
        ContentCase.PROTECTION,
        Table.newBuilder().setProtection(StandardRules.table()).build(),
        loaded -> RuleCheck.problems(devices, appNames, loaded.getProtection()),
        Optional.empty());
  }

  private void request(Telecommand command, Execution execution) {
    if (!requests.offer(new Request(command, execution))) {
      execution.fail(Refusal.TOO_MANY, "too many commands to fault protection are waiting");
    }
  }

  @Override
  public void step() throws InterruptedException {
    long now = services.clock().missionNanos();
    table.takeNew().ifPresent(fresh -> protection.take(fresh.getProtection()));
    for (Request request = requests.poll(); request != null; request = requests.poll()) {
      obey(request);
    }
    // a response waits for no disk: what it reports is stored within a second
    services.events().neverWait();
    try {
      watch(now);
    } finally {
      services.events().mayWait();
    }
    services.board().sleepUntilNanos(now + PERIOD_NANOS);
  }

  private void watch(long now) {
    // no more than were there: what its own responses report comes with the next step
    for (int i = 0; i < EVENTS; i++) {
      Optional<Event> event = events.poll();
      if (event.isEmpty()) {
        break;
      }
      protection.event(event.get(), now);
    }
    for (int i = 0; i < EVENTS; i++) {
      Optional<WatchpointFailed> failed = watchpoints.poll();
      if (failed.isEmpty()) {
        break;
      }
      protection.watchpoint(failed.get().name(), now);
    }
    Optional<Housekeeping> newest = services.bus().newest(Housekeeping.class);
    if (newest.isPresent() && newest.get().getMissionNanos() != seenNanos) {
      seenNanos = newest.get().getMissionNanos();
      protection.faulty(newest.get().getFaultyList(), now);
      protection.failed(failed(newest.get()), now);
    }
    protection.tick(now);
  }

  private static Set<String> failed(Housekeeping snapshot) {
    return snapshot.getLimitsList().stream()
        .filter(LimitStatus::getFailed)
        .map(LimitStatus::getName)
        .collect(Collectors.toUnmodifiableSet());
  }

  private void obey(Request request) {
    Telecommand command = request.command();
    try {
      boolean done =
          command.hasSetProtection()
              ? protection.set(
                  command.getSetProtection().getRule(), command.getSetProtection().getInhibited())
              : protection.release(command.getReleaseDevice().getDevice());
      if (done) {
        request.execution().complete();
      } else {
        request
            .execution()
            .fail(
                Refusal.BAD_ARGUMENT,
                command.hasSetProtection() ? "there is no such rule" : "it is not isolated");
      }
    } catch (IOException e) {
      request.execution().fail(Refusal.NOT_STORED, "in force until the next restart: " + e);
    }
  }

  @Override
  public boolean reload() {
    protection.take(table.active().getProtection());
    return true;
  }

  @Override
  public void close() {
    services.telemetry().withdraw(housekeeping);
    services.bus().unsubscribe(events);
    services.bus().unsubscribe(watchpoints);
    for (Request request = requests.poll(); request != null; request = requests.poll()) {
      request.execution().fail(APP_ENDS);
    }
  }
}

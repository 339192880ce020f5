package org.heliostat.core.limit;

import java.io.IOException;
import java.util.Optional;
import java.util.function.Consumer;
import org.heliostat.core.app.App;
import org.heliostat.core.app.AppFactory;
import org.heliostat.core.app.Services;
import org.heliostat.core.table.TableDefinition;
import org.heliostat.core.table.TableHandle;
import org.heliostat.protocol.Housekeeping;
import org.heliostat.protocol.LimitTable;
import org.heliostat.protocol.Mission;
import org.heliostat.protocol.Refusal;
import org.heliostat.protocol.SetLimit;
import org.heliostat.protocol.Table;
import org.heliostat.protocol.Table.ContentCase;
import org.heliostat.protocol.Telecommand.CommandCase;

/** Looks at each new snapshot of housekeeping by the table {@code limits}. */
public final class LimitsApp implements App {
  private static final long PERIOD_NANOS = 250_000_000L;
  private static final TableDefinition TABLE =
      new TableDefinition(
          "limits",
          ContentCase.LIMITS,
          Table.newBuilder().setLimits(LimitTable.getDefaultInstance()).build(),
          loaded -> Limits.problems(loaded.getLimits()),
          Optional.empty());

  private final Services services;
  private final Limits limits;
  private final TableHandle table;
  private final Consumer<Housekeeping.Builder> housekeeping;
  private long seenNanos = Long.MIN_VALUE;

  /** Offers the app as {@code limits}. */
  public static final class Factory implements AppFactory {
    @Override
    public String name() {
      return "limits";
    }

    @Override
    public App start(Services services) {
      return new LimitsApp(services);
    }

    @Override
    public Optional<TableDefinition> table(String name, Mission mission) {
      return Optional.of(TABLE).filter(table -> table.name().equals(name));
    }
  }

  LimitsApp(Services services) {
    this.services = services;
    this.limits =
        new Limits(
            services.commands(),
            services.modes(),
            services.events(),
            services.state(),
            services.bus());
    this.table = services.tables().register(TABLE);
    limits.take(table.active().getLimits());
    services
        .commands()
        .handle(
            "limits",
            CommandCase.SET_LIMIT,
            (command, execution) -> {
              SetLimit set = command.getSetLimit();
              try {
                if (limits.set(set.getName(), set.getInhibited())) {
                  execution.complete();
                } else {
                  execution.fail(Refusal.BAD_ARGUMENT, "no limit is called " + set.getName());
                }
              } catch (IOException e) {
                execution.fail(Refusal.NOT_STORED, "in force until the next restart: " + e);
              }
            });
    this.housekeeping = packet -> packet.addAllLimits(limits.status());
    services.telemetry().contribute(housekeeping);
  }

  @Override
  public void step() throws InterruptedException {
    table.takeNew().ifPresent(fresh -> limits.take(fresh.getLimits()));
    Optional<Housekeeping> newest = services.bus().newest(Housekeeping.class);
    if (newest.isPresent() && newest.get().getMissionNanos() != seenNanos) {
      seenNanos = newest.get().getMissionNanos();
      // what acts waits for no event to be recorded: they are stored within a second
      services.events().neverWait();
      try {
        limits.look(newest.get(), services.clock().missionNanos());
      } finally {
        services.events().mayWait();
      }
    }
    services.board().sleepUntilNanos(services.clock().missionNanos() + PERIOD_NANOS);
  }

  @Override
  public boolean reload() {
    limits.take(table.active().getLimits());
    return true;
  }

  @Override
  public void close() {
    services.telemetry().withdraw(housekeeping);
  }
}

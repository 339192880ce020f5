package org.heliostat.core.example;

import static org.heliostat.protocol.Severity.WARNING;

import java.util.List;
import org.heliostat.core.app.App;
import org.heliostat.core.app.Services;
import org.heliostat.core.command.AppVerb;
import org.heliostat.core.event.AppEvent;
import org.heliostat.core.table.ParameterDefinition;
import org.heliostat.core.table.Parameters;

/** Reports when the radiator is colder than it should be: the example of the README. */
public final class ThermostatApp implements App {
  private static final AppEvent TOO_COLD =
      new AppEvent("thermostat", 1, "TOO_COLD", WARNING, "radiator at %.1f, wanted %.1f degrees");

  private final Services services;
  private final Parameters table;
  private volatile double offset;
  private volatile boolean cold;

  /** As the mission file names it. */
  public ThermostatApp(Services services) {
    this.services = services;
    ParameterDefinition wanted = new ParameterDefinition("wanted", "Cel", 5, -40, 60);
    table = services.tables().parameters("thermostat", List.of(wanted));
    AppVerb.Argument kelvin = new AppVerb.Argument("offset", "K", -5, 5, true);
    AppVerb calibrate = new AppVerb("calibrate", List.of(kelvin));
    services
        .commands()
        .verbs(
            "thermostat",
            List.of(calibrate),
            (verb, arguments, execution) -> {
              offset = arguments.getOrDefault("offset", 0.0);
              execution.complete();
            });
    services.telemetry().value("thermostat", "cold", () -> cold ? 1 : 0);
  }

  @Override
  public void step() throws InterruptedException {
    double celsius =
        services.hardware().temperature("radiator").map(r -> r.celsius() + offset).orElse(99.0);
    boolean before = cold;
    cold = celsius < table.get("wanted");
    if (cold && !before) {
      services.events().report(TOO_COLD, celsius, table.get("wanted"));
    }
    services.board().sleepUntilNanos(services.clock().missionNanos() + 1_000_000_000L);
  }

  @Override
  public void close() {
    // the executive takes its command and its value back
  }
}

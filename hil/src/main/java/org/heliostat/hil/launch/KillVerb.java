package org.heliostat.hil.launch;

import java.io.IOException;
import java.time.Instant;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ./fly kill}: one flight of {@code ./fly campaign kill}, which starts it. */
@Command(
    name = "kill",
    hidden = true,
    mixinStandardHelpOptions = true,
    versionProvider = Fly.Version.class,
    description = "Flies one flight of the kill campaign; ./fly campaign kill does so.")
final class KillVerb implements Callable<Integer> {
  @Mixin private final MissionOptions options = new MissionOptions();

  @Option(
      names = "--kills",
      paramLabel = "N",
      required = true,
      description = "How often the flight process is killed.")
  private int kills;

  @Override
  public Integer call() throws SetupException, IOException, InterruptedException {
    Installation installation = Installation.find();
    if (kills < 1 || kills > KillPlan.MOST) {
      throw new SetupException("--kills is " + kills + ", not within 1 to " + KillPlan.MOST);
    }
    if (options.scenario == null) {
      options.scenario = installation.scenario("kill");
    }
    FlightPlan plan =
        PlanCheck.plan(options, installation, Instant.now(), ProcessHandle.current().pid());
    return new KillFlight(plan, kills).call();
  }
}

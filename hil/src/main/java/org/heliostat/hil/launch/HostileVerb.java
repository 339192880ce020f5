package org.heliostat.hil.launch;

import java.io.IOException;
import java.time.Instant;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The flight of a hostile campaign, as a process of its own. */
@Command(
    name = "hostile",
    hidden = true,
    description = "Flies the flight of the hostile campaign; ./fly campaign hostile does so.")
final class HostileVerb implements Callable<Integer> {
  /** Frames of one flight. */
  static final int MOST = 10_000_000;

  @Mixin private final MissionOptions options = new MissionOptions();

  @Option(
      names = "--hostile-frames",
      paramLabel = "N",
      required = true,
      description = "How many frames somebody without a key sends.")
  private int frames;

  @Override
  public Integer call() throws SetupException, IOException, InterruptedException {
    Installation installation = Installation.find();
    if (frames < 1 || frames > MOST) {
      throw new SetupException("--hostile-frames is " + frames + ", not within 1 to " + MOST);
    }
    if (options.scenario == null) {
      options.scenario = installation.scenario("hostile");
    }
    FlightPlan plan =
        PlanCheck.plan(options, installation, Instant.now(), ProcessHandle.current().pid());
    return new HostileFlight(plan, frames).call();
  }
}

package org.heliostat.hil.launch;

import java.io.IOException;
import java.time.Instant;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code ./fly mission}: flies a mission and judges it. */
@Command(
    name = "mission",
    mixinStandardHelpOptions = true,
    versionProvider = Fly.Version.class,
    description = "Flies a mission; what ./fly does without a verb.")
final class MissionVerb implements Callable<Integer> {
  @Mixin private final MissionOptions options = new MissionOptions();

  @Override
  public Integer call() throws SetupException, IOException, InterruptedException {
    return fly(options);
  }

  static int fly(MissionOptions options) throws SetupException, IOException, InterruptedException {
    FlightPlan plan =
        PlanCheck.plan(options, Installation.find(), Instant.now(), ProcessHandle.current().pid());
    // fly says so: the JDK's own answer differs from release to release
    boolean terminal = "1".equals(System.getProperty("heliostat.terminal", ""));
    return new MissionRun(plan, terminal).call();
  }
}

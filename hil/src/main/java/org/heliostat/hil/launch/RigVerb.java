package org.heliostat.hil.launch;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.heliostat.hil.rig.RigFaults;
import org.heliostat.hil.rig.RigInject;
import org.heliostat.hil.terminal.TerminalText;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ./fly rig}: breaks things in a mission that is flying. */
@Command(
    name = "rig",
    mixinStandardHelpOptions = true,
    versionProvider = Fly.Version.class,
    subcommands = {RigVerb.Inject.class, RigFaults.class},
    description = {
      "Breaks things in a mission that is flying, and lists what can be broken.",
      "Exit code: 0 done, 1 refused, 2 wrong use."
    })
@SuppressWarnings("NullAway.Init") // picocli fills the fields
final class RigVerb implements Callable<Integer> {
  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Override
  public Integer call() {
    throw new CommandLine.ParameterException(spec.commandLine(), "inject or faults?");
  }

  /** {@code ./fly rig inject}. */
  @Command(
      name = "inject",
      mixinStandardHelpOptions = true,
      versionProvider = Fly.Version.class,
      description = "Starts a fault now: device, kind and what the kind needs, as in a scenario.",
      footer = {
        "",
        "For example:",
        "  ./fly rig inject 'device: \"plate0\" kind: NO_ACKNOWLEDGE for_s: 20'"
      })
  @SuppressWarnings("NullAway.Init") // picocli fills the fields
  static final class Inject implements Callable<Integer> {
    @Option(
        names = "--flight",
        paramLabel = "DIR",
        description = "Folder of the flight. Default: the newest one that is flying.")
    private @Nullable Path flight;

    @Parameters(
        paramLabel = "FAULT",
        description = "A fault as in a scenario, protobuf text format; at_s means nothing here.")
    private String fault;

    @Override
    public Integer call() throws SetupException {
      Path world = FlyingFlight.find(flight, "world");
      try {
        String answer = RigInject.inject(world, fault);
        System.out.println(TerminalText.lines(answer));
        return answer.startsWith("ok") ? 0 : 1;
      } catch (IOException e) {
        throw new SetupException("the rig does not answer: " + e.getMessage());
      }
    }
  }
}

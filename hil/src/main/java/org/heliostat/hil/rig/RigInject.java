package org.heliostat.hil.rig;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Injects a fault into a rig that runs. Exit codes: 0 it is played, 1 refused, 2 wrong use. */
@Command(
    name = "inject",
    mixinStandardHelpOptions = true,
    description = "Injects a fault into a rig that runs; it starts at once.",
    footer = {
      "",
      "For example:",
      "  rig inject --world run/world 'device: \"rail0\" kind: NO_ACKNOWLEDGE for_s: 20'"
    })
@SuppressWarnings("NullAway.Init") // picocli fills the fields
public final class RigInject implements Callable<Integer> {
  @Option(
      names = "--world",
      required = true,
      paramLabel = "FILE",
      description = "World file of the rig.")
  private Path worldFile;

  @Parameters(
      paramLabel = "FAULT",
      description = "A fault as in a scenario, in protobuf text format; without at_s.")
  private String fault;

  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    try {
      String answer = inject(worldFile, fault);
      out.println(answer);
      out.flush();
      return answer.startsWith("ok") ? 0 : 1;
    } catch (IOException e) {
      throw new CommandLine.ParameterException(
          spec.commandLine(),
          "--world: no rig listens for " + worldFile + ": " + e.getMessage(),
          e);
    }
  }

  /**
   * Hands a fault to the rig of a world.
   *
   * @param fault in protobuf text format; {@code at_s} means nothing
   * @return {@code ok ...} or {@code refused: reason}
   * @throws IOException if no rig runs there
   */
  public static String inject(Path world, String fault) throws IOException {
    return ControlSocket.ask(world, fault.replace('\n', ' '));
  }
}

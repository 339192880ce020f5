package org.heliostat.hil.launch;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.heliostat.hil.terminal.TerminalText;
import org.heliostat.protocol.Role;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code ./fly keys}: replaces the keys of a flying mission. */
@Command(
    name = "keys",
    mixinStandardHelpOptions = true,
    versionProvider = Fly.Version.class,
    description = {
      "Replaces the key of a role by a new one.",
      "Ground makes it, brings it on board and tries it; only then does the one before go.",
      "Cut off anywhere, the next try goes on where this one stopped.",
      "Exit code: 0 replaced, 1 not replaced: the one before is good, 2 wrong use."
    })
@SuppressWarnings("NullAway.Init") // picocli fills the fields
final class KeysVerb implements Callable<Integer> {
  /** What can be done to keys. */
  enum Deed {
    ROTATE
  }

  /** Roles as an operator types them. */
  enum Whose {
    OPERATOR,
    PAYLOAD,
    MAINTENANCE,
    EMERGENCY,
    STATION;

    Role role() {
      return Role.valueOf("ROLE_" + name());
    }
  }

  @Parameters(
      index = "0",
      paramLabel = "rotate",
      description = "What to do: ${COMPLETION-CANDIDATES}.")
  private Deed deed;

  @Option(
      names = "--role",
      required = true,
      paramLabel = "ROLE",
      description = "Whose key: ${COMPLETION-CANDIDATES}, in any case.")
  private Whose whose;

  @Mixin private final OperatorOptions options = new OperatorOptions();

  @Option(
      names = "--wait",
      paramLabel = "SECONDS",
      description = "How long to wait for each step. Default: ${DEFAULT-VALUE}.")
  private double waitSeconds = 120;

  @Option(
      names = "--emergency",
      description = {
        "Loads the new key with the emergency key: that of maintenance is lost.",
        "The satellite takes it in mode SAFE alone: command --emergency SET_MODE SAFE first."
      })
  private boolean emergency;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws SetupException {
    return switch (deed) {
      case ROTATE -> rotate();
    };
  }

  private int rotate() throws SetupException {
    options.check(waitSeconds);
    Path socket = options.socket();
    PrintWriter err = spec.commandLine().getErr();
    String name = whose.name().toLowerCase(Locale.ROOT);
    try {
      OperatorClient.Rotated end =
          new OperatorClient(socket, options.operator())
              .rotate(whose.role(), waitSeconds, emergency);
      if (end.key() == 0) {
        err.println("the key of " + name + " is not replaced: " + TerminalText.line(end.why()));
        return 1;
      }
      spec.commandLine().getOut().println(name + ": key " + end.key() + " is good");
      return 0;
    } catch (IOException e) {
      err.println(
          "the ground station does not answer: "
              + TerminalText.line(String.valueOf(e.getMessage())));
      return 1;
    }
  }
}

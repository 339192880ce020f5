package org.heliostat.hil.launch;

import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * The command line behind {@code ./fly}. A verb is a picocli command; to add one, add its class to
 * {@link #line()}.
 */
@Command(
    name = "fly",
    mixinStandardHelpOptions = true,
    description = "Flies a mission on the rig: satellite, link and ground, each a real process.",
    footer = {
      "",
      "Without a verb a mission is flown.",
      "Exit code: 0 all checks passed, 1 a check failed, 2 wrong use or set-up."
    })
public final class Fly implements Callable<Integer> {
  @Mixin private final MissionOptions options = new MissionOptions();

  private Fly() {}

  /** Runs a verb and ends the process with its exit code. */
  public static void main(String[] arguments) {
    System.exit(line().execute(arguments));
  }

  /** The command line with all its verbs. */
  static CommandLine line() {
    CommandLine line = new CommandLine(new Fly());
    line.addSubcommand(new MissionVerb());
    line.addSubcommand(new CommandVerb());
    line.setExecutionExceptionHandler(
        (failure, command, parsed) -> {
          if (failure instanceof SetupException) {
            command.getErr().println(failure.getMessage());
            return 2;
          }
          throw failure;
        });
    return line;
  }

  @Override
  public Integer call() throws Exception {
    return MissionVerb.fly(options);
  }
}

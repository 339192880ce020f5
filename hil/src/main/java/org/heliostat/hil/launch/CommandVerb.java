package org.heliostat.hil.launch;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.heliostat.protocol.CommandReport;
import org.heliostat.protocol.Telecommand;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ./fly command}: an operator's command to a flying mission. */
@Command(
    name = "command",
    mixinStandardHelpOptions = true,
    versionProvider = Fly.Version.class,
    description = {
      "Sends a command to a flying mission and shows its stages.",
      "Exit code: 0 completed, 1 failed, 2 wrong use."
    })
@SuppressWarnings("NullAway.Init") // picocli fills the fields
final class CommandVerb implements Callable<Integer> {
  @Option(
      names = "--flight",
      paramLabel = "DIR",
      description = "Folder of the flight. Default: the newest one that is flying.")
  private @Nullable Path flight;

  @Option(
      names = "--operator",
      paramLabel = "NAME",
      description = "Who commands; stands in ground's audit log. Default: ${DEFAULT-VALUE}.")
  private String operator = System.getProperty("user.name", "operator");

  @Option(
      names = "--wait",
      paramLabel = "SECONDS",
      description = "How long to wait for the last stage. Default: ${DEFAULT-VALUE}.")
  private double waitSeconds = 120;

  @Parameters(
      index = "0",
      paramLabel = "NAME",
      description =
          "NOOP, SET_MODE, TAKE_FRAMES, CYCLE_RAIL ...; one that does not exist lists all of them.")
  private String name;

  @Parameters(
      index = "1..*",
      paramLabel = "field=value",
      description = "Arguments, for example SET_MODE mode=PAYLOAD, or just SET_MODE PAYLOAD.")
  private List<String> arguments = List.of();

  @Override
  public Integer call() throws SetupException {
    Telecommand command = CommandText.parse(name, arguments);
    Path socket = FlyingFlight.find(flight, "socket");
    try {
      OperatorClient.End end =
          new OperatorClient(socket, operator).send(command, waitSeconds, CommandVerb::show);
      if (!end.completed()) {
        System.err.println("failed: " + end.why());
      }
      return end.completed() ? 0 : 1;
    } catch (IOException e) {
      System.err.println("the ground station does not answer: " + e.getMessage());
      return 1;
    }
  }

  private static void show(CommandReport report) {
    System.out.printf(
        "#%d %s %s%s%n",
        report.getCounter(),
        report.getCommand(),
        report.getStage(),
        report.getReason().isEmpty() ? "" : ": " + report.getReason());
  }
}

package org.heliostat.hil.launch;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.heliostat.hil.terminal.TerminalText;
import org.heliostat.protocol.CommandReport;
import org.heliostat.protocol.OperatorReply;
import org.heliostat.protocol.Stage;
import org.heliostat.protocol.Telecommand;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code ./fly command}: an operator's command to a flying mission. */
@Command(
    name = "command",
    mixinStandardHelpOptions = true,
    versionProvider = Fly.Version.class,
    description = {
      "Sends a command to a flying mission and shows its stages, and the data that it asks for.",
      "Exit code: 0 completed, 1 failed or not at its end in time, 2 wrong use."
    })
@SuppressWarnings("NullAway.Init") // picocli fills the fields
final class CommandVerb implements Callable<Integer> {
  @Mixin private final OperatorOptions options = new OperatorOptions();

  @Option(
      names = "--wait",
      paramLabel = "SECONDS",
      description = "How long to wait for the last stage. Default: ${DEFAULT-VALUE}.")
  private double waitSeconds = 120;

  @Option(
      names = "--emergency",
      description =
          "Sealed with the emergency key, which opens what brings the spacecraft to SAFE, whatever"
              + " its clock says.")
  private boolean emergency;

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

  @Spec private CommandSpec spec;

  private boolean failed;

  @Override
  public Integer call() throws SetupException {
    options.check(waitSeconds);
    Telecommand command = CommandText.parse(name, arguments);
    Path socket = options.socket();
    PrintWriter err = spec.commandLine().getErr();
    try {
      OperatorClient.End end =
          new OperatorClient(socket, options.operator())
              .ask(command, waitSeconds, emergency, this::show);
      if (end.completed() && !end.why().isEmpty()) {
        err.println("completed, but " + TerminalText.line(end.why()));
      } else if (!end.completed()) {
        // what has no end yet, or was never sent, has not failed
        err.println((failed ? "failed: " : "") + TerminalText.line(end.why()));
      }
      return end.completed() ? 0 : 1;
    } catch (IOException e) {
      err.println(
          "the ground station does not answer: "
              + TerminalText.line(String.valueOf(e.getMessage())));
      return 1;
    }
  }

  private void show(OperatorReply reply) {
    PrintWriter out = spec.commandLine().getOut();
    if (reply.hasAnswer()) {
      out.print(AnswerText.of(reply));
      out.flush();
      return;
    }
    CommandReport report = reply.getReport();
    failed |= report.getStage() == Stage.FAILED;
    out.printf(
        "#%d %s %s%s%n",
        report.getCounter(),
        TerminalText.line(report.getCommand()),
        report.getStage(),
        report.getReason().isEmpty() ? "" : ": " + TerminalText.line(report.getReason()));
    out.flush();
  }
}

package org.heliostat.hil.launch;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.heliostat.hil.terminal.TerminalText;
import org.heliostat.protocol.IoReason;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.TypeConversionException;

/**
 * The command line behind {@code ./fly}. A verb is a picocli command; to add one, add its class to
 * {@link #line()}.
 */
@Command(
    name = "fly",
    mixinStandardHelpOptions = true,
    versionProvider = Fly.Version.class,
    description = "Flies a mission on the rig: satellite, link and ground, each a real process.",
    footer = {
      "",
      "Without a verb a mission is flown. ./fly bench hal, core and link run the benchmarks.",
      "Exit code: 0 all checks passed, 1 a check failed, 2 wrong use or set-up."
    })
public final class Fly implements Callable<Integer> {
  @Mixin private final MissionOptions options = new MissionOptions();

  private Fly() {}

  /** The version that the build has written into the jar. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"Heliostat " + Summary.version()};
    }
  }

  /** Runs a verb and ends the process with its exit code. */
  public static void main(String[] arguments) {
    System.exit(line().execute(arguments));
  }

  /** The command line with all its verbs. */
  static CommandLine line() {
    CommandLine line = new CommandLine(new Fly());
    line.addSubcommand(new MissionVerb());
    line.addSubcommand(new CommandVerb());
    line.addSubcommand(new KeysVerb());
    line.addSubcommand(new UploadVerb());
    line.addSubcommand(new CampaignVerb());
    line.addSubcommand(new RigVerb());
    line.addSubcommand(new KillVerb());
    line.addSubcommand(new HostileVerb());
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setExecutionExceptionHandler(
        (failure, command, parsed) -> {
          if (failure instanceof SetupException) {
            command.getErr().println(TerminalText.lines(String.valueOf(failure.getMessage())));
            return 2;
          }
          if (failure instanceof IOException disk) {
            // a disk that is full or gone; where in the code it was met helps nobody
            command.getErr().println("fly: " + TerminalText.line(IoReason.of(disk)));
            return 2;
          }
          throw failure;
        });
    // an empty one (a variable that is not set) would mean the folder of the caller
    line.registerConverter(
        Path.class,
        text -> {
          if (text.isBlank()) {
            throw new TypeConversionException("is empty");
          }
          return Path.of(text);
        });
    return line;
  }

  @Override
  public Integer call() throws Exception {
    return MissionVerb.fly(options);
  }
}

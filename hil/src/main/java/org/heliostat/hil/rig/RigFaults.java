package org.heliostat.hil.rig;

import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.heliostat.protocol.Scenario.FaultKind;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Lists the kinds of faults. */
@Command(
    name = "faults",
    mixinStandardHelpOptions = true,
    description = "Lists every kind of fault, the devices that it fits and what its value means.")
@SuppressWarnings("NullAway.Init") // picocli fills the fields
public final class RigFaults implements Callable<Integer> {
  @Option(
      names = "--cards",
      defaultValue = "2",
      description = "Cards of the board. Default: ${DEFAULT-VALUE}.")
  private int cards;

  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @Override
  public Integer call() {
    if (cards < 1 || cards > WorldLayout.CARDS) {
      throw new CommandLine.ParameterException(
          spec.commandLine(), "--cards is " + cards + ", not in 1 to " + WorldLayout.CARDS);
    }
    PrintWriter out = spec.commandLine().getOut();
    out.print(list(cards));
    out.flush();
    return 0;
  }

  static String list(int cards) {
    StringBuilder text = new StringBuilder();
    for (FaultKind kind : FaultKind.values()) {
      if (kind == FaultKind.FAULT_KIND_UNSPECIFIED || kind == FaultKind.UNRECOGNIZED) {
        continue;
      }
      FaultTable.Row row = FaultTable.row(kind);
      text.append(kind).append('\n');
      text.append("  does     ").append(row.answer()).append('\n');
      text.append("  devices  ").append(FaultTable.fits(row, cards));
      text.append(row.device().isEmpty() ? "" : " (" + row.device() + " if none is named)");
      text.append('\n');
      text.append("  value    ");
      text.append(row.value().isEmpty() ? "none" : row.value() + "; default " + row.usual());
      text.append('\n');
      text.append("  for_s    ");
      text.append(row.lasts() ? "how long; 0 for ever" : "none: it happens once").append('\n');
    }
    return text.toString();
  }
}

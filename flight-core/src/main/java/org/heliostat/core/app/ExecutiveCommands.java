package org.heliostat.core.app;

import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import org.heliostat.core.command.Execution;
import org.heliostat.core.recorder.Recorder;
import org.heliostat.protocol.AppAction;
import org.heliostat.protocol.ControlApp;
import org.heliostat.protocol.Downlink;
import org.heliostat.protocol.Refusal;
import org.heliostat.protocol.ResetLogDump;
import org.heliostat.protocol.Telecommand;
import org.heliostat.protocol.Telecommand.CommandCase;

/**
 * The commands to the executive: start, stop, restart and reload an app, restart the process, and
 * the reset log.
 */
final class ExecutiveCommands {
  private static final String GROUND = "by command";

  /** Apps that are not stopped by command, and why. */
  private static final Map<String, String> INDISPENSABLE =
      Map.of(
          "link", "without the link nobody could start it again",
          "telemetry", "it keeps the deadlines of commands and stores the flight state",
          "hardware", "the watchdog would not be kicked");

  private final Services services;
  private final Executive executive;
  private final GoldenWish goldenNext;

  /**
   * @param goldenNext has the next boot start the golden configuration
   */
  ExecutiveCommands(Services services, Executive executive, GoldenWish goldenNext) {
    this.services = services;
    this.executive = executive;
    this.goldenNext = goldenNext;
  }

  void register() {
    services.commands().handle(CommandCase.CONTROL_APP, this::control);
    services.commands().handle(CommandCase.RESTART_PROCESS, this::restart);
    services.commands().handle(CommandCase.CLEAR_RESET_LOG, (command, end) -> clear(end));
    services.commands().handle(CommandCase.DUMP_RESET_LOG, this::dump);
  }

  private void control(Telecommand command, Execution execution) {
    ControlApp wanted = command.getControlApp();
    String loss = INDISPENSABLE.get(wanted.getApp());
    if (loss != null && wanted.getAction() == AppAction.STOP_APP) {
      execution.fail(loss + "; restart it instead");
      return;
    }
    Optional<String> refusal =
        executive.control(wanted.getApp(), wanted.getAction(), GROUND, true, execution::complete);
    refusal.ifPresent(execution::fail);
  }

  private void restart(Telecommand command, Execution execution) {
    if (command.getRestartProcess().getGolden()) {
      try {
        goldenNext.store();
      } catch (IOException e) {
        execution.fail(Refusal.NOT_STORED, "the next boot would not be golden: " + e);
        return;
      }
    }
    // before the process ends: afterwards it would be reported as cut off
    execution.complete();
    boolean ground = execution.origin().isEmpty();
    executive.restartProcess(ground ? GROUND : execution.origin(), ground);
  }

  private void dump(Telecommand command, Execution execution) {
    ResetLogDump dump =
        ResetLogDump.newBuilder()
            .setCounter(command.getCounter())
            .addAllBoots(services.state().get().getResetLogList())
            .build();
    execution.completeWith(Recorder.Priority.BULK, Downlink.newBuilder().setResetLog(dump).build());
  }

  private void clear(Execution execution) {
    try {
      services
          .state()
          .updateNow(
              next -> {
                // the entry of this run stays: its end is not known yet
                var last = next.getResetLog(next.getResetLogCount() - 1);
                next.clearResetLog().addResetLog(last);
              });
      execution.complete();
    } catch (IOException e) {
      execution.fail("it cannot be stored: " + e);
    }
  }
}

package org.heliostat.core.sequence;

import java.io.IOException;
import java.util.Optional;
import java.util.function.Consumer;
import org.heliostat.core.app.App;
import org.heliostat.core.app.AppFactory;
import org.heliostat.core.app.Services;
import org.heliostat.core.command.Execution;
import org.heliostat.core.table.TableDefinition;
import org.heliostat.protocol.Housekeeping;
import org.heliostat.protocol.Mission;
import org.heliostat.protocol.Refusal;
import org.heliostat.protocol.SetSequence;
import org.heliostat.protocol.Table;
import org.heliostat.protocol.Table.ContentCase;
import org.heliostat.protocol.Telecommand.CommandCase;

/** Runs the sequences, ten times a second of mission time. */
public final class SequencesApp implements App {
  private static final long PERIOD_NANOS = 100_000_000L;

  private final Services services;
  private final Sequences sequences;
  private final Consumer<Housekeeping.Builder> housekeeping;

  /** Offers the app as {@code sequences}. */
  public static final class Factory implements AppFactory {
    @Override
    public String name() {
      return "sequences";
    }

    @Override
    public App start(Services services) {
      return new SequencesApp(
          services,
          new Sequences(
              services.clock(),
              services.commands(),
              services.events(),
              services.state(),
              services.tables()));
    }

    @Override
    public Optional<TableDefinition> table(String name, Mission mission) {
      return name.startsWith(Sequences.PREFIX)
          ? Optional.of(
              new TableDefinition(
                  name,
                  ContentCase.SEQUENCE,
                  Table.getDefaultInstance(),
                  Sequences::problems,
                  Optional.empty()))
          : Optional.empty();
    }
  }

  SequencesApp(Services services, Sequences sequences) {
    this.services = services;
    this.sequences = sequences;
    this.housekeeping = packet -> packet.addAllSequences(sequences.status());
    services
        .commands()
        .handle(
            "sequences",
            CommandCase.START_SEQUENCE,
            (command, execution) -> {
              try {
                sequences
                    .start(command.getStartSequence().getSequence(), "command")
                    .ifPresentOrElse(
                        no -> execution.fail(no.refusal(), no.why()), execution::complete);
              } catch (IOException e) {
                execution.fail(Refusal.NOT_STORED, "it is not started: " + e);
              }
            });
    services
        .commands()
        .handle(
            "sequences",
            CommandCase.STOP_SEQUENCE,
            (command, execution) -> {
              try {
                if (sequences.stop(command.getStopSequence().getSequence(), "command")) {
                  execution.complete();
                } else {
                  execution.fail("it does not run");
                }
              } catch (IOException e) {
                execution.fail(Refusal.NOT_STORED, "stopped until the next restart: " + e);
              }
            });
    services
        .commands()
        .handle(
            "sequences",
            CommandCase.PAUSE_SEQUENCE,
            (command, execution) ->
                answer(
                    sequences.pause(command.getPauseSequence().getSequence(), "command"),
                    execution));
    services
        .commands()
        .handle(
            "sequences",
            CommandCase.RESUME_SEQUENCE,
            (command, execution) ->
                answer(
                    sequences.resume(command.getResumeSequence().getSequence(), "command"),
                    execution));
    services
        .commands()
        .handle(
            "sequences",
            CommandCase.SET_SEQUENCE,
            (command, execution) -> {
              SetSequence set = command.getSetSequence();
              try {
                answer(sequences.set(set.getSequence(), set.getInhibited()), execution);
              } catch (IOException e) {
                execution.fail(Refusal.NOT_STORED, "in force until the next restart: " + e);
              }
            });
    services.telemetry().contribute(housekeeping);
  }

  private static void answer(Optional<String> problem, Execution execution) {
    problem.ifPresentOrElse(execution::fail, execution::complete);
  }

  @Override
  public void step() throws InterruptedException {
    sequences.tick();
    services.board().sleepUntilNanos(services.clock().missionNanos() + PERIOD_NANOS);
  }

  @Override
  public void close() {
    services.telemetry().withdraw(housekeeping);
  }
}

package org.heliostat.hil.ground;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.heliostat.protocol.CommandReport;
import org.heliostat.protocol.Noop;
import org.heliostat.protocol.OperatorReply;
import org.heliostat.protocol.OperatorRequest;
import org.heliostat.protocol.Stage;
import org.heliostat.protocol.Telecommand;
import org.heliostat.protocol.Uplink;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Numbers, turns, repetitions and ends of commands. */
class CommandDeskTest {
  private static final long RESEND = CommandDesk.RESEND_NANOS;

  @TempDir private Path out;
  private final List<Uplink> sent = new ArrayList<>();
  private AuditLog audit;
  private CommandDesk desk;

  @BeforeEach
  void open() throws IOException {
    audit = new AuditLog(out.resolve("commands.jsonl"), InstantSource.fixed(Instant.EPOCH));
    desk = new CommandDesk(new CommandCounter(out.resolve("counter")), audit, sent::add);
  }

  @AfterEach
  void close() throws IOException {
    audit.close();
  }

  @Test
  void aCommandIsSentAgainUntilTheSatelliteAnswers() {
    desk.submit(noop(60), 0);
    desk.tick(0);
    desk.tick(RESEND - 1);
    assertThat(sent).hasSize(1);
    desk.tick(RESEND);
    assertThat(sent).hasSize(2);
    assertThat(sent.get(1)).isEqualTo(sent.get(0));
    desk.report(report(1, Stage.ACCEPTED));
    desk.tick(10 * RESEND);
    assertThat(sent).hasSize(2);
  }

  @Test
  void aCommandGoesUpAtOnceWhereNoneIsBeforeIt() {
    desk.submit(noop(60), 0);
    assertThat(counters()).containsExactly(1L);
  }

  @Test
  void theNextOneWaitsForTheAnswerToTheOneBefore() {
    desk.submit(noop(60), 0);
    desk.submit(noop(60), 0);
    desk.tick(0);
    desk.tick(1);
    assertThat(counters()).containsExactly(1L);
    desk.report(report(1, Stage.STARTED));
    desk.tick(2);
    assertThat(counters()).containsExactly(1L, 2L);
  }

  @Test
  void stagesReachTheOperatorAndTheAuditLog() throws IOException {
    CommandDesk.Ticket ticket = desk.submit(noop(60), 0);
    desk.tick(0);
    for (Stage stage : List.of(Stage.ACCEPTED, Stage.STARTED, Stage.COMPLETED)) {
      desk.report(report(1, stage));
    }
    // what comes twice ends nothing twice
    desk.report(report(1, Stage.COMPLETED));
    assertThat(ticket.replies())
        .extracting(reply -> reply.getReport().getStage())
        .containsExactly(Stage.ACCEPTED, Stage.STARTED, Stage.COMPLETED);
    assertThat(desk.json().get("completed").getAsInt()).isEqualTo(1);
    assertThat(Files.readAllLines(out.resolve("commands.jsonl")))
        .hasSize(4)
        .allMatch(line -> line.contains("\"operator\":\"test\""));
  }

  /** A restart leaves out what is left of its block. */
  @Test
  void aNumberIsNeverGivenTwice() throws IOException {
    desk.submit(noop(60), 0);
    desk.tick(0);
    CommandDesk again =
        new CommandDesk(new CommandCounter(out.resolve("counter")), audit, sent::add);
    again.submit(noop(60), 0);
    again.tick(0);
    assertThat(counters()).containsExactly(1L, 101L);
  }

  @Test
  void silenceEndsInAnErrorAndLetsTheNextOneGo() {
    CommandDesk.Ticket ticket = desk.submit(noop(1), 0);
    desk.submit(noop(60), 0);
    desk.tick(0);
    desk.tick(1_000_000_000L);
    assertThat(ticket.replies())
        .extracting(OperatorReply::getError)
        .containsExactly("the satellite has not answered; it may still run the command");
    desk.tick(1_000_000_001L);
    assertThat(counters()).containsExactly(1L, 2L);
  }

  @Test
  void tooManyAreRefused() {
    // one is on its way, the others wait
    for (int i = 0; i < 1 + 64; i++) {
      desk.submit(noop(60), 0);
    }
    assertThat(desk.submit(noop(60), 0).replies().peek().getError()).contains("64 commands");
  }

  private List<Long> counters() {
    return sent.stream().map(uplink -> uplink.getTelecommand().getCounter()).distinct().toList();
  }

  private static OperatorRequest noop(double waitSeconds) {
    return OperatorRequest.newBuilder()
        .setOperator("test")
        .setTelecommand(Telecommand.newBuilder().setNoop(Noop.getDefaultInstance()))
        .setWaitSeconds(waitSeconds)
        .build();
  }

  private static CommandReport report(long counter, Stage stage) {
    return CommandReport.newBuilder().setCounter(counter).setStage(stage).build();
  }
}

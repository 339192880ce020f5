package org.heliostat.hil.ground;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonParser;
import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.heliostat.protocol.ArmCommand;
import org.heliostat.protocol.CommandReport;
import org.heliostat.protocol.Downlink;
import org.heliostat.protocol.FieldValue;
import org.heliostat.protocol.LinkKey;
import org.heliostat.protocol.LoadKey;
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
    desk =
        new CommandDesk(
            new CommandCounter(out.resolve("counter")), audit, new OpenUplink(sent::add));
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

  /** It is remembered for a while after its end, and a key must not be. */
  @Test
  void aCommandIsRememberedWithoutItsSecretsOnceItIsSealed() throws IOException {
    Telecommand load =
        Telecommand.newBuilder()
            .setLoadKey(
                LoadKey.newBuilder()
                    .setKeyId(258)
                    .setSecret(ByteString.copyFrom(new byte[LinkKey.SECRET_BYTES])))
            .build();
    CommandDesk.Ticket ticket =
        desk.submit(
            OperatorRequest.newBuilder()
                .setOperator("test")
                .setTelecommand(load)
                .setWaitSeconds(60)
                .build(),
            0);
    assertThat(sent.get(0).getTelecommand()).isEqualTo(load.toBuilder().setCounter(1).build());
    assertThat(ticket.command())
        .isEqualTo(
            Telecommand.newBuilder()
                .setCounter(1)
                .setLoadKey(LoadKey.newBuilder().setKeyId(258))
                .build());
    // at any depth
    Telecommand armed =
        Telecommand.newBuilder().setArmCommand(ArmCommand.newBuilder().setCommand(load)).build();
    assertThat(SecretFields.without(armed).getArmCommand().getCommand().getLoadKey())
        .isEqualTo(LoadKey.newBuilder().setKeyId(258).build());
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
        new CommandDesk(
            new CommandCounter(out.resolve("counter")), audit, new OpenUplink(sent::add));
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
  void whatComesAfterTheWaitIsLoggedWithItsOperatorAndCountedOnce() throws IOException {
    CommandDesk.Ticket ticket = desk.submit(noop(1), 0);
    desk.tick(1_000_000_000L);
    desk.submit(noop(1), 1_000_000_000L);
    desk.tick(2_000_000_000L);
    assertThat(desk.json().get("failed").getAsInt()).isEqualTo(2);
    assertThat(told(ticket)).hasSize(1);
    for (Stage stage : List.of(Stage.ACCEPTED, Stage.COMPLETED, Stage.COMPLETED)) {
      desk.report(report(1, stage));
    }
    desk.report(report(2, Stage.FAILED));
    // one that comes out of turn
    desk.report(report(1, Stage.STARTED));
    assertThat(desk.json().get("sent").getAsInt()).isEqualTo(2);
    assertThat(desk.json().get("completed").getAsInt()).isEqualTo(1);
    assertThat(desk.json().get("failed").getAsInt()).isEqualTo(1);
    assertThat(told(ticket)).isEmpty();
    assertThat(lines("commands.jsonl"))
        .containsSubsequence(
            "1 SENT test",
            "1 GAVE_UP_WAITING test",
            "1 ACCEPTED test",
            "1 COMPLETED test",
            "2 FAILED test",
            "1 STARTED test")
        .containsOnlyOnce("1 COMPLETED test");
  }

  @Test
  void aStageOfACommandThatTheStationDoesNotKnowIsLoggedWithoutAnOperator() throws IOException {
    desk.submit(noop(60), 0);
    CommandDesk again =
        new CommandDesk(
            new CommandCounter(out.resolve("counter")), audit, new OpenUplink(sent::add));
    again.report(
        CommandReport.newBuilder()
            .setCounter(1)
            .setCommand("noop")
            .setStage(Stage.FAILED)
            .setReason("why")
            .setMissionNanos(5)
            .build());
    // from on board
    again.report(report(0, Stage.COMPLETED));
    again.force();
    assertThat(again.json().get("failed").getAsInt()).isZero();
    assertThat(again.json().get("completed").getAsInt()).isZero();
    assertThat(lines("commands.jsonl")).containsExactly("1 SENT test", "1 FAILED ");
    assertThat(Files.readAllLines(out.resolve("commands.jsonl")).get(1))
        .endsWith(
            "\"command\":\"noop\",\"stage\":\"FAILED\",\"reason\":\"why\",\"mission_nanos\":5}");
  }

  @Test
  void noMoreThanABoundedNumberIsRemembered() throws IOException {
    CommandDesk.Ticket unused = desk.submit(noop(1), 0);
    desk.tick(1_000_000_000L);
    for (int i = 0; i < CommandDesk.MOST_PAST; i++) {
      CommandDesk.Ticket unusedToo = desk.submit(noop(60), 1_000_000_000L);
      desk.report(report(2 + i, Stage.COMPLETED));
    }
    desk.report(report(1, Stage.COMPLETED));
    desk.report(report(2, Stage.ACCEPTED));
    assertThat(lines("commands.jsonl")).endsWith("1 COMPLETED ", "2 ACCEPTED test");
    assertThat(desk.json().get("failed").getAsInt()).isEqualTo(1);
    assertThat(desk.json().get("completed").getAsInt()).isEqualTo(CommandDesk.MOST_PAST);
  }

  @Test
  void tooManyAreRefused() {
    // one is on its way, the others wait
    for (int i = 0; i < 1 + 64; i++) {
      desk.submit(noop(60), 0);
    }
    assertThat(desk.submit(noop(60), 0).replies().peek().getError()).contains("64 commands");
  }

  @Test
  void answersKeepACommandOpenUntilAllHaveCome() {
    CommandDesk.Ticket ticket = desk.submit(noop(60), 0);
    desk.report(report(1, Stage.STARTED));
    desk.answer(answer(1, "before"));
    desk.answer(answer(9, "of another command"));
    desk.report(completed(1, 3));
    desk.answer(answer(1, "after"));
    // the wait for its end has been long enough, that for its answers has not
    desk.tick(CommandDesk.ANSWER_NANOS - 1);
    desk.answer(answer(1, "the last"));
    desk.answer(answer(1, "more than it said"));
    assertThat(told(ticket))
        .containsExactly("STARTED", "before", "COMPLETED", "after", "the last.");
    assertThat(desk.json().get("completed").getAsInt()).isEqualTo(1);
    assertThat(desk.json().get("answering").getAsInt()).isZero();
  }

  @Test
  void answersThatCameBeforeTheEndAreNotWaitedFor() {
    CommandDesk.Ticket ticket = desk.submit(noop(60), 0);
    desk.answer(answer(1, "a"));
    desk.report(completed(1, 1));
    assertThat(told(ticket)).containsExactly("a", "COMPLETED.");
    assertThat(desk.json().get("answering").getAsInt()).isZero();
  }

  @Test
  void answersThatDoNotComeAreMissed() {
    CommandDesk.Ticket ticket = desk.submit(noop(60), 0);
    desk.tick(5);
    desk.report(completed(1, 3));
    desk.answer(answer(1, "a"));
    desk.tick(5 + CommandDesk.ANSWER_NANOS - 1);
    assertThat(told(ticket)).containsExactly("COMPLETED", "a");
    desk.tick(5 + CommandDesk.ANSWER_NANOS);
    assertThat(told(ticket))
        .containsExactly(
            "2 of 3 answers have not come, and 60 s are over; ground keeps them when they do.");
    assertThat(desk.json().get("completed").getAsInt()).isEqualTo(1);
    assertThat(desk.json().get("failed").getAsInt()).isZero();
  }

  @Test
  void noMoreThanABoundedNumberWaitsForAnswers() {
    CommandDesk.Ticket oldest = desk.submit(noop(60), 0);
    desk.report(completed(1, 1));
    for (int i = 0; i < CommandDesk.MOST_ANSWERING; i++) {
      assertThat(told(oldest)).noneMatch(reply -> reply.contains("too many"));
      CommandDesk.Ticket unused = desk.submit(noop(60), 0);
      desk.report(completed(i + 2, 1));
    }
    assertThat(told(oldest)).hasSize(1).allMatch(reply -> reply.contains("too many"));
    assertThat(desk.json().get("answering").getAsInt()).isEqualTo(CommandDesk.MOST_ANSWERING);
  }

  @Test
  void noMoreThanABoundedNumberIsOnItsWay() {
    for (int i = 1; i <= CommandDesk.MOST_OPEN; i++) {
      CommandDesk.Ticket unused = desk.submit(noop(60), 0);
      desk.report(report(i, Stage.STARTED));
    }
    CommandDesk.Ticket unused = desk.submit(noop(60), 0);
    desk.tick(0);
    assertThat(counters()).hasSize(CommandDesk.MOST_OPEN);
    desk.report(report(1, Stage.COMPLETED));
    desk.tick(0);
    assertThat(counters()).hasSize(CommandDesk.MOST_OPEN + 1);
  }

  @Test
  void anOperatorWhoDoesNotListenLosesNeverTheEnd() {
    CommandDesk.Ticket ticket = desk.submit(noop(60), 0);
    desk.report(completed(1, 1000));
    for (int i = 1; i <= 1000; i++) {
      desk.answer(answer(1, "" + i));
    }
    assertThat(told(ticket)).hasSize(256).startsWith("COMPLETED").endsWith("999", "1000.");
  }

  @Test
  void anOperatorWhoHasLeftIsToldNothingAndTheCommandGoesOn() throws IOException {
    CommandDesk.Ticket ticket = desk.submit(noop(60), 0);
    desk.leave(ticket);
    desk.report(completed(1, 5));
    assertThat(ticket.replies()).isEmpty();
    assertThat(desk.json().get("completed").getAsInt()).isEqualTo(1);
    assertThat(desk.json().get("answering").getAsInt()).isZero();
    assertThat(Files.readString(out.resolve("commands.jsonl"))).contains("COMPLETED");
    CommandDesk.Ticket later = desk.submit(noop(60), 0);
    desk.report(completed(2, 5));
    desk.leave(later);
    assertThat(desk.json().get("answering").getAsInt()).isZero();
  }

  @Test
  void whatTheAuditLogDoesNotTakeIsRefusedAndNotSent() throws IOException {
    FailingFiles files = new FailingFiles();
    CommandDesk own = desk(files);
    files.full.add("audit");
    CommandDesk.Ticket refused = own.submit(noop(60), 0);
    assertThat(told(refused)).hasSize(1).allMatch(reply -> reply.contains("audit log"));
    assertThat(sent).isEmpty();
    files.full.clear();
    CommandDesk.Ticket unused = own.submit(noop(60), 0);
    assertThat(counters()).containsExactly(2L);
    own.close();
    assertThat(Files.readAllLines(out.resolve("audit")))
        .extracting(line -> JsonParser.parseString(line).getAsJsonObject())
        .extracting(line -> line.get("counter") + " " + line.get("stage").getAsString())
        .containsExactly("1 REFUSED", "2 SENT");
  }

  @Test
  void nothingIsSentWhileALineOfTheAuditLogIsNotOnDisk() throws IOException {
    FailingFiles files = new FailingFiles();
    CommandDesk own = desk(files);
    files.failingOnce.add("audit");
    CommandDesk.Ticket first = own.submit(noop(60), 0);
    // on its way when the disk failed
    assertThat(counters()).containsExactly(1L);
    own.report(report(1, Stage.COMPLETED));
    files.failingOnce.add("audit");
    CommandDesk.Ticket second = own.submit(noop(60), 0);
    assertThat(told(second)).hasSize(1).allMatch(reply -> reply.contains("audit log"));
    assertThat(counters()).containsExactly(1L);
    CommandDesk.Ticket third = own.submit(noop(60), 0);
    assertThat(counters()).hasSize(2);
    own.force();
    assertThat(Files.readAllLines(out.resolve("audit")))
        .extracting(
            line -> JsonParser.parseString(line).getAsJsonObject().get("stage").getAsString())
        .containsExactly("SENT", "COMPLETED", "REFUSED", "SENT");
    assertThat(told(first)).containsExactly("COMPLETED.");
    assertThat(third.replies()).isEmpty();
    own.close();
  }

  /** Nobody waits for a station that is no more. */
  @Test
  void whoeverWaitsIsToldThatTheStationEnds() throws IOException {
    CommandDesk.Ticket first = desk.submit(noop(60), 0);
    CommandDesk.Ticket second = desk.submit(noop(60), 0);
    desk.close();
    CommandDesk.Ticket third = desk.submit(noop(60), 0);
    for (CommandDesk.Ticket ticket : List.of(first, second, third)) {
      assertThat(ticket.replies())
          .singleElement()
          .matches(reply -> reply.getLast() && reply.getError().equals("the ground station ends"));
    }
  }

  @Test
  void aStageThatTheAuditLogDoesNotTakeIsNotForced() throws IOException {
    FailingFiles files = new FailingFiles();
    CommandDesk own = desk(files);
    CommandDesk.Ticket unused = own.submit(noop(60), 0);
    files.full.add("audit");
    own.report(report(1, Stage.COMPLETED));
    assertThatThrownBy(own::force).isInstanceOf(IOException.class);
    files.full.clear();
    own.force();
    assertThat(Files.readString(out.resolve("audit"))).contains("COMPLETED");
    own.close();
  }

  @Test
  void aForceThatFailsBeforeAReceiptHoldsTheNextCommandUp() throws IOException {
    FailingFiles files = new FailingFiles();
    CommandDesk own = desk(files);
    CommandDesk.Ticket unused = own.submit(noop(60), 0);
    own.report(report(1, Stage.COMPLETED));
    files.failingOnce.add("audit");
    assertThatThrownBy(own::force).isInstanceOf(IOException.class);
    // the receiver's force has failed, and the desk's own next one does
    files.failingOnce.add("audit");
    assertThat(told(own.submit(noop(60), 0)))
        .hasSize(1)
        .allMatch(reply -> reply.contains("audit log"));
    assertThat(counters()).containsExactly(1L);
    own.force();
    CommandDesk.Ticket unusedToo = own.submit(noop(60), 0);
    assertThat(counters()).hasSize(2);
    own.close();
    assertThat(stages()).containsExactly("SENT", "COMPLETED", "REFUSED", "SENT");
  }

  @Test
  void nothingIsSentAgainWhileALineOfTheAuditLogIsNotOnDisk() throws IOException {
    FailingFiles files = new FailingFiles();
    CommandDesk own = desk(files);
    files.failingOnce.add("audit");
    CommandDesk.Ticket unused = own.submit(noop(60), 0);
    assertThat(sent).hasSize(1);
    files.failingOnce.add("audit");
    own.tick(RESEND);
    assertThat(sent).hasSize(1);
    // a turn is a turn: a disk that fails is not asked at each look
    int before = files.forces;
    own.tick(2 * RESEND - 1);
    assertThat(files.forces).isEqualTo(before);
    own.tick(2 * RESEND);
    assertThat(sent).hasSize(2);
    assertThat(stages()).containsExactly("SENT");
    own.close();
  }

  @Test
  void aCommandTakesOneForceAfterItIsSentAndItsStagesOneBeforeTheReceipt() throws IOException {
    FailingFiles files = new FailingFiles();
    List<Integer> forcesWhenSent = new ArrayList<>();
    CommandDesk own = desk(files, uplink -> forcesWhenSent.add(files.forces));
    int before = files.forces;
    CommandDesk.Ticket unused = own.submit(noop(60), 0);
    assertThat(forcesWhenSent).containsExactly(before);
    assertThat(files.forces).isEqualTo(before + 1);
    for (Stage stage : List.of(Stage.ACCEPTED, Stage.STARTED, Stage.COMPLETED)) {
      own.report(report(1, stage));
    }
    own.tick(1);
    assertThat(files.forces).isEqualTo(before + 1);
    own.force();
    assertThat(files.forces).isEqualTo(before + 2);
    own.close();
  }

  @Test
  void allThatAreLateTakeOneForce() throws IOException {
    FailingFiles files = new FailingFiles();
    CommandDesk own = desk(files);
    for (int i = 0; i < 10; i++) {
      CommandDesk.Ticket unused = own.submit(noop(1), 0);
    }
    int before = files.forces;
    own.tick(1_000_000_000L);
    assertThat(files.forces).isEqualTo(before + 1);
    own.close();
    assertThat(Files.readAllLines(out.resolve("audit"))).hasSize(11);
  }

  @Test
  void aDeskThatIsClosedSendsNothing() throws IOException {
    desk.close();
    assertThat(told(desk.submit(noop(60), 0))).containsExactly("the ground station ends.");
    assertThat(sent).isEmpty();
  }

  private List<String> lines(String file) throws IOException {
    return Files.readAllLines(out.resolve(file)).stream()
        .map(line -> JsonParser.parseString(line).getAsJsonObject())
        .map(
            line ->
                line.get("counter")
                    + " "
                    + line.get("stage").getAsString()
                    + " "
                    + (line.has("operator") ? line.get("operator").getAsString() : ""))
        .toList();
  }

  private List<String> stages() throws IOException {
    return Files.readAllLines(out.resolve("audit")).stream()
        .map(line -> JsonParser.parseString(line).getAsJsonObject().get("stage").getAsString())
        .toList();
  }

  private CommandDesk desk(FailingFiles files) throws IOException {
    return desk(files, sent::add);
  }

  private CommandDesk desk(FailingFiles files, Predicate<Uplink> uplink) throws IOException {
    return new CommandDesk(
        new CommandCounter(out.resolve("own-counter")),
        new AuditLog(
            JsonLines.open(files.open(out.resolve("audit"))), InstantSource.fixed(Instant.EPOCH)),
        new OpenUplink(uplink));
  }

  /** What there was to tell since the last look; a full stop ends the last reply. */
  private static List<String> told(CommandDesk.Ticket ticket) {
    List<OperatorReply> replies = new ArrayList<>();
    ticket.replies().drainTo(replies);
    return replies.stream()
        .map(
            reply ->
                (reply.hasReport()
                        ? reply.getReport().getStage().name()
                        : reply.hasError()
                            ? reply.getError()
                            : reply.getAnswer().getFieldValue().getValue())
                    + (reply.getLast() ? "." : ""))
        .toList();
  }

  private static OperatorReply answer(long counter, String value) {
    return Answers.reply(
        Downlink.newBuilder()
            .setFieldValue(FieldValue.newBuilder().setCounter(counter).setValue(value))
            .build());
  }

  private static CommandReport completed(long counter, int answers) {
    return report(counter, Stage.COMPLETED).toBuilder().setAnswers(answers).build();
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

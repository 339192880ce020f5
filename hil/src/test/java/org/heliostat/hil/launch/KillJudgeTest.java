package org.heliostat.hil.launch;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.heliostat.hil.ground.ProtoJson;
import org.heliostat.hil.ground.RecordList;
import org.heliostat.protocol.FlightState;
import org.heliostat.protocol.LoadTable;
import org.heliostat.protocol.Table;
import org.heliostat.protocol.Telecommand;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A flight without a fault, and what the judge says when one thing of it is otherwise. */
class KillJudgeTest {
  private static final String BOOT_LINE = "1.0 INFO core/BOOT boot %d (x), mission m, 2 cards";
  private static final String OPERATIONAL_LINE = "2.0 INFO core/OPERATIONAL all apps run";

  private final List<FlightBoots.Boot> boots = new ArrayList<>();
  private final List<JsonObject> audit = new ArrayList<>();
  private final List<JsonObject> reports = new ArrayList<>();
  private final List<JsonObject> answers = new ArrayList<>();
  private final List<JsonObject> dumps = new ArrayList<>();
  private final List<JsonObject> events = new ArrayList<>();
  private final List<JsonObject> frames = new ArrayList<>();
  private final List<RecordList.Row> records = new ArrayList<>();
  private long delivered = 1;
  private int requests = 1;
  private int taken = 1;
  private long record;

  /** Two boots, a kill between them. In the first: a frame and a table; in the second: its dump. */
  @BeforeEach
  void fly() {
    event("BOOT", "boot 1 (x), mission m, 2 cards", 1);
    event("OPERATIONAL", "all apps run", 2);
    command(1, "take_frames", "{\"take_frames\":{\"count\":1}}", 3);
    frames.add(json("{\"frame_id\":\"f000001\",\"id\":\"p1\",\"record\":" + number() + "}"));
    loaded(2, 5, 3);
    event("BOOT", "boot 2 (x), mission m, 2 cards", 11);
    event("OPERATIONAL", "all apps run", 12);
    command(3, "dump_table", "{\"dump_table\":{\"table\":\"limits\"}}", 13);
    dumped(3, 5, 0);
    boots.add(boot(1, 137, 10, 0, 0, List.of(BOOT_LINE.formatted(1), OPERATIONAL_LINE)));
    boots.add(
        boot(
            0,
            143,
            20,
            0,
            0,
            List.of(
                "11.0 INFO core/BOOT boot 2 (x), mission m, 2 cards",
                "12.0 INFO core/OPERATIONAL all apps run",
                "13.0 INFO core/SHUTDOWN flight stops",
                "13.1 INFO core/LINK_DOWN link down")));
  }

  private static FlightBoots.Boot boot(
      int kill, int code, double to, long before, long after, List<String> said) {
    return new FlightBoots.Boot(kill, code, 0, (long) (to * 1e9), before, after, "", said);
  }

  private static JsonObject json(String text) {
    return JsonParser.parseString(text).getAsJsonObject();
  }

  private long number() {
    record++;
    records.add(new RecordList.Row(record, (int) (7 * record)));
    return record;
  }

  private void event(String name, String text, double at) {
    events.add(
        json(
            "{\"mission_nanos\":%d,\"severity\":\"INFO\",\"source\":\"core\",\"name\":\"%s\",\"text\":\"%s\",\"record\":%d}"
                .formatted((long) (at * 1e9), name, text, number())));
  }

  private void sent(long counter, String name, JsonObject telecommand) {
    JsonObject line = new JsonObject();
    line.addProperty("counter", counter);
    line.addProperty("command", name);
    line.addProperty("stage", "SENT");
    line.add("telecommand", telecommand);
    audit.add(line);
  }

  private void report(long counter, String stage, String refusal, double at) {
    reports.add(
        json(
            "{\"counter\":%d,\"stage\":\"%s\",\"refusal\":\"%s\",\"mission_nanos\":%d,\"record\":%d}"
                .formatted(counter, stage, refusal, (long) (at * 1e9), number())));
  }

  private void command(long counter, String name, String body, double at) {
    sent(counter, name, json(body));
    for (String stage : List.of("ACCEPTED", "STARTED", "COMPLETED")) {
      report(counter, stage, "", at);
    }
  }

  private static JsonObject load(int version) {
    return ProtoJson.of(
        Telecommand.newBuilder()
            .setLoadTable(LoadTable.newBuilder().setTable(KillOperator.limits(version)))
            .build());
  }

  private void loaded(long counter, int version, double at) {
    sent(counter, "load_table", load(version));
    report(counter, "ACCEPTED", "", at);
    activated(version, at);
    report(counter, "COMPLETED", "", at);
  }

  private void activated(int version, double at) {
    event(
        "TABLE_ACTIVATED",
        "table limits version %d is the active one, checksum %08x".formatted(version, version),
        at);
  }

  private void dumped(long counter, int version, int wrongChecksum) {
    Table table = KillOperator.limits(version);
    CRC32C crc = new CRC32C();
    crc.update(table.toByteArray());
    JsonObject line = new JsonObject();
    line.addProperty("counter", counter);
    line.add("table", ProtoJson.of(table));
    line.addProperty("checksum", (int) crc.getValue() + wrongChecksum);
    line.addProperty("answer", "table_dump");
    line.addProperty("record", number());
    answers.add(line);
  }

  private List<String> verdict() {
    return KillJudge.violations(
            new KillEvidence(
                boots,
                audit,
                reports,
                answers,
                dumps,
                events,
                frames,
                records,
                delivered,
                requests,
                Optional.of(FlightState.newBuilder().setFramesTaken(taken).build()),
                List.of()))
        .stream()
        .map(violation -> violation.kill() + " " + violation.what())
        .toList();
  }

  private void assertOnly(String what) {
    assertThat(verdict()).singleElement().asString().contains(what);
  }

  @Test
  void aFlightWithoutAFaultPasses() {
    assertThat(verdict()).isEmpty();
  }

  /** In the last boot, before its shutdown. */
  private void linkGoesDownAndThen(String line) {
    boots.set(
        1,
        boot(
            0,
            143,
            20,
            0,
            0,
            List.of(
                "11.0 INFO core/BOOT boot 2 (x), mission m, 2 cards",
                "12.0 INFO core/OPERATIONAL all apps run",
                "12.5 INFO core/LINK_DOWN link down",
                line,
                "13.0 INFO core/SHUTDOWN flight stops")));
  }

  @Test
  void whatIsSaidAfterTheLinkWentDownForGoodWaitsOnBoard() {
    linkGoesDownAndThen("12.6 INFO core/MODE_CHANGED mode A -> B");
    assertThat(verdict()).isEmpty();
    linkGoesDownAndThen("12.7 INFO core/LINK_UP link up");
    assertThat(verdict()).hasSize(2).allMatch(what -> what.contains("lost: the event"));
  }

  @Test
  void anEventThatWasPrintedAsStoredMustComeDown() {
    JsonObject lost = events.remove(1);
    assertThat(lost.get("name").getAsString()).isEqualTo("OPERATIONAL");
    assertOnly("1 lost: the event \"2.0 INFO core/OPERATIONAL");
  }

  @Test
  void anEventThatWasPrintedTwiceMustComeDownTwice() {
    boots.set(
        0,
        boot(
            1, 137, 10, 0, 0, List.of(BOOT_LINE.formatted(1), OPERATIONAL_LINE, OPERATIONAL_LINE)));
    assertOnly("1 lost: the event");
  }

  @Test
  void anEventThatWasNotStoredNeedNot() {
    boots.set(
        0,
        boot(
            1,
            137,
            10,
            0,
            0,
            List.of(
                BOOT_LINE.formatted(1),
                OPERATIONAL_LINE,
                "3.0 INFO core/LINK_UP link up (not recorded)",
                "Picked up JAVA_TOOL_OPTIONS: -Dx=y")));
    assertThat(verdict()).isEmpty();
  }

  @Test
  void aNumberThatIsMissingWithinABootIsALostRecord() {
    records.remove(3);
    assertOnly("0 lost: the records 4 to 4");
  }

  @Test
  void numbersMayBeLeftOutJustBeforeABoot() {
    long second = events.get(3).get("record").getAsLong();
    assertThat(events.get(3).get("name").getAsString()).isEqualTo("BOOT");
    records.removeIf(row -> row.number() == second - 1);
    assertThat(verdict()).isEmpty();
  }

  @Test
  void aFrameWithoutAProductIsLost() {
    delivered = 2;
    taken = 2;
    assertOnly("0 lost: the product of frame f000002");
  }

  @Test
  void framesAreCountedOnceOnBoard() {
    taken = 2;
    assertOnly("1 frames were delivered, and 2 counted on board");
  }

  @Test
  void aFrameThatIsCataloguedTwiceIsSeen() {
    frames.add(frames.get(0));
    assertOnly("frame f000001 is catalogued twice");
  }

  @Test
  void aNumberOfTwoRecordsIsSeen() {
    records.add(new RecordList.Row(3, 99));
    assertOnly("record number 3 was given twice");
  }

  @Test
  void aCommandThatRunsTwiceIsSeenByItsReports() {
    report(1, "COMPLETED", "", 14);
    assertOnly("command 1 (take_frames) was COMPLETED 2 times");
  }

  @Test
  void aCommandThatRunsTwiceIsSeenByItsEffect() {
    activated(5, 14);
    assertOnly("command 2 (load_table) took effect 2 times");
  }

  @Test
  void anAnswerThatIsGivenTwiceIsSeen() {
    dumped(3, 5, 0);
    assertOnly("command 3 (dump_table) took effect 2 times");
  }

  @Test
  void aCameraThatIsAskedTwiceIsSeen() {
    requests = 2;
    assertOnly("take_frames was to run 1 to 1 times, and the camera was asked 2 times");
  }

  @Test
  void aCommandThatWasCutOffMayHaveRunOrNot() {
    sent(4, "load_table", load(6));
    report(4, "ACCEPTED", "", 14);
    report(4, "FAILED", "INTERRUPTED", 15);
    assertThat(verdict()).isEmpty();
    activated(6, 14);
    dumped(5, 6, 0);
    sent(5, "dump_table", new JsonObject());
    report(5, "COMPLETED", "", 16);
    assertThat(verdict()).isEmpty();
  }

  @Test
  void aCommandThatWasCutOffAfterItsEndHasEnded() {
    report(2, "FAILED", "INTERRUPTED", 14);
    assertThat(verdict()).isEmpty();
  }

  @Test
  void aCommandDoesNotGoOnAfterItWasReportedAsCutOff() {
    sent(4, "noop", new JsonObject());
    report(4, "FAILED", "INTERRUPTED", 14);
    report(4, "COMPLETED", "", 14);
    assertOnly("command 4 (noop) went on after its end");
  }

  @Test
  void aRefusedCommandHasNoEffect() {
    sent(4, "load_table", load(6));
    report(4, "FAILED", "BAD_ARGUMENT", 14);
    assertThat(verdict()).isEmpty();
    activated(6, 14);
    assertOnly("command 4 (load_table) took effect 1 times");
  }

  @Test
  void aCommandIsAnsweredAndEnds() {
    sent(4, "noop", new JsonObject());
    assertOnly("command 4 (noop) was never answered");
    report(4, "ACCEPTED", "", 5);
    assertOnly("1 command 4 (noop) never ended");
  }

  @Test
  void aReportOfACommandThatWasNeverSentIsSeen() {
    report(9, "COMPLETED", "", 5);
    assertOnly("command 9 was never sent");
  }

  @Test
  void halfATableIsSeen() {
    answers
        .get(0)
        .getAsJsonObject("table")
        .getAsJsonObject("limits")
        .getAsJsonArray("watchpoints")
        .get(3)
        .getAsJsonObject()
        .addProperty("value", 1004.0);
    assertOnly("half a table");
  }

  @Test
  void aTableWithAWrongChecksumIsSeen() {
    answers.clear();
    dumped(3, 5, 1);
    assertOnly("a table with the checksum of another");
  }

  @Test
  void aTableThatCameBackIsSeen() {
    loaded(4, 6, 14);
    sent(5, "dump_table", new JsonObject());
    report(5, "COMPLETED", "", 15);
    dumped(5, 5, 0);
    assertOnly("command 5 found number 5 active by load_table, which can be only [6]");
  }

  @Test
  void theDefaultIsRightInTheGoldenConfigurationAlone() {
    sent(5, "get_field", new JsonObject());
    sent(4, "set_field", json("{\"set_field\":{\"value\":\"200007.0\"}}"));
    report(4, "COMPLETED", "", 14);
    event("TABLE_ACTIVATED", "table survival version 0 is the active one, checksum 00000007", 14);
    report(5, "COMPLETED", "", 14);
    JsonObject answer =
        json(
            "{\"answer\":\"field_value\",\"counter\":5,\"field\":\"command_loss_seconds\",\"value\":\"172800.0\",\"record\":"
                + number()
                + "}");
    answers.add(answer);
    assertOnly("command 5 found number 0 active by set_field, which can be only [7]");
    events.add(
        json(
            "{\"name\":\"GOLDEN_BOOT\",\"record\":"
                + (events.get(3).get("record").getAsLong() + 1)
                + "}"));
    assertThat(verdict()).isEmpty();
  }

  @Test
  void theGoldenConfigurationComesExactlyWhenItIsDue() {
    List<String> cutOff = List.of(BOOT_LINE.formatted(1));
    boots.clear();
    for (int i = 1; i <= 3; i++) {
      event("BOOT", "boot 1 (x), mission m, 2 cards", 1);
      boots.add(boot(i, 137, 10, i - 1, i, cutOff));
    }
    boots.add(boot(4, 137, 10, 3, 4, cutOff));
    // killed before it could say so
    assertThat(verdict()).isEmpty();
    event("LINK_UP", "x", 1);
    boots.set(
        3, boot(4, 137, 10, 3, 4, List.of(BOOT_LINE.formatted(1), "1.0 INFO core/LINK_UP x")));
    assertOnly("3 no golden configuration after 3 boots without operation");
    event("GOLDEN_BOOT", "x", 1);
    String golden = "1.0 INFO core/GOLDEN_BOOT x";
    boots.set(3, boot(4, 137, 10, 3, 4, List.of(BOOT_LINE.formatted(1), golden)));
    assertThat(verdict()).isEmpty();
    boots.set(0, boot(1, 137, 10, 0, 1, List.of(BOOT_LINE.formatted(1), golden)));
    event("GOLDEN_BOOT", "x", 1);
    assertOnly("0 the golden configuration came after 0 boots without operation");
  }

  @Test
  void bootsAreCountedAsTheyWere() {
    boots.set(0, boot(1, 137, 10, 0, 2, List.of(BOOT_LINE.formatted(1))));
    boots.set(1, boot(0, 143, 20, 2, 0, boots.get(1).said()));
    assertOnly("1 2 boots in a row were noted, and there were 1 to 1");
  }

  @Test
  void aProcessThatEndsBeforeItsKillIsSeen() {
    boots.set(0, boot(1, 1, 10, 0, 0, boots.get(0).said()));
    assertOnly("1 the process ended with code 1 before the kill");
  }

  @Test
  void whatWasHeldBackCannotBeCounted() {
    events.stream()
        .filter(event -> event.get("name").getAsString().equals("TABLE_ACTIVATED"))
        .forEach(event -> event.addProperty("suppressed", 2));
    assertOnly("the campaign commands too fast");
  }
}

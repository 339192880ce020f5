package org.heliostat.tests.flight;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.heliostat.core.recorder.Recorder.Priority;
import org.heliostat.hil.ground.RecordList;
import org.heliostat.protocol.CommandReport;
import org.heliostat.protocol.Downlink;
import org.heliostat.protocol.LoadTable;
import org.heliostat.protocol.Mission;
import org.heliostat.protocol.Mode;
import org.heliostat.protocol.Noop;
import org.heliostat.protocol.PlaybackRecords;
import org.heliostat.protocol.Sequence;
import org.heliostat.protocol.SequenceStep;
import org.heliostat.protocol.SetMode;
import org.heliostat.protocol.Stage;
import org.heliostat.protocol.SurvivalTable;
import org.heliostat.protocol.Table;
import org.heliostat.protocol.TakeFrames;
import org.heliostat.protocol.Telecommand;
import org.heliostat.tests.link.LineFaults;
import org.heliostat.tests.link.LinkFlight;
import org.heliostat.tests.link.LinkMission;
import org.heliostat.tests.link.LinkMission.Window;
import org.heliostat.tests.link.PlannedProduct;
import org.heliostat.tests.link.RecordedProduct;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Plans of passes that ground loads in flight over a line that is always there, so that nothing but
 * the plan keeps the link closed: what goes by them, in which order, what comes again when it is
 * asked for, and how ground gets back in through a plan that keeps it out. Seconds are mission
 * time.
 */
class PassesFlightTest {
  /** Mission seconds in a second. */
  private static final double SPEED = 10;

  private static final int WINDOW_KIBIBYTES = 64;

  /** From the command that loads a plan to its first pass; after 10 s the link closes. */
  private static final double FIRST_GAP_SECONDS = 40;

  private static final double FIRST_PASS_SECONDS = 30;
  private static final double SECOND_GAP_SECONDS = 20;
  private static final double SECOND_PASS_SECONDS = 2_000;

  /** Bytes a second, so that the backlog is under way for 40 s. */
  private static final double SECOND_PASS_RATE = 8_000;

  private static final int EARLY = 20;
  private static final int BACKLOG = 400;

  /** Of the backlog, on ground before the alert is provoked; and, at the least, behind it. */
  private static final int BEFORE_ALERT = 40;

  private static final int BEHIND_ALERT = 100;

  /** So small, in the area of interest, that each byte is worth more than one of an event. */
  private static final int PRODUCT_BYTES = 600;

  private static final double COMMAND_LOSS_SECONDS = 30;
  private static final double DAYS = 86_400;

  @TempDir private Path folder;

  /** What has gone over the line. */
  private record Traffic(long connections, long downlinkBytes) {
    static Traffic of(LinkFlight flight) {
      return new Traffic(flight.proxy().deeds().connections(), flight.proxy().downlink().bytes());
    }
  }

  /** A flight that ground hears, whose link has no plan. */
  private LinkFlight fly(Mission mission) throws IOException, InterruptedException {
    LinkFlight flight =
        LinkFlight.start(
            new LinkFlight.Plan(
                FlightRun.ROOT,
                folder.resolve("out"),
                mission,
                LinkMission.scenario(List.of()),
                List.of(),
                LineFaults.NONE,
                SPEED,
                1));
    try {
      flight.await("the last app", () -> flight.says("APP_STARTED app products "));
      flight.await("the flight on ground", () -> !flight.events("LINK_UP").isEmpty());
    } catch (IOException | InterruptedException | AssertionError e) {
      flight.close();
      throw e;
    }
    return flight;
  }

  private static CommandReport completed(LinkFlight flight, Telecommand.Builder command)
      throws IOException {
    List<CommandReport> stages = flight.command(command, Stage.COMPLETED);
    CommandReport last = stages.get(stages.size() - 1);
    assertThat(last.getStage()).as(last.getReason()).isEqualTo(Stage.COMPLETED);
    return last;
  }

  private static CommandReport load(LinkFlight flight, Table table) throws IOException {
    return completed(
        flight,
        Telecommand.newBuilder()
            .setLoadTable(LoadTable.newBuilder().setTable(table).setActivate(true)));
  }

  private static void awaitNoConnection(LinkFlight flight)
      throws IOException, InterruptedException {
    flight.await(
        "the end of the connection",
        () ->
            flight.proxy().deeds().connections() > 0
                && flight.proxy().deeds().connections() == flight.proxy().deeds().endings());
  }

  /** Nothing at all is sent until something is so; it is looked at once before, at the least. */
  private static void assertSilenceUntil(LinkFlight flight, String what, LinkFlight.Condition end)
      throws IOException, InterruptedException {
    Traffic before = Traffic.of(flight);
    AtomicInteger looks = new AtomicInteger();
    flight.await(
        what,
        () -> {
          Traffic now = Traffic.of(flight);
          // asked behind what was counted: that was before the end
          if (end.holds()) {
            return true;
          }
          looks.incrementAndGet();
          assertThat(now).as("until " + what).isEqualTo(before);
          return false;
        });
    assertThat(looks).as("looks until " + what).hasPositiveValue();
  }

  /** Has products recorded at once, and waits until they are durable on board. */
  private static List<String> record(LinkFlight flight, String name, int count)
      throws IOException, InterruptedException {
    long now = LinkMission.missionNanos(flight.seconds());
    int before = RecordedProduct.read(flight.data()).size();
    List<PlannedProduct> products =
        IntStream.range(0, count)
            .mapToObj(i -> new PlannedProduct(now, name + i, PRODUCT_BYTES, Priority.PRODUCT, true))
            .toList();
    flight.record(products);
    flight.await(
        name + " on board", () -> RecordedProduct.read(flight.data()).size() == before + count);
    return products.stream().map(PlannedProduct::id).toList();
  }

  private static List<String> catalogued(LinkFlight flight) throws IOException {
    return flight.lines("frames.jsonl").stream().map(line -> line.get("id").getAsString()).toList();
  }

  /** Numbers of the records that ground has, in the order in which they came. */
  private static List<Long> arrived(LinkFlight flight) throws IOException {
    return RecordList.rows(flight.out().resolve("received.bin")).stream()
        .map(RecordList.Row::number)
        .toList();
  }

  private static long number(JsonObject line, String name) {
    return line.get(name).getAsLong();
  }

  @Test
  void thePlanThatGroundLoadsOpensAndClosesTheLinkAndAlertsOvertakeTheBacklog() throws Exception {
    try (LinkFlight flight = fly(LinkMission.of(FlightRun.ROOT, List.of(), WINDOW_KIBIBYTES))) {
      Window first = new Window(flight.seconds() + FIRST_GAP_SECONDS, FIRST_PASS_SECONDS, 0);
      Window second =
          new Window(
              first.endSeconds() + SECOND_GAP_SECONDS, SECOND_PASS_SECONDS, SECOND_PASS_RATE);
      CommandReport loaded = load(flight, LinkMission.passes(List.of(first, second)));

      // outside of its passes nothing goes over the line
      List<String> early = record(flight, "early", EARLY);
      awaitNoConnection(flight);
      assertSilenceUntil(flight, "the first pass", () -> flight.seconds() >= first.beginSeconds());
      assertThat(catalogued(flight)).isEmpty();
      // in the next one what waited arrives
      flight.await("the early ones", () -> catalogued(flight).size() >= EARLY);
      awaitNoConnection(flight);
      assertThat(flight.seconds()).isGreaterThanOrEqualTo(first.endSeconds());
      assertThat(catalogued(flight)).containsExactlyInAnyOrderElementsOf(early);
      List<String> backlog = record(flight, "late", BACKLOG);
      assertSilenceUntil(
          flight, "the second pass", () -> flight.seconds() >= second.beginSeconds());

      // an alert that is made in the middle of the backlog does not wait for the rest of it
      flight.await(
          "a part of the backlog", () -> catalogued(flight).size() >= EARLY + BEFORE_ALERT);
      List<CommandReport> refused =
          flight.command(
              Telecommand.newBuilder().setTakeFrames(TakeFrames.newBuilder().setCount(1)),
              Stage.COMPLETED);
      assertThat(refused.get(refused.size() - 1).getStage()).isEqualTo(Stage.FAILED);
      flight.await("all products", () -> catalogued(flight).size() >= EARLY + BACKLOG);
      flight.await("the begins of passes", () -> flight.events("PASS_BEGINS").size() == 2);
      assertAlertOvertook(flight);

      // what ground has comes again when it is asked for, by its time, and is known
      List<String> all = catalogued(flight);
      int again = flight.counter("resent");
      List<CommandReport> played =
          flight.command(
              Telecommand.newBuilder()
                  .setPlaybackRecords(
                      PlaybackRecords.newBuilder()
                          .setFromNanos(loaded.getMissionNanos())
                          .setToNanos(LinkMission.missionNanos(first.beginSeconds()))
                          .addTypes(Downlink.PRODUCT_FIELD_NUMBER)),
              Stage.COMPLETED);
      assertThat(played)
          .extracting(CommandReport::getReason)
          .contains(EARLY + " records wait for ground again");
      flight.await("the early ones again", () -> flight.counter("resent") >= again + EARLY);
      assertThat(catalogued(flight)).isEqualTo(all);

      assertThat(flight.end()).isTrue();
      assertThat(catalogued(flight))
          .containsExactlyInAnyOrderElementsOf(
              Stream.concat(early.stream(), backlog.stream()).toList());
      // nor did any come as another one than it was
      assertThat(arrived(flight)).doesNotHaveDuplicates();
      assertThat(flight.counter("damaged")).isZero();
    }
  }

  private static void assertAlertOvertook(LinkFlight flight)
      throws IOException, InterruptedException {
    long alert = number(flight.events("COMMAND_REJECTED").get(0), "record");
    long routine = number(flight.events("PASS_BEGINS").get(1), "record");
    flight.await("their receipts", () -> arrived(flight).containsAll(List.of(alert, routine)));
    List<Long> arrived = arrived(flight);
    List<Long> backlog =
        RecordedProduct.read(flight.data()).stream()
            .filter(product -> product.id().startsWith("late"))
            .map(RecordedProduct::record)
            .toList();
    List<Long> behind = new ArrayList<>(arrived.subList(arrived.indexOf(alert), arrived.size()));
    behind.retainAll(backlog);
    assertThat(backlog).hasSize(BACKLOG).allMatch(record -> record < alert);
    assertThat(behind).hasSizeBetween(BEHIND_ALERT, BACKLOG - BEFORE_ALERT);
    // by its worth it would have come behind all of them, as what is routine has
    assertThat(backlog).allMatch(record -> arrived.indexOf(record) < arrived.indexOf(routine));
    assertThat(routine).isLessThan(alert);
  }

  @Test
  void commandLossLetsGroundInThroughAPlanThatKeepsItOut() throws Exception {
    Mission mission =
        LinkMission.of(FlightRun.ROOT, List.of(), WINDOW_KIBIBYTES).toBuilder()
            .addTables(
                Table.newBuilder()
                    .setName("sequence.lost")
                    .setSequence(
                        Sequence.newBuilder()
                            .addSteps(
                                SequenceStep.newBuilder()
                                    .setAfterSeconds(0)
                                    .setCommand(
                                        Telecommand.newBuilder()
                                            .setNoop(Noop.getDefaultInstance())))))
            .build();
    try (LinkFlight flight = fly(mission)) {
      CommandReport unused =
          load(
              flight,
              Table.newBuilder()
                  .setName("survival")
                  .setSurvival(
                      SurvivalTable.newBuilder()
                          .setCommandLossSeconds(COMMAND_LOSS_SECONDS)
                          .setCommandLossSequence("lost"))
                  .build());
      // a mistake of ground: as if there were no pass for three days
      Window wrong = new Window(flight.seconds() + 3 * DAYS, 600, 0);
      CommandReport last = load(flight, LinkMission.passes(List.of(wrong)));
      awaitNoConnection(flight);
      assertSilenceUntil(flight, "command loss", () -> flight.says("/COMMAND_LOSS "));

      for (String name :
          List.of(
              "COMMAND_LOSS", "COMMAND_LOSS_ANSWERED", "SEQUENCE_STARTED", "SEQUENCE_COMPLETED")) {
        flight.await(name, () -> !flight.events(name).isEmpty());
      }
      assertThat(number(flight.events("COMMAND_LOSS").get(0), "mission_nanos"))
          .isGreaterThanOrEqualTo(last.getMissionNanos() + (long) (COMMAND_LOSS_SECONDS * 1e9));
      assertThat(flight.events("SEQUENCE_COMPLETED").toString()).contains("sequence lost");
      assertThat(flight.events("MODE_CHANGED").toString()).contains("STANDBY -> SAFE");
      assertThat(flight.events("PASS_PLAN_VOID").toString()).contains("command loss");
      assertThat(flight.events("PASS_BEGINS")).isEmpty();

      // ground's own plan counts again as soon as ground is heard
      Window right = new Window(flight.seconds(), SECOND_PASS_SECONDS, 0);
      CommandReport unusedToo = load(flight, LinkMission.passes(List.of(right)));
      flight.await("its pass", () -> flight.events("PASS_BEGINS").size() == 1);
      CommandReport unusedAsWell =
          completed(
              flight,
              Telecommand.newBuilder().setSetMode(SetMode.newBuilder().setMode(Mode.STANDBY)));
      flight.await(
          "the mode", () -> flight.events("MODE_CHANGED").toString().contains("SAFE -> STANDBY"));
      assertThat(flight.end()).isTrue();
    }
  }
}

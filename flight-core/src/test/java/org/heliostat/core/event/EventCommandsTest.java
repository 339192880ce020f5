package org.heliostat.core.event;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.heliostat.core.fixture.TestSpacecraft;
import org.heliostat.protocol.ClearEventCounters;
import org.heliostat.protocol.Downlink;
import org.heliostat.protocol.DumpEvents;
import org.heliostat.protocol.EventStatus;
import org.heliostat.protocol.FilterEvent;
import org.heliostat.protocol.FilterStatus;
import org.heliostat.protocol.ResetEventFilters;
import org.heliostat.protocol.Severity;
import org.heliostat.protocol.Stage;
import org.heliostat.protocol.Telecommand;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EventCommandsTest {
  @TempDir Path folder;
  private TestSpacecraft craft;
  private Events events;

  @BeforeEach
  void start() {
    craft = new TestSpacecraft(folder);
    events = craft.services().events();
    events.serve(
        craft.services().commands(), craft.services().state(), craft.services().telemetry());
  }

  @AfterEach
  void end() {
    craft.close();
  }

  private Stage filter(String source, String name, Severity lowest) {
    return craft.send(
        Telecommand.newBuilder()
            .setFilterEvent(
                FilterEvent.newBuilder().setSource(source).setName(name).setLowest(lowest)));
  }

  private EventStatus status() {
    return craft.housekeeping().getEventStatus();
  }

  private static FilterStatus row(String source, String name, Severity lowest, long held) {
    FilterStatus.Builder row =
        FilterStatus.newBuilder().setSource(source).setLowest(lowest).setHeld(held);
    return (name.isEmpty() ? row : row.setName(name)).build();
  }

  @Test
  void filtersInForceAreShownWithWhatTheyHoldBack() {
    assertThat(filter("core", "", Severity.WARNING)).isEqualTo(Stage.COMPLETED);
    assertThat(filter("core", "LINK_REFUSED", Severity.ERROR)).isEqualTo(Stage.COMPLETED);
    for (int i = 0; i < 3; i++) {
      events.report(CoreEvent.LINK_UP);
    }
    events.report(CoreEvent.LINK_REFUSED, "why");
    events.report(CoreEvent.TIME_JUMP, "clock", 1.0);
    // each filter is told of at INFO, which the first one holds back
    assertThat(status().getFiltersList())
        .containsExactly(
            row("core", "", Severity.WARNING, 5), row("core", "LINK_REFUSED", Severity.ERROR, 1));
    assertThat(status().getFiltered()).isEqualTo(6);
    assertThat(status().getReported()).isEqualTo(1);
  }

  @Test
  void allFiltersGoAndStayGone() {
    filter("core", "", Severity.ERROR);
    assertThat(restored()).isNotEmpty();
    assertThat(
            craft.send(
                Telecommand.newBuilder()
                    .setResetEventFilters(ResetEventFilters.getDefaultInstance())))
        .isEqualTo(Stage.COMPLETED);
    events.report(CoreEvent.LINK_UP);
    assertThat(craft.events()).containsExactly("EVENT_FILTERS_RESET", "LINK_UP");
    assertThat(status().getFiltersList()).isEmpty();
    assertThat(restored()).isEmpty();
  }

  /** The filters that the next run would have. */
  private List<FilterStatus> restored() {
    EventFilters next = new EventFilters();
    next.restore(craft.services().state().get());
    return next.status();
  }

  @Test
  void clearedCountersBeginAgainAndNumbersGoOn() {
    filter("core", "LINK_REFUSED", Severity.ERROR);
    events.report(CoreEvent.LINK_REFUSED, "why");
    for (int i = 0; i < Events.BURST + 2; i++) {
      events.report(CoreEvent.LINK_UP);
    }
    assertThat(status().getThrottled()).isEqualTo(2);
    long suppressed = events.heldBack();
    long last = events.newest(1).get(0).getSequence();
    assertThat(
            craft.send(
                Telecommand.newBuilder()
                    .setClearEventCounters(ClearEventCounters.getDefaultInstance())))
        .isEqualTo(Stage.COMPLETED);
    assertThat(status())
        .isEqualTo(
            EventStatus.newBuilder()
                .setReported(0)
                .setLost(0)
                .setWaiting(0)
                .setThrottled(0)
                .setFiltered(0)
                .addFilters(row("core", "LINK_REFUSED", Severity.ERROR, 0))
                .build());
    assertThat(events.heldBack()).isEqualTo(suppressed);
    events.report(CoreEvent.LINK_DOWN);
    assertThat(status().getReported()).isEqualTo(1);
    assertThat(events.newest(1).get(0).getSequence()).isEqualTo(last + 1);
  }

  @Test
  void tooManyFiltersAreRefusedAndTheNewestEventsGoDown() {
    for (int i = 0; i < EventFilters.MOST; i++) {
      assertThat(filter("s" + i, "", Severity.ERROR)).isEqualTo(Stage.COMPLETED);
    }
    assertThat(filter("more", "", Severity.ERROR)).isEqualTo(Stage.FAILED);
    assertThat(craft.reason()).contains("too many");
    events.report(CoreEvent.LINK_UP);
    assertThat(
            craft.send(Telecommand.newBuilder().setDumpEvents(DumpEvents.newBuilder().setCount(1))))
        .isEqualTo(Stage.COMPLETED);
    assertThat(craft.downlink().stream().filter(Downlink::hasEventDump))
        .singleElement()
        .satisfies(
            dump ->
                assertThat(dump.getEventDump().getEventsList())
                    .singleElement()
                    .satisfies(event -> assertThat(event.getName()).isEqualTo("LINK_UP")));
  }
}

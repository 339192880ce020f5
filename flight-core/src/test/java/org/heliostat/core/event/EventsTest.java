package org.heliostat.core.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.heliostat.core.ManualClock;
import org.heliostat.core.bus.Bus;
import org.heliostat.core.bus.Subscription;
import org.heliostat.core.recorder.Recorder;
import org.heliostat.core.recorder.RecorderFault;
import org.heliostat.core.state.Inhibits;
import org.heliostat.protocol.DeviceFault;
import org.heliostat.protocol.Downlink;
import org.heliostat.protocol.Event;
import org.heliostat.protocol.FilterEvent;
import org.heliostat.protocol.FlightState;
import org.heliostat.protocol.Severity;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EventsTest {
  @TempDir private Path folder;
  private final ManualClock clock = new ManualClock();
  private final List<String> lines = new ArrayList<>();

  @Test
  void goesToTheRecorderTheLogAndTheOutput() throws Exception {
    try (Recorder recorder = Recorder.open(folder, 1 << 20, 1 << 24)) {
      Events events = new Events(clock, recorder, lines::add);
      events.report(CoreEvent.APP_FAILED, "link", "broke");
      assertThat(lines).containsExactly("1000.0 ERROR core/APP_FAILED app link failed: broke");
      assertThat(events.newest(10)).hasSize(1);
      Downlink recorded = Downlink.parseFrom(recorder.read(recorder.pending(1).get(0).id()));
      assertThat(recorded.getEvent()).isEqualTo(events.newest(1).get(0));
    }
  }

  @Test
  void holdsBackAStormAndSaysHowMuch() throws Exception {
    try (Recorder recorder = Recorder.open(folder, 1 << 20, 1 << 24)) {
      Events events = new Events(clock, recorder, lines::add);
      for (int i = 0; i < 1000; i++) {
        events.report(CoreEvent.LINK_DOWN);
      }
      events.report(CoreEvent.LINK_UP);
      assertThat(lines).hasSize(Events.BURST + 1);
      clock.advance((Events.WINDOW_SECONDS + 1) * 1_000_000_000L);
      events.report(CoreEvent.LINK_DOWN);
      assertThat(events.newest(1).get(0).getSuppressed()).isEqualTo(1000 - Events.BURST);
    }
  }

  @Test
  void whatAFilterHoldsBackIsStillHeardOnBoard() throws Exception {
    Bus bus = new Bus();
    Subscription<Event> heard = bus.subscribe(Event.class, 100);
    Recorder recorder = mock();
    Events events = new Events(clock, recorder, bus, lines::add);
    assertThat(events.filters().set(filter("core", "LINK_UP", Severity.ERROR))).isTrue();
    for (int i = 0; i < 2 * Events.BURST; i++) {
      events.report(CoreEvent.LINK_UP);
    }
    assertThat(heard.poll().orElseThrow().getName()).isEqualTo("LINK_UP");
    int more = 0;
    while (heard.poll().isPresent()) {
      more++;
    }
    assertThat(more).isEqualTo(Events.BURST - 1);
    assertThat(lines).isEmpty();
    assertThat(events.newest(10)).isEmpty();
    verify(recorder, times(0)).append(any(), any());
    // nor does it leave a gap in the numbers, or count as a storm
    events.report(CoreEvent.LINK_DOWN);
    assertThat(events.newest(1).get(0).getSequence()).isEqualTo(1);
  }

  @Test
  void survivesARecorderThatCannotStore() throws Exception {
    Recorder recorder = mock();
    RecorderFault full = mock();
    when(recorder.append(any(), any())).thenThrow(full);
    Events events = new Events(clock, recorder, lines::add);
    events.report(CoreEvent.LINK_UP);
    assertThat(events.unrecorded()).isEqualTo(1);
    assertThat(events.newest(1)).hasSize(1);
    assertThat(lines).containsExactly("1000.0 INFO core/LINK_UP link up (not recorded)");
  }

  @Test
  void aLineOfTheOutputStandsForAnEventThatIsStored() throws Exception {
    Recorder recorder = mock();
    when(recorder.append(any(), any()))
        .thenAnswer(
            call -> {
              assertThat(lines).isEmpty();
              return 1L;
            });
    new Events(clock, recorder, lines::add).report(CoreEvent.LINK_UP);
    assertThat(lines).containsExactly("1000.0 INFO core/LINK_UP link up");
  }

  private record One(String name, Severity severity, int id) implements EventDefinition {
    private One(String name, Severity severity) {
      this(name, severity, 1);
    }

    @Override
    public String source() {
      return "mine";
    }

    @Override
    public String format() {
      return "text";
    }
  }

  private static final List<Severity> LEVELS =
      List.of(Severity.DEBUG, Severity.INFO, Severity.WARNING, Severity.ERROR, Severity.CRITICAL);

  private static FilterEvent filter(String source, String name, Severity lowest) {
    return FilterEvent.newBuilder().setSource(source).setName(name).setLowest(lowest).build();
  }

  private static long passing(Events events, String name) {
    return LEVELS.stream().filter(l -> events.filters().passes(new One(name, l))).count();
  }

  @Test
  void filtersAreForASourceOrOneEventAndNeverForWhatIsCritical() {
    Events events = new Events(clock, mock(Recorder.class), lines::add);
    assertThat(passing(events, "A")).isEqualTo(4);
    assertThat(events.filters().set(filter("mine", "", Severity.ERROR))).isTrue();
    assertThat(passing(events, "A")).isEqualTo(2);
    assertThat(events.filters().set(filter("mine", "A", Severity.DEBUG))).isTrue();
    assertThat(passing(events, "A")).isEqualTo(5);
    assertThat(passing(events, "B")).isEqualTo(2);
    assertThat(events.filters().set(filter("mine", "B", Severity.CRITICAL))).isTrue();
    assertThat(passing(events, "B")).isEqualTo(1);
    // they outlive a restart
    FlightState.Builder state = FlightState.newBuilder();
    Inhibits.put(state, Inhibits.LIMIT, "mine", true);
    events.filters().store(state);
    events.filters().store(state);
    assertThat(state.getInhibitedCount()).isEqualTo(4);
    Events anew = new Events(clock, mock(Recorder.class), lines::add);
    anew.filters().restore(state.build());
    assertThat(passing(anew, "A")).isEqualTo(5);
    assertThat(passing(anew, "B")).isEqualTo(1);
    assertThat(passing(anew, "C")).isEqualTo(2);
    assertThat(anew.filters().set(filter("mine", "", Severity.INFO))).isTrue();
    assertThat(passing(anew, "C")).isEqualTo(4);
    assertThat(Inhibits.of(state.build(), Inhibits.LIMIT)).containsEntry("mine", true);
  }

  @Test
  void thereAreNoMoreFiltersThanABound() {
    EventFilters filters = new Events(clock, mock(Recorder.class), lines::add).filters();
    for (int i = 0; i < EventFilters.MOST; i++) {
      assertThat(filters.set(filter("s" + i, "", Severity.ERROR))).isTrue();
    }
    assertThat(filters.set(filter("more", "", Severity.ERROR))).isFalse();
    assertThat(filters.set(filter("s1", "", Severity.WARNING))).isTrue();
    assertThat(filters.set(filter("s2", "", Severity.INFO))).isTrue();
    assertThat(filters.set(filter("more", "", Severity.ERROR))).isTrue();
  }

  @Test
  void whatPassesIsNumberedAndPublishedAndTheRestIsCounted() throws Exception {
    Bus bus = new Bus();
    Subscription<Event> all = bus.subscribe(Event.class, 100);
    Recorder recorder = mock();
    Events events = new Events(clock, recorder, bus, lines::add);
    events.report(new One("A", Severity.INFO));
    events.report(new One("A", Severity.DEBUG));
    events.report(CoreEvent.LINK_UP);
    for (int i = 0; i < Events.BURST + 3; i++) {
      events.report(CoreEvent.LINK_DOWN);
    }
    assertThat(all.poll().orElseThrow().getSequence()).isEqualTo(1);
    assertThat(all.poll().orElseThrow().getSequence()).isEqualTo(2);
    assertThat(events.count()).isEqualTo(Events.BURST + 2);
    assertThat(events.heldBack()).isEqualTo(4);
    assertThat(lines).noneMatch(line -> line.contains("DEBUG"));
    assertThat(bus.newest(Event.class)).contains(events.newest(1).get(0));
    verify(recorder, times(Events.BURST + 2)).append(any(), any());
  }

  @Test
  void numbersAreGivenOnce() {
    Map<Integer, CoreEvent> byId = new HashMap<>();
    Set<CoreEvent> doubled = new HashSet<>();
    for (CoreEvent event : CoreEvent.values()) {
      if (byId.put(event.id(), event) != null) {
        doubled.add(event);
      }
    }
    assertThat(doubled).isEmpty();
  }

  private static RecorderFault full() {
    return mock();
  }

  @Test
  void whatTheRecorderCouldNotTakeGoesThereLaterOldestFirst() throws Exception {
    Recorder recorder = mock();
    List<String> taken = new ArrayList<>();
    boolean[] broken = {true};
    RecorderFault fault = full();
    when(recorder.append(any(), any()))
        .thenAnswer(
            call -> {
              if (broken[0]) {
                throw fault;
              }
              taken.add(call.<Downlink>getArgument(1).getEvent().getName());
              return 1L;
            });
    Events events = new Events(clock, recorder, lines::add);
    events.report(CoreEvent.LINK_UP);
    events.report(CoreEvent.LINK_DOWN);
    events.retry();
    assertThat(events.unrecorded()).isEqualTo(2);
    broken[0] = false;
    events.retry();
    assertThat(taken).containsExactly("LINK_UP", "LINK_DOWN");
    assertThat(events.unrecorded()).isZero();
  }

  @Test
  void theOldestOfTooManyThatWaitAreGivenUpAndCounted() throws Exception {
    Recorder recorder = mock();
    RecorderFault fault = full();
    when(recorder.append(any(), any())).thenThrow(fault);
    Events events = new Events(clock, recorder, lines::add);
    for (int i = 0; i < Events.WAITING_EVENTS + 5; i++) {
      events.reportDevice(CoreEvent.BUS_RECOVERED, "bus" + i, DeviceFault.TIMEOUT);
    }
    assertThat(events.unrecorded()).isEqualTo(Events.WAITING_EVENTS + 5);
    List<String> taken = new ArrayList<>();
    doAnswer(
            call -> {
              taken.add(call.<Downlink>getArgument(1).getEvent().getDevice());
              return 1L;
            })
        .when(recorder)
        .append(any(), any());
    events.retry();
    assertThat(taken).hasSize(Events.WAITING_EVENTS).startsWith("bus5");
    assertThat(events.unrecorded()).as("those that were given up").isEqualTo(5);
  }

  @Test
  void theLogKeepsTheNewestAndALongTextIsCut() throws Exception {
    Recorder recorder = mock();
    Events events = new Events(clock, recorder, lines::add);
    for (int i = 0; i < Events.LOG_EVENTS + 3; i++) {
      events.reportDevice(CoreEvent.BUS_RECOVERED, "bus" + i, DeviceFault.TIMEOUT);
    }
    assertThat(events.newest(5_000)).hasSize(Events.LOG_EVENTS);
    assertThat(events.newest(5_000).get(0).getDevice()).isEqualTo("bus3");
    events.report(CoreEvent.APP_FAILED, "link", "x".repeat(10_000));
    assertThat(events.newest(1).get(0).getText()).hasSize(500);
  }

  @Test
  void aThreadThatWaitsForNoDiskHasItsEventsStoredLaterAndItsLinesThen() throws Exception {
    Recorder recorder = mock();
    RecorderFault full = mock();
    Events events = new Events(clock, recorder, lines::add);
    events.neverWait();
    events.report(CoreEvent.LINK_UP);
    events.report(CoreEvent.LINK_DOWN);
    verify(recorder, times(0)).append(any(), any());
    assertThat(lines).isEmpty();
    assertThat(events.unrecorded()).isEqualTo(2);
    // the first is refused, and shown as such once
    when(recorder.append(any(), any())).thenThrow(full).thenReturn(1L);
    events.retry();
    assertThat(lines).containsExactly("1000.0 INFO core/LINK_UP link up (not recorded)");
    events.retry();
    assertThat(lines).hasSize(2).last().isEqualTo("1000.0 INFO core/LINK_DOWN link down");
    assertThat(events.unrecorded()).isZero();
    events.mayWait();
    events.report(CoreEvent.LINK_UP);
    assertThat(lines).hasSize(3);
    verify(recorder, times(4)).append(any(), any());
  }

  @Test
  void whatCannotBeStoredGivesUpTheLeastSevereFirst() throws Exception {
    Recorder recorder = mock();
    RecorderFault full = mock();
    when(recorder.append(any(), any())).thenThrow(full);
    Events events = new Events(clock, recorder, line -> {});
    events.report(CoreEvent.GOLDEN_BOOT, "first");
    for (int i = 0; i < Events.WAITING_EVENTS; i++) {
      events.report(new One("event" + i, Severity.INFO, i));
    }
    assertThat(events.unrecorded()).isEqualTo(Events.WAITING_EVENTS + 1);
    List<String> stored = new ArrayList<>();
    org.mockito.Mockito.reset(recorder);
    when(recorder.append(any(), any()))
        .thenAnswer(
            call -> {
              stored.add(call.<Downlink>getArgument(1).getEvent().getName());
              return 1L;
            });
    events.retry();
    assertThat(stored)
        .hasSize(Events.WAITING_EVENTS)
        .startsWith("GOLDEN_BOOT", "event1")
        .doesNotContain("event0");
    assertThat(events.unrecorded()).isEqualTo(1);
  }

  @Test
  void whoeverMayWaitBringsAlongWhatCouldNot() throws Exception {
    Recorder recorder = mock();
    when(recorder.append(any(), any())).thenReturn(1L);
    Events events = new Events(clock, recorder, lines::add);
    events.neverWait();
    events.report(CoreEvent.LINK_UP);
    events.mayWait();
    events.report(CoreEvent.LINK_DOWN);
    assertThat(lines)
        .containsExactly(
            "1000.0 INFO core/LINK_DOWN link down", "1000.0 INFO core/LINK_UP link up");
  }
}

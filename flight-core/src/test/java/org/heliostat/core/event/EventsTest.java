package org.heliostat.core.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.heliostat.core.ManualClock;
import org.heliostat.core.recorder.Recorder;
import org.heliostat.core.recorder.RecorderFault;
import org.heliostat.protocol.Downlink;
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
  void survivesARecorderThatCannotStore() throws Exception {
    Recorder recorder = mock();
    RecorderFault full = mock();
    when(recorder.append(any(), any())).thenThrow(full);
    Events events = new Events(clock, recorder, lines::add);
    events.report(CoreEvent.LINK_UP);
    assertThat(events.unrecorded()).isEqualTo(1);
    assertThat(events.newest(1)).hasSize(1);
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
}

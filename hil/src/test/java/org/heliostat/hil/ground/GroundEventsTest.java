package org.heliostat.hil.ground;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.heliostat.protocol.Event;
import org.heliostat.protocol.Severity;
import org.junit.jupiter.api.Test;

class GroundEventsTest {
  private final List<Event> kept = new ArrayList<>();
  private final Counters counters = new Counters();
  private boolean full = true;
  private final GroundEvents events = new GroundEvents(this::keep, counters);

  private void keep(Event event) throws IOException {
    if (full) {
      throw new IOException("No space left on device");
    }
    kept.add(event);
  }

  @Test
  void whatCannotWaitIsCounted() {
    for (int i = 1; i <= 100; i++) {
      events.report(Severity.INFO, i, "A", "");
    }
    assertThat(counters.json().get("ground_events_lost").getAsInt()).isZero();
    events.report(Severity.INFO, 101, "A", "");
    events.report(Severity.INFO, 102, "A", "");
    assertThat(counters.json().get("ground_events_lost").getAsInt()).isEqualTo(2);
    full = false;
    events.flush();
    assertThat(kept).hasSize(100);
    assertThat(kept.get(99).getId()).isEqualTo(100);
  }
}

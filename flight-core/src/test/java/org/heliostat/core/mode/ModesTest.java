package org.heliostat.core.mode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.verifyNoInteractions;

import org.heliostat.core.bus.Bus;
import org.heliostat.core.event.CoreEvent;
import org.heliostat.core.event.Events;
import org.heliostat.protocol.Mode;
import org.junit.jupiter.api.Test;

class ModesTest {
  private final Bus bus = new Bus();
  private final Events events = mock();
  private final Modes modes = new Modes(bus, events);

  @Test
  void bootEndsInStandby() {
    assertThat(modes.mode()).isEqualTo(Mode.STANDBY);
  }

  @Test
  void tellsTheBusAndGroundOfAChange() {
    assertThat(modes.change(Mode.PAYLOAD)).isTrue();
    assertThat(bus.newest(Modes.Changed.class))
        .contains(new Modes.Changed(Mode.STANDBY, Mode.PAYLOAD));
    verify(events).report(CoreEvent.MODE_CHANGED, Mode.STANDBY, Mode.PAYLOAD);
  }

  @Test
  void safeLeadsToStandbyOnly() {
    assertThat(modes.change(Mode.SAFE)).isTrue();
    assertThat(modes.change(Mode.PAYLOAD)).isFalse();
    assertThat(modes.change(Mode.NOMINAL)).isFalse();
    assertThat(modes.mode()).isEqualTo(Mode.SAFE);
    assertThat(modes.change(Mode.STANDBY)).isTrue();
  }

  @Test
  void theSameModeIsNoChange() {
    assertThat(modes.change(Mode.STANDBY)).isTrue();
    verifyNoInteractions(events);
  }
}

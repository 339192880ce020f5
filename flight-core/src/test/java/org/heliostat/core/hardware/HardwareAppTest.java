package org.heliostat.core.hardware;

import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import java.util.Set;
import org.heliostat.core.app.Services;
import org.heliostat.core.event.CoreEvent;
import org.heliostat.core.event.Events;
import org.heliostat.core.fixture.TestServices;
import org.heliostat.hal.Board;
import org.heliostat.protocol.DeviceFault;
import org.junit.jupiter.api.Test;

/** What the app says of the buses; its devices have tests of their own. */
class HardwareAppTest {
  private static final String BUS = "/dev/i2c-1";

  private final Board board = mock(Board.class);
  private final Events events = mock(Events.class);
  private final Services services =
      new TestServices()
          .with(Board.class, board)
          .with(Events.class, events)
          .with(Hardware.class, new Hardware(() -> 0))
          .build();

  private void reported(int count) {
    verify(events, times(count)).reportDevice(CoreEvent.BUS_RECOVERED, BUS, DeviceFault.TIMEOUT);
  }

  @Test
  void aBusThatWasRecoveredIsReportedOnce() throws Exception {
    when(board.buses()).thenReturn(Set.of(BUS));
    HardwareApp app = new HardwareApp(services);
    app.step();
    verify(events, never()).reportDevice(CoreEvent.BUS_RECOVERED, BUS, DeviceFault.TIMEOUT);
    when(board.busRecoveries(BUS)).thenReturn(1L);
    app.step();
    app.step();
    reported(1);
    when(board.busRecoveries(BUS)).thenReturn(2L);
    app.step();
    reported(2);
    app.close();
  }

  @Test
  void anAppThatIsStartedAnewReportsNoOldRecoveries() throws Exception {
    when(board.buses()).thenReturn(Set.of(BUS));
    when(board.busRecoveries(BUS)).thenReturn(5L);
    HardwareApp app = new HardwareApp(services);
    app.step();
    reported(0);
    when(board.busRecoveries(BUS)).thenReturn(6L);
    app.step();
    reported(1);
    app.close();
  }
}

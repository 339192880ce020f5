package org.heliostat.core.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import java.nio.file.Path;
import java.util.Map;
import org.heliostat.core.bus.Bus;
import org.heliostat.core.command.Commands;
import org.heliostat.core.event.CoreEvent;
import org.heliostat.core.event.Events;
import org.heliostat.core.hardware.Hardware;
import org.heliostat.core.mode.Modes;
import org.heliostat.core.recorder.Recorder;
import org.heliostat.core.state.StateStore;
import org.heliostat.core.telemetry.Telemetry;
import org.heliostat.core.time.BoardClock;
import org.heliostat.hal.Board;
import org.heliostat.protocol.AppConfig;
import org.heliostat.protocol.Mission;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ExecutiveTest {
  private final Events events = mock(Events.class);
  private final App app = mock(App.class);
  private final AppFactory factory = mock(AppFactory.class);

  private Services services() {
    return new Services(
        Mission.newBuilder()
            .addApps(AppConfig.newBuilder().setName("one").setMaxRestarts(1))
            .build(),
        Path.of("image"),
        Path.of("data"),
        Path.of("run"),
        "",
        mock(Board.class),
        mock(BoardClock.class),
        new Bus(),
        events,
        mock(StateStore.class),
        mock(Recorder.class),
        mock(Commands.class),
        mock(Modes.class),
        mock(Hardware.class),
        new Telemetry());
  }

  private Executive start() throws Exception {
    when(factory.name()).thenReturn("one");
    when(factory.start(any())).thenReturn(app);
    return Executive.start(services(), Map.of("one", factory));
  }

  @Test
  void anAppThatFailsTooOftenEndsTheFlight() throws Exception {
    doThrow(new IllegalStateException("broken")).when(app).step();
    Executive executive = start();
    assertThat(executive.await()).contains("one");
    verify(app, times(2)).close();
    executive.stop();
  }

  @Test
  void anAppThatRunsOutOfMemoryDoesNotEndUnnoticed() throws Exception {
    doThrow(new OutOfMemoryError("no room")).when(app).step();
    Executive executive = start();
    assertThat(executive.await()).contains("one");
    verify(events, times(2)).report(eq(CoreEvent.APP_FAILED), eq("one"), any());
    executive.stop();
  }

  @Test
  void endsWhenAsked() throws Exception {
    Executive executive = start();
    executive.requestStop();
    assertThat(executive.await()).isEmpty();
    executive.stop();
  }
}

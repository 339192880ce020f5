package org.heliostat.hil.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyDouble;
import static org.mockito.ArgumentMatchers.anyString;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import com.google.gson.JsonObject;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.heliostat.hil.rig.MissionTime;
import org.heliostat.protocol.Mission;
import org.heliostat.protocol.Scenario;
import org.heliostat.protocol.Telecommand;
import org.heliostat.protocol.Telecommand.CommandCase;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the launcher commands, with a satellite that answers at once. */
@Timeout(30)
class MissionScriptTest {
  private static final OperatorClient.End DONE = new OperatorClient.End(true, "");

  private final FlightWatch watch = mock(FlightWatch.class);
  private final LiveView view = mock(LiveView.class);
  private final Display display = mock(Display.class);
  private final OperatorClient operator = mock(OperatorClient.class);
  private final List<CommandCase> sent = new CopyOnWriteArrayList<>();
  private OperatorClient.End taken = DONE;

  @BeforeEach
  void answer() throws Exception {
    when(operator.send(any(), anyDouble(), any()))
        .thenAnswer(
            call -> {
              CommandCase command = call.getArgument(0, Telecommand.class).getCommandCase();
              sent.add(command);
              return command == CommandCase.TAKE_FRAMES ? taken : DONE;
            });
    JsonObject quiet = new JsonObject();
    quiet.addProperty("backlog_records", 0);
    when(view.housekeeping()).thenReturn(quiet);
    when(view.housekeepingNanos(anyString())).thenReturn(Long.MAX_VALUE);
    when(view.ground()).thenReturn(new JsonObject());
    when(view.rig()).thenReturn(new JsonObject());
  }

  private MissionScript script(double holdSeconds) {
    FlightPlan plan =
        new FlightPlan(
            new Installation(Path.of("home")),
            "id",
            Path.of("out"),
            Mission.getDefaultInstance(),
            Path.of("scenario"),
            Scenario.getDefaultInstance(),
            Optional.empty(),
            Optional.empty(),
            1,
            2,
            1,
            1,
            holdSeconds,
            Optional.empty(),
            List.of());
    MissionTime time = new MissionTime(System.nanoTime(), 0, 0, 1_000_000);
    return new MissionScript(plan, watch, view, display, operator, time);
  }

  @Test
  void aCommandToTakeFramesThatIsRefusedEndsTheMissionWithItsReason() throws Exception {
    taken = new OperatorClient.End(false, "no app carries out take_frames");
    MissionScript script = script(20);
    script.play();
    assertThat(script.commandsFailed())
        .containsExactly("take_frames: no app carries out take_frames");
    verify(display).note("take_frames was not completed: no app carries out take_frames");
    verify(display, never()).note("no progress any more");
    assertThat(sent)
        .containsExactly(
            CommandCase.NOOP,
            CommandCase.SET_MODE,
            CommandCase.TAKE_FRAMES,
            CommandCase.SET_MODE,
            CommandCase.DUMP_EVENTS);
  }

  @Test
  void itFliesOnForOperatorsWhenItsFramesAreDown() throws Exception {
    when(view.accounted()).thenReturn(2L);
    MissionScript script = script(0.4);
    long before = System.nanoTime();
    script.play();
    assertThat((System.nanoTime() - before) / 1e9).isGreaterThanOrEqualTo(0.4);
    assertThat(script.commandsFailed()).isEmpty();
    verify(display).phase("flying on for 0 s, open for ./fly command and ./fly rig inject");
  }
}

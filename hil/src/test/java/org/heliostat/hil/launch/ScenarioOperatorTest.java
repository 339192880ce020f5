package org.heliostat.hil.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyDouble;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.Mockito.inOrder;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import com.google.protobuf.TextFormat;
import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import org.heliostat.hil.rig.MissionTime;
import org.heliostat.protocol.Scenario;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.mockito.InOrder;

/** The commands of a scenario, sent at a time when all of them are due. */
@Timeout(60)
class ScenarioOperatorTest {
  private static final OperatorClient.End DONE = new OperatorClient.End(true, "");

  private final OperatorClient station = mock(OperatorClient.class);

  private ScenarioOperator operator(double patienceSeconds, String scenario) throws Exception {
    long longAgo = System.nanoTime() - 1_000_000_000_000L;
    return new ScenarioOperator(
        TextFormat.parse(scenario, Scenario.class),
        station,
        new MissionTime(longAgo, 0, 0, 1_000_000),
        patienceSeconds,
        mock(Display.class));
  }

  @Test
  void theyAreSentInTheOrderOfTheirTimes() throws Exception {
    when(station.send(any(), anyDouble(), any())).thenReturn(DONE);
    String late = "commands { at_s: 9 telecommand { recover_bus { bus: \"b\" } } }";
    String early = "commands { at_s: 3 telecommand { noop { } } }";
    ScenarioOperator operator = operator(30, late + early);
    operator.start();
    operator.await();
    assertThat(operator.sent()).isEqualTo(2);
    assertThat(operator.failed()).isEmpty();
    Scenario scenario = TextFormat.parse(early + late, Scenario.class);
    InOrder order = inOrder(station);
    for (Scenario.OperatorCommand command : scenario.getCommandsList()) {
      order.verify(station).send(eq(command.getTelecommand()), anyDouble(), any());
    }
  }

  @Test
  void oneThatEndsOtherwiseThanTheScenarioSaysFails() throws Exception {
    when(station.send(any(), anyDouble(), any()))
        .thenReturn(new OperatorClient.End(false, "refused"))
        .thenReturn(new OperatorClient.End(false, "refused"))
        .thenReturn(DONE)
        .thenThrow(new IOException("gone"));
    ScenarioOperator operator =
        operator(
            30,
            "commands { at_s: 1 telecommand { noop { } } }"
                + "commands { at_s: 2 telecommand { noop { } } fails: true }"
                + "commands { at_s: 3 telecommand { noop { } } fails: true }"
                + "commands { at_s: 4 telecommand { noop { } } }");
    operator.start();
    operator.await();
    assertThat(operator.failed())
        .containsExactly(
            "noop: refused",
            "noop: was completed, and should have failed",
            "noop: the ground station does not answer: gone");
  }

  @Test
  void thoseThatNobodyHasSentFail() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    when(station.send(any(), anyDouble(), any()))
        .thenAnswer(
            call -> {
              never.await();
              return DONE;
            });
    ScenarioOperator operator =
        operator(
            0.05,
            "commands { at_s: 1 telecommand { noop { } } }"
                + "commands { at_s: 2 telecommand { noop { } } }");
    operator.start();
    operator.await();
    assertThat(operator.failed())
        .anyMatch(text -> text.contains("do not come to an end"))
        .anyMatch(text -> text.contains("were not sent"));
  }
}

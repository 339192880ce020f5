package org.heliostat.core.limit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyString;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.verifyNoInteractions;
import static org.mockito.Mockito.when;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.heliostat.core.ManualClock;
import org.heliostat.core.bus.Bus;
import org.heliostat.core.bus.Subscription;
import org.heliostat.core.command.Commands;
import org.heliostat.core.command.Issued;
import org.heliostat.core.event.CoreEvent;
import org.heliostat.core.event.Events;
import org.heliostat.core.fixture.TestServices;
import org.heliostat.core.mode.Modes;
import org.heliostat.core.recorder.Recorder;
import org.heliostat.core.state.StateStore;
import org.heliostat.core.table.TableDefinition;
import org.heliostat.core.table.TableHandle;
import org.heliostat.core.table.Tables;
import org.heliostat.protocol.Actionpoint;
import org.heliostat.protocol.Comparison;
import org.heliostat.protocol.Event;
import org.heliostat.protocol.Housekeeping;
import org.heliostat.protocol.LimitStatus;
import org.heliostat.protocol.LimitTable;
import org.heliostat.protocol.Mode;
import org.heliostat.protocol.Refusal;
import org.heliostat.protocol.Severity;
import org.heliostat.protocol.Table;
import org.heliostat.protocol.Telecommand;
import org.heliostat.protocol.Watchpoint;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LimitsTest {
  private static final long SECOND = 1_000_000_000L;

  @TempDir private Path folder;
  private final Commands commands = mock(Commands.class);
  private final Issued issued = mock(Issued.class);
  private final Bus bus = new Bus();
  private final Subscription<Event> events = bus.subscribe(Event.class, 1000);
  private final Subscription<WatchpointFailed> failed = bus.subscribe(WatchpointFailed.class, 100);
  private final Events reporter =
      new Events(new ManualClock(), mock(Recorder.class), bus, line -> {});
  private final Modes modes = new Modes(bus, reporter);
  private StateStore state;
  private Limits limits;
  private long now;

  @BeforeEach
  void boot() throws IOException {
    state = StateStore.open(folder.resolve("state.bin"));
    limits = new Limits(commands, modes, reporter, state, bus);
    when(commands.issue(any(), anyString())).thenReturn(issued);
    when(issued.state()).thenReturn(Issued.State.COMPLETED);
    when(issued.refusal()).thenReturn(Refusal.EXECUTION_FAILED);
  }

  private static Watchpoint.Builder low() {
    return Watchpoint.newBuilder()
        .setName("low")
        .setField("bus_volts")
        .setComparison(Comparison.BELOW)
        .setValue(20)
        .setFailsAfter(3)
        .setRecoversAfter(2);
  }

  private static Actionpoint.Builder act() {
    return Actionpoint.newBuilder().setName("act").addWatchpoints("low").setStartSequence("shed");
  }

  private void take(Watchpoint.Builder watchpoint, Actionpoint.Builder... actionpoints) {
    LimitTable.Builder table = LimitTable.newBuilder().addWatchpoints(watchpoint);
    for (Actionpoint.Builder one : actionpoints) {
      table.addActionpoints(one);
    }
    assertThat(Limits.problems(table.build())).isEmpty();
    limits.take(table.build());
  }

  private void see(double... volts) {
    for (double one : volts) {
      now += SECOND;
      limits.look(
          Housekeeping.newBuilder().setMode(modes.mode()).setBusVolts((float) one).build(), now);
    }
  }

  private void seeNothing(int times) {
    for (int i = 0; i < times; i++) {
      now += SECOND;
      limits.look(Housekeeping.newBuilder().setMode(modes.mode()).build(), now);
    }
  }

  private List<String> said() {
    List<String> names = new ArrayList<>();
    for (var event = events.poll(); event.isPresent(); event = events.poll()) {
      names.add(event.get().getName() + " " + event.get().getText());
    }
    return names;
  }

  @Test
  void failsAndRecoversAfterSoManySamplesInARow() {
    take(low());
    see(19, 19, 21, 19, 19);
    assertThat(said()).isEmpty();
    see(19);
    assertThat(said()).containsExactly("LIMIT_FAILED low: bus_volts is 19, limit below 20");
    assertThat(failed.poll()).contains(new WatchpointFailed("low"));
    see(19, 19, 19, 20, 19, 20);
    assertThat(said()).isEmpty();
    assertThat(limits.status().get(0).getFailed()).isTrue();
    see(20.5);
    assertThat(said()).containsExactly("LIMIT_RECOVERED low: bus_volts is 20.5000, well again");
    assertThat(limits.status().get(0).getFailures()).isEqualTo(1);
    assertThat(limits.status().get(0).getFailed()).isFalse();
    assertThat(limits.status().get(0).getValue()).isEqualTo(20.5);
    assertThat(failed.poll()).isEmpty();
  }

  @Test
  void aSampleWithoutAValueIsNeitherAndIsCounted() {
    take(low());
    see(19, 19);
    seeNothing(5);
    assertThat(said()).isEmpty();
    assertThat(limits.status())
        .containsExactly(
            LimitStatus.newBuilder()
                .setName("low")
                .setFailed(false)
                .setInhibited(false)
                .setFailures(0)
                .setValue(19)
                .setMissing(5)
                .build());
    see(19);
    assertThat(said()).hasSize(1);
    assertThat(limits.status().get(0).hasMissing()).isFalse();
    seeNothing(5);
    assertThat(said()).isEmpty();
  }

  @Test
  void onceFailedItMustComeBackByTheHysteresis() {
    take(low().setFailsAfter(1).setRecoversAfter(1).setHysteresis(2));
    see(19);
    said();
    see(21, 21.9);
    assertThat(said()).isEmpty();
    see(22);
    assertThat(said()).hasSize(1);
    see(21);
    assertThat(said()).isEmpty();
  }

  @Test
  void everyComparisonIsWhatItSays() {
    Object[][] cases = {
      {Comparison.ABOVE, 21.0, 20.0, 0.0},
      {Comparison.BELOW, 19.0, 20.0, 0.0},
      {Comparison.EQUAL, 20.0, 20.5, 0.0},
      {Comparison.NOT_EQUAL, 20.5, 20.0, 0.0},
      {Comparison.ABOVE, 21.0, 19.0, 1.0},
      {Comparison.EQUAL, 20.0, 21.5, 1.0},
    };
    for (Object[] one : cases) {
      take(
          low()
              .setComparison((Comparison) one[0])
              .setHysteresis((Double) one[3])
              .setFailsAfter(1)
              .setRecoversAfter(1));
      see((Double) one[2]);
      assertThat(said()).as("%s", one[0]).isEmpty();
      see((Double) one[1]);
      assertThat(said()).as("%s", one[0]).hasSize(1);
      see((Double) one[2]);
      assertThat(said()).as("%s", one[0]).hasSize(1);
    }
  }

  @Test
  void anyOfTheWatchpointsIsEnoughWhereTheActionpointSaysSo() {
    Watchpoint.Builder high = low().setName("high").setComparison(Comparison.ABOVE).setValue(30);
    for (boolean any : new boolean[] {false, true}) {
      Actionpoint.Builder either =
          act().clearWatchpoints().addWatchpoints("low").addWatchpoints("high").setAny(any);
      LimitTable table =
          LimitTable.newBuilder()
              .addWatchpoints(low().setFailsAfter(1).setRecoversAfter(2))
              .addWatchpoints(high.setFailsAfter(1).setRecoversAfter(2))
              .addActionpoints(either.setLockoutSeconds(0))
              .build();
      assertThat(Limits.problems(table)).isEmpty();
      limits.take(table);
      see(25, 25);
      said();
      see(10);
      assertThat(said().stream().filter(one -> one.startsWith("ACTIONPOINT_FIRED")))
          .as("any is %s", any)
          .hasSize(any ? 1 : 0);
      // both have failed now: it has acted already, or acts for the first time
      see(35);
      assertThat(said().stream().filter(one -> one.startsWith("ACTIONPOINT_FIRED")))
          .as("any is %s", any)
          .hasSize(any ? 0 : 1);
      see(25, 25);
      said();
      see(35);
      assertThat(said().stream().filter(one -> one.startsWith("ACTIONPOINT_FIRED")))
          .as("any is %s", any)
          .hasSize(any ? 1 : 0);
      see(25, 25);
    }
  }

  @Test
  void theEventHasTheSeverityOfTheWatchpoint() {
    take(low().setFailsAfter(1).setSeverity(Severity.CRITICAL));
    see(1);
    Event event = events.poll().orElseThrow();
    assertThat(event.getSeverity()).isEqualTo(Severity.CRITICAL);
    assertThat(event.getId()).isEqualTo(60);
    assertThat(event.getSource()).isEqualTo("core");
  }

  @Test
  void outOfItsModesItIsNotWatched() {
    take(low().setFailsAfter(2).addModes(Mode.NOMINAL));
    see(1, 1, 1);
    assertThat(said()).isEmpty();
    assertThat(modes.change(Mode.NOMINAL)).isTrue();
    see(1, 1);
    assertThat(said()).hasSize(2);
    assertThat(modes.change(Mode.STANDBY)).isTrue();
    see(1);
    assertThat(limits.status().get(0).getFailed()).isFalse();
    assertThat(modes.change(Mode.NOMINAL)).isTrue();
    said();
    see(1);
    assertThat(said()).isEmpty();
    see(1);
    assertThat(said()).hasSize(1);
  }

  @Test
  void anActionpointActsOnceAFailureAndNotWithinItsLockOut() {
    take(low().setFailsAfter(1).setRecoversAfter(1), act().setLockoutSeconds(10));
    see(1, 1, 1);
    verify(commands, times(1)).issue(any(Telecommand.class), anyString());
    verify(commands)
        .issue(
            org.mockito.ArgumentMatchers.argThat(
                command -> command.getStartSequence().getSequence().equals("shed")),
            org.mockito.ArgumentMatchers.eq("limit act"));
    see(30, 1, 1, 1, 1, 1);
    verify(commands, times(1)).issue(any(Telecommand.class), anyString());
    // it still fails when the lock-out is over
    see(1, 1, 1, 1);
    verify(commands, times(2)).issue(any(Telecommand.class), anyString());
    see(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1);
    verify(commands, times(2)).issue(any(Telecommand.class), anyString());
    assertThat(said()).contains("ACTIONPOINT_FIRED act: sequence shed");
  }

  @Test
  void allOfItsWatchpointsMustHaveFailed() {
    LimitTable table =
        LimitTable.newBuilder()
            .addWatchpoints(low().setFailsAfter(1))
            .addWatchpoints(low().setName("cold").setField("board_celsius").setFailsAfter(1))
            .addActionpoints(act().addWatchpoints("cold"))
            .build();
    limits.take(table);
    see(1);
    verify(commands, never()).issue(any(), anyString());
    limits.look(Housekeeping.newBuilder().setBusVolts(1).setBoardCelsius(1).build(), now);
    verify(commands).issue(any(), anyString());
  }

  @Test
  void aSequenceThatCannotBeStartedIsSaid() {
    when(issued.state()).thenReturn(Issued.State.EXECUTING);
    when(issued.reason()).thenReturn("there is no sequence shed");
    take(low().setFailsAfter(1), act());
    see(1, 1);
    assertThat(said()).noneMatch(text -> text.startsWith("ACTIONPOINT_FAILED"));
    when(issued.state()).thenReturn(Issued.State.FAILED);
    see(1, 1);
    assertThat(said())
        .containsExactly("ACTIONPOINT_FAILED act: sequence shed: there is no sequence shed");
  }

  @Test
  void aSequenceIsTriedAgainWhileItsWatchpointsFailIfItsRefusalPasses() {
    when(issued.state()).thenReturn(Issued.State.FAILED);
    when(issued.refusal())
        .thenReturn(Refusal.NO_HANDLER, Refusal.NOT_STORED, Refusal.TOO_MANY)
        .thenReturn(Refusal.NO_HANDLER);
    take(low().setFailsAfter(1).setRecoversAfter(1), act().setLockoutSeconds(0));
    for (int second = 0; second <= 20; second++) {
      see(1);
    }
    verify(commands, times(3)).issue(any(Telecommand.class), anyString());
    when(issued.state()).thenReturn(Issued.State.COMPLETED);
    for (int second = 0; second < 30; second++) {
      see(1);
    }
    verify(commands, times(4)).issue(any(Telecommand.class), anyString());
    when(issued.state()).thenReturn(Issued.State.FAILED);
    take(low().setFailsAfter(1).setRecoversAfter(1), act().setLockoutSeconds(25));
    for (int second = 0; second <= 25; second++) {
      see(1);
    }
    verify(commands, times(6)).issue(any(Telecommand.class), anyString());
  }

  @Test
  void aSequenceThatIsRefusedForGoodIsNotTriedAgainUntilItsWatchpointsFailAnew() throws Exception {
    when(issued.state()).thenReturn(Issued.State.FAILED);
    when(issued.reason()).thenReturn("it is inhibited");
    take(low().setFailsAfter(1).setRecoversAfter(1), act().setLockoutSeconds(0));
    for (int second = 0; second < 100; second++) {
      see(1);
    }
    verify(commands, times(1)).issue(any(Telecommand.class), anyString());
    assertThat(said()).containsOnlyOnce("ACTIONPOINT_FAILED act: sequence shed: it is inhibited");
    see(30, 1);
    verify(commands, times(2)).issue(any(Telecommand.class), anyString());
    assertThat(limits.set("act", false)).isTrue();
    see(1);
    verify(commands, times(3)).issue(any(Telecommand.class), anyString());
  }

  @Test
  void anActionpointActsBeforeAnyEventIsRecorded() throws Exception {
    LimitTable table =
        LimitTable.newBuilder()
            .addWatchpoints(low().setFailsAfter(1))
            .addActionpoints(act())
            .build();
    TableHandle handle = mock(TableHandle.class);
    when(handle.active()).thenReturn(Table.newBuilder().setLimits(table).build());
    when(handle.takeNew()).thenReturn(Optional.empty());
    Tables tables = mock(Tables.class);
    when(tables.register(any(TableDefinition.class))).thenReturn(handle);
    Recorder recorder = mock(Recorder.class);
    Events waiting = new Events(new ManualClock(), recorder, bus, line -> {});
    TestServices services =
        new TestServices()
            .with(Bus.class, bus)
            .with(Commands.class, commands)
            .with(Events.class, waiting)
            .with(StateStore.class, state)
            .with(Tables.class, tables);
    LimitsApp app = new LimitsApp(services.build());
    bus.publish(Housekeeping.newBuilder().setMissionNanos(1).setBusVolts(1).build());
    app.step();
    verify(commands).issue(any(), anyString());
    verifyNoInteractions(recorder);
    waiting.retry();
    verify(recorder, times(2)).append(any(), any());
    // the thread waits for the disk again
    waiting.report(CoreEvent.LIMIT_INHIBITED, "low", "inhibited");
    verify(recorder, times(3)).append(any(), any());
  }

  @Test
  void anActionpointLowersTheModeAndNeverRaisesIt() {
    take(
        low().setFailsAfter(1).setRecoversAfter(1),
        act().setChangeMode(Mode.SAFE).setLockoutSeconds(0));
    see(1);
    assertThat(modes.mode()).isEqualTo(Mode.SAFE);
    assertThat(said())
        .contains(
            "ACTIONPOINT_FIRED act: mode SAFE", "MODE_CHANGED mode STANDBY -> SAFE, by limit act");
    take(low().setFailsAfter(1), act().setChangeMode(Mode.PAYLOAD));
    see(1);
    assertThat(modes.mode()).isEqualTo(Mode.SAFE);
    assertThat(said()).contains("ACTIONPOINT_FIRED act: mode PAYLOAD: it is SAFE already");
    take(low().setFailsAfter(1), act().setChangeMode(Mode.STANDBY));
    see(1);
    assertThat(modes.mode()).isEqualTo(Mode.SAFE);
  }

  @Test
  void whatIsInhibitedIsNotWatchedAlsoAfterARestart() throws Exception {
    take(low().setFailsAfter(1), act());
    see(1);
    assertThat(limits.set("low", true)).isTrue();
    assertThat(limits.status().get(0).getInhibited()).isTrue();
    assertThat(limits.status().get(0).getFailures()).isZero();
    said();
    see(1, 1, 1);
    assertThat(said()).isEmpty();
    boot();
    take(low().setFailsAfter(1), act());
    see(1);
    assertThat(said()).isEmpty();
    assertThat(limits.status().get(0).hasValue()).isFalse();
    assertThat(limits.set("low", false)).isTrue();
    see(1);
    assertThat(said()).hasSize(3);
    assertThat(limits.set("none", true)).isFalse();
  }

  @Test
  void anInhibitedActionpointDoesNotAct() throws Exception {
    take(low().setFailsAfter(1), act());
    assertThat(limits.set("act", true)).isTrue();
    see(1, 1);
    verify(commands, never()).issue(any(), anyString());
    assertThat(limits.status()).extracting(one -> one.getName()).contains("act");
    assertThat(limits.set("act", false)).isTrue();
    see(1);
    verify(commands).issue(any(), anyString());
  }

  @Test
  void anInhibitionThatIsNotStoredHolds() throws Exception {
    StateStore failing = mock(StateStore.class);
    when(failing.get()).thenReturn(state.get());
    doThrow(new IOException("no")).when(failing).updateNow(any());
    limits = new Limits(commands, modes, reporter, failing, bus);
    take(low().setFailsAfter(1));
    assertThatThrownBy(() -> limits.set("low", true)).isInstanceOf(IOException.class);
    said();
    see(1);
    assertThat(said()).isEmpty();
  }

  @Test
  void whatDoesNotChangeInANewTableGoesOn() {
    take(low(), act());
    see(1, 1);
    take(low(), act().setLockoutSeconds(1));
    see(1);
    assertThat(said()).hasSize(2);
    take(low().setValue(10), act());
    see(1, 1);
    assertThat(said()).isEmpty();
  }

  @Test
  void aTableThatMakesNoSenseIsRefused() {
    LimitTable wrong =
        LimitTable.newBuilder()
            .addWatchpoints(low().setField("volts"))
            .addWatchpoints(low().setField("cards.card0.name").addModes(Mode.MODE_UNSPECIFIED))
            .addActionpoints(act().clearAction().addWatchpoints("high"))
            .addActionpoints(act())
            .build();
    assertThat(Limits.problems(wrong))
        .containsExactly(
            "low: \"volts\" of volts is no field of Housekeeping",
            "\"low\" stands twice",
            "low: cards.card0.name is no number",
            "low: there is no such mode",
            "act does nothing",
            "act: there is no watchpoint \"high\"",
            "\"act\" stands twice");
    assertThatThrownBy(() -> limits.take(wrong)).isInstanceOf(IllegalArgumentException.class);
  }
}

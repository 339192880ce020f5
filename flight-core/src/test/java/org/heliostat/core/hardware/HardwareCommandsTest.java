package org.heliostat.core.hardware;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyDouble;
import static org.mockito.ArgumentMatchers.anyLong;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.inOrder;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.heliostat.core.app.Services;
import org.heliostat.core.command.CommandHandler;
import org.heliostat.core.command.Commands;
import org.heliostat.core.command.Execution;
import org.heliostat.core.fixture.TestServices;
import org.heliostat.core.state.RailHolds;
import org.heliostat.core.state.StateStore;
import org.heliostat.core.time.BoardClock;
import org.heliostat.hal.Board;
import org.heliostat.hal.CardReading;
import org.heliostat.hal.ComputeCard;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.Heater;
import org.heliostat.hal.PlatformBus;
import org.heliostat.hal.PowerSwitch;
import org.heliostat.hal.RailReading;
import org.heliostat.protocol.AppArgument;
import org.heliostat.protocol.CycleRail;
import org.heliostat.protocol.FlightState;
import org.heliostat.protocol.RailHold;
import org.heliostat.protocol.RecoverBus;
import org.heliostat.protocol.ResetCard;
import org.heliostat.protocol.SendFrame;
import org.heliostat.protocol.SetCardPowerLimit;
import org.heliostat.protocol.SetHeater;
import org.heliostat.protocol.SwitchRail;
import org.heliostat.protocol.Telecommand;
import org.heliostat.protocol.Telecommand.CommandCase;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.mockito.InOrder;
import org.mockito.stubbing.Answer;

class HardwareCommandsTest {
  private final Board board = mock(Board.class);
  private final BoardClock clock = mock(BoardClock.class);
  private final Commands commands = mock(Commands.class);
  private final PowerSwitch rail = mock(PowerSwitch.class);
  private final PlatformBus platform = mock(PlatformBus.class);
  private final Heater heater = mock(Heater.class);
  private final ComputeCard card = mock(ComputeCard.class);
  private final Map<CommandCase, CommandHandler> handlers = new EnumMap<>(CommandCase.class);
  private final Hardware readings = new Hardware(() -> 0);
  private HardwareCommands hardware;
  private final StateStore state = mock(StateStore.class);
  private long now;
  private volatile FlightState kept = FlightState.getDefaultInstance();

  @BeforeEach
  void open() throws Exception {
    doAnswer(call -> handlers.put(call.getArgument(1), call.getArgument(2)))
        .when(commands)
        .handle(any(), any(), any());
    when(clock.missionNanos()).thenAnswer(call -> now);
    when(state.get()).thenReturn(FlightState.getDefaultInstance());
    doAnswer(call -> now = call.getArgument(0)).when(board).sleepUntilNanos(anyLong());
    Services services =
        new TestServices()
            .with(Board.class, board)
            .with(BoardClock.class, clock)
            .with(StateStore.class, state)
            .with(Commands.class, commands)
            .with(Hardware.class, readings)
            .build();
    hardware =
        new HardwareCommands(
            services,
            Map.of("switch0", rail, "heater0", heater, "card0", card, "platform", platform));
  }

  @AfterEach
  void close() {
    hardware.close();
  }

  private static RailReading state(boolean on, boolean latched) {
    return new RailReading(
        12, on ? 12 : 0, on ? 1 : 0, on ? 12 : 0, 30, on, on, latched, Set.of(), 1);
  }

  private static final class Result implements Execution {
    private final CompletableFuture<String> end = new CompletableFuture<>();
    private final String origin;

    private Result(String origin) {
      this.origin = origin;
    }

    @Override
    public void progress(String text) {
      // the end is what counts here
    }

    @Override
    public String origin() {
      return origin;
    }

    @Override
    public boolean ended() {
      return end.isDone();
    }

    @Override
    public void complete() {
      end.complete("completed");
    }

    @Override
    public void fail(String reason) {
      end.complete(reason);
    }
  }

  private Result send(Telecommand command) {
    return send(command, "");
  }

  private Result send(Telecommand command, String origin) {
    Result result = new Result(origin);
    Objects.requireNonNull(handlers.get(command.getCommandCase())).execute(command, result);
    return result;
  }

  private String end(Telecommand command, String origin) throws Exception {
    return send(command, origin).end.get(60, TimeUnit.SECONDS);
  }

  /** The state keeps what it is told. */
  private void live() throws Exception {
    when(state.get()).thenAnswer(call -> kept);
    Answer<Void> change =
        call -> {
          FlightState.Builder next = kept.toBuilder();
          call.<Consumer<FlightState.Builder>>getArgument(0).accept(next);
          kept = next.build();
          return null;
        };
    doAnswer(change).when(state).update(any());
  }

  @Test
  void aRailThatGroundHasOrderedOffIsTurnedOnByGroundOrASequenceAlone() throws Exception {
    live();
    when(rail.read()).thenReturn(state(false, false));
    assertThat(end(rail(false), "survival")).isEqualTo("completed");
    assertThat(kept.getOrderedOffList()).isEmpty();
    assertThat(end(rail(false))).isEqualTo("completed");
    assertThat(kept.getOrderedOffList()).containsExactly("switch0");
    kept =
        kept.toBuilder()
            .addRailHolds(RailHold.newBuilder().setRail("switch0").setHolder(RailHolds.ORDER))
            .build();
    when(rail.read()).thenReturn(state(true, false));
    assertThat(end(rail(true), "survival")).contains("REFUSED").contains("ordered it off");
    assertThat(end(cycle(), "protection latch_up")).contains("ordered it off");
    verify(rail, never()).on();
    assertThat(end(rail(true), "sequence a")).isEqualTo("completed");
    assertThat(kept.getOrderedOffList()).isEmpty();
    assertThat(end(rail(true), "survival")).isEqualTo("completed");
  }

  @Test
  void aCycleIsNotedWhileItLastsAndNoLongerHoweverItEnds() throws Exception {
    live();
    when(rail.read()).thenReturn(state(false, false));
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch never = pauses(begun);
    Result cycling = send(cycle(), "protection latch_up");
    begun.await();
    assertThat(readings.cycling("switch0")).isTrue();
    hardware.close();
    assertThat(cycling.end.get(60, TimeUnit.SECONDS)).contains("app ends");
    assertThat(readings.cycling("switch0")).isFalse();
    never.countDown();
  }

  @Test
  void whatADriverThatHangsHasLetEndIsInHandNoMore() throws Exception {
    CountDownLatch free = resetsHang();
    Result first = send(resetCard());
    for (int i = 0; i < 3 * HardwareCommands.MOST; i++) {
      // their deadline ends them
      send(resetCard()).fail("has not ended in time");
    }
    assertThat(hardware.queued()).isLessThanOrEqualTo(2);
    when(rail.read()).thenReturn(state(false, false));
    assertThat(end(rail(false))).isEqualTo("completed");
    free.countDown();
    assertThat(first.end.get(60, TimeUnit.SECONDS)).isEqualTo("completed");
  }

  private String end(Telecommand command) throws Exception {
    return send(command).end.get(60, TimeUnit.SECONDS);
  }

  private static Telecommand resetCard() {
    return Telecommand.newBuilder().setResetCard(ResetCard.newBuilder().setDevice("card0")).build();
  }

  /** A reset of the card takes until the test lets it be done. */
  private CountDownLatch resetsHang() throws HardwareFault {
    CountDownLatch free = new CountDownLatch(1);
    readings.put("card0", reading(40, Long.MAX_VALUE));
    doAnswer(
            call -> {
              free.await();
              return null;
            })
        .when(card)
        .reset();
    return free;
  }

  private static Telecommand cycle() {
    return Telecommand.newBuilder()
        .setCycleRail(CycleRail.newBuilder().setDevice("switch0").setOffSeconds(2))
        .build();
  }

  @Test
  void aCycleIsOffThenAPauseThenClearThenOnAndConfirmed() throws Exception {
    when(rail.read()).thenReturn(state(true, false), state(false, false), state(true, false));
    assertThat(end(cycle())).isEqualTo("completed");
    InOrder order = inOrder(rail);
    order.verify(rail).off();
    order.verify(rail).clearFaults();
    order.verify(rail).on();
    assertThat(now).isGreaterThanOrEqualTo(2_000_000_000L);
  }

  @Test
  void aRailThatDoesNotComeUpFailsTheCommandWithWhatItShows() throws Exception {
    when(rail.read()).thenReturn(state(false, false), state(false, true));
    assertThat(end(cycle())).contains("TIMEOUT").contains("does not go on");
  }

  @Test
  void aSwitchIsConfirmedBothWays() throws Exception {
    when(rail.read()).thenReturn(state(false, false));
    Telecommand off =
        Telecommand.newBuilder()
            .setSwitchRail(SwitchRail.newBuilder().setDevice("switch0").setOn(false))
            .build();
    assertThat(end(off)).isEqualTo("completed");
    when(rail.read()).thenReturn(state(true, false));
    Telecommand on =
        Telecommand.newBuilder()
            .setSwitchRail(SwitchRail.newBuilder().setDevice("switch0").setOn(true))
            .build();
    assertThat(end(on)).isEqualTo("completed");
  }

  @Test
  void aDeviceThatIsNotThereOrCannotDoItIsRefused() throws Exception {
    assertThat(
            end(
                Telecommand.newBuilder()
                    .setSetHeater(SetHeater.newBuilder().setDevice("nobody"))
                    .build()))
        .contains("REFUSED")
        .contains("no such device");
    assertThat(
            end(
                Telecommand.newBuilder()
                    .setSetHeater(SetHeater.newBuilder().setDevice("switch0"))
                    .build()))
        .contains("not a Heater");
  }

  @Test
  void aFaultOfThePartIsTheReason() throws Exception {
    doThrow(new HardwareFault(HardwareFault.Kind.NACK, "heater0", "nobody home"))
        .when(heater)
        .setDuty(anyDouble());
    assertThat(
            end(
                Telecommand.newBuilder()
                    .setSetHeater(SetHeater.newBuilder().setDevice("heater0").setDuty(0.5))
                    .build()))
        .contains("NACK")
        .contains("nobody home");
  }

  @Test
  void aDriverThatBreaksFailsItsCommandAndNoOther() throws Exception {
    doThrow(new IllegalStateException("bug")).when(card).reset();
    Telecommand reset = resetCard();
    assertThat(end(reset)).contains("the driver failed");
    assertThat(
            end(
                Telecommand.newBuilder()
                    .setSetHeater(SetHeater.newBuilder().setDevice("heater0").setDuty(0.5))
                    .build()))
        .isEqualTo("completed");
    verify(heater).setDuty(0.5);
  }

  @Test
  void aBusThatIsRecoveredByCommandIsCounted() throws Exception {
    assertThat(
            end(
                Telecommand.newBuilder()
                    .setRecoverBus(RecoverBus.newBuilder().setBus("/dev/i2c-1"))
                    .build()))
        .isEqualTo("completed");
    verify(board).recoverBus("/dev/i2c-1");
    assertThat(hardware.recoveries("/dev/i2c-1")).isEqualTo(1);
  }

  @Test
  void aRecoveryThatIsRefusedIsNotCounted() throws Exception {
    doThrow(new HardwareFault(HardwareFault.Kind.REFUSED, "/dev/i2c-1", "no way known"))
        .when(board)
        .recoverBus("/dev/i2c-1");
    assertThat(
            end(
                Telecommand.newBuilder()
                    .setRecoverBus(RecoverBus.newBuilder().setBus("/dev/i2c-1"))
                    .build()))
        .contains("no way known");
    assertThat(hardware.recoveries("/dev/i2c-1")).isZero();
  }

  @Test
  void everyCommandThatWaitsWhenTheAppEndsFails() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch never = new CountDownLatch(1);
    when(rail.read())
        .thenAnswer(
            call -> {
              begun.countDown();
              return state(true, false);
            });
    doAnswer(
            call -> {
              never.await();
              return null;
            })
        .when(board)
        .sleepUntilNanos(anyLong());
    Result running = send(cycle());
    begun.await();
    Result waiting = send(cycle());
    hardware.close();
    assertThat(running.end.get(60, TimeUnit.SECONDS)).contains("app ends");
    assertThat(waiting.end.get(60, TimeUnit.SECONDS)).contains("app ends");
    assertThat(end(cycle())).contains("app ends");
  }

  private static CardReading reading(double limitWatts, long takenNanos) {
    return new CardReading(40, 20, limitWatts, 0, 0, takenNanos);
  }

  private static Telecommand limit(double watts) {
    return Telecommand.newBuilder()
        .setSetCardPowerLimit(SetCardPowerLimit.newBuilder().setDevice("card0").setWatts(watts))
        .build();
  }

  @Test
  void aPowerLimitIsReadBackFromTheCard() throws Exception {
    when(card.read()).thenReturn(reading(40, 1));
    assertThat(end(limit(40))).isEqualTo("completed");
    assertThat(end(limit(50))).contains("BAD_DATA").contains("40.0 W");
    when(card.read()).thenReturn(reading(Double.NaN, 1));
    assertThat(end(limit(40))).contains("BAD_DATA").contains("NaN W");
  }

  @Test
  void aCardThatIsSilentAfterItsResetFailsTheCommand() throws Exception {
    Telecommand reset = resetCard();
    // a sample from before the reset is no answer
    readings.put("card0", reading(40, 0));
    assertThat(end(reset)).contains("TIMEOUT").contains("does not answer");
    readings.put("card0", reading(40, Long.MAX_VALUE));
    assertThat(end(reset)).isEqualTo("completed");
  }

  @Test
  void anIsolatedRailIsNotTurnedOn() throws Exception {
    when(state.get()).thenReturn(FlightState.newBuilder().addIsolatedDevices("switch0").build());
    SwitchRail.Builder rails = SwitchRail.newBuilder().setDevice("switch0").setOn(true);
    assertThat(end(Telecommand.newBuilder().setSwitchRail(rails).build()))
        .contains("REFUSED")
        .contains("must be released");
    assertThat(end(cycle())).contains("must be released");
    verify(rail, never()).on();
    when(rail.read()).thenReturn(state(false, false));
    assertThat(end(Telecommand.newBuilder().setSwitchRail(rails.setOn(false)).build()))
        .isEqualTo("completed");
  }

  private static FlightState heldState() {
    return FlightState.newBuilder()
        .addRailHolds(RailHold.newBuilder().setRail("switch0").setHolder("rung cards"))
        .addRailHolds(RailHold.newBuilder().setRail("switch0").setHolder("heat of plate0"))
        .addRailHolds(RailHold.newBuilder().setRail("switch1").setHolder("rung others"))
        .build();
  }

  @Test
  void aRailThatSurvivalKeepsOffIsTurnedOnForNobodyWhoIsToldWhatHoldsIt() throws Exception {
    when(state.get()).thenReturn(heldState());
    assertThat(end(rail(true))).contains("REFUSED").contains("by rung cards, heat of plate0:");
    assertThat(end(rail(true).toBuilder().setCounter(7).build())).contains("REFUSED");
    assertThat(end(cycle())).contains("kept off");
    verify(rail, never()).on();
    verify(rail, never()).off();
    when(rail.read()).thenReturn(state(false, false));
    assertThat(end(rail(false))).isEqualTo("completed");
    when(state.get()).thenReturn(FlightState.getDefaultInstance());
    when(rail.read()).thenReturn(state(true, false));
    assertThat(end(rail(true))).isEqualTo("completed");
  }

  @Test
  void aRailThatIsShedInThePauseOfACycleStaysOff() throws Exception {
    when(rail.read()).thenReturn(state(false, false));
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch on = pauses(begun);
    Result cycling = send(cycle());
    begun.await();
    when(state.get()).thenReturn(heldState());
    on.countDown();
    assertThat(cycling.end.get(60, TimeUnit.SECONDS)).contains("kept off");
    verify(rail, never()).on();
  }

  private static SendFrame.Builder frame(String device) {
    return SendFrame.newBuilder()
        .setDevice(device)
        .setFrame("command")
        .addSignals(AppArgument.newBuilder().setName("opcode").setValue(3));
  }

  @Test
  void aFrameGoesToThePlatformAsItsDriverDescribesIt() throws Exception {
    assertThat(end(Telecommand.newBuilder().setSendFrame(frame("platform")).build()))
        .isEqualTo("completed");
    verify(platform).send("command", Map.of("opcode", 3.0));
    assertThat(
            end(
                Telecommand.newBuilder()
                    .setSendFrame(
                        frame("platform").addSignals(AppArgument.newBuilder().setName("opcode")))
                    .build()))
        .contains("REFUSED")
        .contains("opcode stands twice");
    assertThat(end(Telecommand.newBuilder().setSendFrame(frame("switch0")).build()))
        .contains("not a PlatformBus");
  }

  @Test
  void whoComesWhenTooManyWaitIsToldSoAtOnce() throws Exception {
    CountDownLatch free = resetsHang();
    Telecommand reset = resetCard();
    Result first = send(reset);
    Result last = first;
    for (int i = 0; i <= HardwareCommands.MOST; i++) {
      last = send(reset);
    }
    assertThat(last.end.get(60, TimeUnit.SECONDS)).contains("too many");
    free.countDown();
    assertThat(first.end.get(60, TimeUnit.SECONDS)).isEqualTo("completed");
  }

  private static Telecommand rail(boolean on) {
    return Telecommand.newBuilder()
        .setSwitchRail(SwitchRail.newBuilder().setDevice("switch0").setOn(on))
        .build();
  }

  /** The pause of a cycle goes on until the test lets time pass. */
  private CountDownLatch pauses(CountDownLatch begun) throws Exception {
    CountDownLatch on = new CountDownLatch(1);
    doAnswer(
            call -> {
              begun.countDown();
              on.await();
              now = call.getArgument(0);
              return null;
            })
        .when(board)
        .sleepUntilNanos(anyLong());
    return on;
  }

  @Test
  void aRailThatIsOrderedOffWaitsForNoPauseAndStaysOff() throws Exception {
    when(rail.read()).thenReturn(state(false, false));
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch on = pauses(begun);
    Result cycling = send(cycle());
    begun.await();
    Result waiting = send(rail(true));
    Result off = send(rail(false));
    // they end on the thread of the device: whoever orders the rail off waits for no report of it
    assertThat(cycling.end).isNotDone();
    assertThat(waiting.end).isNotDone();
    on.countDown();
    assertThat(cycling.end.get(60, TimeUnit.SECONDS)).contains("overtaken");
    assertThat(waiting.end.get(60, TimeUnit.SECONDS)).contains("overtaken");
    assertThat(off.end.get(60, TimeUnit.SECONDS)).isEqualTo("completed");
    assertThat(now).isLessThan(2_000_000_000L);
    verify(rail, never()).on();
    verify(rail, never()).clearFaults();
  }

  @Test
  void oneDevicesPauseHoldsUpNoOtherDevice() throws Exception {
    when(rail.read()).thenReturn(state(false, false), state(true, false));
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch on = pauses(begun);
    Result cycling = send(cycle());
    begun.await();
    Telecommand heat =
        Telecommand.newBuilder()
            .setSetHeater(SetHeater.newBuilder().setDevice("heater0").setDuty(0.5))
            .build();
    assertThat(end(heat)).isEqualTo("completed");
    assertThat(cycling.end).isNotDone();
    on.countDown();
    assertThat(cycling.end.get(60, TimeUnit.SECONDS)).isEqualTo("completed");
  }

  @Test
  void aRailIsSwitchedOffThoughOperatorsHaveTakenAllPlaces() throws Exception {
    CountDownLatch free = resetsHang();
    Telecommand reset = resetCard();
    for (int i = 0; i < HardwareCommands.MOST; i++) {
      Result unused = send(reset);
    }
    when(rail.read()).thenReturn(state(false, false));
    assertThat(end(rail(false))).isEqualTo("completed");
    assertThat(end(rail(true))).contains("too many");
    free.countDown();
  }

  @Test
  void aRailThatIsComingUpGoesOffAsSoonAsItIsOrderedOff() throws Exception {
    when(rail.read()).thenReturn(state(false, false));
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch on = pauses(begun);
    Result coming = send(rail(true));
    begun.await();
    Result off = send(rail(false));
    on.countDown();
    assertThat(coming.end.get(60, TimeUnit.SECONDS)).contains("overtaken");
    assertThat(off.end.get(60, TimeUnit.SECONDS)).isEqualTo("completed");
    // not the 5 s that a rail has to come up
    assertThat(now).isLessThan(1_000_000_000L);
  }

  @Test
  void aDriverWhoseLibraryLacksSomethingHoldsUpNothingBehindIt() throws Exception {
    doThrow(new UnsatisfiedLinkError("nvmlDeviceReset")).when(card).reset();
    Telecommand reset = resetCard();
    assertThat(end(reset)).contains("the driver failed");
    when(card.read()).thenReturn(reading(40, 1));
    assertThat(end(limit(40))).isEqualTo("completed");
    assertThat(hardware.queued()).isLessThanOrEqualTo(1);
  }

  @Test
  void aCommandThatHasTimedOutIsNotCarriedOut() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch on = pauses(begun);
    when(rail.read()).thenReturn(state(false, false), state(true, false));
    Result cycling = send(cycle());
    begun.await();
    Execution late = mock(Execution.class);
    when(late.ended()).thenReturn(true);
    Objects.requireNonNull(handlers.get(CommandCase.SWITCH_RAIL)).execute(rail(true), late);
    on.countDown();
    assertThat(cycling.end.get(60, TimeUnit.SECONDS)).isEqualTo("completed");
    while (hardware.queued() > 0) {
      Thread.onSpinWait();
    }
    verify(rail, times(1)).on();
    verify(late, never()).complete();
  }
}

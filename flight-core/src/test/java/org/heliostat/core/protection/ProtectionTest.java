package org.heliostat.core.protection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyString;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.spy;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.heliostat.core.ManualClock;
import org.heliostat.core.app.AppControl;
import org.heliostat.core.bus.Bus;
import org.heliostat.core.bus.Subscription;
import org.heliostat.core.command.Commands;
import org.heliostat.core.command.Issued;
import org.heliostat.core.event.Events;
import org.heliostat.core.hardware.Hardware;
import org.heliostat.core.mode.Modes;
import org.heliostat.core.recorder.Recorder;
import org.heliostat.core.state.Inhibits;
import org.heliostat.core.state.StateStore;
import org.heliostat.protocol.CardConfig;
import org.heliostat.protocol.DeviceConfig;
import org.heliostat.protocol.DeviceFault;
import org.heliostat.protocol.DeviceStatus;
import org.heliostat.protocol.DeviceTarget;
import org.heliostat.protocol.Event;
import org.heliostat.protocol.EventSymptom;
import org.heliostat.protocol.Mode;
import org.heliostat.protocol.ProtectionResponse;
import org.heliostat.protocol.ProtectionRule;
import org.heliostat.protocol.ProtectionTable;
import org.heliostat.protocol.Telecommand;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProtectionTest {
  private static final long SECOND = 1_000_000_000L;

  static final Devices DEVICES =
      new Devices(
          List.of(
              DeviceConfig.newBuilder().setName("bus").build(),
              DeviceConfig.newBuilder().setName("edac").build(),
              DeviceConfig.newBuilder().setName("switch0").build(),
              DeviceConfig.newBuilder().setName("nvml0").setPoweredBy("switch0").build(),
              DeviceConfig.newBuilder().setName("switch1").build(),
              DeviceConfig.newBuilder().setName("nvml1").setPoweredBy("switch1").build()),
          List.of(
              CardConfig.newBuilder().setDevice("nvml0").build(),
              CardConfig.newBuilder().setDevice("nvml1").build()));

  private static final Set<String> APPS = Set.of("link");

  @TempDir private Path folder;
  private final Commands commands = mock(Commands.class);
  private final AppControl apps = mock(AppControl.class);
  private final Bus bus = new Bus();
  private final Subscription<Event> events = bus.subscribe(Event.class, 1000);
  private final Events reporter =
      new Events(new ManualClock(), mock(Recorder.class), bus, line -> {});
  private final Modes modes = new Modes(bus, reporter);
  private final List<String> issued = new ArrayList<>();
  private final List<Issued> open = new ArrayList<>();
  private Issued.State outcome = Issued.State.COMPLETED;
  private StateStore state;
  private Protection protection;
  private long now = 1000 * SECOND;

  @BeforeEach
  void boot() throws IOException {
    state = spy(StateStore.open(folder.resolve("state.bin")));
    protection =
        new Protection(DEVICES, commands, modes, reporter, state, apps, mock(Hardware.class));
    protection.take(StandardRules.table());
    doAnswer(
            call -> {
              Telecommand command = call.getArgument(0);
              issued.add(describe(command) + " by " + call.getArgument(1));
              Issued one = mock(Issued.class);
              when(one.state()).thenReturn(outcome);
              when(one.reason()).thenReturn("no");
              open.add(one);
              return one;
            })
        .when(commands)
        .issue(any(), anyString());
  }

  static String describe(Telecommand command) {
    return switch (command.getCommandCase()) {
      case CYCLE_RAIL ->
          "cycle "
              + command.getCycleRail().getDevice()
              + " "
              + command.getCycleRail().getOffSeconds();
      case SWITCH_RAIL ->
          (command.getSwitchRail().getOn() ? "on " : "off ") + command.getSwitchRail().getDevice();
      case RESET_CARD -> "reset " + command.getResetCard().getDevice();
      case RECOVER_BUS -> "recover " + command.getRecoverBus().getBus();
      case START_SEQUENCE -> "start " + command.getStartSequence().getSequence();
      default -> command.getCommandCase().name().toLowerCase(Locale.ROOT);
    };
  }

  private void fault(String device, DeviceFault fault) {
    protection.event(
        Event.newBuilder()
            .setSource("core")
            .setName("DEVICE_FAULT")
            .setDevice(device)
            .setFault(fault)
            .build(),
        now);
  }

  private void pass(double seconds) {
    now += (long) (seconds * 1e9);
    protection.tick(now);
  }

  private void last(double seconds, String device, DeviceFault fault) {
    DeviceStatus status = DeviceStatus.newBuilder().setDevice(device).setFault(fault).build();
    for (int i = 0; i < seconds; i++) {
      protection.faulty(List.of(status), now);
      pass(1);
    }
  }

  private List<String> said() {
    List<String> names = new ArrayList<>();
    for (var event = events.poll(); event.isPresent(); event = events.poll()) {
      names.add(event.get().getName() + " " + event.get().getText());
    }
    return names;
  }

  // ---- the standard rules

  @Test
  void aLatchUpIsPowerCycledAndTheThirdOneIsolates() throws Exception {
    fault("switch0", DeviceFault.LATCHED_OFF);
    assertThat(issued).containsExactly("cycle switch0 2.0 by protection latch_up");
    assertThat(said())
        .containsExactly(
            "PROTECTION_CONFIRMED switch0: rule latch_up has confirmed DEVICE_FAULT LATCHED_OFF",
            "PROTECTION_RESPONDED switch0: rule latch_up has done power_cycle");
    pass(300);
    fault("switch0", DeviceFault.OVER_CURRENT);
    pass(300);
    assertThat(issued).hasSize(2);
    fault("switch0", DeviceFault.OVER_CURRENT);
    assertThat(issued).endsWith("off switch0 by protection latch_up_again").hasSize(3);
    assertThat(state.get().getIsolatedDevicesList()).containsExactly("switch0");
    assertThat(said())
        .contains("DEVICE_ISOLATED switch0 is isolated until an operator releases it");
    // nothing more is done about it, also after a restart
    pass(10_000);
    fault("switch0", DeviceFault.OVER_CURRENT);
    fault("nvml0", DeviceFault.TIMEOUT);
    boot();
    fault("switch0", DeviceFault.LATCHED_OFF);
    assertThat(issued).hasSize(3);
    assertThat(protection.release("nvml0")).isTrue();
    assertThat(protection.release("nvml0")).isFalse();
    assertThat(said()).contains("DEVICE_RELEASED switch0 is released, by command");
    assertThat(state.get().getIsolatedDevicesList()).isEmpty();
    pass(1);
    fault("switch0", DeviceFault.LATCHED_OFF);
    assertThat(issued).hasSize(4);
  }

  @Test
  void aSilentCardIsResetThenPowerCycledWhileItStaysSilent() {
    fault("nvml0", DeviceFault.TIMEOUT);
    assertThat(issued).containsExactly("reset nvml0 by protection card_silent");
    last(29, "nvml0", DeviceFault.TIMEOUT);
    assertThat(issued).hasSize(1);
    last(3, "nvml0", DeviceFault.TIMEOUT);
    assertThat(issued)
        .containsExactly(
            "reset nvml0 by protection card_silent", "cycle switch0 2.0 by protection card_lost");
    // its lock-out holds the lower rule off, too
    last(60, "nvml0", DeviceFault.TIMEOUT);
    assertThat(issued).hasSize(2);
    last(60, "nvml0", DeviceFault.TIMEOUT);
    assertThat(issued).hasSize(3).endsWith("cycle switch0 2.0 by protection card_lost");
    last(600, "nvml0", DeviceFault.TIMEOUT);
    assertThat(issued).endsWith("off switch0 by protection card_given_up");
    int before = issued.size();
    last(600, "nvml0", DeviceFault.TIMEOUT);
    assertThat(issued).hasSize(before);
  }

  @Test
  void aResetThatIsRefusedIsFollowedByAPowerCycle() {
    outcome = Issued.State.EXECUTING;
    fault("nvml0", DeviceFault.MEMORY_ERRORS);
    pass(1);
    assertThat(issued).containsExactly("reset nvml0 by protection card_memory");
    when(open.get(0).state()).thenReturn(Issued.State.FAILED);
    outcome = Issued.State.COMPLETED;
    pass(1);
    assertThat(issued).endsWith("cycle switch0 2.0 by protection card_memory").hasSize(2);
    assertThat(said()).contains("PROTECTION_FAILED nvml0: rule card_memory could not do reset: no");
    fault("nvml1", DeviceFault.MEMORY_ERRORS);
    // the reset helps, so its rail is left alone
    assertThat(issued).hasSize(3).endsWith("reset nvml1 by protection card_memory");
  }

  /** A rail that is cycled shows faults of its own, which are no new latch-ups. */
  @Test
  void whatIsSeenWhileAResponseIsUnderWayIsNotCountedTowardsTheNextLevel() throws Exception {
    outcome = Issued.State.EXECUTING;
    for (int i = 0; i < 2; i++) {
      fault("switch0", DeviceFault.LATCHED_OFF);
      fault("switch0", DeviceFault.OVER_CURRENT);
      fault("switch0", DeviceFault.OVER_CURRENT);
      when(open.get(i).state()).thenReturn(Issued.State.COMPLETED);
      pass(60);
    }
    assertThat(issued).hasSize(2);
    assertThat(state.get().getIsolatedDevicesList()).isEmpty();
    fault("switch0", DeviceFault.LATCHED_OFF);
    assertThat(state.get().getIsolatedDevicesList()).containsExactly("switch0");
  }

  @Test
  void theBoardsOwnMemoryAndMonitorsAreNothingToCycle() {
    fault("edac", DeviceFault.MEMORY_ERRORS);
    fault("bus", DeviceFault.OVER_CURRENT);
    fault("bus", DeviceFault.TIMEOUT);
    fault("", DeviceFault.TIMEOUT);
    assertThat(issued).isEmpty();
    assertThat(said()).isEmpty();
  }

  @Test
  void aHotCardIsOffForAWhileAndHoldsUpNoOtherMeanwhile() {
    outcome = Issued.State.EXECUTING;
    fault("nvml0", DeviceFault.OVER_TEMPERATURE);
    assertThat(issued).containsExactly("cycle switch0 50.0 by protection card_hot");
    fault("switch1", DeviceFault.LATCHED_OFF);
    assertThat(issued).hasSize(2);
    when(open.get(0).state()).thenReturn(Issued.State.COMPLETED);
    pass(50);
    assertThat(issued).hasSize(2);
    assertThat(said())
        .filteredOn(text -> text.contains("card_hot has done power_cycle"))
        .hasSize(1);
  }

  @Test
  void aLowBusGoesToSafeAndAFailingDiskToStandby() {
    assertThat(modes.change(Mode.PAYLOAD)).isTrue();
    fault("storage", DeviceFault.STORAGE_FULL);
    assertThat(modes.mode()).isEqualTo(Mode.STANDBY);
    fault("battery", DeviceFault.UNDER_VOLTAGE);
    assertThat(modes.mode()).isEqualTo(Mode.STANDBY);
    fault("bus", DeviceFault.UNDER_VOLTAGE);
    assertThat(modes.mode()).isEqualTo(Mode.SAFE);
    said();
    pass(1000);
    // the mode is low enough: nothing is done, and nothing said
    fault("storage", DeviceFault.STORAGE_FULL);
    fault("bus", DeviceFault.UNDER_VOLTAGE);
    assertThat(modes.mode()).isEqualTo(Mode.SAFE);
    assertThat(said()).isEmpty();
    assertThat(issued).isEmpty();
  }

  @Test
  void aHungBusIsRecoveredAndADeviceThatStaysAwayIsReported() {
    fault("/dev/i2c-2", DeviceFault.TIMEOUT);
    assertThat(issued).containsExactly("recover /dev/i2c-2 by protection bus_hung");
    said();
    fault("plate0", DeviceFault.NACK);
    assertThat(said()).contains("RESPONSE_CALLED plate0: rule watched calls for an operator");
    assertThat(issued).hasSize(1);
    // one that comes and goes is another thing each time
    last(29, "plate0", DeviceFault.BAD_DATA);
    protection.faulty(List.of(), now);
    last(29, "plate0", DeviceFault.BAD_DATA);
    assertThat(said()).isEmpty();
  }

  @Test
  void theStandardRulesMakeSense() {
    assertThat(
            RuleCheck.problems(DEVICES, APPS, StandardRules.table()).stream()
                .filter(problem -> !problem.contains("no device is called")))
        .isEmpty();
    assertThat(org.heliostat.protocol.SchemaCheck.problems(StandardRules.table())).isEmpty();
  }

  // ---- rules of other kinds

  private static ProtectionRule.Builder rule(String name, ProtectionResponse.Builder... responses) {
    ProtectionRule.Builder rule =
        ProtectionRule.newBuilder()
            .setName(name)
            .setEvent(EventSymptom.newBuilder().setName("APP_FAILED"));
    for (ProtectionResponse.Builder one : responses) {
      rule.addResponses(one);
    }
    return rule;
  }

  private static ProtectionResponse.Builder response() {
    return ProtectionResponse.newBuilder();
  }

  private void take(ProtectionRule.Builder... rules) {
    ProtectionTable.Builder table = ProtectionTable.newBuilder();
    for (ProtectionRule.Builder one : rules) {
      table.addRules(one);
    }
    assertThat(RuleCheck.problems(DEVICES, APPS, table.build())).isEmpty();
    protection.take(table.build());
  }

  private void happens(String name, String source) {
    protection.event(Event.newBuilder().setName(name).setSource(source).build(), now);
  }

  @Test
  void responsesRunInTheirOrderEachWhenTheOneBeforeHasEnded() {
    assertThat(modes.change(Mode.NOMINAL)).isTrue();
    take(
        rule(
                "a",
                response().setStartSequence("s"),
                response().setReport(true),
                response().setRestartApp("link"),
                response().setChangeMode(Mode.SAFE),
                response().setRestartProcess(true))
            .setMostResponses(9));
    outcome = Issued.State.EXECUTING;
    when(apps.restart("link", "protection a")).thenReturn(true);
    said();
    happens("APP_FAILED", "core");
    pass(1);
    assertThat(issued).containsExactly("start s by protection a");
    assertThat(modes.mode()).isEqualTo(Mode.NOMINAL);
    when(open.get(0).state()).thenReturn(Issued.State.COMPLETED);
    pass(1);
    verify(apps).restart("link", "protection a");
    verify(apps).restartProcess("protection a");
    assertThat(modes.mode()).isEqualTo(Mode.SAFE);
    assertThat(said())
        .containsExactly(
            "PROTECTION_CONFIRMED app link: rule a has confirmed APP_FAILED",
            "PROTECTION_RESPONDED app link: rule a has done start_sequence",
            "RESPONSE_CALLED app link: rule a calls for an operator",
            "PROTECTION_RESPONDED app link: rule a has done restart_app",
            "MODE_CHANGED mode NOMINAL -> SAFE, by protection a",
            "PROTECTION_RESPONDED app link: rule a has done change_mode",
            "PROTECTION_RESPONDED app link: rule a has done restart_process");
  }

  @Test
  void anAppThatIsNotRestartedIsAResponseThatHasFailed() {
    take(rule("a", response().setRestartApp("link")));
    happens("APP_FAILED", "core");
    assertThat(said())
        .containsExactly(
            "PROTECTION_CONFIRMED app link: rule a has confirmed APP_FAILED",
            "PROTECTION_FAILED app link: rule a could not do restart_app: there is no such app, it is"
                + " stopped, or has too much to do already");
  }

  @Test
  void theSymptomIsConfirmedByItsCountWithinTheWindow() {
    take(
        rule("a", response().setReport(true))
            .setCount(3)
            .setWindowSeconds(10)
            .setLockoutSeconds(0));
    happens("APP_FAILED", "core");
    pass(6);
    happens("APP_FAILED", "core");
    pass(6);
    happens("APP_FAILED", "core");
    assertThat(said()).isEmpty();
    pass(4);
    happens("APP_FAILED", "core");
    assertThat(said()).hasSize(2);
  }

  @Test
  void aRuleIsLockedOutAfterItHasRespondedAndSaysSoOnce() {
    take(rule("a", response().setReport(true)).setLockoutSeconds(10));
    happens("APP_FAILED", "core");
    said();
    pass(9);
    happens("APP_FAILED", "core");
    happens("APP_FAILED", "core");
    assertThat(said())
        .containsExactly("PROTECTION_LOCKED_OUT rule a: rule a waits aside, locked out by a");
    pass(1);
    happens("APP_FAILED", "core");
    assertThat(said()).hasSize(2);
    assertThat(protection.status().get(0).getResponses()).isEqualTo(2);
    assertThat(protection.status().get(0).getSymptoms()).isEqualTo(4);
  }

  @Test
  void theSymptomIsOfItsSourceDeviceAndFaults() {
    take(
        rule("a", response().setReport(true))
            .setLockoutSeconds(0)
            .setEvent(
                EventSymptom.newBuilder()
                    .setName("DEVICE_FAULT")
                    .setSource("core")
                    .setDevice("bus")
                    .addFaults(DeviceFault.NACK)));
    fault("bus", DeviceFault.TIMEOUT);
    fault("edac", DeviceFault.NACK);
    happens("DEVICE_FAULT", "other");
    assertThat(said()).isEmpty();
    fault("bus", DeviceFault.NACK);
    assertThat(said()).hasSize(2);
  }

  @Test
  void aFailedWatchpointIsASymptom() {
    take(
        rule("a", response().setPowerCycle(DeviceTarget.newBuilder().setDevice("nvml1")))
            .setWatchpoint("w"));
    protection.watchpoint("v", now);
    assertThat(issued).isEmpty();
    protection.watchpoint("w", now);
    assertThat(issued).containsExactly("cycle switch1 2.0 by protection a");
  }

  @Test
  void whatProtectionSaysItselfIsNoSymptom() {
    take(
        rule("a", response().setReport(true))
            .setLockoutSeconds(0)
            .setEvent(EventSymptom.newBuilder().setName("RESPONSE_CALLED")),
        rule("b", response().setReport(true))
            .setLockoutSeconds(0)
            .setEvent(EventSymptom.newBuilder().setName("PROTECTION_RESPONDED")));
    happens("RESPONSE_CALLED", "core");
    happens("PROTECTION_RESPONDED", "core");
    assertThat(said()).isEmpty();
  }

  @Test
  void afterItsMostResponsesARuleInhibitsItselfUntilItIsEnabled() throws Exception {
    take(rule("a", response().setReport(true)).setLockoutSeconds(0).setMostResponses(2));
    happens("APP_FAILED", "core");
    happens("APP_FAILED", "core");
    assertThat(said())
        .contains("PROTECTION_INHIBITED rule a is inhibited, it has responded 2 times");
    happens("APP_FAILED", "core");
    assertThat(said()).isEmpty();
    assertThat(protection.status().get(0).getInhibited()).isTrue();
    boot();
    take(rule("a", response().setReport(true)).setLockoutSeconds(0).setMostResponses(2));
    happens("APP_FAILED", "core");
    assertThat(said()).isEmpty();
    assertThat(protection.set("a", false)).isTrue();
    said();
    happens("APP_FAILED", "core");
    assertThat(said()).hasSize(2);
    assertThat(protection.set("none", true)).isFalse();
    assertThat(protection.set("a", true)).isTrue();
    said();
    happens("APP_FAILED", "core");
    assertThat(said()).isEmpty();
  }

  @Test
  void aRuleMayBeInhibitedByItsTable() throws Exception {
    take(rule("a", response().setReport(true)).setInhibited(true));
    happens("APP_FAILED", "core");
    assertThat(said()).isEmpty();
    assertThat(protection.set("a", false)).isTrue();
    said();
    happens("APP_FAILED", "core");
    assertThat(said()).hasSize(2);
  }

  @Test
  void aHigherLevelTakesOverAndALowerOneWaitsWhileAResponseIsUnderWay() {
    outcome = Issued.State.EXECUTING;
    fault("nvml0", DeviceFault.MEMORY_ERRORS);
    said();
    // the same level: it waits
    fault("nvml0", DeviceFault.TIMEOUT);
    assertThat(said())
        .contains(
            "PROTECTION_LOCKED_OUT nvml0: rule card_silent waits aside, locked out by card_memory");
    assertThat(issued).hasSize(1);
    fault("switch0", DeviceFault.OVER_CURRENT);
    assertThat(issued).hasSize(2).endsWith("cycle switch0 2.0 by protection latch_up");
    when(open.get(0).state()).thenReturn(Issued.State.FAILED);
    when(open.get(1).state()).thenReturn(Issued.State.COMPLETED);
    pass(1);
    // what the lower one had still to do is given up
    assertThat(issued).hasSize(2);
    // another device has nothing to do with it
    fault("nvml1", DeviceFault.TIMEOUT);
    assertThat(issued).hasSize(3);
  }

  @Test
  void aCommandThatIsStillOnItsWayHoldsUpItsLevelThoughAHigherOneHasTakenOver() {
    outcome = Issued.State.EXECUTING;
    fault("nvml0", DeviceFault.MEMORY_ERRORS);
    fault("switch0", DeviceFault.OVER_CURRENT);
    when(open.get(1).state()).thenReturn(Issued.State.COMPLETED);
    pass(301);
    // every lock-out is over, but the card's reset is not
    fault("nvml0", DeviceFault.TIMEOUT);
    assertThat(issued).hasSize(2);
    when(open.get(0).state()).thenReturn(Issued.State.FAILED);
    pass(1);
    fault("nvml0", DeviceFault.TIMEOUT);
    assertThat(issued).hasSize(3).endsWith("reset nvml0 by protection card_silent");
  }

  @Test
  void whatIsInhibitedOrIsolatedHoldsAlsoWhereTheDiskDoesNotTakeIt() throws Exception {
    doThrow(new IOException("no")).when(state).save();
    take(
        rule("a", response().setIsolate(DeviceTarget.newBuilder().setDevice("nvml0")))
            .setMostResponses(1));
    happens("APP_FAILED", "core");
    assertThat(state.get().getIsolatedDevicesList()).containsExactly("switch0");
    assertThat(Inhibits.of(state.get(), Inhibits.RULE)).containsEntry("a", true);
    assertThat(protection.status())
        .anyMatch(one -> one.getInhibited())
        .anyMatch(one -> one.getIsolatedList().contains("switch0"));
    assertThatThrownBy(() -> protection.release("switch0")).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> protection.set("a", false)).isInstanceOf(IOException.class);
  }

  @Test
  void rulesThatDoNotChangeInANewTableGoOn() {
    ProtectionRule.Builder a = rule("a", response().setReport(true)).setCount(2);
    take(a);
    happens("APP_FAILED", "core");
    take(a, rule("b", response().setReport(true)).setEvent(EventSymptom.newBuilder().setName("X")));
    happens("APP_FAILED", "core");
    assertThat(said()).hasSize(2);
    take(a.setLockoutSeconds(0));
    happens("APP_FAILED", "core");
    assertThat(said()).isEmpty();
  }

  @Test
  void aTableThatMakesNoSenseIsRefused() {
    ProtectionTable wrong =
        ProtectionTable.newBuilder()
            .addRules(rule("a", response()))
            .addRules(rule("a", response().setReport(true)).clearSymptom())
            .addRules(
                rule("b", response().setReset(DeviceTarget.getDefaultInstance()))
                    .setWatchpoint("w"))
            .addRules(rule("c", response().setIsolate(DeviceTarget.newBuilder().setDevice("x"))))
            .addRules(rule("d", response().setReset(DeviceTarget.newBuilder().setDevice("bus"))))
            .addRules(rule("e", response().setChangeMode(Mode.MODE_UNSPECIFIED)))
            .addRules(rule("f", response().setRestartApp("lnik")))
            .addRules(rule("g", response().setRestartProcess(true)))
            .build();
    assertThat(RuleCheck.problems(DEVICES, APPS, wrong))
        .containsExactly(
            "a: a response is nothing",
            "rule \"a\" stands twice",
            "a: it has no symptom",
            "b: a watchpoint names no device to act on",
            "c: no device is called \"x\"",
            "d: RESET cannot be done to bus",
            "e: there is no such mode",
            "f: no app is called \"lnik\"",
            "g: what restarts the process needs most_responses");
  }
}

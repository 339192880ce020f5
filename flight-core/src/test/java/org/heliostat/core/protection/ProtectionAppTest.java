package org.heliostat.core.protection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.anyString;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.heliostat.core.app.App;
import org.heliostat.core.app.AppControl;
import org.heliostat.core.command.Execution;
import org.heliostat.core.event.CoreEvent;
import org.heliostat.core.fixture.TestSpacecraft;
import org.heliostat.core.state.StateStore;
import org.heliostat.hal.RailReading;
import org.heliostat.protocol.AppConfig;
import org.heliostat.protocol.CardConfig;
import org.heliostat.protocol.DeviceConfig;
import org.heliostat.protocol.DeviceFault;
import org.heliostat.protocol.DeviceStatus;
import org.heliostat.protocol.EventSymptom;
import org.heliostat.protocol.Housekeeping;
import org.heliostat.protocol.LimitStatus;
import org.heliostat.protocol.LoadTable;
import org.heliostat.protocol.Mission;
import org.heliostat.protocol.ProtectionResponse;
import org.heliostat.protocol.ProtectionRule;
import org.heliostat.protocol.ProtectionTable;
import org.heliostat.protocol.RailHold;
import org.heliostat.protocol.ReleaseDevice;
import org.heliostat.protocol.RuleCount;
import org.heliostat.protocol.SetProtection;
import org.heliostat.protocol.Stage;
import org.heliostat.protocol.Table;
import org.heliostat.protocol.Telecommand;
import org.heliostat.protocol.Telecommand.CommandCase;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Fault protection among real services: over restarts, and with rails that others keep off. */
class ProtectionAppTest {
  @TempDir private Path folder;
  private final AppControl apps = mock(AppControl.class);
  private final List<String> orders = new ArrayList<>();
  private final List<DeviceStatus> faulty = new ArrayList<>();
  private final List<LimitStatus> limits = new ArrayList<>();
  private TestSpacecraft craft;
  private App app;
  private boolean refusing;

  @BeforeEach
  void boot() {
    boot(StandardRules.table().toBuilder());
  }

  private void boot(ProtectionTable.Builder table) {
    Mission.Builder mission =
        Mission.newBuilder()
            .addApps(AppConfig.newBuilder().setName("link"))
            .addDevices(DeviceConfig.newBuilder().setName("switch0"))
            .addDevices(DeviceConfig.newBuilder().setName("nvml0").setPoweredBy("switch0"))
            .addCards(CardConfig.newBuilder().setName("a").setDevice("nvml0"))
            .addTables(Table.newBuilder().setName("protection").setProtection(table));
    craft = new TestSpacecraft(folder, mission);
    app = craft.start(services -> new ProtectionApp(services, apps));
  }

  @AfterEach
  void end() {
    craft.close();
  }

  /** The process ends, and begins anew. */
  private void restart(ProtectionTable.Builder table) {
    craft.close();
    boot(table);
  }

  private void hardwareIsUp() {
    when(craft.hardware.opened()).thenReturn(true);
    for (CommandCase one :
        List.of(CommandCase.SWITCH_RAIL, CommandCase.CYCLE_RAIL, CommandCase.RESET_CARD)) {
      craft.services().commands().handle(one, this::obey);
    }
  }

  private void obey(Telecommand command, Execution execution) {
    orders.add(ProtectionTest.describe(command));
    boolean held = command.hasCycleRail() && craft.services().state().get().getRailHoldsCount() > 0;
    if (refusing || held) {
      execution.fail(held ? "it is held off" : "it does not answer");
    } else {
      execution.complete();
    }
  }

  private void reads(boolean on, boolean latched) {
    when(craft.hardware.reading("switch0", RailReading.class))
        .thenReturn(
            Optional.of(
                new RailReading(28, 28, 0, 0, 20, on, on && !latched, latched, Set.of(), 1_000)));
  }

  private void hold() {
    craft
        .services()
        .state()
        .update(next -> next.addRailHolds(RailHold.newBuilder().setRail("switch0")));
  }

  private void isFaulty(String device, DeviceFault fault) {
    faulty.add(DeviceStatus.newBuilder().setDevice(device).setFault(fault).build());
    craft
        .services()
        .events()
        .reportDevice(CoreEvent.DEVICE_FAULT, device, fault, fault.name(), "so it is");
  }

  /** So many seconds, each with its housekeeping. */
  private void pass(int seconds) {
    for (int i = 0; i < seconds; i++) {
      craft
          .services()
          .bus()
          .publish(
              Housekeeping.newBuilder()
                  .setMissionNanos(craft.services().clock().missionNanos())
                  .addAllFaulty(faulty)
                  .addAllLimits(limits)
                  .build());
      craft.run(app, 1);
    }
  }

  private long count(String event) {
    return Collections.frequency(craft.events(), event);
  }

  // ---- isolated rails

  private void isolateAndRestart() throws IOException {
    craft.services().state().updateNow(next -> next.addIsolatedDevices("switch0"));
    restart(StandardRules.table().toBuilder());
  }

  @Test
  void anIsolatedRailIsOrderedOffAfterARestartAndWheneverItReadsAsOn() throws Exception {
    isolateAndRestart();
    reads(true, false);
    pass(20);
    // nobody would take the order
    assertThat(orders).isEmpty();
    assertThat(craft.events()).doesNotContain("COMMAND_REJECTED");
    hardwareIsUp();
    pass(1);
    assertThat(orders).containsExactly("off switch0");
    reads(false, false);
    pass(30);
    assertThat(orders).hasSize(1);
    reads(true, false);
    pass(1);
    assertThat(orders).hasSize(2);
    pass(4);
    assertThat(orders).hasSize(2);
    pass(15);
    assertThat(orders).hasSize(5);
    // latched off is not off: it would be on again after the latch
    reads(true, true);
    pass(5);
    assertThat(orders).hasSize(6).containsOnly("off switch0");
    Telecommand.Builder release =
        Telecommand.newBuilder().setReleaseDevice(ReleaseDevice.newBuilder().setDevice("nvml0"));
    assertThat(craft.send(release)).isEqualTo(Stage.STARTED);
    pass(20);
    assertThat(craft.lastStage()).isEqualTo(Stage.COMPLETED);
    assertThat(orders).hasSize(6);
  }

  @Test
  void anIsolatedRailIsOrderedOffThoughItReadsAsOff() throws Exception {
    isolateAndRestart();
    reads(false, false);
    hardwareIsUp();
    pass(20);
    assertThat(orders).containsExactly("off switch0");
  }

  @Test
  void anIsolatedRailThatDoesNotGoOffIsToldOfOnceAndTriedAgain() throws Exception {
    isolateAndRestart();
    hardwareIsUp();
    refusing = true;
    pass(21);
    // at once, after 5 s, and after 10 more
    assertThat(orders).hasSize(3).containsOnly("off switch0");
    assertThat(count("RAIL_REFUSED")).isEqualTo(1);
    refusing = false;
    pass(20);
    assertThat(orders).hasSize(4);
    reads(true, false);
    refusing = true;
    pass(20);
    // it had gone off meanwhile: that is another thing
    assertThat(count("RAIL_REFUSED")).isEqualTo(2);
  }

  @Test
  void whatIsIsolatedInFlightIsOrderedOffOnceAndAgainWhereThatFails() {
    hardwareIsUp();
    for (int i = 0; i < 3; i++) {
      refusing = i == 2;
      isFaulty("switch0", DeviceFault.OVER_CURRENT);
      faulty.clear();
      pass(60);
      if (i == 1) {
        orders.clear();
      }
    }
    assertThat(orders).hasSize(4).containsOnly("off switch0");
    assertThat(count("RAIL_REFUSED")).isEqualTo(1);
    refusing = false;
    pass(60);
    assertThat(orders).hasSize(5);
  }

  // ---- devices that are kept off

  @Test
  void aFaultOfADeviceWhoseRailIsOrderedOffIsNoSymptom() {
    hardwareIsUp();
    reads(false, false);
    isFaulty("nvml0", DeviceFault.TIMEOUT);
    pass(900);
    assertThat(orders).isEmpty();
    assertThat(craft.services().state().get().getIsolatedDevicesList()).isEmpty();
    reads(true, false);
    pass(30);
    // it has had no time to become well
    assertThat(orders).isEmpty();
    pass(2);
    assertThat(orders).containsExactly("reset nvml0");
  }

  @Test
  void aFaultOfADeviceWhoseRailIsHeldIsNoSymptom() {
    hardwareIsUp();
    hold();
    reads(true, false);
    isFaulty("nvml0", DeviceFault.ABSENT);
    isFaulty("nvml0", DeviceFault.OVER_TEMPERATURE);
    pass(900);
    assertThat(orders).isEmpty();
    assertThat(craft.services().state().get().getIsolatedDevicesList()).isEmpty();
  }

  @Test
  void aSwitchThatIsLatchedOffIsASymptomAlsoWhereItsRailIsHeld() {
    hardwareIsUp();
    reads(true, true);
    isFaulty("switch0", DeviceFault.LATCHED_OFF);
    pass(1);
    assertThat(orders).containsExactly("cycle switch0 2.0");
    hold();
    pass(40);
    assertThat(orders).containsExactly("cycle switch0 2.0", "cycle switch0 2.0");
    assertThat(craft.events()).contains("PROTECTION_FAILED");
  }

  // ---- watchpoints, counts, apps

  private static ProtectionTable.Builder rules(ProtectionRule.Builder... rules) {
    ProtectionTable.Builder table = ProtectionTable.newBuilder();
    for (ProtectionRule.Builder one : rules) {
      table.addRules(one);
    }
    return table;
  }

  private static ProtectionRule.Builder processRule(int most) {
    return ProtectionRule.newBuilder()
        .setName("a")
        .setEvent(EventSymptom.newBuilder().setName("DEVICE_FAULT"))
        .setMostResponses(most)
        .setLockoutSeconds(0)
        .addResponses(ProtectionResponse.newBuilder().setRestartProcess(true));
  }

  @Test
  void aWatchpointThatStaysFailedIsASymptomAgain() {
    restart(
        rules(
            ProtectionRule.newBuilder()
                .setName("a")
                .setWatchpoint("w")
                .setLockoutSeconds(0)
                .addResponses(ProtectionResponse.newBuilder().setReport(true))));
    limits.add(LimitStatus.newBuilder().setName("w").setFailed(true).build());
    pass(30);
    assertThat(count("RESPONSE_CALLED")).isZero();
    pass(1);
    assertThat(count("RESPONSE_CALLED")).isEqualTo(1);
    pass(60);
    assertThat(count("RESPONSE_CALLED")).isEqualTo(3);
    limits.set(0, LimitStatus.newBuilder().setName("w").setFailures(1).build());
    pass(60);
    assertThat(count("RESPONSE_CALLED")).isEqualTo(3);
  }

  @Test
  void aRuleThatRestartsTheProcessIsCountedOverRestartsBeforeItDoesSo() throws Exception {
    List<List<RuleCount>> onDisk = new ArrayList<>();
    doAnswer(
            call ->
                onDisk.add(
                    StateStore.open(folder.resolve("state.bin")).get().getRuleResponsesList()))
        .when(apps)
        .restartProcess(anyString());
    for (int i = 1; i <= 4; i++) {
      restart(rules(processRule(3)));
      isFaulty("switch0", DeviceFault.NACK);
      pass(2);
      assertThat(onDisk).hasSize(Math.min(i, 3));
    }
    assertThat(onDisk)
        .map(counts -> counts.get(0))
        .extracting(RuleCount::getRule, RuleCount::getResponses)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple("a", 1),
            org.assertj.core.groups.Tuple.tuple("a", 2),
            org.assertj.core.groups.Tuple.tuple("a", 3));
    // a command begins anew, and is not undone by a restart
    assertThat(
            craft.send(
                Telecommand.newBuilder().setSetProtection(SetProtection.newBuilder().setRule("a"))))
        .isEqualTo(Stage.STARTED);
    pass(1);
    assertThat(craft.lastStage()).isEqualTo(Stage.COMPLETED);
    restart(rules(processRule(3)));
    isFaulty("switch0", DeviceFault.NACK);
    pass(2);
    assertThat(onDisk).hasSize(4);
    assertThat(onDisk.get(3).get(0).getResponses()).isEqualTo(1);
  }

  /** The process may end before it is stored that the rule has inhibited itself. */
  @Test
  void aRuleThatWasExhaustedBeforeTheRestartDoesNothing() throws Exception {
    craft
        .services()
        .state()
        .updateNow(
            next ->
                next.addRuleResponses(RuleCount.newBuilder().setRule("a").setResponses(3))
                    .addRuleResponses(RuleCount.newBuilder().setRule("gone").setResponses(1)));
    restart(rules(processRule(3)));
    isFaulty("switch0", DeviceFault.NACK);
    pass(2);
    assertThat(craft.events()).doesNotContain("PROTECTION_CONFIRMED");
    assertThat(craft.housekeeping().getProtection(0).getInhibited()).isTrue();
    restart(rules(processRule(4)));
    isFaulty("switch0", DeviceFault.NACK);
    pass(2);
    assertThat(craft.events()).contains("PROTECTION_CONFIRMED");
    // what no table names any more is forgotten with the next write
    assertThat(craft.services().state().get().getRuleResponsesList())
        .containsExactly(RuleCount.newBuilder().setRule("a").setResponses(4).build());
  }

  @Test
  void aTableThatRestartsAnAppThatThereIsNotIsRefused() {
    for (String name : List.of("link", "lnik")) {
      ProtectionRule.Builder rule =
          processRule(1)
              .clearResponses()
              .addResponses(ProtectionResponse.newBuilder().setRestartApp(name));
      Stage stage =
          craft.send(
              Telecommand.newBuilder()
                  .setLoadTable(
                      LoadTable.newBuilder()
                          .setTable(
                              Table.newBuilder().setName("protection").setProtection(rules(rule)))
                          .setActivate(true)));
      assertThat(stage).isEqualTo(name.equals("link") ? Stage.COMPLETED : Stage.FAILED);
    }
    assertThat(craft.reason()).contains("no app is called \"lnik\"");
  }
}

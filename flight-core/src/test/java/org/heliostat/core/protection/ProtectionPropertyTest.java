package org.heliostat.core.protection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyString;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.heliostat.core.app.AppControl;
import org.heliostat.core.bus.Bus;
import org.heliostat.core.command.Commands;
import org.heliostat.core.command.Issued;
import org.heliostat.core.event.Events;
import org.heliostat.core.hardware.Hardware;
import org.heliostat.core.mode.Modes;
import org.heliostat.core.state.StateStore;
import org.heliostat.protocol.DeviceFault;
import org.heliostat.protocol.Event;
import org.heliostat.protocol.FlightState;
import org.heliostat.protocol.ProtectionRule;
import org.heliostat.protocol.RailHold;
import org.heliostat.protocol.Telecommand;

/**
 * Whatever happens in whatever order: responses about one thing do not fight each other, nor load
 * shedding and heat, which hold rails off.
 */
class ProtectionPropertyTest {
  private static final List<String> NAMES =
      List.of("switch0", "nvml0", "switch1", "nvml1", "bus", "/dev/i2c-1", "storage");
  private static final List<DeviceFault> FAULTS =
      List.of(
          DeviceFault.OVER_CURRENT,
          DeviceFault.LATCHED_OFF,
          DeviceFault.TIMEOUT,
          DeviceFault.ABSENT,
          DeviceFault.MEMORY_ERRORS,
          DeviceFault.OVER_TEMPERATURE,
          DeviceFault.UNDER_VOLTAGE,
          DeviceFault.NACK);

  private record Response(String rule, String command, long at, Running running) {}

  private static final class Running {
    private Issued.State state = Issued.State.EXECUTING;
    private long ended = Long.MAX_VALUE;
  }

  @Property(tries = 200, seed = "7")
  void responsesAboutOneThingDoNotFight(@ForAll long seed) {
    Random random = new Random(seed);
    Map<String, ProtectionRule> rules = new HashMap<>();
    StandardRules.table().getRulesList().forEach(rule -> rules.put(rule.getName(), rule));
    Map<String, List<Response>> byThing = new HashMap<>();
    Set<String> held = new TreeSet<>();
    int[] issuedAltogether = {0};
    long[] now = {0};
    Commands commands = mock();
    when(commands.issue(any(), anyString()))
        .thenAnswer(
            call -> {
              Telecommand command = call.getArgument(0);
              String rule = call.<String>getArgument(1).replace("protection ", "");
              Running running = new Running();
              if (command.hasCycleRail() && held.contains(command.getCycleRail().getDevice())) {
                // as the hardware app does
                running.state = Issued.State.FAILED;
                running.ended = now[0];
              }
              issuedAltogether[0]++;
              byThing
                  .computeIfAbsent(thing(command), key -> new ArrayList<>())
                  .add(new Response(rule, ProtectionTest.describe(command), now[0], running));
              Issued issued = mock(Issued.class);
              when(issued.state()).thenAnswer(state -> running.state);
              when(issued.reason()).thenReturn("no");
              return issued;
            });
    StateStore state = mock();
    when(state.get()).thenAnswer(call -> holding(held));
    Events events = mock();
    Protection protection =
        new Protection(
            ProtectionTest.DEVICES,
            commands,
            new Modes(new Bus(), events),
            events,
            state,
            mock(AppControl.class),
            mock(Hardware.class));
    protection.take(StandardRules.table());
    for (int i = 0; i < 300; i++) {
      now[0] += (long) (random.nextDouble() * random.nextInt(20) * 1e9);
      String rail = "switch" + random.nextInt(8);
      if (!held.remove(rail) && i % 4 == 0) {
        held.add(rail);
      }
      Event event =
          Event.newBuilder()
              .setSource("core")
              .setName("DEVICE_FAULT")
              .setDevice(NAMES.get(random.nextInt(NAMES.size())))
              .setFault(FAULTS.get(random.nextInt(FAULTS.size())))
              .build();
      int before = issuedAltogether[0];
      protection.event(event, now[0]);
      if (event.getDevice().startsWith("nvml")
          && held.contains(ProtectionTest.DEVICES.thing(event.getDevice()))) {
        assertThat(issuedAltogether[0]).as("begun by a card that is held off").isEqualTo(before);
      }
      for (List<Response> all : byThing.values()) {
        for (Response one : all) {
          if (one.running.state == Issued.State.EXECUTING && random.nextInt(3) == 0) {
            one.running.state =
                random.nextInt(4) == 0 ? Issued.State.FAILED : Issued.State.COMPLETED;
            one.running.ended = now[0];
          }
        }
      }
      protection.tick(now[0]);
    }
    byThing.values().forEach(all -> check(all, rules));
  }

  private static FlightState holding(Set<String> rails) {
    FlightState.Builder state = FlightState.newBuilder();
    rails.forEach(rail -> state.addRailHolds(RailHold.newBuilder().setRail(rail)));
    return state.build();
  }

  private static String thing(Telecommand command) {
    String device =
        switch (command.getCommandCase()) {
          case CYCLE_RAIL -> command.getCycleRail().getDevice();
          case SWITCH_RAIL -> command.getSwitchRail().getDevice();
          case RESET_CARD -> command.getResetCard().getDevice();
          default -> command.getRecoverBus().getBus();
        };
    return ProtectionTest.DEVICES.thing(device);
  }

  private static void check(List<Response> all, Map<String, ProtectionRule> rules) {
    assertThat(
            all.stream()
                .filter(one -> one.command.startsWith("off") && one.rule.equals("latch_up_again")))
        .hasSizeLessThanOrEqualTo(1);
    for (int i = 0; i < all.size(); i++) {
      Response first = all.get(i);
      ProtectionRule before = rule(rules, first.rule);
      for (Response second : all.subList(i + 1, all.size())) {
        ProtectionRule after = rule(rules, second.rule);
        boolean another = !first.rule.equals(second.rule);
        // within the lock-out of a higher level nothing of a lower one is done
        if (another && after.getLevel() < before.getLevel()) {
          assertThat(first.at + (long) (before.getLockoutSeconds() * 1e9))
              .as("%s then %s", first, second)
              .isLessThanOrEqualTo(second.at + slack(before));
        }
        // while a response is under way nothing of its own or a lower level is begun
        if (another && after.getLevel() <= before.getLevel()) {
          assertThat(first.running.ended)
              .as("%s then %s", first, second)
              .isLessThanOrEqualTo(second.at);
        }
      }
    }
    // what is isolated is left alone
    int isolated = -1;
    for (int i = 0; i < all.size(); i++) {
      if (all.get(i).command.startsWith("off") && !all.get(i).rule.equals("card_hot")) {
        isolated = i;
      }
    }
    if (isolated >= 0) {
      assertThat(all.subList(isolated + 1, all.size())).as("after isolation").isEmpty();
    }
  }

  /** A rule's second response of a ladder comes later than the moment its lock-out began. */
  private static long slack(ProtectionRule rule) {
    return rule.getResponsesCount() > 1 || rule.getName().equals("card_hot")
        ? Long.MAX_VALUE / 4
        : 0;
  }

  private static ProtectionRule rule(Map<String, ProtectionRule> rules, String name) {
    ProtectionRule rule = rules.get(name);
    if (rule == null) {
      throw new AssertionError("no rule " + name);
    }
    return rule;
  }
}

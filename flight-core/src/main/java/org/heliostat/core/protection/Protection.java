package org.heliostat.core.protection;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.heliostat.core.app.AppControl;
import org.heliostat.core.command.Commands;
import org.heliostat.core.command.Issued;
import org.heliostat.core.event.CoreEvent;
import org.heliostat.core.event.Events;
import org.heliostat.core.hardware.Hardware;
import org.heliostat.core.mode.Modes;
import org.heliostat.core.state.Inhibits;
import org.heliostat.core.state.StateStore;
import org.heliostat.protocol.CycleRail;
import org.heliostat.protocol.DeviceFault;
import org.heliostat.protocol.DeviceStatus;
import org.heliostat.protocol.Event;
import org.heliostat.protocol.EventSymptom;
import org.heliostat.protocol.FlightState;
import org.heliostat.protocol.ProtectionResponse;
import org.heliostat.protocol.ProtectionRule;
import org.heliostat.protocol.ProtectionStatus;
import org.heliostat.protocol.ProtectionTable;
import org.heliostat.protocol.RecoverBus;
import org.heliostat.protocol.ResetCard;
import org.heliostat.protocol.RuleCount;
import org.heliostat.protocol.StartSequence;
import org.heliostat.protocol.Telecommand;

/**
 * Symptom, confirmation, response, by the table {@code protection}.
 *
 * <p><b>What counts.</b> A rule counts the symptoms of each device by itself, and only of devices
 * that one of its responses can be applied to: a reset is for cards, a power cycle for what a
 * switch feeds, the recovery of a bus for buses. A fault or a failed watchpoint that lasts is a
 * symptom anew every {@link Lasting#PERIOD_NANOS}, so that a response that has not helped, or was
 * locked out, is followed by another. A fault of a device whose power is kept off ({@link
 * PowerCheck}) is none. What is seen of a thing while a response about it is under way is mostly
 * that response's doing: rules that count to more than one leave it out.
 *
 * <p><b>How responses do not fight each other.</b> All devices on one rail are one thing to act on.
 * A rule that responds about a thing locks itself and every rule of a lower level out from that
 * thing for its lock-out time. While a response about a thing is under way, rules of its level are
 * locked out, too; one of a higher level takes over, and what the lower one had still to do is
 * given up; a command of it that is on its way keeps the thing under way until it ends. Of rules
 * that one symptom confirms the highest level is first. A mode is only ever lowered.
 *
 * <p><b>In which order.</b> The responses of a rule are run in their order, each when the one
 * before has ended. Those about a device (reset, power_cycle, isolate, recover_bus) are a ladder:
 * the next one is run only where the one before has failed. A rule whose responses would change
 * nothing (the mode is low enough, the device is isolated) stays silent.
 *
 * <p>An isolated device stays so over restarts until an operator releases it, and its rail is kept
 * off ({@link IsolatedRails}). The count of a rule that may respond only so often holds over
 * restarts, too, and over changes of the rule, until a command clears it.
 *
 * <p>One thread; {@link #status} may be called by any.
 */
final class Protection {

  private final Devices devices;
  private final Commands commands;
  private final Modes modes;
  private final Events events;
  private final StateStore state;
  private final AppControl apps;
  private final Map<String, Boolean> said;
  private final Set<String> isolated;
  private final PowerCheck power;
  private final IsolatedRails isolatedRails;
  private final Lasting<Fault> lastingFaults = new Lasting<>();
  private final Lasting<String> lastingWatchpoints = new Lasting<>();
  private final Set<String> toldLocked = new HashSet<>();
  private final List<Chain> chains = new ArrayList<>();
  private List<RuleState> rules = List.of();
  private volatile List<ProtectionStatus> status = List.of();

  private record Fault(String device, DeviceFault fault) {}

  Protection(
      Devices devices,
      Commands commands,
      Modes modes,
      Events events,
      StateStore state,
      AppControl apps,
      Hardware hardware) {
    this.devices = devices;
    this.commands = commands;
    this.modes = modes;
    this.events = events;
    this.state = state;
    this.apps = apps;
    this.said = new HashMap<>(Inhibits.of(state.get(), Inhibits.RULE));
    this.isolated = new LinkedHashSet<>(state.get().getIsolatedDevicesList());
    this.power = new PowerCheck(devices, hardware, state);
    this.isolatedRails = new IsolatedRails(devices, hardware, commands, events);
  }

  /**
   * Takes a table that {@link RuleCheck} has nothing against; rules that stay as they are go on.
   */
  void take(ProtectionTable table) {
    Map<String, RuleState> known = new HashMap<>();
    rules.forEach(one -> known.put(one.rule().getName(), one));
    List<RuleState> next = new ArrayList<>();
    for (ProtectionRule rule : table.getRulesList()) {
      RuleState before = known.get(rule.getName());
      next.add(
          before != null && before.rule().equals(rule)
              ? before
              : new RuleState(rule, responsesBefore(rule)));
    }
    // the highest level first, else as they stand in the table
    next.sort(Comparator.comparingInt((RuleState one) -> one.rule().getLevel()).reversed());
    rules = List.copyOf(next);
    publish();
  }

  private int responsesBefore(ProtectionRule rule) {
    return rule.getMostResponses() == 0
        ? 0
        : state.get().getRuleResponsesList().stream()
            .filter(one -> one.getRule().equals(rule.getName()))
            .mapToInt(RuleCount::getResponses)
            .findFirst()
            .orElse(0);
  }

  /**
   * An event of any source.
   *
   * @param now mission time, ns
   */
  void event(Event event, long now) {
    String name = event.getName();
    if (name.startsWith("PROTECTION_") || name.equals(CoreEvent.RESPONSE_CALLED.name())) {
      // what it says itself is nothing to act upon
      return;
    }
    if (name.equals(CoreEvent.DEVICE_FAULT.name()) && power.keptOff(event.getDevice())) {
      return;
    }
    symptom(
        rule -> rule.hasEvent() && matches(rule.getEvent(), event),
        event.getDevice(),
        event.getFault() == DeviceFault.DEVICE_FAULT_UNSPECIFIED
            ? name
            : name + " " + event.getFault(),
        now);
  }

  /** A watchpoint that has failed. */
  void watchpoint(String name, long now) {
    symptom(
        rule -> rule.hasWatchpoint() && rule.getWatchpoint().equals(name),
        "",
        "watchpoint " + name,
        now);
  }

  /** The watchpoints that have failed and not recovered. */
  void failed(Set<String> watchpoints, long now) {
    lastingWatchpoints.again(watchpoints, now).forEach(name -> watchpoint(name, now));
  }

  /** The devices that are not well now. */
  void faulty(List<DeviceStatus> faulty, long now) {
    Set<Fault> there = new LinkedHashSet<>();
    for (DeviceStatus one : faulty) {
      // one that gets its power back has time to become well
      if (!power.keptOff(one.getDevice())) {
        there.add(new Fault(one.getDevice(), one.getFault()));
      }
    }
    for (Fault fault : lastingFaults.again(there, now)) {
      event(
          Event.newBuilder()
              .setSource(CoreEvent.DEVICE_FAULT.source())
              .setName(CoreEvent.DEVICE_FAULT.name())
              .setDevice(fault.device)
              .setFault(fault.fault)
              .build(),
          now);
    }
  }

  /** Goes on with the responses that are under way. */
  void tick(long now) {
    for (Chain chain : List.copyOf(chains)) {
      if (chains.contains(chain)) {
        advance(chain, now);
      }
    }
    isolatedRails.keepOff(isolated, now);
    publish();
  }

  private interface Match {
    boolean test(ProtectionRule rule);
  }

  private static boolean matches(EventSymptom symptom, Event event) {
    return symptom.getName().equals(event.getName())
        && (symptom.getSource().isEmpty() || symptom.getSource().equals(event.getSource()))
        && (symptom.getDevice().isEmpty() || symptom.getDevice().equals(event.getDevice()))
        && (symptom.getFaultsCount() == 0 || symptom.getFaultsList().contains(event.getFault()));
  }

  private void symptom(Match match, String device, String text, long now) {
    for (RuleState rule : rules) {
      if (!match.test(rule.rule()) || isInhibited(rule) || !applies(rule.rule(), device)) {
        continue;
      }
      if (rule.rule().getCount() > 1 && underWay(thing(rule.rule(), device))) {
        continue;
      }
      if (rule.confirm(device, now) && needed(rule.rule(), device)) {
        confirmed(rule, device, text, now);
      }
    }
    publish();
  }

  private boolean underWay(String thing) {
    return chains.stream().anyMatch(chain -> chain.thing.equals(thing));
  }

  private boolean applies(ProtectionRule rule, String device) {
    return rule.getResponsesList().stream()
        .anyMatch(response -> RuleCheck.applies(devices, response, device));
  }

  private boolean needed(ProtectionRule rule, String device) {
    return rule.getResponsesList().stream()
        .filter(response -> RuleCheck.applies(devices, response, device))
        .anyMatch(
            response ->
                response.hasChangeMode()
                    ? modes.mode().getNumber() > response.getChangeMode().getNumber()
                    : !RuleCheck.aboutDevice(response)
                        || !isolated.contains(devices.thing(RuleCheck.target(response, device))));
  }

  private void confirmed(RuleState rule, String device, String text, long now) {
    String name = rule.rule().getName();
    String thing = thing(rule.rule(), device);
    Optional<String> lock = lockedBy(rule, thing, now);
    String told = name + ' ' + thing;
    if (lock.isPresent()) {
      if (toldLocked.add(told)) {
        report(CoreEvent.PROTECTION_LOCKED_OUT, device, thing, name, lock.get());
      }
      return;
    }
    toldLocked.remove(told);
    report(CoreEvent.PROTECTION_CONFIRMED, device, thing, name, text);
    rule.responded(thing, now);
    if (rule.rule().getMostResponses() > 0) {
      state.update(this::putCounts);
      if (rule.rule().getResponsesList().stream().anyMatch(ProtectionResponse::hasRestartProcess)) {
        state.trySave();
      }
    }
    // whoever of a lower level is at it has nothing more to do than to see its command end
    chains.stream().filter(chain -> chain.thing.equals(thing)).forEach(Chain::giveUp);
    Chain chain = new Chain(rule, device, thing);
    chains.add(chain);
    advance(chain, now);
    if (rule.exhausted()) {
      inhibit(name, true, "it has responded " + rule.responses() + " times");
      state.trySave();
    }
  }

  private Optional<String> lockedBy(RuleState rule, String thing, long now) {
    int level = rule.rule().getLevel();
    for (Chain chain : chains) {
      if (chain.thing.equals(thing) && chain.rule.rule().getLevel() >= level) {
        return Optional.of(chain.rule.rule().getName());
      }
    }
    for (RuleState other : rules) {
      if (other.locked(thing, now) && (other == rule || other.rule().getLevel() > level)) {
        return Optional.of(other.rule().getName());
      }
    }
    return Optional.empty();
  }

  private String thing(ProtectionRule rule, String device) {
    for (ProtectionResponse response : rule.getResponsesList()) {
      switch (response.getResponseCase()) {
        case RESTART_APP -> {
          return "app " + response.getRestartApp();
        }
        case RESTART_PROCESS -> {
          return "process";
        }
        default -> {
          String target = RuleCheck.target(response, device);
          if (!target.isEmpty()) {
            return devices.thing(target);
          }
        }
      }
    }
    return "rule " + rule.getName();
  }

  private void advance(Chain chain, long now) {
    while (true) {
      if (chain.issued.isPresent()) {
        Issued issued = chain.issued.get();
        if (issued.state() == Issued.State.EXECUTING) {
          return;
        }
        chain.issued = Optional.empty();
        if (issued.state() == Issued.State.FAILED) {
          failed(chain, issued.reason());
        } else {
          done(chain);
        }
      }
      if (chain.rest.isEmpty()) {
        chains.remove(chain);
        return;
      } else {
        ProtectionResponse response = chain.rest.remove(0);
        if (!RuleCheck.aboutDevice(response) || !chain.deviceHelped) {
          chain.current = Optional.of(response);
          begin(chain, response, now);
        }
      }
    }
  }

  private void begin(Chain chain, ProtectionResponse response, long now) {
    String target = RuleCheck.target(response, chain.device);
    if (!RuleCheck.applies(devices, response, chain.device)) {
      failed(chain, "it cannot be done to " + target);
      return;
    }
    if (RuleCheck.aboutDevice(response) && isolated.contains(devices.thing(target))) {
      failed(chain, target + " is isolated");
      return;
    }
    switch (response.getResponseCase()) {
      case REPORT ->
          report(CoreEvent.RESPONSE_CALLED, chain.device, chain.thing, chain.rule.rule().getName());
      case CHANGE_MODE -> {
        if (modes.lower(response.getChangeMode(), chain.origin())) {
          done(chain);
        }
      }
      case RESTART_APP -> {
        if (apps.restart(response.getRestartApp(), chain.origin())) {
          done(chain);
        } else {
          failed(chain, "there is no such app, it is stopped, or has too much to do already");
        }
      }
      case RESTART_PROCESS -> {
        done(chain);
        apps.restartProcess(chain.origin());
      }
      case START_SEQUENCE ->
          issue(
              chain,
              Telecommand.newBuilder()
                  .setStartSequence(
                      StartSequence.newBuilder().setSequence(response.getStartSequence())));
      case RESET ->
          issue(
              chain,
              Telecommand.newBuilder()
                  .setResetCard(
                      ResetCard.newBuilder().setDevice(devices.card(target).orElse(target))));
      case RECOVER_BUS ->
          issue(
              chain,
              Telecommand.newBuilder().setRecoverBus(RecoverBus.newBuilder().setBus(target)));
      case POWER_CYCLE ->
          issue(
              chain,
              Telecommand.newBuilder()
                  .setCycleRail(
                      CycleRail.newBuilder()
                          .setDevice(devices.thing(target))
                          .setOffSeconds(response.getPowerCycle().getOffSeconds())));
      case ISOLATE -> isolate(chain, devices.thing(target), now);
      case RESPONSE_NOT_SET -> failed(chain, "it is nothing");
    }
  }

  private void isolate(Chain chain, String thing, long now) {
    isolated.add(thing);
    // in memory first: the rail goes off before anything waits for the disk
    state.update(next -> next.clearIsolatedDevices().addAllIsolatedDevices(isolated));
    events.reportDevice(CoreEvent.DEVICE_ISOLATED, thing, DeviceFault.DEVICE_FAULT_UNSPECIFIED);
    if (devices.rail(thing).isPresent()) {
      chain.issued = Optional.of(isolatedRails.off(thing, chain.origin(), now));
    } else {
      done(chain);
    }
    state.trySave();
  }

  /** Of rules that are not in the table any more, nothing is kept. */
  private void putCounts(FlightState.Builder next) {
    next.clearRuleResponses();
    for (RuleState rule : rules) {
      if (rule.rule().getMostResponses() > 0 && rule.responses() > 0) {
        next.addRuleResponses(
            RuleCount.newBuilder().setRule(rule.rule().getName()).setResponses(rule.responses()));
      }
    }
  }

  private void issue(Chain chain, Telecommand.Builder command) {
    chain.issued = Optional.of(commands.issue(command.build(), chain.origin()));
  }

  private void done(Chain chain) {
    chain.deviceHelped |= chain.current.filter(RuleCheck::aboutDevice).isPresent();
    report(
        CoreEvent.PROTECTION_RESPONDED,
        chain.device,
        chain.about(),
        chain.rule.rule().getName(),
        text(chain));
  }

  private void failed(Chain chain, String why) {
    report(
        CoreEvent.PROTECTION_FAILED,
        chain.device,
        chain.about(),
        chain.rule.rule().getName(),
        text(chain),
        why);
  }

  private static String text(Chain chain) {
    return chain
        .current
        .map(response -> response.getResponseCase().name().toLowerCase(Locale.ROOT))
        .orElse("nothing");
  }

  private void report(CoreEvent event, String device, String about, Object... more) {
    if (device.isEmpty()) {
      Object[] arguments = new Object[more.length + 1];
      arguments[0] = about;
      System.arraycopy(more, 0, arguments, 1, more.length);
      events.report(event, arguments);
    } else {
      events.reportDevice(event, device, DeviceFault.DEVICE_FAULT_UNSPECIFIED, more);
    }
  }

  private boolean isInhibited(RuleState rule) {
    // an exhausted one may have ended the process before its inhibition was stored
    return rule.exhausted() || said.getOrDefault(rule.rule().getName(), rule.rule().getInhibited());
  }

  /**
   * Inhibits or enables a rule, and clears its counters.
   *
   * @return false where there is none of that name
   * @throws IOException when it holds, but only until the next restart
   */
  boolean set(String name, boolean inhibit) throws IOException {
    Optional<RuleState> rule =
        rules.stream().filter(one -> one.rule().getName().equals(name)).findFirst();
    if (rule.isEmpty()) {
      return false;
    }
    rule.get().clear();
    inhibit(name, inhibit, "by command");
    state.save();
    return true;
  }

  private void inhibit(String name, boolean inhibit, String why) {
    said.put(name, inhibit);
    publish();
    events.report(CoreEvent.PROTECTION_INHIBITED, name, inhibit ? "inhibited" : "enabled", why);
    state.update(
        next -> {
          Inhibits.put(next, Inhibits.RULE, name, inhibit);
          putCounts(next);
        });
  }

  /**
   * Lets a device be used again; its rail comes on if nobody else keeps it off.
   *
   * @return false where it is not isolated
   * @throws IOException when it is released, but isolated again after a restart
   */
  boolean release(String device) throws IOException {
    String thing = devices.thing(device);
    if (!isolated.remove(thing)) {
      return false;
    }
    publish();
    events.reportDevice(CoreEvent.DEVICE_RELEASED, thing, DeviceFault.DEVICE_FAULT_UNSPECIFIED);
    state.updateNow(next -> next.clearIsolatedDevices().addAllIsolatedDevices(isolated));
    return true;
  }

  /** Rules that have responded or are inhibited, and what is isolated. Thread-safe. */
  List<ProtectionStatus> status() {
    return status;
  }

  private void publish() {
    Map<String, ProtectionStatus.Builder> all = new LinkedHashMap<>();
    for (RuleState rule : rules) {
      boolean off = isInhibited(rule);
      if (off || rule.responses() > 0) {
        all.put(
            rule.rule().getName(),
            ProtectionStatus.newBuilder()
                .setRule(rule.rule().getName())
                .setInhibited(off)
                .setSymptoms(rule.symptoms())
                .setResponses(rule.responses()));
      }
    }
    List<ProtectionStatus> next = new ArrayList<>();
    all.values().forEach(one -> next.add(one.build()));
    if (!isolated.isEmpty()) {
      next.add(ProtectionStatus.newBuilder().addAllIsolated(isolated).build());
    }
    status = List.copyOf(next);
  }
}

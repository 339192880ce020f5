package org.heliostat.core.hardware;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import org.heliostat.core.event.CoreEvent;
import org.heliostat.core.event.Events;
import org.heliostat.hal.CardReading;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.Reading;
import org.heliostat.protocol.DeviceConfig;
import org.heliostat.protocol.DeviceFault;
import org.heliostat.protocol.DeviceStatus;

/**
 * Turns the outcome of a sweep over all devices into what is wrong with which of them, and blames
 * nobody for another's fault: a device whose rail is off is not judged, one that waited behind a
 * device that hangs is not either, and a bus whose lines are held is blamed itself. A change is an
 * event; what is wrong now is in {@link #faulty}. {@link #look} is called by one thread.
 */
final class HealthWatch {
  /** Sweeps in a row before a device with a rail of its own is said not to answer. */
  private static final int CONFIRM_SWITCHED = 2;

  /** Mission time in which a device may have no value yet without being said to be faulty. */
  private static final long STARTING_NANOS = 20_000_000_000L;

  private final Hardware hardware;
  private final Events events;
  private final Map<String, DeviceConfig> configs = new LinkedHashMap<>();
  private final Map<String, DeviceJudge> judges = new HashMap<>();
  private final Map<String, Integer> silent = new HashMap<>();
  private final Set<String> everFresh = new HashSet<>();
  private long firstNanos = Long.MIN_VALUE;
  private final Map<String, Long> resets = new HashMap<>();
  private final Map<String, Long> criticalEvents = new HashMap<>();
  private final Map<String, DeviceStatus> current = new LinkedHashMap<>();
  private volatile List<DeviceStatus> faulty = List.of();

  /** What came of polling one device. */
  record Outcome(
      String device,
      String lane,
      Optional<HardwareFault> fault,
      Optional<Reading> reading,
      long resets) {}

  HealthWatch(List<DeviceConfig> devices, Hardware hardware, Events events) {
    this.hardware = hardware;
    this.events = events;
    for (DeviceConfig config : devices) {
      configs.put(config.getName(), config);
      judges.put(config.getName(), new DeviceJudge(config.getPlausibility()));
    }
  }

  /** The devices that are not well. Thread-safe. */
  List<DeviceStatus> faulty() {
    return faulty;
  }

  /**
   * Looks at a sweep.
   *
   * @param beside what was found by other means than polling, by device (the disk, the clock)
   * @param now mission time, ns
   */
  void look(List<Outcome> outcomes, Map<String, Finding> beside, long now) {
    if (firstNanos == Long.MIN_VALUE) {
      firstNanos = now;
    }
    boolean starting = now - firstNanos < STARTING_NANOS;
    Set<String> hungLanes = new HashSet<>();
    Set<String> blamedLanes = new HashSet<>();
    Map<String, Reading> doubted = new HashMap<>();
    for (Outcome outcome : outcomes) {
      if (outcome.reading().isPresent()) {
        // one that is not believed is given to nobody until it has been judged, its neighbours
        // included
        if (doubted(outcome.device())) {
          doubted.put(outcome.device(), outcome.reading().get());
        } else {
          hardware.put(outcome.device(), outcome.reading().get());
        }
        everFresh.add(outcome.device());
      }
      if (outcome.fault().isPresent()) {
        hardware.remove(outcome.device());
        if (outcome.fault().get().kind() == HardwareFault.Kind.TIMEOUT) {
          hungLanes.add(outcome.lane());
        }
        String blamed = outcome.fault().get().device();
        if (blamed.equals(outcome.lane()) && !blamed.equals(outcome.device())) {
          blamedLanes.add(outcome.lane());
        }
      }
    }
    Map<String, Finding> found = new LinkedHashMap<>(beside);
    Set<String> unjudged = new HashSet<>();
    for (Outcome outcome : outcomes) {
      judge(outcome, starting, hungLanes, blamedLanes, found, unjudged);
    }
    settle(found, unjudged, now);
    doubted.forEach(
        (device, reading) -> {
          if (!doubted(device)) {
            hardware.put(device, reading);
          }
        });
  }

  private boolean doubted(String device) {
    DeviceStatus known = current.get(device);
    return known != null && DeviceJudge.unbelievable(known.getFault());
  }

  private void judge(
      Outcome outcome,
      boolean starting,
      Set<String> hungLanes,
      Set<String> blamedLanes,
      Map<String, Finding> found,
      Set<String> unjudged) {
    String device = outcome.device();
    DeviceConfig config = configs.getOrDefault(device, DeviceConfig.getDefaultInstance());
    DeviceJudge judge = judges.get(device);
    if (outcome.fault().isPresent()) {
      if (judge != null) {
        judge.noReading();
      }
      HardwareFault fault = outcome.fault().get();
      boolean another = !fault.device().equals(device);
      boolean waited =
          !another
              && ((fault.kind() == HardwareFault.Kind.STALE
                      && starting
                      && !everFresh.contains(device))
                  || (fault.kind() == HardwareFault.Kind.STALE
                      && hungLanes.contains(outcome.lane()))
                  || (fault.kind() == HardwareFault.Kind.TIMEOUT
                      && blamedLanes.contains(outcome.lane())));
      int times = silent.merge(device, 1, Integer::sum);
      boolean sure = config.getPoweredBy().isEmpty() || times >= CONFIRM_SWITCHED;
      if (!hardware.powered(config) || waited || another || !sure) {
        unjudged.add(device);
      }
      if (another || (!waited && sure && hardware.powered(config))) {
        found.put(fault.device(), new Finding(typed(fault.kind()), text(fault)));
      }
      return;
    }
    silent.remove(device);
    if (outcome.reading().isEmpty()) {
      return;
    }
    noteSetUp(outcome);
    Reading reading = outcome.reading().get();
    if (reading instanceof CardReading card) {
      noteCriticalEvents(device, card);
    }
    if (judge == null || !hardware.powered(config)) {
      unjudged.add(device);
      return;
    }
    judge.look(reading, this::valueOf).ifPresent(finding -> found.put(device, finding));
  }

  private OptionalDouble valueOf(String device) {
    return hardware
        .reading(device, Reading.class)
        .map(DeviceJudge::value)
        .orElse(OptionalDouble.empty());
  }

  private void noteSetUp(Outcome outcome) {
    Long before = resets.put(outcome.device(), outcome.resets());
    if (before != null && outcome.resets() > before) {
      events.reportDevice(CoreEvent.PART_SET_UP, outcome.device(), DeviceFault.SELF_RESET);
    }
  }

  private void noteCriticalEvents(String device, CardReading card) {
    Long before = criticalEvents.put(device, card.health().criticalEvents());
    if (card.health().criticalEvents() > (before == null ? 0 : before)) {
      events.reportDevice(
          CoreEvent.CARD_CRITICAL,
          device,
          DeviceFault.CRITICAL_EVENT,
          card.health().lastCriticalEvent());
    }
  }

  private void settle(Map<String, Finding> found, Set<String> unjudged, long now) {
    found.forEach(
        (device, finding) -> {
          DeviceStatus known = current.get(device);
          if (known != null && known.getFault() == finding.fault()) {
            return;
          }
          current.put(
              device,
              DeviceStatus.newBuilder()
                  .setDevice(device)
                  .setFault(finding.fault())
                  .setSinceNanos(now)
                  .build());
          events.reportDevice(
              CoreEvent.DEVICE_FAULT,
              device,
              finding.fault(),
              finding.fault().name(),
              finding.text());
        });
    for (DeviceStatus known : new ArrayList<>(current.values())) {
      String device = known.getDevice();
      if (!found.containsKey(device) && !unjudged.contains(device)) {
        current.remove(device);
        events.reportDevice(
            CoreEvent.DEVICE_RECOVERED,
            device,
            DeviceFault.DEVICE_FAULT_UNSPECIFIED,
            known.getFault().name());
      } else if (DeviceJudge.unbelievable(known.getFault())) {
        hardware.remove(device);
      }
    }
    faulty = List.copyOf(current.values());
  }

  private static String text(HardwareFault fault) {
    String message = String.valueOf(fault.getMessage());
    String prefix = fault.device() + ": ";
    return message.startsWith(prefix) ? message.substring(prefix.length()) : message;
  }

  private static DeviceFault typed(HardwareFault.Kind kind) {
    return switch (kind) {
      case ABSENT -> DeviceFault.ABSENT;
      case NACK -> DeviceFault.NACK;
      case TIMEOUT -> DeviceFault.TIMEOUT;
      case BAD_DATA -> DeviceFault.BAD_DATA;
      case OUT_OF_RANGE -> DeviceFault.OUT_OF_RANGE;
      case STALE -> DeviceFault.STALE;
      case LIBRARY_MISSING -> DeviceFault.LIBRARY_MISSING;
      case REFUSED -> DeviceFault.REFUSED;
    };
  }
}

package org.heliostat.core.event;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.heliostat.core.bus.Bus;
import org.heliostat.core.command.Commands;
import org.heliostat.core.recorder.Recorder;
import org.heliostat.core.recorder.RecorderFault;
import org.heliostat.core.state.StateStore;
import org.heliostat.core.telemetry.Telemetry;
import org.heliostat.core.time.MissionClock;
import org.heliostat.protocol.DeviceFault;
import org.heliostat.protocol.Downlink;
import org.heliostat.protocol.Event;
import org.heliostat.protocol.EventStatus;
import org.heliostat.protocol.Severity;
import org.jspecify.annotations.Nullable;

/**
 * Takes note of what happens: each event goes to the recorder (and so to ground), to the log of the
 * newest {@value #LOG_EVENTS}, and to the process's output as a line. The line comes after the
 * recorder: an event that is in the output and not called unrecorded there is durable. The same
 * event more than {@value #BURST} times in {@value #WINDOW_SECONDS} s of host time is held back and
 * counted, and so is what {@link EventFilters} do not let pass. Each event that passes has the next
 * sequence number and is published on the bus as a message {@link Event}, whether or not the
 * recorder can take it; one that would pass but for an operator's filter is published without a
 * number: what ground does not want to see is not taken from fault protection. Whoever reports
 * waits for the disk, but for threads that {@link #neverWait}. Thread-safe; never throws on a full
 * disk.
 */
public final class Events {
  static final int LOG_EVENTS = 1000;
  static final int BURST = 20;
  static final int WINDOW_SECONDS = 10;
  private static final int MAX_TEXT = 500;

  /**
   * Events that wait for a recorder that fails, or for {@link #retry}; beyond that the least severe
   * is given up, the oldest first, and counted.
   */
  static final int WAITING_EVENTS = 200;

  private final MissionClock clock;
  private final Recorder recorder;
  private final Bus bus;
  private final Consumer<String> lines;
  private final EventFilters filters = new EventFilters();
  private final Deque<Event> log = new ArrayDeque<>();
  private final Map<String, Throttle> throttles = new HashMap<>();
  private final AtomicLong unrecorded = new AtomicLong();
  private final Deque<Waiting> waiting = new ArrayDeque<>();
  private final Set<Thread> hasty = ConcurrentHashMap.newKeySet();
  private final AtomicLong filtered = new AtomicLong();
  private final AtomicLong throttled = new AtomicLong();
  private final AtomicLong passed = new AtomicLong();

  private volatile Counts cleared = new Counts(0, 0, 0, 0);

  /**
   * An event that the recorder has not.
   *
   * @param shown its line is in the output
   */
  private record Waiting(Event event, boolean shown) {}

  /** What was counted since boot when the counters were cleared. */
  private record Counts(long reported, long lost, long throttled, long filtered) {}

  private static final class Throttle {
    private long windowStart;
    private int inWindow;
    private int suppressed;
  }

  /** Events that nobody on board listens to. */
  public Events(MissionClock clock, Recorder recorder, Consumer<String> lines) {
    this(clock, recorder, new Bus(), lines);
  }

  /** Events into this recorder, onto this bus and, as lines, to this sink. */
  public Events(MissionClock clock, Recorder recorder, Bus bus, Consumer<String> lines) {
    this.clock = clock;
    this.recorder = recorder;
    this.bus = bus;
    this.lines = lines;
  }

  /** Reports that something happened. */
  public void report(EventDefinition definition, @Nullable Object... arguments) {
    report(definition, "", DeviceFault.DEVICE_FAULT_UNSPECIFIED, arguments);
  }

  /**
   * Reports what happened to a device; its name is the first argument of the text. Storms of one
   * device hold back no other's events.
   *
   * @param fault what is wrong with it; unspecified where nothing is
   */
  public void reportDevice(
      EventDefinition definition,
      String device,
      DeviceFault fault,
      @Nullable Object... moreArguments) {
    @Nullable Object[] arguments = new @Nullable Object[moreArguments.length + 1];
    arguments[0] = device;
    System.arraycopy(moreArguments, 0, arguments, 1, moreArguments.length);
    report(definition, device, fault, arguments);
  }

  private void report(
      EventDefinition definition, String device, DeviceFault fault, @Nullable Object[] arguments) {
    boolean passes = filters.passes(definition);
    if (!passes) {
      filtered.incrementAndGet();
      if (!EventFilters.passesUsually(definition)) {
        return;
      }
    }
    Event event;
    synchronized (this) {
      Throttle throttle =
          throttles.computeIfAbsent(
              definition.source() + ' ' + definition.id() + ' ' + device + ' ' + passes,
              key -> new Throttle());
      long now = clock.hostNanos();
      if (throttle.inWindow == 0 || now - throttle.windowStart > WINDOW_SECONDS * 1_000_000_000L) {
        throttle.windowStart = now;
        throttle.inWindow = 0;
      }
      if (++throttle.inWindow > BURST) {
        if (passes) {
          throttle.suppressed++;
          throttled.incrementAndGet();
        }
        return;
      }
      String text = String.format(Locale.ROOT, definition.format(), arguments);
      Event.Builder made =
          Event.newBuilder()
              .setMissionNanos(clock.missionNanos())
              .setSeverity(definition.severity())
              .setSource(definition.source())
              .setId(definition.id())
              .setName(definition.name())
              .setText(text.length() > MAX_TEXT ? text.substring(0, MAX_TEXT) : text)
              .setSuppressed(throttle.suppressed);
      if (!device.isEmpty()) {
        made.setDevice(device);
      }
      if (fault != DeviceFault.DEVICE_FAULT_UNSPECIFIED) {
        made.setFault(fault);
      }
      if (!passes) {
        bus.publish(made.build());
        return;
      }
      event = made.setSequence(passed.incrementAndGet()).build();
      throttle.suppressed = 0;
      log.addLast(event);
      if (log.size() > LOG_EVENTS) {
        log.removeFirst();
      }
      // here, so that all who listen see the order of the numbers
      bus.publish(event);
    }
    if (hasty.contains(Thread.currentThread())) {
      await(new Waiting(event, false));
    } else if (recordAndShow(event)) {
      // whoever may wait brings along what could not
      retry();
    } else {
      await(new Waiting(event, true));
    }
  }

  private boolean recordAndShow(Event event) {
    boolean recorded = record(event);
    lines.accept(recorded ? line(event) : line(event) + " (not recorded)");
    return recorded;
  }

  private void await(Waiting event) {
    synchronized (waiting) {
      if (waiting.size() == WAITING_EVENTS) {
        giveUpOne();
      }
      waiting.addLast(event);
    }
  }

  /** The oldest of the least severe ones. */
  private void giveUpOne() {
    Waiting least = waiting.getFirst();
    for (Waiting one : waiting) {
      if (one.event.getSeverity().getNumber() < least.event.getSeverity().getNumber()) {
        least = one;
      }
    }
    boolean unused = waiting.remove(least);
    unrecorded.incrementAndGet();
  }

  /**
   * The calling thread waits for no disk, from now on to {@link #mayWait}: its events are recorded
   * by {@link #retry}.
   */
  public void neverWait() {
    hasty.add(Thread.currentThread());
  }

  /** The calling thread waits for the disk again. */
  public void mayWait() {
    hasty.remove(Thread.currentThread());
  }

  /**
   * Brings events that the recorder has not got yet to it, oldest first, until it refuses; called
   * once a second.
   */
  public void retry() {
    while (true) {
      Waiting oldest;
      synchronized (waiting) {
        if (waiting.isEmpty()) {
          return;
        }
        oldest = waiting.removeFirst();
      }
      boolean recorded = oldest.shown ? record(oldest.event) : recordAndShow(oldest.event);
      if (!recorded) {
        synchronized (waiting) {
          waiting.addFirst(new Waiting(oldest.event, true));
          if (waiting.size() > WAITING_EVENTS) {
            giveUpOne();
          }
        }
        return;
      }
    }
  }

  private boolean record(Event event) {
    try {
      long unused = recorder.append(priority(event), Downlink.newBuilder().setEvent(event).build());
      return true;
    } catch (RecorderFault e) {
      return false;
    }
  }

  /** The newest events, oldest first. */
  public synchronized List<Event> newest(int count) {
    List<Event> all = new ArrayList<>(log);
    return List.copyOf(all.subList(Math.max(0, all.size() - count), all.size()));
  }

  /** Which events pass. */
  public EventFilters filters() {
    return filters;
  }

  /** Events since boot that passed. */
  public long count() {
    return passed.get();
  }

  /** Events since boot that filters or the throttle held back. */
  public long heldBack() {
    return filtered.get() + throttled.get();
  }

  /** Events that the recorder could not take, and those among them that still wait for it. */
  public long unrecorded() {
    synchronized (waiting) {
      return unrecorded.get() + waiting.size();
    }
  }

  /** Has ground give the commands about events, and see how they fare. */
  public void serve(Commands commands, StateStore state, Telemetry telemetry) {
    new EventCommands(this, state).register(commands);
    telemetry.contribute(packet -> packet.setEventStatus(status()));
  }

  /** The counters of {@link #status} begin again at 0; all other ones go on. */
  public void clearCounters() {
    cleared = counts();
    filters.clearCounters();
  }

  /** Events since boot or since the counters were cleared, and the filters in force. */
  public EventStatus status() {
    Counts from = cleared;
    Counts now = counts();
    EventStatus.Builder status =
        EventStatus.newBuilder()
            .setReported(now.reported() - from.reported())
            .setLost(now.lost() - from.lost())
            .setThrottled(now.throttled() - from.throttled())
            .setFiltered(now.filtered() - from.filtered())
            .addAllFilters(filters.status());
    synchronized (waiting) {
      status.setWaiting(waiting.size());
    }
    return status.build();
  }

  private Counts counts() {
    return new Counts(passed.get(), unrecorded.get(), throttled.get(), filtered.get());
  }

  private static Recorder.Priority priority(Event event) {
    return event.getSeverity().getNumber() >= Severity.WARNING_VALUE
        ? Recorder.Priority.ALERT
        : Recorder.Priority.ROUTINE;
  }

  private static String line(Event event) {
    return String.format(
        Locale.ROOT,
        "%.1f %s %s/%s %s",
        event.getMissionNanos() / 1e9,
        event.getSeverity(),
        event.getSource(),
        event.getName(),
        event.getText());
  }
}

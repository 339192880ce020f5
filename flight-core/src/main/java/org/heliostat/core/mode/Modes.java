package org.heliostat.core.mode;

import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import org.heliostat.core.bus.Bus;
import org.heliostat.core.event.CoreEvent;
import org.heliostat.core.event.Events;
import org.heliostat.protocol.Mode;

/**
 * The mode of the spacecraft and the table of its transitions. Boot ends in STANDBY. Thread-safe.
 */
public final class Modes {
  private static final Map<Mode, Set<Mode>> ALLOWED = new EnumMap<>(Mode.class);

  static {
    ALLOWED.put(Mode.SAFE, EnumSet.of(Mode.STANDBY));
    ALLOWED.put(Mode.STANDBY, EnumSet.of(Mode.SAFE, Mode.NOMINAL, Mode.PAYLOAD));
    ALLOWED.put(Mode.NOMINAL, EnumSet.of(Mode.SAFE, Mode.STANDBY, Mode.PAYLOAD));
    ALLOWED.put(Mode.PAYLOAD, EnumSet.of(Mode.SAFE, Mode.STANDBY, Mode.NOMINAL));
  }

  private final Bus bus;
  private final Events events;
  private Mode mode = Mode.STANDBY;

  /** Published on the bus when the mode has changed. */
  public record Changed(Mode from, Mode to) {}

  /** In STANDBY. */
  public Modes(Bus bus, Events events) {
    this.bus = bus;
    this.events = events;
  }

  /** The mode now. */
  public synchronized Mode mode() {
    return mode;
  }

  /**
   * Goes to another mode; false when the table does not allow it. Going to the present mode changes
   * nothing.
   */
  public synchronized boolean change(Mode to) {
    if (to == mode) {
      return true;
    }
    if (!ALLOWED.getOrDefault(mode, Set.of()).contains(to)) {
      return false;
    }
    Mode from = mode;
    mode = to;
    bus.publish(new Changed(from, to));
    events.report(CoreEvent.MODE_CHANGED, from, to);
    return true;
  }
}

package org.heliostat.core.event;

import org.heliostat.protocol.Severity;

/** The events of flight-core. */
public enum CoreEvent implements EventDefinition {
  BOOT(1, Severity.INFO, "boot %d (%s), mission %s, %d cards"),
  SHUTDOWN(2, Severity.INFO, "flight stops: %s"),
  STATE_LOST(3, Severity.ERROR, "flight state on disk was damaged; an older one is in use"),
  APP_STARTED(4, Severity.INFO, "app %s started"),
  APP_FAILED(5, Severity.ERROR, "app %s failed: %s"),
  APP_GAVE_UP(6, Severity.CRITICAL, "app %s failed more than %d times; the flight process ends"),
  MODE_CHANGED(7, Severity.INFO, "mode %s -> %s"),
  COMMAND_REJECTED(8, Severity.WARNING, "command %d rejected: %s"),
  COMMAND_INTERRUPTED(9, Severity.WARNING, "command %d (%s) was cut off by a restart"),
  LINK_UP(10, Severity.INFO, "link up"),
  LINK_DOWN(11, Severity.INFO, "link down"),
  BAD_PACKET(12, Severity.WARNING, "%d packets with a broken seal dropped"),
  DEVICE_ABSENT(13, Severity.ERROR, "device %s cannot be opened: %s"),
  DEVICE_FAULT(14, Severity.WARNING, "device %s: %s (%s)"),
  DEVICE_RECOVERED(15, Severity.INFO, "device %s is well again after %s"),
  RECORDER_RECOVERED(16, Severity.WARNING, "recorder dropped %d damaged bytes of %s"),
  RECORDER_FAILED(17, Severity.ERROR, "recorder cannot store: %s"),
  TIME_JUMP(18, Severity.WARNING, "the %s jumped by %.3f s; the quality of UTC is lowered"),
  IMAGE_DIGEST(19, Severity.INFO, "image digest %s"),
  PART_SET_UP(20, Severity.WARNING, "device %s had lost its set-up and was set up again"),
  CARD_CRITICAL(21, Severity.ERROR, "device %s: critical event %d of its driver"),
  RAIL_SWITCHED(22, Severity.INFO, "rail %s is %s, by command"),
  DEVICE_COMMANDED(23, Severity.INFO, "device %s: %s, by command"),
  WATCHDOG_RESET(24, Severity.ERROR, "the %s has reset the board: nobody kicked it"),
  WATCHDOG_HELD(25, Severity.CRITICAL, "the watchdog is not kicked any more: %s hang"),
  BUS_RECOVERED(26, Severity.WARNING, "bus %s was recovered: a part held a line");

  private final int id;
  private final Severity severity;
  private final String format;

  CoreEvent(int id, Severity severity, String format) {
    this.id = id;
    this.severity = severity;
    this.format = format;
  }

  @Override
  public String source() {
    return "core";
  }

  @Override
  public int id() {
    return id;
  }

  @Override
  public Severity severity() {
    return severity;
  }

  @Override
  public String format() {
    return format;
  }
}

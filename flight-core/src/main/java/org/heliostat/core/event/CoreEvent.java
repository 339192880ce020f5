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
  MODE_CHANGED(7, Severity.INFO, "mode %s -> %s, by %s"),
  COMMAND_REJECTED(8, Severity.WARNING, "command %d rejected: %s"),
  COMMAND_INTERRUPTED(9, Severity.WARNING, "command %d (%s) was cut off by a restart"),
  LINK_UP(10, Severity.INFO, "link up"),
  LINK_DOWN(11, Severity.INFO, "link down"),
  // 12 was BAD_PACKET: whoever has no key could fill the event log and the alerts with it
  DEVICE_ABSENT(13, Severity.ERROR, "device %s cannot be opened: %s"),
  DEVICE_FAULT(14, Severity.WARNING, "device %s: %s (%s)"),
  DEVICE_RECOVERED(15, Severity.INFO, "device %s is well again after %s"),
  RECORDER_RECOVERED(16, Severity.WARNING, "recorder dropped %d damaged bytes of %s"),
  RECORDER_FAILED(17, Severity.ERROR, "recorder cannot store: %s"),
  TIME_JUMP(18, Severity.WARNING, "the %s jumped by %.3f s; nothing is decided by it"),
  IMAGE_DIGEST(19, Severity.INFO, "image digest %s"),
  PART_SET_UP(20, Severity.WARNING, "device %s had lost its set-up and was set up again"),
  CARD_CRITICAL(21, Severity.ERROR, "device %s: critical event %d of its driver"),
  RAIL_SWITCHED(22, Severity.INFO, "rail %s is %s, by command"),
  DEVICE_COMMANDED(23, Severity.INFO, "device %s: %s, by command"),
  WATCHDOG_RESET(24, Severity.ERROR, "the %s has reset the board: nobody kicked it"),
  WATCHDOG_HELD(25, Severity.CRITICAL, "the watchdog is not kicked any more: %s hang"),
  BUS_RECOVERED(26, Severity.WARNING, "bus %s was recovered: a part held a line"),
  TELEMETRY_FAILED(27, Severity.ERROR, "a part of housekeeping is missing: %s"),
  STATE_NOT_STORED(28, Severity.ERROR, "flight state cannot be stored: %s"),
  HEARTBEAT_INHIBITED(29, Severity.WARNING, "heartbeat of app %s is %s, %s"),

  BUS_OVERFLOW(30, Severity.WARNING, "bus: %s is too slow for %s, %d messages dropped"),
  RECORDER_EVICTED(
      31, Severity.WARNING, "recorder is full: %d records of priority %s were given up"),

  TABLE_ACTIVATED(40, Severity.INFO, "table %s version %d is the active one, checksum %08x"),
  TABLE_DAMAGED(41, Severity.ERROR, "what is stored of table %s does not read: %s"),
  TABLE_REFUSED(42, Severity.WARNING, "table %s: the %s one is not used: %s"),
  TABLE_DROPPED(43, Severity.INFO, "what was stored of table %s was given up"),
  COMMAND_TIMED_OUT(44, Severity.WARNING, "command %d (%s) has not ended within %.0f s"),
  HANDLER_FAILED(45, Severity.ERROR, "command %d (%s): its handler failed: %s"),
  JOURNAL_DAMAGED(
      46, Severity.ERROR, "the journal of commands is lost; numbers go on above %d, to be safe"),
  EVENT_FILTERED(47, Severity.INFO, "events %s below %s are held back from now on"),
  EVENT_FILTERS_RESET(48, Severity.INFO, "all filters of events are gone"),

  SEQUENCE_STARTED(50, Severity.INFO, "sequence %s started at step %d, by %s"),
  SEQUENCE_COMPLETED(51, Severity.INFO, "sequence %s is at its end"),
  SEQUENCE_FAILED(52, Severity.WARNING, "sequence %s ends at step %d: %s"),
  SEQUENCE_STOPPED(53, Severity.INFO, "sequence %s was stopped before step %d: %s"),
  SEQUENCE_STEP_SKIPPED(54, Severity.WARNING, "sequence %s: step %d is %.1f s late and skipped"),
  SEQUENCE_NOT_NOTED(55, Severity.WARNING, "sequence %s waits: its progress cannot be stored: %s"),
  SEQUENCE_PAUSED(56, Severity.INFO, "sequence %s is paused before step %d, by %s"),
  SEQUENCE_RESUMED(57, Severity.INFO, "sequence %s goes on with step %d, by %s"),
  SEQUENCE_INHIBITED(58, Severity.INFO, "sequence %s is %s, by command"),

  LIMIT_FAILED(60, Severity.WARNING, "%s: %s is %s, limit %s %s"),
  LIMIT_RECOVERED(61, Severity.INFO, "%s: %s is %s, well again"),
  ACTIONPOINT_FIRED(62, Severity.WARNING, "%s: %s"),
  ACTIONPOINT_FAILED(63, Severity.ERROR, "%s: %s: %s"),
  LIMIT_INHIBITED(64, Severity.INFO, "limit %s is %s, by command"),

  PROTECTION_CONFIRMED(70, Severity.WARNING, "%s: rule %s has confirmed %s"),
  PROTECTION_RESPONDED(71, Severity.WARNING, "%s: rule %s has done %s"),
  PROTECTION_FAILED(72, Severity.ERROR, "%s: rule %s could not do %s: %s"),
  PROTECTION_LOCKED_OUT(73, Severity.INFO, "%s: rule %s waits aside, locked out by %s"),
  PROTECTION_INHIBITED(74, Severity.WARNING, "rule %s is %s, %s"),
  RESPONSE_CALLED(75, Severity.WARNING, "%s: rule %s calls for an operator"),
  DEVICE_ISOLATED(76, Severity.ERROR, "%s is isolated until an operator releases it"),
  DEVICE_RELEASED(77, Severity.INFO, "%s is released, by command"),

  // executive and boot
  APP_STOPPED(80, Severity.INFO, "app %s was ended: %s"),
  APP_HUNG(81, Severity.ERROR, "app %s has been in one step for %d s and is interrupted"),
  SCHEDULING_REFUSED(82, Severity.WARNING, "thread %s does not get %s: %s"),
  PROCESS_RESTART(83, Severity.WARNING, "the flight process ends to be started anew: %s"),
  GOLDEN_BOOT(84, Severity.CRITICAL, "the golden configuration is started: %s"),
  SAFE_BOOT(
      85, Severity.CRITICAL, "only platform apps are started: %s has ended the process %d times"),
  MEMORY_NOT_LOCKED(86, Severity.WARNING, "memory may be paged out: %s"),
  OPERATIONAL(87, Severity.INFO, "all apps run"),
  APP_NOT_RESTARTED(110, Severity.WARNING, "app %s is stopped and not started anew: %s"),
  KEY_LOADED(150, Severity.INFO, "%s: key %d is loaded, and waits for its first packet"),
  KEY_ROTATED(151, Severity.INFO, "%s: key %d has proven itself, the one before is gone"),
  KEYS_NOT_STORED(152, Severity.ERROR, "a key that has proven itself cannot be stored: %s"),
  KEYS_AS_LAUNCHED(
      153, Severity.CRITICAL, "the keys cannot be read: those of the launch hold again"),
  KEY_LOADED_IN_EMERGENCY(
      154, Severity.WARNING, "%s: key %d is loaded by the emergency key; it waits to be used"),

  // time
  TIME_QUALITY(88, Severity.INFO, "quality of UTC %s -> %s"),
  TIME_CONTRADICTED(89, Severity.WARNING, "%s contradicts UTC by %.3f s and is set aside"),
  TIME_STEPPED(90, Severity.WARNING, "UTC is corrected: %s kept contradicting it by %.3f s"),

  // survival
  LOAD_SHED(91, Severity.CRITICAL, "the bus is at %.2f V: rung %s is shed, rails %s go off"),
  LOAD_RESTORED(92, Severity.WARNING, "the bus is at %.2f V again: rung %s comes back"),
  TOO_HOT(93, Severity.CRITICAL, "%s is at %.1f degrees: rails %s go off"),
  COOLED_DOWN(94, Severity.WARNING, "%s has cooled down: rails %s come back"),
  COMMAND_LOSS(
      95, Severity.CRITICAL, "nothing was heard of ground for %d s: back to SAFE and the link"),
  TRANSMITTER(96, Severity.WARNING, "the transmitter %s"),
  RAIL_REFUSED(97, Severity.ERROR, "rail %s could not be switched %s: %s"),

  COMMAND_LOSS_ANSWERED(
      101,
      Severity.WARNING,
      "command loss: mode SAFE %b, link started anew %b, transmitter speaks"),

  HOUSEKEEPING_BEGINS(102, Severity.INFO, "first housekeeping %.2f s after the process began"),

  // static areas
  AREA_DAMAGED(98, Severity.ERROR, "%s: %s"),
  AREA_REPAIRED(99, Severity.WARNING, "%s was repaired from its other copy"),
  AREA_NOT_REPAIRED(100, Severity.ERROR, "%s cannot be repaired: %s"),
  AREA_NOT_CHECKED(103, Severity.WARNING, "%s could not be checked: %s"),
  AREA_INHIBITED(104, Severity.INFO, "area %s is %s, by command"),

  // passes
  PASS_BEGINS(130, Severity.INFO, "a pass begins: %.0f s, %s"),
  PASS_ENDS(131, Severity.INFO, "the pass ends: %d bytes sent in it, %d records wait"),
  PASS_PLAN_VOID(132, Severity.WARNING, "the plan of passes does not count: %s"),
  PASS_PLAN_COUNTS(133, Severity.INFO, "the plan of passes counts again"),

  // the line to the broker
  LINK_REFUSED(140, Severity.WARNING, "the link cannot be up: %s"),

  // files on their way up
  UPLOAD_BEGUN(160, Severity.INFO, "upload %d of %s begins: version %s, %d bytes"),
  UPLOAD_DONE(161, Severity.INFO, "upload %d of %s is in place: version %s, %d bytes"),
  UPLOAD_FAILED(162, Severity.WARNING, "upload %d of %s is given up: %s"),
  UPLOAD_DAMAGED(163, Severity.WARNING, "upload %d of %s: all was there, and another SHA-256"),
  UPLOAD_LIST_DAMAGED(164, Severity.ERROR, "a list of uploads does not read: %s"),
  UPLOAD_DISK(165, Severity.ERROR, "uploads wait for the disk: %s"),
  ROLL_BACK_ALLOWED(166, Severity.WARNING, "%s may go back to version %s, by command"),
  NO_FILE_SIGNER(167, Severity.WARNING, "no file can be uploaded: %s"),
  UPLOAD_LIST_ACCEPTED(
      168, Severity.WARNING, "the list of uploads counts as whole, with %d paths, by command");

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

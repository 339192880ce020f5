package org.heliostat.hil.rig;

import org.heliostat.hil.rig.WorldLayout.Header;

/**
 * The board's watchdog: kills the flight process when it has not been kicked in time, as the reset
 * of a board would, and leaves the cause for the next one. It counts host time. One thread.
 */
final class BoardWatchdog {
  /** WDIOF_CARDRESET of {@code linux/watchdog.h}. */
  static final long CARD_RESET = 0x20;

  private final World world;
  private final Processes processes;
  private final RigLog log;

  BoardWatchdog(World world, Processes processes, RigLog log) {
    this.world = world;
    this.processes = processes;
    this.log = log;
  }

  void look(long hostNanos, double seconds) {
    if (world.get(Header.WATCHDOG_ARMED) == 0) {
      return;
    }
    long gone = hostNanos - world.get(Header.WATCHDOG_KICKED_NS);
    if (gone <= world.get(Header.WATCHDOG_TIMEOUT_S) * 1_000_000_000L) {
      return;
    }
    // a process that has closed it without saying goodbye is named by its negative id
    long pid = Math.abs(world.get(Header.WATCHDOG_PID));
    world.set(Header.WATCHDOG_ARMED, 0);
    if (processes.kill(pid)) {
      world.set(Header.WATCHDOG_CAUSE, CARD_RESET);
      log.happened("watchdog_bite", "watchdog", seconds);
    }
  }
}

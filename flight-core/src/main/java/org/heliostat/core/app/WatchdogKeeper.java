package org.heliostat.core.app;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.heliostat.core.event.CoreEvent;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.Watchdog;
import org.heliostat.protocol.Boot;
import org.heliostat.protocol.DeviceFault;

/**
 * Kicks the board's watchdogs once a second of host time, but only while every app is alive: when
 * one shows no sign of life for as long as the mission allows it, the board is left to the
 * watchdog. Says at boot if it was the watchdog that reset the board. {@link #end} stops the
 * watchdogs, but for a restart of the process: then they are kicked while the apps end ({@link
 * #beginRestart}), and run on over the boot of the next process.
 */
public final class WatchdogKeeper {
  private static final long PERIOD_MILLIS = 1_000;
  private static final long JOIN_MILLIS = 2_000;

  /**
   * What {@link Executive#stop} takes where apps hang, with two waits for a disk that hangs before
   * it, and a bit more; an end that hangs is reset.
   */
  private static final long RESTART_NANOS = 26_000_000_000L;

  private final Services services;
  private final Executive executive;
  private final CountDownLatch over = new CountDownLatch(1);
  private final Thread thread = new Thread(this::run, "watchdog");
  private final Runnable beside;
  private final Set<String> asked = new HashSet<>();
  private final Set<String> failing = new HashSet<>();
  private final Object hands = new Object();
  private boolean held;
  private boolean ended;
  private volatile Optional<Long> restartBegun = Optional.empty();

  WatchdogKeeper(Services services, Executive executive, Runnable beside) {
    this.beside = beside;
    this.services = services;
    this.executive = executive;
    thread.setDaemon(true);
  }

  /**
   * Starts to kick.
   *
   * @param beside what else is looked at once a second; must not take long
   */
  public static WatchdogKeeper start(Services services, Executive executive, Runnable beside) {
    WatchdogKeeper keeper = new WatchdogKeeper(services, executive, beside);
    keeper.thread.start();
    return keeper;
  }

  private void run() {
    // a disk that is slow or hangs must not keep it from kicking
    services.events().neverWait();
    try {
      do {
        look();
      } while (!over.await(PERIOD_MILLIS, TimeUnit.MILLISECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      services.events().mayWait();
    }
  }

  void look() {
    if (restartBegun.isPresent()) {
      kickOn();
      return;
    }
    executive.look();
    beside.run();
    List<String> stalled = executive.stalled();
    if (!stalled.isEmpty()) {
      if (!held) {
        services.events().report(CoreEvent.WATCHDOG_HELD, stalled);
      }
      held = true;
      return;
    }
    held = false;
    for (Watchdog watchdog : services.hardware().watchdogs()) {
      kick(watchdog);
    }
  }

  private void kick(Watchdog watchdog) {
    String doing = "it cannot be kicked";
    try {
      if (!strike(watchdog)) {
        return;
      }
      doing = "it does not say why the board booted";
      if (!asked.contains(watchdog.name())) {
        Watchdog.BootReason reason = watchdog.bootReason();
        asked.add(watchdog.name());
        if (reason == Watchdog.BootReason.WATCHDOG && !lastRunEndedInOrder()) {
          services
              .events()
              .reportDevice(CoreEvent.WATCHDOG_RESET, watchdog.name(), DeviceFault.WATCHDOG_RESET);
        }
      }
      failing.remove(watchdog.name());
    } catch (HardwareFault
        | RuntimeException
        | LinkageError
        | StackOverflowError
        | AssertionError e) {
      // a driver that is broken costs its watchdog and no other
      if (restartBegun.isEmpty() && failing.add(watchdog.name())) {
        report(watchdog, doing, e);
      }
    }
  }

  /** Kicks it; false where it is over. */
  private boolean strike(Watchdog watchdog) throws HardwareFault {
    synchronized (hands) {
      if (ended) {
        // a kick would start it again
        return false;
      }
      watchdog.kick();
      return true;
    }
  }

  private void kickOn() {
    long begun = restartBegun.orElseThrow();
    if (services.clock().hostNanos() - begun >= RESTART_NANOS) {
      return;
    }
    for (Watchdog watchdog : services.hardware().watchdogs()) {
      try {
        boolean unused = strike(watchdog);
      } catch (HardwareFault
          | RuntimeException
          | LinkageError
          | StackOverflowError
          | AssertionError e) {
        // the app hardware has ended and closed it; what failed before has been reported
      }
    }
  }

  private void report(Watchdog watchdog, String doing, Throwable thrown) {
    services
        .events()
        .reportDevice(
            CoreEvent.DEVICE_FAULT,
            watchdog.name(),
            DeviceFault.REFUSED,
            doing,
            thrown instanceof HardwareFault
                ? String.valueOf(thrown.getMessage())
                : "the driver failed: " + thrown);
  }

  /**
   * The board keeps its reason over restarts of the process, which are none of the watchdog's.
   * Mission time that has begun anew since is that of a board that was reset.
   */
  private boolean lastRunEndedInOrder() {
    List<Boot> log = services.state().get().getResetLogList();
    if (log.size() < 2 || log.get(log.size() - 2).getEnd().isEmpty()) {
      return false;
    }
    Boot last = log.get(log.size() - 2);
    return services.clock().missionNanos() - last.getMissionNanos() >= last.getUptimeNanos();
  }

  /**
   * The process ends, to be started anew: from now on the watchdogs are kicked whatever sign of
   * life there is of the apps, which end, until {@link #end} or for {@value #RESTART_NANOS} ns of
   * host time. One that the app {@code hardware} has closed runs on from its last kick. May be
   * called from any thread.
   */
  public void beginRestart() {
    restartBegun = Optional.of(services.clock().hostNanos());
    kickOn();
  }

  /**
   * Kicks no more.
   *
   * @param stop whether the watchdogs are stopped; otherwise they run on from their last kick, over
   *     the boot of the next process
   */
  public void end(boolean stop) throws InterruptedException {
    over.countDown();
    thread.join(JOIN_MILLIS);
    synchronized (hands) {
      ended = true;
    }
    if (!stop) {
      return;
    }
    for (Watchdog watchdog : services.hardware().watchdogs()) {
      try {
        watchdog.disarm();
      } catch (HardwareFault
          | RuntimeException
          | LinkageError
          | StackOverflowError
          | AssertionError e) {
        // a driver that is broken keeps no other from being stopped, nor the flight from ending
        report(watchdog, "it cannot be stopped", e);
      }
    }
  }
}

package org.heliostat.core.app;

import java.util.HashSet;
import java.util.List;
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
 * watchdogs, but for a restart of the process: that is to be over before they reset the board.
 */
public final class WatchdogKeeper {
  private static final long PERIOD_MILLIS = 1_000;
  private static final long JOIN_MILLIS = 2_000;

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
      synchronized (hands) {
        if (ended) {
          // a kick would start it again
          return;
        }
        watchdog.kick();
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
    } catch (HardwareFault e) {
      if (failing.add(watchdog.name())) {
        services
            .events()
            .reportDevice(
                CoreEvent.DEVICE_FAULT,
                watchdog.name(),
                DeviceFault.REFUSED,
                doing,
                String.valueOf(e.getMessage()));
      }
    }
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
   * Kicks no more.
   *
   * @param stop whether the watchdogs are stopped; otherwise they run on from a last kick, over the
   *     end of this process and the boot of the next
   */
  public void end(boolean stop) throws InterruptedException {
    over.countDown();
    thread.join(JOIN_MILLIS);
    synchronized (hands) {
      ended = true;
    }
    for (Watchdog watchdog : services.hardware().watchdogs()) {
      try {
        if (stop) {
          watchdog.disarm();
        } else {
          watchdog.kick();
        }
      } catch (HardwareFault e) {
        services
            .events()
            .reportDevice(
                CoreEvent.DEVICE_FAULT,
                watchdog.name(),
                DeviceFault.REFUSED,
                stop ? "it cannot be stopped" : "it cannot be kicked",
                String.valueOf(e.getMessage()));
      }
    }
  }
}

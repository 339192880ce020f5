package org.heliostat.core.boot;

import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import org.heliostat.core.app.Executive;
import org.heliostat.core.event.CoreEvent;
import org.heliostat.core.event.Events;
import org.heliostat.core.file.Disk;
import org.heliostat.core.time.MissionClock;
import org.heliostat.protocol.Mission;

/**
 * Sees a boot reach operation: all apps that are to run have run for as long as the mission wants.
 * Then it counts, and what flies becomes the golden mission. Owned by the thread that looks, which
 * waits for no disk.
 */
public final class BootProgress {
  private static final long FORGIVE_NANOS = 600_000_000_000L;

  private final Mission mission;
  private final boolean golden;
  private final Executive executive;
  private final BootGuard guard;
  private final ResetLog log;
  private final Events events;
  private final MissionClock clock;
  private final Disk disk;
  private final Executor beside;
  private Optional<Long> since = Optional.empty();
  private volatile boolean reached;
  private boolean forgiven;

  /**
   * @param golden whether this is a boot of the golden configuration, which is no new golden
   *     mission
   * @param beside for what waits for the disk
   */
  public BootProgress(
      Mission mission,
      boolean golden,
      Executive executive,
      BootGuard guard,
      ResetLog log,
      Events events,
      MissionClock clock,
      Disk disk,
      Executor beside) {
    this.mission = mission;
    this.golden = golden;
    this.executive = executive;
    this.guard = guard;
    this.log = log;
    this.events = events;
    this.clock = clock;
    this.disk = disk;
    this.beside = beside;
  }

  /** To be called about once a second. */
  public void look() {
    long now = clock.hostNanos();
    if (!executive.operational()) {
      since = Optional.empty();
      return;
    }
    long start = since.orElse(now);
    since = Optional.of(start);
    if (!reached && now - start >= (long) (mission.getExecutive().getOperationalSeconds() * 1e9)) {
      reached = true;
      beside.execute(this::operational);
    }
    if (!forgiven && now - start >= FORGIVE_NANOS) {
      forgiven = true;
      log.forgive();
    }
  }

  private void operational() {
    // said first: a boot that counts must have said so, whenever it is cut off
    events.report(CoreEvent.OPERATIONAL);
    log.operational();
    settle(golden ? Optional.empty() : Optional.of(mission));
  }

  /** The boot is not held against those to come. */
  public void settle(Optional<Mission> goldenMission) {
    try {
      boolean unused =
          disk.call(
              new Disk.Turn(),
              () -> {
                guard.settle(goldenMission);
                return true;
              });
    } catch (Disk.Hung e) {
      events.report(CoreEvent.RECORDER_FAILED, "boot record: " + e.getMessage());
    } catch (ExecutionException e) {
      events.report(CoreEvent.RECORDER_FAILED, "boot record: " + e.getCause());
    }
  }

  /** Whether this boot has reached operation; may be asked by any thread. */
  public boolean reached() {
    return reached;
  }
}

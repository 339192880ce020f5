package org.heliostat.core.app;

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.heliostat.protocol.RateGroupConfig;
import org.heliostat.protocol.RateGroupStatus;

/**
 * Runs its apps one after the other, once a cycle of mission time. A cycle that is still at work
 * when the next one is due is an overrun: the beats it missed are skipped and counted, not made up
 * for. Lateness is that of the beginning of a cycle against its beat.
 *
 * <p>On a rig whose time runs faster a cycle never follows the one before within {@value
 * #SHORTEST_HOST_MILLIS} ms of host time; beats that this costs are no overruns.
 */
final class RateGroup implements Runnable {
  static final long SHORTEST_HOST_MILLIS = 5;

  private final Services services;
  private final RateGroupConfig config;
  private final List<AppRunner> apps;
  private final long periodNanos;
  private final LateTimes late = new LateTimes();
  private volatile boolean ended;
  private final AtomicLong cycles = new AtomicLong();
  private final AtomicLong overruns = new AtomicLong();
  private volatile long worstRunNanos;
  private volatile String scheduling = "";

  RateGroup(Services services, RateGroupConfig config, List<AppRunner> apps) {
    this.services = services;
    this.config = config;
    this.apps = List.copyOf(apps);
    this.periodNanos = Math.round(1e9 / config.getHertz());
  }

  void scheduling(String text) {
    scheduling = text;
  }

  /** Ends it after its cycle. */
  void requestEnd() {
    ended = true;
  }

  @Override
  public void run() {
    services.events().neverWait();
    // on the grid of mission time, so that groups of related rates beat together
    long beat = nextBeat(services.clock().missionNanos());
    while (!ended) {
      try {
        services.board().sleepUntilNanos(beat);
        long hostStart = services.clock().hostNanos();
        beat = cycle(beat);
        long rest =
            TimeUnit.MILLISECONDS.toNanos(SHORTEST_HOST_MILLIS)
                - (services.clock().hostNanos() - hostStart);
        if (rest > 0 && periodNanos > rest) {
          beat = spare(beat, rest);
        }
      } catch (InterruptedException e) {
        // meant for an app that hung in its step, and has come back meanwhile
      }
    }
    services.events().mayWait();
    for (int i = apps.size() - 1; i >= 0; i--) {
      apps.get(i).end();
    }
  }

  /** One cycle; the beat of the next one. */
  long cycle(long beat) {
    long begun = services.clock().missionNanos();
    late.add(begun - beat);
    for (AppRunner app : apps) {
      try {
        long unused = app.advance();
      } catch (InterruptedException e) {
        app.failed(e);
      }
    }
    cycles.incrementAndGet();
    long done = services.clock().missionNanos();
    worstRunNanos = Math.max(worstRunNanos, done - begun);
    long next = beat + periodNanos;
    if (done - next >= 0) {
      long on = nextBeat(done);
      overruns.addAndGet((on - next) / periodNanos);
      next = on;
    }
    return next;
  }

  /** Only a rig in accelerated time comes back so soon. */
  private long spare(long beat, long restHostNanos) throws InterruptedException {
    long now = services.clock().missionNanos();
    if (beat - now >= restHostNanos) {
      return beat;
    }
    TimeUnit.NANOSECONDS.sleep(restHostNanos);
    return Math.max(beat, nextBeat(services.clock().missionNanos()));
  }

  private long nextBeat(long after) {
    return Math.floorDiv(after, periodNanos) * periodNanos + periodNanos;
  }

  RateGroupStatus status() {
    return RateGroupStatus.newBuilder()
        .setName(config.getName())
        .setCycles(cycles.get())
        .setOverruns(overruns.get())
        .setWorstLateMilliseconds((float) (late.worstNanos() / 1e6))
        .setLateP999Milliseconds((float) (late.quantileNanos(0.999) / 1e6))
        .setWorstRunMilliseconds((float) (worstRunNanos / 1e6))
        .setScheduling(scheduling)
        .build();
  }
}

package org.heliostat.hil.rig;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.heliostat.hil.rig.WorldLayout.Card;

/**
 * How busy one card is: the processor time of the processes that hold it, over the last quarter of
 * a second of host time.
 *
 * <p>Clears holders that are dead, or whose id has gone to another process.
 */
final class CardLoad {
  private static final long WINDOW_NANOS = 250_000_000L;

  private final World world;
  private final Processes processes;
  private final int card;
  private final Map<Long, Holder> holders = new HashMap<>();
  private long firstHolder;
  private long lastHost;
  private long lastCpu;
  private int computingSamples;

  /** Processor time at the start of the window in use and of the next one. */
  private static final class Holder {
    final long started;
    long olderHost;
    long olderCpu;
    long newerHost;
    long newerCpu;

    Holder(long started, long host, long cpu) {
      this.started = started;
      this.olderHost = host;
      this.olderCpu = cpu;
      this.newerHost = host;
      this.newerCpu = cpu;
    }

    double share(long host, long cpu) {
      if (host - newerHost >= WINDOW_NANOS) {
        olderHost = newerHost;
        olderCpu = newerCpu;
        newerHost = host;
        newerCpu = cpu;
      }
      long took = host - olderHost;
      return took <= 0 ? 0 : (double) (cpu - olderCpu) / took;
    }
  }

  CardLoad(World world, Processes processes, int card) {
    this.world = world;
    this.processes = processes;
    this.card = card;
  }

  /** Looks at the holders; returns the utilisation, 0 to 1. */
  double sample(long hostNanos) {
    double share = 0;
    long cpu = 0;
    firstHolder = 0;
    for (int place = 0; place < Card.HOLDERS.words(); place++) {
      long pid = world.get(card, Card.HOLDERS, place);
      if (pid == 0) {
        continue;
      }
      Optional<Processes.Usage> usage = processes.usage(pid);
      Holder known = holders.get(pid);
      if (usage.isEmpty() || (known != null && known.started != usage.get().started())) {
        holders.remove(pid);
        world.clearHolder(card, place, pid);
        continue;
      }
      if (known == null) {
        known = new Holder(usage.get().started(), hostNanos, usage.get().cpuNanos());
        holders.put(pid, known);
      }
      if (firstHolder == 0) {
        firstHolder = pid;
      }
      share += known.share(hostNanos, usage.get().cpuNanos());
      cpu += usage.get().cpuNanos();
    }
    boolean computes = cpu - lastCpu > (hostNanos - lastHost) / 2;
    computingSamples = computes ? computingSamples + 1 : 0;
    lastHost = hostNanos;
    lastCpu = cpu;
    return Math.max(0, Math.min(1, share));
  }

  /**
   * Whether the holders have computed for most of the time between the last three samples: then the
   * card is in the middle of something. One sample alone may only be a tick of the processor's
   * clock coming due.
   */
  boolean computing() {
    return computingSamples >= 2;
  }

  /** The process that holds the card, as of the last sample; 0 for none. */
  long holder() {
    return firstHolder;
  }
}

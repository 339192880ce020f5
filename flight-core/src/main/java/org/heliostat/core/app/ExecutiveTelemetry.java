package org.heliostat.core.app;

import java.util.HashMap;
import java.util.Map;
import org.heliostat.core.bus.Bus;
import org.heliostat.protocol.AppStatus;
import org.heliostat.protocol.Housekeeping;

/** Says in housekeeping how each app and rate group is. Owned by the thread that makes packets. */
final class ExecutiveTelemetry {
  private final Services services;
  private final Executive executive;
  private final Map<String, Long> lastCpu = new HashMap<>();
  private long lastHostNanos;

  ExecutiveTelemetry(Services services, Executive executive) {
    this.services = services;
    this.executive = executive;
    this.lastHostNanos = services.clock().hostNanos();
  }

  void fill(Housekeeping.Builder packet) {
    long now = services.clock().hostNanos();
    double elapsed = Math.max(1, now - lastHostNanos);
    lastHostNanos = now;
    for (AppRunner runner : executive.runners()) {
      long cpu = runner.cpuNanos();
      long before = lastCpu.getOrDefault(runner.name(), cpu);
      lastCpu.put(runner.name(), cpu);
      AppStatus.Builder status =
          AppStatus.newBuilder()
              .setName(runner.name())
              .setState(runner.state())
              .setRestarts(runner.restarts())
              .setHeartbeatSeconds((float) (runner.heartbeatNanos() / 1e9))
              .setCpuSeconds((float) (cpu / 1e9))
              .setCpuShare((float) ((cpu - before) / elapsed))
              .setQueueDepth(depth(runner) + runner.queued())
              .setScheduling(executive.scheduling(runner.name()));
      if (runner.heartbeatInhibited()) {
        // what is mostly false costs nothing on the link
        status.setHeartbeatInhibited(true);
      }
      packet.addApps(status);
    }
    packet.addAllRateGroups(executive.rateGroups());
  }

  /**
   * Messages in the queues that the app's thread has subscribed to; those of a rate group are all
   * its apps'.
   */
  private int depth(AppRunner runner) {
    String thread = Executive.threadOf(runner.config());
    return services.bus().subscriptions().stream()
        .filter(usage -> usage.subscriber().equals(thread))
        .mapToInt(Bus.Usage::size)
        .sum();
  }
}

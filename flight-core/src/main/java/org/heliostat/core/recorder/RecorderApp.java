package org.heliostat.core.recorder;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.heliostat.core.app.App;
import org.heliostat.core.app.AppFactory;
import org.heliostat.core.app.AppFailure;
import org.heliostat.core.app.Services;
import org.heliostat.core.event.CoreEvent;
import org.heliostat.core.recorder.Recorder.Priority;
import org.heliostat.protocol.Housekeeping;
import org.heliostat.protocol.PriorityStatus;
import org.heliostat.protocol.RecorderStatus;

/**
 * Looks after the recorder once a second of mission time: has records expire, reports that some
 * were given up or do not read, carries out the commands to the recorder, and fills in its part of
 * housekeeping. Without it records are stored and sent all the same.
 */
public final class RecorderApp implements App {
  static final long PERIOD_NANOS = 1_000_000_000L;

  /** Between two reports of records of one priority that were given up. */
  static final long REPORT_NANOS = 60_000_000_000L;

  private static final long SHORTEST_HOST_MILLIS = 20;

  private final Services services;
  private final RecorderCommands commands;
  private final Consumer<Housekeeping.Builder> housekeeping = this::fill;
  private final Map<Priority, Reported> reported = new EnumMap<>(Priority.class);
  private long damagedBytes;

  /** Of one priority: how many have been told, and when. */
  private record Reported(long evicted, long nanos) {}

  /** Offers the app as {@code recorder}. */
  public static final class Factory implements AppFactory {
    @Override
    public String name() {
      return "recorder";
    }

    @Override
    public App start(Services services) {
      return new RecorderApp(services);
    }
  }

  RecorderApp(Services services) {
    this.services = services;
    this.commands =
        new RecorderCommands(services.commands(), services.recorder(), services.clock()::hostNanos);
    // what was damaged when the recorder was opened has been reported at boot
    this.damagedBytes = services.recorder().statistics().damagedBytes();
    long now = services.clock().missionNanos();
    for (RecorderStatistics.OfPriority one : services.recorder().statistics().priorities()) {
      reported.put(one.priority(), new Reported(one.evicted(), now - REPORT_NANOS));
    }
    services.telemetry().contribute(housekeeping);
  }

  @Override
  public void cycle() throws AppFailure {
    long now = services.clock().missionNanos();
    try {
      services.recorder().expire(now);
    } catch (RecorderFault e) {
      if (e.kind() == RecorderFault.Kind.CLOSED) {
        // for good: only a new process opens it again
        throw new AppFailure("the recorder has ended", e);
      }
      // the disk hangs or fails: counted there, and reported by whoever has something to store
    }
    RecorderStatistics statistics = services.recorder().statistics();
    statistics.priorities().forEach(one -> reportEvicted(one, now));
    if (statistics.damagedBytes() > damagedBytes) {
      services
          .events()
          .report(
              CoreEvent.RECORDER_RECOVERED,
              statistics.damagedBytes() - damagedBytes,
              "records that were well when they were stored");
      damagedBytes = statistics.damagedBytes();
    }
    commands.carryOut();
  }

  private void reportEvicted(RecorderStatistics.OfPriority one, long now) {
    Reported before = reported.getOrDefault(one.priority(), new Reported(0, 0));
    if (one.evicted() > before.evicted && now - before.nanos >= REPORT_NANOS) {
      services
          .events()
          .report(CoreEvent.RECORDER_EVICTED, one.evicted() - before.evicted, one.priority());
      reported.put(one.priority(), new Reported(one.evicted(), now));
    }
  }

  @Override
  public void step() throws AppFailure, InterruptedException {
    long host = services.clock().hostNanos();
    cycle();
    services.board().sleepUntilNanos(services.clock().missionNanos() + PERIOD_NANOS);
    long rest =
        TimeUnit.MILLISECONDS.toNanos(SHORTEST_HOST_MILLIS) - (services.clock().hostNanos() - host);
    if (rest > 0) {
      // a rig in accelerated time
      TimeUnit.NANOSECONDS.sleep(rest);
    }
  }

  private void fill(Housekeeping.Builder packet) {
    RecorderStatistics statistics = services.recorder().statistics();
    RecorderStatus.Builder status =
        packet
            .getRecorderBuilder()
            .setStoredBytes(statistics.storedBytes())
            .setQuotaBytes(statistics.quotaBytes())
            .setSyncs(statistics.forces())
            .setDamagedBytes(statistics.damagedBytes())
            .setHung(statistics.hung())
            .setKeptRecords(statistics.keptRecords());
    for (RecorderStatistics.OfPriority one : statistics.priorities()) {
      status.addPriorities(
          PriorityStatus.newBuilder()
              .setPriority(one.priority().proto())
              .setRecords(one.records())
              .setBytes(one.bytes())
              .setOldestSeconds((float) (one.oldestNanos() / 1e9))
              .setEvicted(one.evicted())
              .setExpired(one.expired()));
    }
  }

  @Override
  public void close() {
    services.telemetry().withdraw(housekeeping);
    commands.end();
  }
}

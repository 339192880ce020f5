package org.heliostat.core.time;

import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.heliostat.core.app.App;
import org.heliostat.core.app.AppFactory;
import org.heliostat.core.app.Services;
import org.heliostat.core.command.Execution;
import org.heliostat.core.event.CoreEvent;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.NavigationReading;
import org.heliostat.hal.NavigationReceiver;
import org.heliostat.protocol.CorrelateTime;
import org.heliostat.protocol.Housekeeping;
import org.heliostat.protocol.Telecommand;
import org.heliostat.protocol.Telecommand.CommandCase;
import org.heliostat.protocol.TimeConfig;
import org.heliostat.protocol.TimeCorrelation;
import org.heliostat.protocol.TimeQuality;
import org.heliostat.protocol.TimeStatus;

/**
 * Keeps UTC: asks the navigation receiver ten times a second, so that it knows well when a solution
 * came in, takes what ground says, and says in telemetry what UTC is worth.
 */
public final class TimeApp implements App {
  private static final long PERIOD_NANOS = 100_000_000L;
  private static final long SHORTEST_HOST_MILLIS = 20;

  /** How late the host may be in handing over what has come in; mission time may run faster. */
  private static final long HOST_LATENCY_NANOS = 20_000_000L;

  /** And how late a rig is, which shows only where mission time runs faster. */
  private static final long RIG_LATENCY_NANOS = 100_000_000L;

  private static final long NOTE_NANOS = 60_000_000_000L;

  private final Services services;
  private final TimeConfig config;
  private final Correlator correlator;
  private final Consumer<Housekeeping.Builder> housekeeping = this::fill;
  private TimeQuality reported = TimeQuality.TIME_QUALITY_UNSPECIFIED;
  private long askedNanos;
  private long askedHostNanos;
  private long latencyNanos = HOST_LATENCY_NANOS;
  private long takenNanos;
  private long notedNanos;

  /** Offers the app as {@code time}. */
  public static final class Factory implements AppFactory {
    @Override
    public String name() {
      return "time";
    }

    @Override
    public App start(Services services) {
      return new TimeApp(services);
    }
  }

  TimeApp(Services services) {
    this.services = services;
    this.config = services.mission().getTime();
    this.correlator = new Correlator(config);
    this.askedNanos = services.clock().missionNanos();
    this.askedHostNanos = services.clock().hostNanos();
    this.takenNanos = askedNanos;
    this.notedNanos = askedNanos;
    resume();
    services.telemetry().contribute(housekeeping);
    services.commands().handle("time", CommandCase.CORRELATE_TIME, this::byGround);
  }

  /**
   * What an earlier run knew holds if the wall clock, which went on meanwhile, agrees with it;
   * after a power loss mission time has begun anew, and it does not.
   */
  private void resume() {
    Correlation now = services.clock().correlation();
    if (now.quality() != TimeQuality.UNCORRELATED) {
      // the app was started anew, and not the clock
      correlator.resume(now);
      return;
    }
    if (!services.state().get().hasCorrelation()) {
      return;
    }
    TimeCorrelation stored = services.state().get().getCorrelation();
    Correlation earlier =
        new Correlation(
            stored.getMissionNanos(),
            stored.getUtcNanos(),
            stored.getDriftPpm(),
            (long) (config.getJumpSeconds() * 1e9),
            TimeQuality.HOLDOVER);
    correlator.resume(stored.getDriftPpm());
    long mission = services.clock().missionNanos();
    double apart = Math.abs(earlier.utcAt(mission) - services.clock().utcNanos()) / 1e9;
    if (mission >= earlier.missionNanos() && apart <= config.getJumpSeconds()) {
      services.clock().correlate(earlier);
      correlator.resume(earlier);
    }
  }

  @Override
  public void cycle() {
    look();
  }

  @Override
  public void step() throws InterruptedException {
    long host = services.clock().hostNanos();
    look();
    services.board().sleepUntilNanos(services.clock().missionNanos() + PERIOD_NANOS);
    long rest =
        TimeUnit.MILLISECONDS.toNanos(SHORTEST_HOST_MILLIS) - (services.clock().hostNanos() - host);
    if (rest > 0) {
      // a rig in accelerated time
      TimeUnit.NANOSECONDS.sleep(rest);
    }
  }

  void look() {
    Optional<NavigationReceiver> receiver = services.hardware().receiver(config.getReceiver());
    long asked = services.clock().missionNanos();
    long askedHost = services.clock().hostNanos();
    double speed = (double) (asked - askedNanos) / Math.max(1, askedHost - askedHostNanos);
    latencyNanos = HOST_LATENCY_NANOS + (long) (Math.max(0, speed - 1.5) * RIG_LATENCY_NANOS);
    if (receiver.isPresent()) {
      try {
        receiver.get().poll();
        observe(receiver.get().reading());
      } catch (HardwareFault e) {
        // judged, and reported, with all other devices
      }
    }
    askedNanos = asked;
    askedHostNanos = askedHost;
    reportQuality();
    if (asked - notedNanos >= NOTE_NANOS) {
      notedNanos = asked;
      note();
    }
  }

  private void observe(NavigationReading reading) {
    if (reading.takenNanos() <= takenNanos
        || reading.utcNanos() == 0
        || reading.fix() == NavigationReading.Fix.NONE) {
      return;
    }
    takenNanos = reading.takenNanos();
    long delay = (long) (config.getReceiverDelaySeconds() * 1e9);
    // the last byte came in after the line was found empty
    long from = Math.min(askedNanos, takenNanos);
    offer(from - delay, takenNanos - delay, reading.utcNanos(), latencyNanos, TimeQuality.BY_GNSS);
  }

  private synchronized Correlator.Outcome offer(
      long from, long to, long utc, long uncertainty, TimeQuality by) {
    double before = correlator.contradiction(to, utc);
    Correlator.Outcome outcome = correlator.offer(from, to, utc, uncertainty, by);
    if (outcome == Correlator.Outcome.REJECTED) {
      services.events().report(CoreEvent.TIME_CONTRADICTED, by, before);
    } else {
      correlator.correlation().ifPresent(services.clock()::correlate);
      if (outcome == Correlator.Outcome.JUMP_BELIEVED) {
        services.events().report(CoreEvent.TIME_STEPPED, by, before);
      }
    }
    return outcome;
  }

  private void byGround(Telecommand command, Execution execution) {
    CorrelateTime given = command.getCorrelateTime();
    double age = (services.clock().missionNanos() - given.getMissionNanos()) / 1e9;
    if (age < 0 || age > config.getDoubtfulAfterSeconds()) {
      // of an earlier boot, it may be
      execution.fail("its mission time was " + age + " s ago");
      return;
    }
    double apart;
    synchronized (this) {
      apart = correlator.contradiction(given.getMissionNanos(), given.getUtcNanos());
      if (apart > config.getJumpSeconds() && services.clock().quality() != TimeQuality.BY_GNSS) {
        // an operator knows better than what has been guessed since
        correlator.forget();
      }
    }
    Correlator.Outcome outcome =
        offer(
            given.getMissionNanos(),
            given.getMissionNanos(),
            given.getUtcNanos(),
            (long) (given.getUncertaintySeconds() * 1e9),
            TimeQuality.BY_GROUND);
    if (outcome == Correlator.Outcome.REJECTED) {
      execution.fail("it contradicts the navigation receiver by " + apart + " s");
    } else {
      execution.complete();
    }
  }

  private void reportQuality() {
    TimeQuality quality = services.clock().quality();
    if (quality != reported) {
      services.events().report(CoreEvent.TIME_QUALITY, reported, quality);
      reported = quality;
    }
  }

  private void note() {
    Correlation now = services.clock().correlation();
    if (now.quality().getNumber() >= TimeQuality.HOLDOVER_VALUE) {
      services
          .state()
          .update(
              next ->
                  next.setCorrelation(
                      TimeCorrelation.newBuilder()
                          .setMissionNanos(now.missionNanos())
                          .setUtcNanos(now.utcNanos())
                          .setDriftPpm(now.driftPpm())
                          .setQuality(now.quality())));
    }
  }

  private synchronized void fill(Housekeeping.Builder packet) {
    Correlation now = services.clock().correlation();
    double age = (services.clock().missionNanos() - now.missionNanos()) / 1e9;
    double drifted = age * (config.getMostDriftPpm() + Math.abs(now.driftPpm())) * 1e-6;
    packet.setTime(
        TimeStatus.newBuilder()
            .setQuality(services.clock().quality())
            .setUncertaintySeconds((float) (now.uncertaintyNanos() / 1e9 + drifted))
            .setDriftPpm((float) correlator.driftPpm())
            .setAgeSeconds((float) age)
            .setCorrelations(correlator.accepted())
            .setRejected(correlator.rejected())
            .setJumps(correlator.jumps()));
  }

  @Override
  public void close() {
    services.telemetry().withdraw(housekeeping);
    note();
  }
}

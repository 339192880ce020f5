package org.heliostat.core.hardware;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.heliostat.core.app.App;
import org.heliostat.core.app.AppFactory;
import org.heliostat.core.app.Services;
import org.heliostat.core.event.CoreEvent;
import org.heliostat.core.mission.MissionFile;
import org.heliostat.hal.Camera;
import org.heliostat.hal.ComputeCard;
import org.heliostat.hal.Device;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.NavigationReceiver;
import org.heliostat.hal.Polled;
import org.heliostat.hal.Reading;
import org.heliostat.hal.Sweep;
import org.heliostat.hal.Watchdog;
import org.heliostat.protocol.BusConfig;
import org.heliostat.protocol.DeviceConfig;
import org.heliostat.protocol.DeviceFault;
import org.heliostat.protocol.Housekeeping;

/**
 * Opens the devices of the mission file, polls them once a second of mission time, says which are
 * not well, and carries out the commands to them. A driver that is broken costs its device and no
 * other; its step waits for no disk.
 */
public final class HardwareApp implements App {
  private static final long PERIOD_NANOS = 1_000_000_000L;

  /** Host time after which a sweep is looked at without those that have not answered. */
  private static final long SWEEP_NANOS = 2_000_000_000L;

  private static final int SWEEP_THREADS = 8;

  private final Services services;
  private final Map<String, Device> byName = new LinkedHashMap<>();

  /** What has to be closed, the newest first. */
  private final Deque<Runnable> ends = new ArrayDeque<>();

  private final List<Polled<?>> polled = new ArrayList<>();
  private final Sweep sweep;
  private final HealthWatch health;
  private final DiskProbe disk;
  private final HardwareCommands commands;
  private final Consumer<Housekeeping.Builder> housekeeping = this::fill;
  private final Map<String, Long> recoveries = new HashMap<>();
  private volatile int fresh;
  private long next;

  /** Offers the app as {@code hardware}. */
  public static final class Factory implements AppFactory {
    @Override
    public String name() {
      return "hardware";
    }

    @Override
    public App start(Services services) {
      return new HardwareApp(services);
    }
  }

  HardwareApp(Services services) {
    this.services = services;
    configureBuses();
    for (String bus : services.board().buses()) {
      // those before this app was started anew have been reported
      recoveries.put(bus, recoveries(bus));
    }
    List<DeviceConfig> configs = MissionFile.activeDevices(services.mission());
    try {
      configs.forEach(this::open);
      this.sweep = new Sweep(polled, SWEEP_THREADS, services.clock()::hostNanos);
      ends.push(sweep::close);
      this.health = new HealthWatch(configs, services.hardware(), services.events());
      this.disk = new DiskProbe(services.data().resolve("disk-probe.bin"), services.clock());
      ends.push(disk::close);
      this.commands = new HardwareCommands(services, byName);
      ends.push(commands::close);
    } catch (RuntimeException | Error e) {
      try {
        end();
      } catch (RuntimeException | Error other) {
        e.addSuppressed(other);
      }
      throw e;
    }
    services
        .hardware()
        .opened(
            byKind(ComputeCard.class),
            byKind(Camera.class),
            byKind(NavigationReceiver.class),
            List.copyOf(byKind(Watchdog.class).values()));
    next = services.clock().missionNanos();
    services.telemetry().contribute(housekeeping);
  }

  private void open(DeviceConfig config) {
    String name = config.getName();
    String problem;
    try {
      Device device =
          services
              .board()
              .device(Device.class, name, config.getDriver(), config.getParametersMap());
      ends.push(device::close);
      if (device instanceof Polled<?> sensor) {
        polled.add(sensor);
      }
      byName.put(name, device);
      return;
    } catch (HardwareFault e) {
      problem = String.valueOf(e.getMessage());
    } catch (RuntimeException | LinkageError | StackOverflowError | AssertionError e) {
      // a driver that is broken costs its device and no other
      problem = "the driver failed: " + e;
    }
    services.events().reportDevice(CoreEvent.DEVICE_ABSENT, name, DeviceFault.ABSENT, problem);
  }

  private <D extends Device> Map<String, D> byKind(Class<D> kind) {
    Map<String, D> found = new LinkedHashMap<>();
    byName.forEach(
        (name, device) -> {
          if (kind.isInstance(device)) {
            found.put(name, kind.cast(device));
          }
        });
    return found;
  }

  private void configureBuses() {
    for (BusConfig bus : services.mission().getBusesList()) {
      if (services.board().buses().contains(bus.getPath())) {
        // set up by this app before it was started anew
        continue;
      }
      try {
        services.board().bus(bus.getPath(), bus.getParametersMap());
      } catch (HardwareFault e) {
        services
            .events()
            .reportDevice(
                CoreEvent.DEVICE_ABSENT,
                bus.getPath(),
                DeviceFault.REFUSED,
                String.valueOf(e.getMessage()));
      }
    }
  }

  @Override
  public void step() throws InterruptedException {
    // readings must not grow old while an event waits for the disk: it is stored within a second
    services.events().neverWait();
    try {
      look();
    } finally {
      services.events().mayWait();
    }
    // beats that were missed (accelerated time) are skipped, not made up for
    long now = services.clock().missionNanos();
    next = Math.max(next + PERIOD_NANOS, now);
    services.board().sleepUntilNanos(next);
  }

  private void look() {
    fresh = sweep.run(services.clock().hostNanos() + SWEEP_NANOS);
    List<HealthWatch.Outcome> outcomes = new ArrayList<>(polled.size());
    for (int i = 0; i < polled.size(); i++) {
      outcomes.add(outcome(polled.get(i), sweep.fault(i)));
    }
    Map<String, Finding> beside = new HashMap<>();
    disk.finding().ifPresent(finding -> beside.put(DiskProbe.DEVICE, finding));
    health.look(outcomes, beside, services.clock().missionNanos());
    noteRecoveries();
    long jump = services.clock().checkJump();
    if (jump != 0) {
      services
          .events()
          .reportDevice(CoreEvent.TIME_JUMP, "clock", DeviceFault.CLOCK_JUMPED, jump / 1e9);
    }
  }

  private void noteRecoveries() {
    for (String bus : services.board().buses()) {
      long now = recoveries(bus) - commands.recoveries(bus);
      // a command is counted a moment before its recovery: that is no step back
      if (now > recoveries.getOrDefault(bus, 0L)) {
        recoveries.put(bus, now);
        services.events().reportDevice(CoreEvent.BUS_RECOVERED, bus, DeviceFault.TIMEOUT);
      }
    }
  }

  private long recoveries(String bus) {
    try {
      return services.board().busRecoveries(bus);
    } catch (HardwareFault e) {
      throw new IllegalStateException("the board forgets its own buses", e);
    }
  }

  private static HealthWatch.Outcome outcome(Polled<?> device, Optional<HardwareFault> fault) {
    Optional<Reading> reading = Optional.empty();
    Optional<HardwareFault> outcome = fault;
    long resets = 0;
    try {
      resets = device.resets();
      if (fault.isEmpty()) {
        reading = Optional.of(device.reading());
      }
    } catch (HardwareFault e) {
      outcome = Optional.of(e);
    } catch (RuntimeException | LinkageError | StackOverflowError | AssertionError e) {
      // a driver that is broken costs its device and no other
      outcome =
          Optional.of(
              new HardwareFault(
                  HardwareFault.Kind.BAD_DATA, device.name(), "the driver failed: " + e, e));
    }
    return new HealthWatch.Outcome(device.name(), device.lane(), outcome, reading, resets);
  }

  private void fill(Housekeeping.Builder packet) {
    packet.setDevices(polled.size()).setDevicesFresh(fresh).addAllFaulty(health.faulty());
    for (Polled<?> device : polled) {
      services
          .hardware()
          .reading(device.name(), Reading.class)
          .flatMap(reading -> DeviceValues.of(device.name(), reading))
          .ifPresent(packet::addValues);
    }
  }

  @Override
  public int queued() {
    return commands.queued();
  }

  @Override
  public void close() {
    services.telemetry().withdraw(housekeeping);
    end();
  }

  /** Closes what is open, also where the driver of one of them is broken. */
  private void end() {
    Optional<IllegalStateException> failed = Optional.empty();
    while (!ends.isEmpty()) {
      try {
        ends.pop().run();
      } catch (RuntimeException | Error e) {
        if (failed.isPresent()) {
          failed.get().addSuppressed(e);
        } else {
          failed = Optional.of(new IllegalStateException("it does not close: " + e, e));
        }
      }
    }
    if (failed.isPresent()) {
      throw failed.get();
    }
  }
}

package org.heliostat.core.hardware;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.heliostat.core.app.Services;
import org.heliostat.core.command.Execution;
import org.heliostat.core.event.CoreEvent;
import org.heliostat.hal.ComputeCard;
import org.heliostat.hal.CoolantPump;
import org.heliostat.hal.Device;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.Heater;
import org.heliostat.hal.PlatformBus;
import org.heliostat.hal.PowerSwitch;
import org.heliostat.hal.RailReading;
import org.heliostat.protocol.AppArgument;
import org.heliostat.protocol.CycleRail;
import org.heliostat.protocol.DeviceFault;
import org.heliostat.protocol.SendFrame;
import org.heliostat.protocol.Telecommand;
import org.heliostat.protocol.Telecommand.CommandCase;

/**
 * Carries out the commands to devices, one after the other on a thread of its own, so that the link
 * never waits for a part. Overflow policy: with {@value #WAITING} commands waiting the next one
 * fails at once.
 */
final class HardwareCommands implements AutoCloseable {
  static final int WAITING = 16;

  /** Mission time in which a rail that was switched must show it. */
  private static final long RAIL_NANOS = 5_000_000_000L;

  /** Mission time in which a card that was reset must answer. */
  private static final long CARD_NANOS = 60_000_000_000L;

  /** Cards hold themselves to whole watts. */
  private static final double LIMIT_WATTS = 1;

  private static final long LOOK_NANOS = 100_000_000L;
  private static final String APP_ENDS = "the hardware app ends";

  private final Services services;
  private final Map<String, Device> devices;
  private final ThreadPoolExecutor thread;
  private final Map<String, Long> recoveries = new ConcurrentHashMap<>();

  HardwareCommands(Services services, Map<String, Device> devices) {
    this.services = services;
    this.devices = Map.copyOf(devices);
    this.thread =
        new ThreadPoolExecutor(
            1,
            1,
            0,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(WAITING),
            task -> {
              Thread made = new Thread(task, "hardware-commands");
              made.setDaemon(true);
              return made;
            });
    for (CommandCase command :
        List.of(
            CommandCase.SWITCH_RAIL,
            CommandCase.CYCLE_RAIL,
            CommandCase.SET_HEATER,
            CommandCase.SET_PUMP,
            CommandCase.SET_CARD_POWER_LIMIT,
            CommandCase.RESET_CARD,
            CommandCase.RECOVER_BUS,
            CommandCase.SEND_FRAME)) {
      services.commands().handle(command, this::take);
    }
  }

  private void take(Telecommand command, Execution execution) {
    try {
      thread.execute(new Order(command, execution));
    } catch (RejectedExecutionException e) {
      execution.fail(thread.isShutdown() ? APP_ENDS : "too many commands to devices are waiting");
    }
  }

  /** A command that waits for its turn. */
  private final class Order implements Runnable {
    private final Telecommand command;
    private final Execution execution;

    private Order(Telecommand command, Execution execution) {
      this.command = command;
      this.execution = execution;
    }

    @Override
    public void run() {
      try {
        execution.progress(obey(command));
        execution.complete();
      } catch (HardwareFault e) {
        execution.fail(e.kind() + ": " + e.getMessage());
      } catch (InterruptedException e) {
        execution.fail(APP_ENDS);
        Thread.currentThread().interrupt();
      } catch (RuntimeException e) {
        // the top of the thread: a driver that is broken fails its command and nothing else
        execution.fail("the driver failed: " + e);
      }
    }
  }

  private String obey(Telecommand command) throws HardwareFault, InterruptedException {
    return switch (command.getCommandCase()) {
      case SWITCH_RAIL ->
          switchRail(command.getSwitchRail().getDevice(), command.getSwitchRail().getOn());
      case CYCLE_RAIL -> cycle(command.getCycleRail());
      case SET_HEATER -> {
        String name = command.getSetHeater().getDevice();
        device(name, Heater.class).setDuty(command.getSetHeater().getDuty());
        yield commanded(name, "duty " + command.getSetHeater().getDuty());
      }
      case SET_PUMP -> {
        String name = command.getSetPump().getDevice();
        device(name, CoolantPump.class).setDuty(command.getSetPump().getDuty());
        yield commanded(name, "duty " + command.getSetPump().getDuty());
      }
      case SET_CARD_POWER_LIMIT -> {
        String name = command.getSetCardPowerLimit().getDevice();
        double watts = command.getSetCardPowerLimit().getWatts();
        ComputeCard card = device(name, ComputeCard.class);
        card.setPowerLimit(watts);
        double held = card.read().powerLimitWatts();
        if (Math.abs(held - watts) > LIMIT_WATTS) {
          throw new HardwareFault(
              HardwareFault.Kind.BAD_DATA, name, "the card holds itself to " + held + " W");
        }
        yield commanded(name, "power limit " + watts + " W");
      }
      case RESET_CARD -> {
        String name = command.getResetCard().getDevice();
        device(name, ComputeCard.class).reset();
        awaitCard(name);
        yield commanded(name, "reset");
      }
      case RECOVER_BUS -> {
        String bus = command.getRecoverBus().getBus();
        long before = services.board().busRecoveries(bus);
        // counted first, so that nobody takes it for one of the board's own
        recoveries.merge(bus, 1L, Long::sum);
        try {
          services.board().recoverBus(bus);
        } catch (HardwareFault e) {
          if (services.board().busRecoveries(bus) == before) {
            recoveries.merge(bus, -1L, Long::sum);
          }
          throw e;
        }
        yield commanded(bus, "recovered");
      }
      case SEND_FRAME -> {
        SendFrame send = command.getSendFrame();
        Map<String, Double> signals = new HashMap<>();
        for (AppArgument signal : send.getSignalsList()) {
          if (signals.put(signal.getName(), signal.getValue()) != null) {
            throw new HardwareFault(
                HardwareFault.Kind.REFUSED,
                send.getDevice(),
                "signal " + signal.getName() + " stands twice");
          }
        }
        device(send.getDevice(), PlatformBus.class).send(send.getFrame(), signals);
        yield commanded(send.getDevice(), "sent " + send.getFrame());
      }
      default -> throw new IllegalStateException(command.getCommandCase() + " is not handled here");
    };
  }

  /** How often a bus was recovered by command. Thread-safe. */
  long recoveries(String bus) {
    return recoveries.getOrDefault(bus, 0L);
  }

  private String switchRail(String name, boolean on) throws HardwareFault, InterruptedException {
    PowerSwitch rail = device(name, PowerSwitch.class);
    if (on) {
      refuseIsolated(name);
      turnOn(name, rail);
    } else {
      turnOff(name, rail);
    }
    return name + (on ? " is on" : " is off");
  }

  private String cycle(CycleRail cycle) throws HardwareFault, InterruptedException {
    String name = cycle.getDevice();
    PowerSwitch rail = device(name, PowerSwitch.class);
    refuseIsolated(name);
    turnOff(name, rail);
    services
        .board()
        .sleepUntilNanos(
            services.clock().missionNanos() + (long) (cycle.getOffSeconds() * 1_000_000_000L));
    rail.clearFaults();
    turnOn(name, rail);
    return name + " was off for " + cycle.getOffSeconds() + " s and is on";
  }

  /** What fault protection has isolated stays off until an operator releases it. */
  private void refuseIsolated(String rail) throws HardwareFault {
    if (services.state().get().getIsolatedDevicesList().contains(rail)) {
      throw new HardwareFault(
          HardwareFault.Kind.REFUSED, rail, "it is isolated, and must be released first");
    }
  }

  private void turnOn(String name, PowerSwitch rail) throws HardwareFault, InterruptedException {
    rail.on();
    await(name, rail, true);
    services
        .events()
        .reportDevice(CoreEvent.RAIL_SWITCHED, name, DeviceFault.DEVICE_FAULT_UNSPECIFIED, "on");
  }

  private void turnOff(String name, PowerSwitch rail) throws HardwareFault, InterruptedException {
    rail.off();
    await(name, rail, false);
    services
        .events()
        .reportDevice(CoreEvent.RAIL_SWITCHED, name, DeviceFault.DEVICE_FAULT_UNSPECIFIED, "off");
  }

  private void await(String name, PowerSwitch rail, boolean on)
      throws HardwareFault, InterruptedException {
    long start = services.clock().missionNanos();
    while (true) {
      RailReading reading = rail.read();
      if (on ? reading.powerGood() && !reading.latchedOff() : !reading.powerGood()) {
        return;
      }
      if (services.clock().missionNanos() - start > RAIL_NANOS) {
        throw new HardwareFault(
            HardwareFault.Kind.TIMEOUT,
            name,
            "the rail does not go "
                + (on ? "on" : "off")
                + ": "
                + reading.outputVolts()
                + " V, faults "
                + reading.faults());
      }
      services.board().sleepUntilNanos(services.clock().missionNanos() + LOOK_NANOS);
    }
  }

  /** Waits for the sweep to hear of the card again: this thread must not hang with it. */
  private void awaitCard(String name) throws HardwareFault, InterruptedException {
    long start = services.clock().missionNanos();
    while (services
        .hardware()
        .card(name)
        .filter(reading -> reading.takenNanos() - start > 0)
        .isEmpty()) {
      if (services.clock().missionNanos() - start > CARD_NANOS) {
        throw new HardwareFault(
            HardwareFault.Kind.TIMEOUT, name, "the card does not answer after its reset");
      }
      services.board().sleepUntilNanos(services.clock().missionNanos() + LOOK_NANOS);
    }
  }

  private String commanded(String device, String what) {
    services
        .events()
        .reportDevice(
            CoreEvent.DEVICE_COMMANDED, device, DeviceFault.DEVICE_FAULT_UNSPECIFIED, what);
    return device + ": " + what;
  }

  private <D extends Device> D device(String name, Class<D> kind) throws HardwareFault {
    Device device = devices.get(name);
    if (!kind.isInstance(device)) {
      throw new HardwareFault(
          HardwareFault.Kind.REFUSED,
          name,
          device == null
              ? "there is no such device"
              : "it is not a " + kind.getSimpleName() + " and cannot do that");
    }
    return kind.cast(device);
  }

  @Override
  public void close() {
    for (Runnable waiting : thread.shutdownNow()) {
      if (waiting instanceof Order order) {
        order.execution.fail(APP_ENDS);
      }
    }
  }
}

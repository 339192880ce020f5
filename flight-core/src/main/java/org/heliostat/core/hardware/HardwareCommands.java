package org.heliostat.core.hardware;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.heliostat.core.app.Services;
import org.heliostat.core.command.Commands;
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
 * Carries out the commands to devices on threads of its own, so that the link never waits for a
 * part. Commands to one device run one after the other; those to different devices do not wait for
 * each other. A rail that is ordered off waits for no pause: commands to that rail that wait, or
 * pause between off and on, fail when it has been turned off.
 *
 * <p>Overflow policy: with {@value #MOST} commands in hand the next one fails at once; a rail that
 * is ordered off is one of {@value #MOST_WITH_OFFS}. Thread-safe.
 */
final class HardwareCommands implements AutoCloseable {
  static final int MOST = 16;

  /** Load shedding is not refused because operators are busy. */
  static final int MOST_WITH_OFFS = 48;

  private static final long THREAD_SECONDS = 10;

  /** Mission time in which a rail that was switched must show it. */
  private static final long RAIL_NANOS = 5_000_000_000L;

  /** Mission time in which a card that was reset must answer. */
  private static final long CARD_NANOS = 60_000_000_000L;

  /** Cards hold themselves to whole watts. */
  private static final double LIMIT_WATTS = 1;

  private static final long LOOK_NANOS = 100_000_000L;
  private static final String ORIGIN = "hardware";
  private static final String APP_ENDS = "the hardware app ends";
  private static final String OVERTAKEN = "overtaken: the rail is ordered off";

  private final Services services;
  private final Map<String, Device> devices;
  private final RailNotes notes;
  private final ThreadPoolExecutor threads;
  private final Map<String, Deque<Order>> lines = new HashMap<>();
  private int inHand;
  private boolean closed;
  private final Map<String, Long> recoveries = new ConcurrentHashMap<>();

  HardwareCommands(Services services, Map<String, Device> devices) {
    this.services = services;
    this.devices = Map.copyOf(devices);
    this.notes = new RailNotes(services.state());
    this.threads =
        new ThreadPoolExecutor(
            0,
            // one for each device that has a command in hand
            Integer.MAX_VALUE,
            THREAD_SECONDS,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
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
      services.commands().handle(ORIGIN, command, this::take);
    }
  }

  private void take(Telecommand command, Execution execution) {
    Order order = new Order(command, execution);
    boolean refused;
    synchronized (lines) {
      forgetEnded();
      refused = closed || inHand >= (order.isOff() ? MOST_WITH_OFFS : MOST);
      if (!refused) {
        Deque<Order> line = lines.get(order.device);
        if (line == null) {
          // throws where there is no thread to be had: nothing is in hand then
          threads.execute(() -> work(order));
          lines.put(order.device, new ArrayDeque<>(List.of(order)));
        } else {
          if (order.isOff()) {
            line.stream().filter(one -> !one.isOff()).forEach(one -> one.overtaken = true);
          }
          line.add(order);
        }
        inHand++;
      }
    }
    if (refused) {
      execution.fail(closed ? APP_ENDS : "too many commands to devices are in hand");
    }
  }

  /**
   * What waits for a driver that does not come back, and has ended by its deadline, is in hand no
   * more. The caller holds {@link #lines}.
   */
  private void forgetEnded() {
    for (Deque<Order> line : lines.values()) {
      Order first = line.element();
      int before = line.size();
      line.removeIf(one -> one != first && one.execution.ended());
      inHand -= before - line.size();
    }
  }

  /** Works off the line of one device; its first order stays in it until it is done. */
  private void work(Order first) {
    List<Order> overtaken = new ArrayList<>();
    for (Optional<Order> next = Optional.of(first); next.isPresent(); next = after(next.get())) {
      Order order = next.get();
      if (!order.overtaken && !order.execution.ended()) {
        order.run();
      }
      if (order.overtaken) {
        overtaken.add(order);
      } else if (order.isOff()) {
        tell(overtaken);
      }
    }
    tell(overtaken);
  }

  /** Not before the rail is off: to tell of it may wait for the disk. */
  private static void tell(List<Order> overtaken) {
    overtaken.forEach(order -> order.execution.fail(OVERTAKEN));
    overtaken.clear();
  }

  private Optional<Order> after(Order done) {
    synchronized (lines) {
      inHand--;
      Deque<Order> line = lines.getOrDefault(done.device, new ArrayDeque<>());
      boolean unused = line.remove(done);
      if (line.isEmpty()) {
        lines.remove(done.device);
      }
      return Optional.ofNullable(line.peek());
    }
  }

  /** A command to one device. */
  private final class Order {
    private final Telecommand command;
    private final Execution execution;
    private final String device;
    private volatile boolean overtaken;

    private Order(Telecommand command, Execution execution) {
      this.command = command;
      this.execution = execution;
      this.device = deviceOf(command);
    }

    private boolean isOff() {
      return command.hasSwitchRail() && !command.getSwitchRail().getOn();
    }

    private void run() {
      try {
        execution.progress(obey(this));
        execution.complete();
      } catch (HardwareFault e) {
        if (!overtaken) {
          execution.fail(e.kind() + ": " + e.getMessage());
        }
      } catch (InterruptedException e) {
        execution.fail(APP_ENDS);
        Thread.currentThread().interrupt();
      } catch (RuntimeException | LinkageError | StackOverflowError | AssertionError e) {
        // the top of the thread: a driver that is broken fails its command and nothing else
        execution.fail("the driver failed: " + e);
      }
    }

    /** Throws when the rail that it is about has been ordered off meanwhile. */
    private void checkNotOvertaken() throws HardwareFault {
      if (overtaken) {
        throw new HardwareFault(HardwareFault.Kind.REFUSED, device, OVERTAKEN);
      }
    }
  }

  private static String deviceOf(Telecommand command) {
    return switch (command.getCommandCase()) {
      case SWITCH_RAIL -> command.getSwitchRail().getDevice();
      case CYCLE_RAIL -> command.getCycleRail().getDevice();
      case SET_HEATER -> command.getSetHeater().getDevice();
      case SET_PUMP -> command.getSetPump().getDevice();
      case SET_CARD_POWER_LIMIT -> command.getSetCardPowerLimit().getDevice();
      case RESET_CARD -> command.getResetCard().getDevice();
      case RECOVER_BUS -> command.getRecoverBus().getBus();
      case SEND_FRAME -> command.getSendFrame().getDevice();
      default -> throw new IllegalStateException(command.getCommandCase() + " is not handled here");
    };
  }

  private String obey(Order order) throws HardwareFault, InterruptedException {
    Telecommand command = order.command;
    return switch (command.getCommandCase()) {
      case SWITCH_RAIL -> switchRail(order, command.getSwitchRail().getOn());
      case CYCLE_RAIL -> cycle(command.getCycleRail(), order);
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
        // NaN confirms nothing
        if (!(Math.abs(held - watts) <= LIMIT_WATTS)) {
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

  /** Commands in hand. Thread-safe. */
  int queued() {
    synchronized (lines) {
      return inHand;
    }
  }

  /** How often a bus was recovered by command. Thread-safe. */
  long recoveries(String bus) {
    return recoveries.getOrDefault(bus, 0L);
  }

  private String switchRail(Order order, boolean on) throws HardwareFault, InterruptedException {
    String name = order.device;
    PowerSwitch rail = device(name, PowerSwitch.class);
    String origin = order.execution.origin();
    if (on) {
      notes.checkOn(name, origin);
      notes.ordered(name, origin, true);
      turnOn(order, rail);
    } else {
      rail.off();
      notes.ordered(name, origin, false);
      isOff(order, rail);
    }
    return name + (on ? " is on" : " is off");
  }

  private String cycle(CycleRail cycle, Order order) throws HardwareFault, InterruptedException {
    String name = order.device;
    PowerSwitch rail = device(name, PowerSwitch.class);
    String origin = order.execution.origin();
    notes.checkOn(name, origin);
    notes.ordered(name, origin, true);
    // the pause is mission time, which never passes more slowly
    order.execution.within(cycle.getOffSeconds() + Commands.DEADLINE_SECONDS);
    services.hardware().cycling(name, true);
    try {
      rail.off();
      isOff(order, rail);
      pause(order, cycle.getOffSeconds());
      // it may have been isolated, or shed, meanwhile
      notes.checkOn(name, origin);
      rail.clearFaults();
      turnOn(order, rail);
    } finally {
      // a rail that this leaves off is brought back by survival
      services.hardware().cycling(name, false);
    }
    return name + " was off for " + cycle.getOffSeconds() + " s and is on";
  }

  private void pause(Order order, double seconds) throws HardwareFault, InterruptedException {
    long until = services.clock().missionNanos() + (long) (seconds * 1e9);
    for (long now = services.clock().missionNanos();
        now < until;
        now = services.clock().missionNanos()) {
      order.checkNotOvertaken();
      services.board().sleepUntilNanos(Math.min(until, now + LOOK_NANOS));
    }
  }

  private void turnOn(Order order, PowerSwitch rail) throws HardwareFault, InterruptedException {
    String name = order.device;
    order.checkNotOvertaken();
    rail.on();
    await(order, rail, true);
    services
        .events()
        .reportDevice(CoreEvent.RAIL_SWITCHED, name, DeviceFault.DEVICE_FAULT_UNSPECIFIED, "on");
  }

  private void isOff(Order order, PowerSwitch rail) throws HardwareFault, InterruptedException {
    await(order, rail, false);
    services
        .events()
        .reportDevice(
            CoreEvent.RAIL_SWITCHED, order.device, DeviceFault.DEVICE_FAULT_UNSPECIFIED, "off");
  }

  private void await(Order order, PowerSwitch rail, boolean on)
      throws HardwareFault, InterruptedException {
    long start = services.clock().missionNanos();
    while (true) {
      RailReading reading = rail.read();
      if (on ? reading.powerGood() && !reading.latchedOff() : !reading.powerGood()) {
        return;
      }
      order.checkNotOvertaken();
      if (services.clock().missionNanos() - start > RAIL_NANOS) {
        throw new HardwareFault(
            HardwareFault.Kind.TIMEOUT,
            order.device,
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
    List<Order> waiting = new ArrayList<>();
    synchronized (lines) {
      closed = true;
      for (Deque<Order> line : lines.values()) {
        line.stream().skip(1).forEach(waiting::add);
      }
      waiting.forEach(one -> one.overtaken = true);
    }
    waiting.forEach(one -> one.execution.fail(APP_ENDS));
    // the one at work hears of it by an interrupt
    List<Runnable> unused = threads.shutdownNow();
  }
}

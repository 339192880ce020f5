package org.heliostat.core.hardware;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.heliostat.hal.Camera;
import org.heliostat.hal.CardReading;
import org.heliostat.hal.ComputeCard;
import org.heliostat.hal.NavigationReceiver;
import org.heliostat.hal.PowerReading;
import org.heliostat.hal.RailReading;
import org.heliostat.hal.Reading;
import org.heliostat.hal.TemperatureReading;
import org.heliostat.hal.Watchdog;
import org.heliostat.protocol.DeviceConfig;

/**
 * What the board's devices read last. A value is there only while its device answers: it goes with
 * the first failed poll, when it is not believed any more, and with {@link #STALE_NANOS} of host
 * time without a poll. Thread-safe; written by the threads of {@link HardwareApp} alone.
 */
public final class Hardware {
  /** Age in host time at which a reading is no longer given. */
  public static final long STALE_NANOS = 5_000_000_000L;

  private record Taken(Reading reading, long hostNanos) {}

  private final LongSupplier hostNanos;
  private final Map<String, Taken> readings = new ConcurrentHashMap<>();
  private final Map<String, ComputeCard> cards = new ConcurrentHashMap<>();
  private final Map<String, Camera> cameras = new ConcurrentHashMap<>();
  private final Map<String, NavigationReceiver> receivers = new ConcurrentHashMap<>();
  private final Set<String> cycling = ConcurrentHashMap.newKeySet();
  private volatile List<Watchdog> watchdogs = List.of();
  private volatile boolean opened;

  /** With no readings; host time in ns comes from the supplier. */
  public Hardware(LongSupplier hostNanos) {
    this.hostNanos = hostNanos;
  }

  /** The last reading of a compute card, by device name. */
  public Optional<CardReading> card(String device) {
    return reading(device, CardReading.class);
  }

  /** The last reading of a power monitor, by device name. */
  public Optional<PowerReading> power(String device) {
    return reading(device, PowerReading.class);
  }

  /** The last reading of a temperature sensor, by device name. */
  public Optional<TemperatureReading> temperature(String device) {
    return reading(device, TemperatureReading.class);
  }

  /**
   * Whether a device has power, as far as is known: one that is fed by no switch has, and so has
   * one whose switch does not answer.
   */
  public boolean powered(DeviceConfig device) {
    return device.getPoweredBy().isEmpty()
        || reading(device.getPoweredBy(), RailReading.class)
            .map(rail -> rail.commandedOn() && rail.powerGood() && !rail.latchedOff())
            .orElse(true);
  }

  /** The last reading of a device of any kind, if it is of that type. */
  public <R extends Reading> Optional<R> reading(String device, Class<R> type) {
    Taken taken = readings.get(device);
    return taken == null
            || hostNanos.getAsLong() - taken.hostNanos > STALE_NANOS
            || !type.isInstance(taken.reading)
        ? Optional.empty()
        : Optional.of(type.cast(taken.reading));
  }

  /** A camera, by device name, once the devices are open. */
  public Optional<Camera> camera(String device) {
    return Optional.ofNullable(cameras.get(device));
  }

  /** A navigation receiver, by device name, once the devices are open. */
  public Optional<NavigationReceiver> receiver(String device) {
    return Optional.ofNullable(receivers.get(device));
  }

  /** The board's watchdogs, once the devices are open. */
  public List<Watchdog> watchdogs() {
    return watchdogs;
  }

  /** Whether a compute card could be opened. */
  public boolean hasCard(String device) {
    return cards.containsKey(device);
  }

  /** Whether opening the devices has been tried. */
  public boolean opened() {
    return opened;
  }

  /** Whether a rail is off for the pause of a power cycle that is under way. */
  public boolean cycling(String rail) {
    return cycling.contains(rail);
  }

  void cycling(String rail, boolean underWay) {
    boolean unused = underWay ? cycling.add(rail) : cycling.remove(rail);
  }

  void opened(
      Map<String, ComputeCard> openCards,
      Map<String, Camera> openCameras,
      Map<String, NavigationReceiver> openReceivers,
      List<Watchdog> openWatchdogs) {
    cards.clear();
    cards.putAll(openCards);
    cameras.clear();
    cameras.putAll(openCameras);
    receivers.clear();
    receivers.putAll(openReceivers);
    watchdogs = List.copyOf(openWatchdogs);
    cycling.clear();
    opened = true;
  }

  void put(String device, Reading reading) {
    readings.put(device, new Taken(reading, hostNanos.getAsLong()));
  }

  void remove(String device) {
    readings.remove(device);
  }
}

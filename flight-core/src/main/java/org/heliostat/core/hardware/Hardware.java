package org.heliostat.core.hardware;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.heliostat.hal.Camera;
import org.heliostat.hal.CardReading;
import org.heliostat.hal.ComputeCard;
import org.heliostat.hal.PowerReading;
import org.heliostat.hal.TemperatureReading;

/**
 * What the board's devices read last. A value is there only while its device answers: it goes with
 * the first failed poll, and with {@link #STALE_NANOS} of host time without a poll. Thread-safe;
 * written by {@link HardwareApp} alone.
 */
public final class Hardware {
  /** Age in host time at which a reading is no longer given. */
  public static final long STALE_NANOS = 5_000_000_000L;

  private record Taken<R>(R reading, long hostNanos) {}

  private final LongSupplier hostNanos;
  private final Map<String, Taken<?>> readings = new ConcurrentHashMap<>();
  private final Map<String, ComputeCard> cards = new ConcurrentHashMap<>();
  private final Map<String, Camera> cameras = new ConcurrentHashMap<>();
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

  /** A camera, by device name, once the devices are open. */
  public Optional<Camera> camera(String device) {
    return Optional.ofNullable(cameras.get(device));
  }

  /** Whether a compute card could be opened. */
  public boolean hasCard(String device) {
    return cards.containsKey(device);
  }

  /** Whether opening the devices has been tried. */
  public boolean opened() {
    return opened;
  }

  void opened(Map<String, ComputeCard> openCards, Map<String, Camera> openCameras) {
    cards.clear();
    cards.putAll(openCards);
    cameras.clear();
    cameras.putAll(openCameras);
    opened = true;
  }

  void put(String device, Object reading) {
    readings.put(device, new Taken<>(reading, hostNanos.getAsLong()));
  }

  void remove(String device) {
    readings.remove(device);
  }

  private <R> Optional<R> reading(String device, Class<R> type) {
    Taken<?> taken = readings.get(device);
    return taken == null
            || hostNanos.getAsLong() - taken.hostNanos > STALE_NANOS
            || !type.isInstance(taken.reading)
        ? Optional.empty()
        : Optional.of(type.cast(taken.reading));
  }
}

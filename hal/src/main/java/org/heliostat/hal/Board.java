package org.heliostat.hal;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.LongSupplier;
import org.heliostat.hal.os.I2cBus;
import org.heliostat.hal.os.NativeLibc;
import org.heliostat.hal.os.SystemLibrary;

/**
 * The board: its clock, its buses and its devices.
 *
 * <p>May be used from any thread. Closing the board closes the devices opened through it.
 */
public final class Board implements AutoCloseable {
  private static final int CLOCK_REALTIME = 0;
  private static final int CLOCK_MONOTONIC = 1;
  private static final int TIMER_ABSTIME = 1;
  private static final int EINTR = 4;
  private static final long NANOS = 1_000_000_000L;

  /**
   * A slice of sleep is steered to last 10 to 40 ms of host time, whatever the speed of mission
   * time.
   */
  private static final long SLICE_SHORTEST_HOST_NANOS = 10_000_000L;

  private static final long SLICE_LONGEST_HOST_NANOS = 40_000_000L;
  private static final long SLICE_FIRST_NANOS = 10_000_000L;
  private static final long SLICE_MINIMUM_NANOS = 1_000_000L;
  private static final long SLICE_MAXIMUM_NANOS = 3_600L * NANOS;

  private final SystemLibrary libc;
  private final LongSupplier hostNanos;
  private final ThreadLocal<Memory> timespec = ThreadLocal.withInitial(() -> new Memory(16));
  private final List<Device> devices = new CopyOnWriteArrayList<>();
  private final Map<String, I2cBus> buses = new TreeMap<>();

  private Board(SystemLibrary libc, LongSupplier hostNanos) {
    this.libc = libc;
    this.hostNanos = hostNanos;
  }

  /**
   * Opens the board through the library that the system property {@code heliostat.libc} names
   * (default: the system's own).
   *
   * @throws HardwareFault if the library is missing or is not what was named, or its clock does not
   *     answer
   */
  public static Board open() throws HardwareFault {
    return over(NativeLibc.load(), System::nanoTime);
  }

  /**
   * Opens a board over any provider of the native calls; {@code hostNanos} bounds the time that
   * transfers may take.
   */
  public static Board over(SystemLibrary libc, LongSupplier hostNanos) throws HardwareFault {
    Board board = new Board(libc, hostNanos);
    Memory time = board.time();
    if (libc.clock_gettime(CLOCK_MONOTONIC, time) != 0) {
      throw new HardwareFault(
          HardwareFault.Kind.ABSENT,
          "clock",
          "clock_gettime of " + libc.origin() + " fails with error " + libc.lastError());
    }
    return board;
  }

  /** Names of all drivers that can be opened. */
  public static Set<String> drivers() {
    Set<String> names = new TreeSet<>();
    for (DeviceDriver driver : ServiceLoader.load(DeviceDriver.class)) {
      names.add(driver.name());
    }
    return names;
  }

  /** Mission time, ns: never steps back, starts anywhere. */
  public long monotonicNanos() {
    return now(CLOCK_MONOTONIC);
  }

  /** The board's wall clock, ns since 1970; may be wrong and may jump. */
  public long realtimeNanos() {
    return now(CLOCK_REALTIME);
  }

  /**
   * Sleeps until mission time reaches {@code missionNanos}; an interrupt ends the sleep within
   * about 40 ms of host time.
   */
  public void sleepUntilNanos(long missionNanos) throws InterruptedException {
    long slice = SLICE_FIRST_NANOS;
    while (true) {
      if (Thread.interrupted()) {
        throw new InterruptedException("sleep until mission time " + missionNanos);
      }
      long now = monotonicNanos();
      if (missionNanos - now <= 0) {
        return;
      }
      long until = missionNanos - now <= slice ? missionNanos : now + slice;
      Memory time = time();
      time.setLong(0, Math.floorDiv(until, NANOS));
      time.setLong(8, Math.floorMod(until, NANOS));
      long before = hostNanos.getAsLong();
      int error = libc.clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, time, Pointer.NULL);
      if (error != 0 && error != EINTR) {
        throw new IllegalStateException("clock_nanosleep fails with error " + error);
      }
      long took = hostNanos.getAsLong() - before;
      if (took < SLICE_SHORTEST_HOST_NANOS) {
        slice = Math.min(slice * 2, SLICE_MAXIMUM_NANOS);
      } else if (took > SLICE_LONGEST_HOST_NANOS) {
        slice = Math.max(slice / 2, SLICE_MINIMUM_NANOS);
      }
    }
  }

  /** The native calls, for drivers of devices that are no parts on an I2C bus. */
  public SystemLibrary system() {
    return libc;
  }

  /**
   * Sets up an I2C bus, before the first of its parts is opened. A bus that is not set up has a
   * deadline of 100 ms for a transfer and no recovery.
   *
   * @param path such as {@code /dev/i2c-1}
   * @param parameters see {@link I2cBus}; an unknown key is refused
   */
  public void bus(String path, Map<String, String> parameters) throws HardwareFault {
    I2cBus bus = new I2cBus(libc, hostNanos, path, parameters);
    synchronized (buses) {
      if (buses.putIfAbsent(path, bus) != null) {
        throw new HardwareFault(
            HardwareFault.Kind.REFUSED, path, "the bus is set up, or has parts, already");
      }
    }
  }

  /** Paths of the buses that were set up or have parts, in order. */
  public Set<String> buses() {
    synchronized (buses) {
      return new TreeSet<>(buses.keySet());
    }
  }

  /**
   * Recovers a bus by command: its adapter is bound anew and all its parts are opened again at
   * their next transfer.
   *
   * @throws HardwareFault of kind {@code REFUSED} for a bus that is unknown or whose parameters do
   *     not say how; {@code TIMEOUT} while a transfer holds the bus
   */
  public void recoverBus(String path) throws HardwareFault {
    known(path).recover();
  }

  /** How often a bus was recovered, by itself or by command. */
  public long busRecoveries(String path) throws HardwareFault {
    return known(path).recoveries();
  }

  /** How many transfers of a bus were tried again. */
  public long busRetries(String path) throws HardwareFault {
    return known(path).retries();
  }

  /** Opens a part on an I2C bus, for drivers. The caller closes it. */
  public Smbus smbus(String deviceName, String busPath, int address) throws HardwareFault {
    return smbus(deviceName, busPath, address, false, false);
  }

  /**
   * Opens a part on an I2C bus, for drivers. The caller closes it.
   *
   * @param pec whether each transfer carries a packet error code; refused where the adapter cannot
   * @param force whether the part is taken although a driver of the kernel holds it
   */
  public Smbus smbus(String deviceName, String busPath, int address, boolean pec, boolean force)
      throws HardwareFault {
    I2cBus bus;
    synchronized (buses) {
      bus = buses.get(busPath);
      if (bus == null) {
        bus = new I2cBus(libc, hostNanos, busPath, Map.of());
        buses.put(busPath, bus);
      }
    }
    return bus.open(deviceName, address, pec, force);
  }

  /**
   * Says whether a device could be opened so, without touching anything.
   *
   * @throws HardwareFault of kind {@code REFUSED} for an unknown driver, a driver of another kind,
   *     or parameters that the driver refuses
   */
  public static void check(
      Class<? extends Device> kind, String name, String driver, Map<String, String> parameters)
      throws HardwareFault {
    chosen(kind, name, driver).check(name, Map.copyOf(parameters));
  }

  /**
   * Opens a device.
   *
   * @param kind what the caller takes the device for; a driver of another kind is refused
   * @param name the device's name in faults
   * @param driver the driver's name
   * @param parameters the driver's own keys
   */
  public <D extends Device> D device(
      Class<D> kind, String name, String driver, Map<String, String> parameters)
      throws HardwareFault {
    DeviceDriver chosen = chosen(kind, name, driver);
    D device = kind.cast(chosen.open(name, Map.copyOf(parameters), this));
    devices.add(device);
    return device;
  }

  @Override
  public void close() {
    for (int i = devices.size() - 1; i >= 0; i--) {
      devices.get(i).close();
    }
    devices.clear();
  }

  private I2cBus known(String path) throws HardwareFault {
    synchronized (buses) {
      I2cBus bus = buses.get(path);
      if (bus == null) {
        throw new HardwareFault(
            HardwareFault.Kind.REFUSED, path, "no such bus; there are " + buses.keySet());
      }
      return bus;
    }
  }

  private static DeviceDriver chosen(Class<? extends Device> kind, String name, String driver)
      throws HardwareFault {
    DeviceDriver chosen = driver(name, driver);
    if (!kind.isAssignableFrom(chosen.kind())) {
      throw new HardwareFault(
          HardwareFault.Kind.REFUSED,
          name,
          "driver \""
              + driver
              + "\" opens a "
              + chosen.kind().getSimpleName()
              + ", not a "
              + kind.getSimpleName());
    }
    return chosen;
  }

  private static DeviceDriver driver(String device, String wanted) throws HardwareFault {
    Map<String, DeviceDriver> byName = new TreeMap<>();
    Iterator<DeviceDriver> offered = ServiceLoader.load(DeviceDriver.class).iterator();
    try {
      while (offered.hasNext()) {
        DeviceDriver one = offered.next();
        DeviceDriver other = byName.putIfAbsent(one.name(), one);
        if (other != null && one.name().equals(wanted)) {
          throw new HardwareFault(
              HardwareFault.Kind.REFUSED,
              device,
              "two drivers are called \""
                  + wanted
                  + "\": "
                  + other.getClass().getName()
                  + " and "
                  + one.getClass().getName());
        }
      }
    } catch (ServiceConfigurationError e) {
      throw new HardwareFault(
          HardwareFault.Kind.REFUSED,
          device,
          "the list of drivers is broken: " + e.getMessage(),
          e);
    }
    DeviceDriver found = byName.get(wanted);
    if (found == null) {
      throw new HardwareFault(
          HardwareFault.Kind.REFUSED,
          device,
          "no driver is called \"" + wanted + "\"; there are " + byName.keySet());
    }
    return found;
  }

  private long now(int clock) {
    Memory time = time();
    if (libc.clock_gettime(clock, time) != 0) {
      throw new IllegalStateException("clock_gettime fails with error " + libc.lastError());
    }
    return time.getLong(0) * NANOS + time.getLong(8);
  }

  private Memory time() {
    return timespec.get();
  }
}

package org.heliostat.hal.os;

import com.sun.jna.Pointer;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.HardwareFault.Kind;
import org.jspecify.annotations.Nullable;

/**
 * One I2C bus behind {@code /dev/i2c-N}, shared by its parts ({@code
 * Documentation/i2c/dev-interface.rst} of the kernel).
 *
 * <p>One transfer has the bus at a time. A transfer waits for the bus, and is tried, within the
 * bus' deadline; at most three times. A part that ends in a timeout may be hung itself, or may be
 * the victim of another that holds a line: the bus is then recovered (at most once in 5 s of host
 * time, if the parameters say how) and the part asked once more. If it still is silent, another
 * part that has answered before is asked for one byte: if that is silent, too, or there is none,
 * the fault names the bus, else the part.
 *
 * <p>Recovery is what the kernel offers user space: the adapter's driver is unbound and bound
 * again, and its probe clears the lines ({@code i2c_recover_bus}). All descriptors of the bus are
 * closed before, since {@code i2c_del_adapter} waits for them.
 *
 * <p>May be used from any thread. A transfer allocates nothing unless it fails or has to wait.
 */
public final class I2cBus {
  /** Host time of one transfer with its retries where the parameters do not say, ms. */
  public static final int DEADLINE_MILLIS = 100;

  static final int ATTEMPTS = 3;
  static final long RECOVERY_PAUSE_NANOS = 5_000_000_000L;

  static final long I2C_RETRIES = 0x0701;
  static final long I2C_TIMEOUT = 0x0702;
  static final long I2C_SLAVE = 0x0703;
  static final long I2C_FUNCS = 0x0705;
  static final long I2C_SLAVE_FORCE = 0x0706;
  static final long I2C_PEC = 0x0708;
  static final long I2C_SMBUS = 0x0720;

  private static final int LONGEST_DEADLINE_MILLIS = 10_000;
  private static final Set<String> KEYS =
      Set.of("deadline_ms", "recovery_driver", "recovery_device");

  private final SystemLibrary libc;
  private final LongSupplier hostNanos;
  private final String path;
  private final int deadlineMillis;
  private final @Nullable String recoveryDriver;
  private final @Nullable String recoveryDevice;

  /**
   * Fair: who transfers again and again, as a poll of many registers does, would otherwise take the
   * bus back before a command that waits has woken up.
   */
  private final ReentrantLock lock = new ReentrantLock(true);

  private final List<LinuxSmbus> parts = new CopyOnWriteArrayList<>();

  /** Whether parts were closed that still have a descriptor, since a transfer had the bus. */
  private volatile boolean leftOver;

  /** Whether the adapter was unbound and could not be bound again. */
  private boolean unbound;

  private boolean recoveredBefore;
  private long recoveredNanos;
  private final AtomicLong recoveries = new AtomicLong();
  private final AtomicLong retries = new AtomicLong();

  /**
   * Describes a bus; nothing is opened yet.
   *
   * @param hostNanos host time, ns
   * @param parameters {@code deadline_ms} (1 to 10,000; default 100), {@code recovery_driver} (a
   *     folder such as {@code /sys/bus/platform/drivers/i2c-imx}) and {@code recovery_device} (a
   *     name in it): both or neither
   * @throws HardwareFault of kind {@code REFUSED} for anything else
   */
  public I2cBus(
      SystemLibrary libc, LongSupplier hostNanos, String path, Map<String, String> parameters)
      throws HardwareFault {
    this.libc = libc;
    this.hostNanos = hostNanos;
    this.path = path;
    for (String key : new TreeSet<>(parameters.keySet())) {
      if (!KEYS.contains(key)) {
        throw refused("there is no parameter \"" + key + "\"; there are " + new TreeSet<>(KEYS));
      }
    }
    this.deadlineMillis = deadline(parameters.get("deadline_ms"));
    this.recoveryDriver = parameters.get("recovery_driver");
    this.recoveryDevice = parameters.get("recovery_device");
    if ((recoveryDriver == null) != (recoveryDevice == null)) {
      throw refused("\"recovery_driver\" and \"recovery_device\" go together");
    }
    if (recoveryDevice != null && (recoveryDevice.isBlank() || recoveryDevice.contains("/"))) {
      throw refused("\"recovery_device\" is \"" + recoveryDevice + "\", not a device's name");
    }
  }

  /**
   * Opens a part; the part itself is not touched.
   *
   * @param device the device's name in faults
   * @param address 7-bit address, 0x03 to 0x77
   * @param pec whether each transfer carries a checksum (SMBus packet error code)
   * @param force whether the part is taken although a driver of the kernel holds it
   */
  public LinuxSmbus open(String device, int address, boolean pec, boolean force)
      throws HardwareFault {
    LinuxSmbus part = new LinuxSmbus(this, device, address, pec, force);
    lock();
    try {
      part.reopen();
      // before the bus is free: a recovery closes the descriptors of the parts it knows
      parts.add(part);
    } finally {
      unlock();
    }
    return part;
  }

  /** The bus' path, such as {@code /dev/i2c-1}. */
  public String path() {
    return path;
  }

  /** How often the bus was recovered, by itself or by command. */
  public long recoveries() {
    return recoveries.get();
  }

  /** How many transfers were tried again. */
  public long retries() {
    return retries.get();
  }

  /**
   * Recovers the bus now, whenever it was recovered last.
   *
   * @throws HardwareFault of kind {@code REFUSED} where the parameters do not say how, {@code
   *     TIMEOUT} where a transfer holds the bus, or as the kernel's error says
   */
  public void recover() throws HardwareFault {
    lock();
    try {
      rebind();
    } finally {
      unlock();
    }
  }

  SystemLibrary libc() {
    return libc;
  }

  /** What one try may take in the kernel, in its unit of 10 ms. */
  int kernelTimeout() {
    return Math.max(1, deadlineMillis / (10 * ATTEMPTS));
  }

  /**
   * Gives back the descriptor of a part that was closed: at once, or, while a transfer has the bus
   * and perhaps this very descriptor, as soon as that ends. A number that is given back too early
   * may be another file's by the next try.
   */
  void release(LinuxSmbus part) {
    if (tryLock()) {
      try {
        part.drop();
        parts.remove(part);
      } finally {
        unlock();
      }
      return;
    }
    leftOver = true;
    if (lock.tryLock()) {
      // the transfer has ended in between, perhaps without seeing the above
      unlock();
    }
  }

  /** Waits for the bus, no longer than the deadline. */
  void lock() throws HardwareFault {
    if (!tryLock()) {
      throw new HardwareFault(
          Kind.TIMEOUT, path, "another transfer holds the bus for " + deadlineMillis + " ms");
    }
  }

  boolean tryLock() {
    // a plain tryLock is never fair
    if (!lock.hasQueuedThreads() && lock.tryLock()) {
      return true;
    }
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return lock.tryLock(deadlineMillis, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
          // the wait is short, and who is told to end may have a rail to turn off before
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  void unlock() {
    if (leftOver) {
      leftOver = false;
      parts.removeIf(LinuxSmbus::dropIfClosed);
    }
    lock.unlock();
  }

  /** Makes a part's prepared transfer; the caller has the bus. */
  void transfer(LinuxSmbus part) throws HardwareFault {
    if (unbound && mayRecover()) {
      // nothing else would ever bring the adapter back: without it parts are absent, not silent
      rebind();
    }
    int error = attempts(part, ATTEMPTS);
    if (error == 0) {
      return;
    }
    if (LinuxSmbus.kind(error) != Kind.TIMEOUT) {
      throw part.fault(error);
    }
    if (recoveryDriver != null && mayRecover()) {
      try {
        rebind();
      } catch (HardwareFault e) {
        HardwareFault hung = busFault(part, error);
        hung.addSuppressed(e);
        throw hung;
      }
      error = attempts(part, 1);
      if (error == 0) {
        return;
      }
      if (LinuxSmbus.kind(error) != Kind.TIMEOUT) {
        throw part.fault(error);
      }
    }
    throw othersAnswer(part) ? part.fault(error) : busFault(part, error);
  }

  private boolean mayRecover() {
    return !recoveredBefore || hostNanos.getAsLong() - recoveredNanos >= RECOVERY_PAUSE_NANOS;
  }

  private int attempts(LinuxSmbus part, int most) throws HardwareFault {
    long started = hostNanos.getAsLong();
    for (int attempt = 1; ; attempt++) {
      int error = part.attempt();
      if (error == 0
          || attempt >= most
          || !passing(error)
          || hostNanos.getAsLong() - started > deadlineMillis * 1_000_000L) {
        return error;
      }
      retries.incrementAndGet();
    }
  }

  /** Whether a part that has answered before still does, with anything but silence. */
  private boolean othersAnswer(LinuxSmbus silent) {
    for (LinuxSmbus other : parts) {
      if (other != silent && other.address() != silent.address() && other.hasAnswered()) {
        try {
          return LinuxSmbus.kind(other.probe()) != Kind.TIMEOUT;
        } catch (HardwareFault e) {
          // it could not be opened anew, which says nothing of the silent one: the next is asked
        }
      }
    }
    return false;
  }

  private void rebind() throws HardwareFault {
    if (recoveryDriver == null || recoveryDevice == null) {
      throw refused("the bus' parameters do not say how it is recovered");
    }
    recoveredBefore = true;
    recoveredNanos = hostNanos.getAsLong();
    recoveries.incrementAndGet();
    for (LinuxSmbus part : parts) {
      part.drop();
    }
    HardwareFault notUnbound = null;
    try {
      SysfsFile.write(libc, path, recoveryDriver + "/unbind", recoveryDevice);
      unbound = true;
    } catch (HardwareFault e) {
      // an adapter that is not bound (an earlier recovery was cut off) can still be bound
      notUnbound = e;
    }
    try {
      SysfsFile.write(libc, path, recoveryDriver + "/bind", recoveryDevice);
      unbound = false;
    } catch (HardwareFault e) {
      if (notUnbound != null) {
        e.addSuppressed(notUnbound);
      }
      throw e;
    }
  }

  private HardwareFault busFault(LinuxSmbus part, int error) {
    return new HardwareFault(
        Kind.TIMEOUT,
        path,
        "the bus hangs: no answer from " + part.where() + " (error " + error + "), nor another");
  }

  private HardwareFault refused(String message) {
    return new HardwareFault(Kind.REFUSED, path, message);
  }

  private int deadline(@Nullable String text) throws HardwareFault {
    if (text == null) {
      return DEADLINE_MILLIS;
    }
    try {
      int millis = Integer.parseInt(text);
      if (millis >= 1 && millis <= LONGEST_DEADLINE_MILLIS) {
        return millis;
      }
    } catch (NumberFormatException e) {
      // refused below
    }
    throw refused("\"deadline_ms\" is \"" + text + "\", not 1.." + LONGEST_DEADLINE_MILLIS);
  }

  /** Whether the next try can end otherwise. */
  private static boolean passing(int error) {
    return switch (error) {
      case Errno.EIO,
          Errno.ENXIO,
          Errno.EAGAIN,
          Errno.EBUSY,
          Errno.EBADMSG,
          Errno.EREMOTEIO,
          Errno.ETIMEDOUT ->
          true;
      default -> false;
    };
  }

  /** An integer as ioctl takes it in place of a pointer. */
  static Pointer value(long value) {
    return new Pointer(value);
  }
}

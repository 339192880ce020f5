package org.heliostat.hal.driver;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.HardwareFault.Kind;
import org.heliostat.hal.Polled;
import org.heliostat.hal.Reading;

/**
 * What the drivers of sampled devices have in common: a name, one who talks to the part at a time,
 * and the last good sample.
 *
 * <p>A subclass keeps the sample in fields of its own that are written and read under {@link
 * #sample} alone: {@link #measure} talks to the part first and takes that lock only to store what
 * came of it, so that {@link #reading} never waits for a part that hangs. Commands bracket their
 * transfers with {@link #begin} and {@link #end}; whoever finds the part busy for a second gives up
 * with {@code TIMEOUT}.
 *
 * @param <R> what a sample of the device holds
 */
public abstract class Sampled<R extends Reading> implements Polled<R> {
  private static final long WAIT_NANOS = 1_000_000_000L;

  /** The lock of the fields that hold the sample. */
  protected final Object sample = new Object();

  private final String name;
  private final long waitNanos;
  private final ReentrantLock part = new ReentrantLock();
  private boolean sampled;
  private long takenNanos;
  private boolean setUpBefore;
  private boolean settingUp;
  private final AtomicLong resets = new AtomicLong();

  /**
   * A device that has no sample yet.
   *
   * @param name the device's name in faults
   */
  protected Sampled(String name) {
    this(name, WAIT_NANOS);
  }

  Sampled(String name, long waitNanos) {
    this.name = name;
    this.waitNanos = waitNanos;
  }

  /**
   * Talks to the part and stores the sample, under the lock {@link #sample}, with {@link
   * #taken(long)}. Allocates nothing unless it fails.
   */
  protected abstract void measure() throws HardwareFault;

  /** Makes a record of the stored sample; called under the lock {@link #sample}. */
  protected abstract R record(long takenNanos);

  @Override
  public final String name() {
    return name;
  }

  @Override
  public final void poll() throws HardwareFault {
    begin();
    try {
      measure();
      setUpBefore = true;
    } finally {
      end();
    }
  }

  @Override
  public final R reading() throws HardwareFault {
    synchronized (sample) {
      if (!sampled) {
        throw fault(Kind.STALE, "there is no sample yet");
      }
      return record(takenNanos);
    }
  }

  @Override
  public final long resets() {
    return resets.get();
  }

  /** Marks the fields that were just written as a sample; called under {@link #sample}. */
  protected final void taken(long nanos) {
    sampled = true;
    takenNanos = nanos;
  }

  /**
   * Notes that the part is about to be set up. Until {@link #setUpDone}, whatever cuts the set-up
   * off, {@link #settingUp} says that it must be done again: half of it may look like all of it.
   */
  protected final void setUpBegins() {
    settingUp = true;
  }

  /** Whether a set-up has begun and not come to its end. */
  protected final boolean settingUp() {
    return settingUp;
  }

  /** Notes that the part was set up; every time but the first, it had lost its set-up. */
  protected final void setUpDone() {
    settingUp = false;
    if (setUpBefore) {
      resets.incrementAndGet();
    }
    setUpBefore = true;
  }

  /** Takes the part for this thread. */
  protected final void begin() throws HardwareFault {
    if (part.tryLock()) {
      return;
    }
    try {
      if (part.tryLock(waitNanos, TimeUnit.NANOSECONDS)) {
        return;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HardwareFault(Kind.TIMEOUT, name, "interrupted while another uses the device", e);
    }
    throw fault(Kind.TIMEOUT, "another uses the device and does not come back");
  }

  /** Gives the part back. */
  protected final void end() {
    part.unlock();
  }

  /** A fault of this device. */
  protected final HardwareFault fault(Kind kind, String message) {
    return new HardwareFault(kind, name, message);
  }
}

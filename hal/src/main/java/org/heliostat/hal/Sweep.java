package org.heliostat.hal;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.heliostat.hal.HardwareFault.Kind;
import org.jspecify.annotations.Nullable;

/**
 * Polls a set of devices by a deadline, whatever one of them does.
 *
 * <p>Devices of one lane ({@link Polled#lane}) are polled one after the other in their order, lanes
 * beside one another, by a fixed number of daemon threads named {@code sweep-N}; the caller's
 * thread polls nothing. A poll that has not come back at the deadline hangs: its device's fault is
 * {@code TIMEOUT}, the devices behind it in its lane are {@code STALE} for this sweep, its thread
 * is given up and replaced. A device that hangs is left out of later sweeps until its poll comes
 * back; then it is polled again, and its thread stays if one is wanted, else it ends.
 *
 * <p>Overflow: at most {@value #MOST_SPARES} threads are started to replace those that hang. When
 * all are used up, lanes that find no thread wait: their devices are {@code STALE} for the sweep.
 *
 * <p>A sweep in which no device fails allocates nothing. {@link #run} is for one thread at a time;
 * {@link #fault} may be called from any.
 */
public final class Sweep implements AutoCloseable {
  /** How many threads may be started to replace those that hang. */
  public static final int MOST_SPARES = 8;

  /** How often a waiting sweep looks at the host's clock, ms. */
  private static final long LOOK_MILLIS = 5;

  private static final int NONE = -1;

  private static final class Lane {
    final int[] members;
    int next;
    boolean pending;
    boolean taken;

    Lane(List<Integer> members) {
      this.members = members.stream().mapToInt(Integer::intValue).toArray();
    }
  }

  private final Polled<?>[] devices;

  // asked for once: a driver whose poll hangs may keep its name to itself, too
  private final String[] names;
  private final String[] laneNames;

  /** For a poll that ends so badly that not even its fault can be made. */
  private final HardwareFault[] failures;

  private final Lane[] lanes;
  private final int threads;
  private final LongSupplier hostNanos;

  private final Object lock = new Object();

  // all below is guarded by the lock
  private final @Nullable HardwareFault[] faults;
  private final boolean[] hung;
  private final List<Worker> workers = new ArrayList<>();
  private int alive;
  private int usable;
  private int lanesLeft;
  private int fresh;
  private long started;
  private boolean closed;

  /**
   * Starts the threads.
   *
   * @param devices polled in this order within their lanes
   * @param threads 1 to 64; more than there are lanes is no use
   * @param hostNanos host time, ns
   */
  public Sweep(List<? extends Polled<?>> devices, int threads, LongSupplier hostNanos) {
    if (threads < 1 || threads > 64) {
      throw new IllegalArgumentException(threads + " threads, not 1..64");
    }
    this.devices = devices.toArray(new Polled<?>[0]);
    this.names = new String[this.devices.length];
    this.laneNames = new String[this.devices.length];
    this.failures = new HardwareFault[this.devices.length];
    this.threads = threads;
    this.hostNanos = hostNanos;
    this.faults = new HardwareFault[this.devices.length];
    this.hung = new boolean[this.devices.length];
    Map<String, List<Integer>> byLane = new LinkedHashMap<>();
    for (int i = 0; i < this.devices.length; i++) {
      names[i] = this.devices[i].name();
      laneNames[i] = this.devices[i].lane();
      faults[i] = new HardwareFault(Kind.STALE, names[i], "never polled yet");
      failures[i] = new HardwareFault(Kind.BAD_DATA, names[i], "the driver failed");
      byLane.computeIfAbsent(laneNames[i], lane -> new ArrayList<>()).add(i);
    }
    this.lanes = byLane.values().stream().map(Lane::new).toArray(Lane[]::new);
    synchronized (lock) {
      for (int i = 0; i < threads; i++) {
        startWorker();
      }
    }
  }

  /**
   * Polls every device once.
   *
   * @param deadlineNanos host time at which the sweep ends at the latest, ns
   * @return how many devices have a fresh sample
   */
  public int run(long deadlineNanos) {
    boolean interrupted = false;
    int result;
    synchronized (lock) {
      if (closed) {
        throw new IllegalStateException("the sweep is closed");
      }
      fresh = 0;
      lanesLeft = lanes.length;
      for (Lane lane : lanes) {
        lane.next = 0;
        lane.pending = true;
        lane.taken = false;
      }
      lock.notifyAll();
      while (lanesLeft > 0 && deadlineNanos - hostNanos.getAsLong() > 0) {
        try {
          lock.wait(LOOK_MILLIS);
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
      if (lanesLeft > 0) {
        giveUp();
      }
      result = fresh;
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    return result;
  }

  /**
   * How the poll of a device ended in the last sweep; empty for a fresh sample.
   *
   * @param index of the device in the list that was given
   */
  public Optional<HardwareFault> fault(int index) {
    synchronized (lock) {
      return Optional.ofNullable(faults[index]);
    }
  }

  /** Ends the threads that do not hang; closing twice does nothing more. */
  @Override
  public void close() {
    synchronized (lock) {
      closed = true;
      lock.notifyAll();
    }
  }

  /** The sweep's threads that have not ended, those that hang included. */
  int threads() {
    synchronized (lock) {
      return alive;
    }
  }

  /** Whether a device hangs. */
  boolean hangs(int index) {
    synchronized (lock) {
      return hung[index];
    }
  }

  /** Ends a sweep whose time is up. */
  private void giveUp() {
    for (Worker worker : workers) {
      if (worker.device != NONE && !worker.givenUp) {
        worker.givenUp = true;
        usable--;
        hung[worker.device] = true;
        faults[worker.device] =
            new HardwareFault(Kind.TIMEOUT, names[worker.device], "the poll does not come back");
        worker.lane = null;
      }
    }
    for (Lane lane : lanes) {
      if (!lane.pending) {
        continue;
      }
      for (int i = lane.next; i < lane.members.length; i++) {
        int behind = lane.members[i];
        if (!hung[behind]) {
          faults[behind] =
              new HardwareFault(
                  Kind.STALE,
                  names[behind],
                  lane.taken
                      ? "not polled: another of lane " + laneNames[behind] + " hangs"
                      : "not polled: no thread was free");
        }
      }
      lane.pending = false;
    }
    lanesLeft = 0;
    while (usable < threads && alive < threads + MOST_SPARES) {
      startWorker();
    }
  }

  private void startWorker() {
    Worker worker = new Worker(++started);
    // first, since the system may have no more threads; it waits for the lock
    worker.start();
    workers.add(worker);
    alive++;
    usable++;
  }

  /** The next device for a worker, or {@link #NONE}. */
  private int next(Worker worker) {
    while (true) {
      Lane lane = worker.lane;
      if (lane == null) {
        lane = freeLane();
        if (lane == null) {
          return NONE;
        }
        lane.taken = true;
        worker.lane = lane;
      }
      while (lane.next < lane.members.length) {
        int device = lane.members[lane.next++];
        if (!hung[device]) {
          return device;
        }
      }
      worker.lane = null;
      lane.pending = false;
      if (--lanesLeft == 0) {
        lock.notifyAll();
      }
    }
  }

  private @Nullable Lane freeLane() {
    for (Lane lane : lanes) {
      if (lane.pending && !lane.taken) {
        return lane;
      }
    }
    return null;
  }

  /** Takes what came of a poll; whether the worker goes on. */
  private boolean finished(Worker worker, int device, @Nullable HardwareFault fault) {
    worker.device = NONE;
    if (!worker.givenUp) {
      faults[device] = fault;
      if (fault == null) {
        fresh++;
      }
      return true;
    }
    hung[device] = false;
    if (usable >= threads) {
      return false;
    }
    worker.givenUp = false;
    usable++;
    return true;
  }

  private final class Worker extends Thread {
    @Nullable Lane lane;
    int device = NONE;
    boolean givenUp;

    Worker(long number) {
      super("sweep-" + number);
      setDaemon(true);
    }

    @Override
    public void run() {
      try {
        while (work()) {
          // one device after the other
        }
      } finally {
        synchronized (lock) {
          workers.remove(this);
          alive--;
          if (!givenUp) {
            usable--;
          }
          if (device != NONE) {
            faults[device] = failures[device];
            hung[device] = false;
            if (lane != null) {
              // another thread serves the rest of it
              lane.taken = false;
            }
          }
          lock.notifyAll();
        }
      }
    }

    private boolean work() {
      int mine;
      synchronized (lock) {
        while ((mine = next(this)) == NONE) {
          if (closed) {
            return false;
          }
          try {
            lock.wait();
          } catch (InterruptedException e) {
            // a driver that was interrupted leaves its mark; the sweep ends by close alone
          }
        }
        device = mine;
      }
      HardwareFault fault = null;
      // what the driver before has left is not this one's
      Thread.interrupted();
      try {
        devices[mine].poll();
      } catch (HardwareFault e) {
        fault = e;
      } catch (RuntimeException | Error e) {
        // an Error as well (a symbol that is missing, a stack that is full): it is this device's
        fault = new HardwareFault(Kind.BAD_DATA, names[mine], "the driver failed: " + e, e);
      }
      synchronized (lock) {
        return finished(this, mine, fault);
      }
    }
  }
}

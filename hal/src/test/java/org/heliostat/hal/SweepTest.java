package org.heliostat.hal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicLong;
import org.heliostat.hal.HardwareFault.Kind;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SweepTest {
  private static final long FAR = Long.MAX_VALUE / 2;

  private final AtomicLong host = new AtomicLong();
  private final List<Sweep> sweeps = new ArrayList<>();
  private final List<Fake> fakes = new ArrayList<>();

  /** A device that does what the test says. */
  private final class Fake implements Polled<TemperatureReading> {
    private final String name;
    private final String lane;
    volatile long polls;
    volatile @Nullable HardwareFault fault;
    volatile @Nullable RuntimeException broken;
    volatile @Nullable Error error;
    volatile boolean mute;
    volatile boolean interrupts;
    volatile boolean wasInterrupted;
    volatile @Nullable CountDownLatch hang;
    volatile @Nullable CyclicBarrier meet;
    CountDownLatch back = new CountDownLatch(1);

    Fake(String name, String lane) {
      this.name = name;
      this.lane = lane;
      fakes.add(this);
    }

    @Override
    @SuppressWarnings("NonAtomicVolatileUpdate")
    public void poll() throws HardwareFault {
      polls++;
      wasInterrupted = Thread.currentThread().isInterrupted();
      if (interrupts) {
        Thread.currentThread().interrupt();
      }
      HardwareFault wanted = fault;
      if (wanted != null) {
        throw wanted;
      }
      RuntimeException defect = broken;
      if (defect != null) {
        throw defect;
      }
      CountDownLatch latch = hang;
      if (latch != null) {
        // the deadline of the tests that hang is 10
        host.set(10);
        await(latch);
        back.countDown();
      }
      Error failure = error;
      if (failure != null) {
        throw failure;
      }
      CyclicBarrier barrier = meet;
      if (barrier != null) {
        try {
          barrier.await();
        } catch (java.util.concurrent.BrokenBarrierException | InterruptedException e) {
          throw new IllegalStateException(e);
        }
      }
    }

    @Override
    public TemperatureReading reading() {
      return new TemperatureReading(polls, 0);
    }

    @Override
    public String name() {
      assertThat(mute).as("a name is asked for while the driver hangs").isFalse();
      return name;
    }

    @Override
    public String lane() {
      assertThat(mute).as("a lane is asked for while the driver hangs").isFalse();
      return lane;
    }

    @Override
    public void close() {}
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private Sweep sweep(int threads) {
    Sweep sweep = new Sweep(fakes, threads, host::get);
    sweeps.add(sweep);
    return sweep;
  }

  @AfterEach
  void letGo() {
    for (Fake fake : fakes) {
      CountDownLatch hang = fake.hang;
      if (hang != null) {
        hang.countDown();
      }
    }
    sweeps.forEach(Sweep::close);
  }

  private static Kind kind(Sweep sweep, int index) {
    return sweep.fault(index).orElseThrow().kind();
  }

  /** Waits, without a clock, until the sweep has taken note of something. */
  private static void until(java.util.function.BooleanSupplier met) {
    while (!met.getAsBoolean()) {
      Thread.onSpinWait();
    }
  }

  @Test
  void pollsEveryDeviceOnceInTheOrderOfItsLane() {
    Fake a = new Fake("a", "bus1");
    Fake b = new Fake("b", "bus1");
    Fake c = new Fake("c", "bus2");
    Sweep sweep = sweep(2);
    assertThat(kind(sweep, 0)).isEqualTo(Kind.STALE);
    assertThat(sweep.run(FAR)).isEqualTo(3);
    assertThat(sweep.run(FAR)).isEqualTo(3);
    assertThat(List.of(a.polls, b.polls, c.polls)).containsOnly(2L);
    assertThat(sweep.fault(0)).isEmpty();
  }

  @Test
  void oneThreadServesAllLanes() {
    new Fake("a", "bus1");
    new Fake("b", "bus2");
    new Fake("c", "bus3");
    assertThat(sweep(1).run(FAR)).isEqualTo(3);
  }

  @Test
  void noDevicesAreDoneAtOnce() {
    assertThat(sweep(1).run(FAR)).isZero();
  }

  @Test
  void lanesAreServedBesideOneAnother() {
    CyclicBarrier both = new CyclicBarrier(2);
    new Fake("a", "bus1").meet = both;
    new Fake("b", "bus2").meet = both;
    assertThat(sweep(2).run(FAR)).isEqualTo(2);
  }

  @Test
  void faultsAreKeptForEachDeviceUntilTheNextSweep() {
    Fake a = new Fake("a", "bus1");
    new Fake("b", "bus1");
    Sweep sweep = sweep(1);
    a.fault = new HardwareFault(Kind.NACK, "a", "gone");
    assertThat(sweep.run(FAR)).isEqualTo(1);
    assertThat(kind(sweep, 0)).isEqualTo(Kind.NACK);
    assertThat(sweep.fault(1)).isEmpty();
    a.fault = null;
    assertThat(sweep.run(FAR)).isEqualTo(2);
    assertThat(sweep.fault(0)).isEmpty();
  }

  @Test
  void aDefectOfADriverIsAFaultOfItsDeviceAlone() {
    new Fake("a", "bus1").broken = new IllegalStateException("defect");
    new Fake("b", "bus1");
    Sweep sweep = sweep(1);
    assertThat(sweep.run(FAR)).isEqualTo(1);
    assertThat(sweep.fault(0).orElseThrow()).hasMessageContaining("defect");
  }

  /** With a deadline that never comes: the sweep must end because all is done. */
  @Test
  void anErrorOfADriverCostsNeitherAThreadNorTheRestOfTheLane() {
    new Fake("a", "bus1").error = new UnsatisfiedLinkError("no such symbol");
    new Fake("b", "bus1");
    new Fake("c", "bus2");
    Sweep sweep = sweep(1);
    for (int i = 0; i < 3; i++) {
      assertThat(sweep.run(FAR)).isEqualTo(2);
      assertThat(sweep.fault(0).orElseThrow()).hasMessageContaining("no such symbol");
    }
    assertThat(sweep.threads()).isEqualTo(1);
  }

  @Test
  void aDeviceThatComesBackWithAnErrorIsPolledAgain() {
    Fake a = new Fake("a", "bus1");
    CountDownLatch latch = new CountDownLatch(1);
    a.hang = latch;
    a.error = new StackOverflowError();
    Sweep sweep = sweep(1);
    sweep.run(10);
    assertThat(sweep.hangs(0)).isTrue();
    a.hang = null;
    latch.countDown();
    until(() -> !sweep.hangs(0) && sweep.threads() == 1);
    a.error = null;
    host.set(0);
    assertThat(sweep.run(FAR)).isEqualTo(1);
  }

  /** A driver that holds one lock for all its methods keeps its name, too, while it hangs. */
  @Test
  void aDriverThatHangsIsAskedForNothing() {
    Fake a = new Fake("a", "bus1");
    Fake b = new Fake("b", "bus1");
    a.hang = new CountDownLatch(1);
    Sweep sweep = sweep(1);
    a.mute = true;
    b.mute = true;
    assertThat(sweep.run(10)).isZero();
    assertThat(sweep.fault(0).orElseThrow().device()).isEqualTo("a");
    assertThat(sweep.fault(1).orElseThrow()).hasMessageContaining("bus1 hangs");
  }

  @Test
  void anInterruptThatADriverLeavesIsNotTheNextDevices() {
    new Fake("a", "bus1").interrupts = true;
    Fake b = new Fake("b", "bus1");
    Sweep sweep = sweep(1);
    assertThat(sweep.run(FAR)).isEqualTo(2);
    assertThat(sweep.run(FAR)).isEqualTo(2);
    assertThat(b.wasInterrupted).isFalse();
  }

  /** Closed while one device hangs and another has not been polled: all threads end in the end. */
  @Test
  void aSweepThatIsClosedWhileADeviceHangsEndsAllItsThreads() {
    Fake a = new Fake("a", "bus1");
    Fake b = new Fake("b", "bus1");
    CountDownLatch latch = new CountDownLatch(1);
    a.hang = latch;
    Sweep sweep = sweep(1);
    new Thread(
            () -> {
              until(() -> a.polls == 1);
              sweep.close();
            })
        .start();
    assertThat(sweep.run(10)).isZero();
    a.hang = null;
    latch.countDown();
    until(() -> sweep.threads() == 0);
    assertThat(b.polls).isZero();
  }

  @Test
  void aHangingDeviceHoldsUpItsLaneForOneSweepAndNoOther() {
    Fake a = new Fake("a", "bus1");
    Fake b = new Fake("b", "bus1");
    Fake c = new Fake("c", "bus2");
    CountDownLatch latch = new CountDownLatch(1);
    a.hang = latch;
    Sweep sweep = sweep(2);
    c.meet = null;
    sweep.run(10);
    assertThat(kind(sweep, 0)).isEqualTo(Kind.TIMEOUT);
    assertThat(kind(sweep, 1)).isEqualTo(Kind.STALE);
    assertThat(sweep.fault(1).orElseThrow()).hasMessageContaining("bus1 hangs");

    // left out while it hangs; the one behind it is served by a spare thread
    host.set(0);
    assertThat(sweep.run(FAR)).isEqualTo(2);
    assertThat(kind(sweep, 0)).isEqualTo(Kind.TIMEOUT);
    assertThat(sweep.fault(1)).isEmpty();
    assertThat(a.polls).isEqualTo(1);
    assertThat(b.polls).isEqualTo(1);
    assertThat(sweep.threads()).isEqualTo(3);

    // it comes back: its thread is one too many and ends, and the device is polled again
    a.hang = null;
    latch.countDown();
    await(a.back);
    until(() -> !sweep.hangs(0) && sweep.threads() == 2);
    assertThat(sweep.run(FAR)).isEqualTo(3);
    assertThat(a.polls).isEqualTo(2);
  }

  @Test
  void theOnlyThreadIsReplacedToo() {
    Fake a = new Fake("a", "bus1");
    new Fake("b", "bus1");
    a.hang = new CountDownLatch(1);
    Sweep sweep = sweep(1);
    assertThat(sweep.run(10)).isZero();
    host.set(0);
    assertThat(sweep.run(FAR)).isEqualTo(1);
  }

  @Test
  void whenAllSparesHangLanesWait() {
    CountDownLatch latch = new CountDownLatch(1);
    for (int i = 0; i < 1 + Sweep.MOST_SPARES; i++) {
      new Fake("hangs" + i, "lane" + i).hang = latch;
    }
    Fake last = new Fake("last", "last");
    Sweep sweep = sweep(1);
    for (int i = 0; i < 1 + Sweep.MOST_SPARES; i++) {
      host.set(0);
      assertThat(sweep.run(10)).isZero();
      assertThat(kind(sweep, i)).isEqualTo(Kind.TIMEOUT);
    }
    assertThat(sweep.threads()).isEqualTo(1 + Sweep.MOST_SPARES);
    assertThat(last.polls).isZero();
    host.set(10);
    assertThat(sweep.run(10)).isZero();
    assertThat(sweep.fault(fakes.size() - 1).orElseThrow())
        .hasMessageContaining("no thread was free");

    for (Fake fake : fakes) {
      fake.hang = null;
    }
    latch.countDown();
    until(() -> sweep.threads() == 1);
    host.set(0);
    assertThat(sweep.run(FAR)).isEqualTo(fakes.size());
  }

  @Test
  void anInterruptIsKeptForTheCaller() {
    new Fake("a", "bus1");
    Thread.currentThread().interrupt();
    assertThat(sweep(1).run(FAR)).isEqualTo(1);
    assertThat(Thread.interrupted()).isTrue();
  }

  @Test
  void aClosedSweepIsNotRun() {
    new Fake("a", "bus1");
    Sweep sweep = sweep(1);
    sweep.close();
    sweep.close();
    until(() -> sweep.threads() == 0);
    assertThatThrownBy(() -> sweep.run(FAR)).hasMessageContaining("closed");
    assertThatThrownBy(() -> new Sweep(List.of(), 0, host::get)).hasMessageContaining("1..64");
    assertThatThrownBy(() -> new Sweep(List.of(), 65, host::get)).hasMessageContaining("1..64");
  }

  @Test
  void allocatesNothingWhileAllIsWell() {
    for (int i = 0; i < 12; i++) {
      new Fake("device" + i, "lane" + i % 3);
    }
    Sweep sweep = sweep(3);
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long[] ids =
        Thread.getAllStackTraces().keySet().stream()
            .filter(
                thread -> thread.getName().startsWith("sweep-") || thread == Thread.currentThread())
            .mapToLong(Thread::getId)
            .toArray();
    for (int i = 0; i < 20_000; i++) {
      sweep.run(FAR);
    }
    long best = Long.MAX_VALUE;
    // what the virtual machine itself allocates in a thread (a compilation, a sample) comes once
    for (int round = 0; round < 5 && best > 1_000; round++) {
      long before = total(threads, ids);
      for (int i = 0; i < 10_000; i++) {
        sweep.run(FAR);
      }
      best = Math.min(best, total(threads, ids) - before);
    }
    // a single object for each sweep would be 160,000 bytes; the measurement itself takes some
    assertThat(best).isLessThan(20_000);
  }

  private static long total(ThreadMXBean threads, long[] ids) {
    long sum = 0;
    for (long bytes : threads.getThreadAllocatedBytes(ids)) {
      sum += Math.max(0, bytes);
    }
    return sum;
  }
}

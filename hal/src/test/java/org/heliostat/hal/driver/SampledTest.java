package org.heliostat.hal.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.HardwareFault.Kind;
import org.heliostat.hal.TemperatureReading;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SampledTest {
  private static final class Hanging extends Sampled<TemperatureReading> {
    final CountDownLatch entered = new CountDownLatch(1);
    final CountDownLatch released = new CountDownLatch(1);
    volatile boolean hangs;
    private double celsius;

    Hanging(long waitNanos) {
      super("part", waitNanos);
    }

    @Override
    protected void measure() throws HardwareFault {
      if (hangs) {
        entered.countDown();
        try {
          released.await();
        } catch (InterruptedException e) {
          throw fault(Kind.TIMEOUT, "interrupted");
        }
      }
      synchronized (sample) {
        celsius++;
        taken((long) celsius);
      }
    }

    @Override
    protected TemperatureReading record(long takenNanos) {
      return new TemperatureReading(celsius, takenNanos);
    }

    @Override
    public void close() {}
  }

  @Test
  void thereIsNoReadingBeforeTheFirstSample() throws HardwareFault {
    Hanging part = new Hanging(1);
    HardwareFault fault = catchThrowableOfType(HardwareFault.class, part::reading);
    assertThat(fault.kind()).isEqualTo(Kind.STALE);
    assertThat(part.read()).isEqualTo(new TemperatureReading(1, 1));
  }

  @Test
  void aHangingPollHoldsUpNoReadingAndOtherPollsOnlyForATime() throws Exception {
    Hanging part = new Hanging(1);
    part.poll();
    part.hangs = true;
    Thread poller =
        new Thread(
            () -> {
              try {
                part.poll();
              } catch (HardwareFault e) {
                throw new IllegalStateException(e);
              }
            });
    poller.start();
    part.entered.await();
    assertThat(part.reading().celsius()).isEqualTo(1);
    HardwareFault fault = catchThrowableOfType(HardwareFault.class, part::poll);
    assertThat(fault.kind()).isEqualTo(Kind.TIMEOUT);
    Thread.currentThread().interrupt();
    HardwareFault interrupted = catchThrowableOfType(HardwareFault.class, part::poll);
    assertThat(Thread.interrupted()).isTrue();
    assertThat(interrupted.kind()).isEqualTo(Kind.TIMEOUT);
    part.released.countDown();
    poller.join();
    assertThat(part.reading().celsius()).isEqualTo(2);
  }

  @Test
  void whoWaitsGetsThePartWhenItIsGivenBack() throws Exception {
    Hanging part = new Hanging(60_000_000_000L);
    part.hangs = true;
    List<Throwable> failures = new CopyOnWriteArrayList<>();
    Thread poller = new Thread(() -> poll(part, failures));
    poller.start();
    part.entered.await();
    Thread waiter = new Thread(() -> poll(part, failures));
    waiter.start();
    while (waiter.getState() != Thread.State.TIMED_WAITING) {
      Thread.onSpinWait();
    }
    part.released.countDown();
    poller.join();
    waiter.join();
    assertThat(failures).isEmpty();
    assertThat(part.reading().celsius()).isEqualTo(2);
  }

  private static void poll(Hanging part, List<Throwable> failures) {
    try {
      part.poll();
    } catch (HardwareFault e) {
      failures.add(e);
    }
  }
}

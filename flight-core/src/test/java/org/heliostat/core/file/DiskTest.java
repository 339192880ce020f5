package org.heliostat.core.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class DiskTest {
  /** Long enough for any machine to run a task that only hands over a value. */
  private static final long AMPLE = TimeUnit.SECONDS.toNanos(60);

  @Test
  void givesResultsAndFailures() throws Exception {
    Disk disk = new Disk("test", 2, AMPLE);
    assertThat(disk.call(new Disk.Turn(), () -> 7)).isEqualTo(7);
    assertThatThrownBy(
            () ->
                disk.call(
                    new Disk.Turn(),
                    () -> {
                      throw new IOException("broken");
                    }))
        .isInstanceOf(ExecutionException.class)
        .cause()
        .hasMessage("broken");
  }

  @Test
  void moreCallersThanThreadsWaitForTheirTurn() throws Exception {
    Disk disk = new Disk("test", 1, AMPLE);
    CountDownLatch first = new CountDownLatch(1);
    java.util.concurrent.CompletableFuture<Integer> other =
        java.util.concurrent.CompletableFuture.supplyAsync(
            () -> {
              try {
                return disk.call(
                    new Disk.Turn(),
                    () -> {
                      first.await();
                      return 1;
                    });
              } catch (IOException | ExecutionException e) {
                throw new IllegalStateException(e);
              }
            });
    first.countDown();
    assertThat(disk.call(new Disk.Turn(), () -> 2)).isEqualTo(2);
    assertThat(other.get(60, TimeUnit.SECONDS)).isEqualTo(1);
  }

  @Test
  void aDiskThatHangsHoldsNobodyAndLateWorkKnowsThatNobodyWaits() throws Exception {
    Disk disk = new Disk("test", 1, 1);
    CountDownLatch answer = new CountDownLatch(1);
    CountDownLatch done = new CountDownLatch(1);
    AtomicBoolean claimed = new AtomicBoolean(true);
    Disk.Turn turn = new Disk.Turn();
    assertThatThrownBy(
            () ->
                disk.call(
                    turn,
                    () -> {
                      answer.await();
                      claimed.set(turn.claim());
                      done.countDown();
                      return 0;
                    }))
        .isInstanceOf(Disk.Hung.class)
        .hasMessageContaining("has not answered");
    assertThatThrownBy(() -> disk.call(new Disk.Turn(), () -> 1))
        .isInstanceOf(Disk.Hung.class)
        .hasMessageContaining("every thread");
    answer.countDown();
    assertThat(done.await(60, TimeUnit.SECONDS)).isTrue();
    assertThat(claimed).isFalse();
  }

  @Test
  void workThatWasClaimedIsHandedOver() throws Exception {
    Disk disk = new Disk("test", 1, 1);
    Disk.Turn turn = new Disk.Turn();
    assertThat(turn.claim()).isTrue();
    // the deadline is over at once, but the work has been done for this caller
    CountDownLatch late = new CountDownLatch(1);
    assertThat(
            disk.call(
                turn,
                () -> {
                  boolean unused = late.await(20, TimeUnit.MILLISECONDS);
                  return 5;
                }))
        .isEqualTo(5);
  }
}

package org.heliostat.core.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** A disk that has hung before the test begins. */
public final class HungDisk {
  private HungDisk() {}

  /** Its only thread waits for this; nobody else is let to it. */
  public static Disk until(CountDownLatch answer) {
    Disk disk = new Disk("hung", 1, 1);
    hang(disk, answer);
    return disk;
  }

  /** One thread of a disk waits for this from now on, and is not waited for. */
  public static void hang(Disk disk, CountDownLatch answer) {
    assertThatThrownBy(
            () ->
                disk.call(
                    new Disk.Turn(),
                    () -> {
                      await(answer);
                      return 0;
                    },
                    1))
        .isInstanceOf(Disk.Hung.class);
  }

  /** A change that has begun, and waits for this. */
  public static CompletableFuture<Integer> changing(Changes changes, CountDownLatch answer)
      throws InterruptedException {
    CountDownLatch begun = new CountDownLatch(1);
    Disk disk = new Disk("slow", 1, TimeUnit.SECONDS.toNanos(60));
    CompletableFuture<Integer> change =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return changes.make(
                    disk,
                    turn -> {
                      begun.countDown();
                      await(answer);
                      return 1;
                    });
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
    assertThat(begun.await(60, TimeUnit.SECONDS)).isTrue();
    return change;
  }

  /** What hangs until it is told to answer. */
  public static void await(CountDownLatch answer) {
    try {
      answer.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

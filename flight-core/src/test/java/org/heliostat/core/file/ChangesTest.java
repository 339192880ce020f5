package org.heliostat.core.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class ChangesTest {
  private final Changes changes = new Changes();
  private final Disk disk = new Disk("test", 2, TimeUnit.SECONDS.toNanos(60));

  private int made(Changes.Change<Integer> change) throws IOException {
    return changes.make(disk, change);
  }

  @Test
  void oneAfterTheOtherAndFailuresAreGivenOn() throws Exception {
    assertThat(made(turn -> 1)).isEqualTo(1);
    assertThatThrownBy(
            () ->
                changes.make(
                    disk,
                    turn -> {
                      throw new IOException("broken");
                    }))
        .isInstanceOf(IOException.class)
        .hasMessage("broken");
    assertThat(made(turn -> turn.left() ? 0 : 2)).isEqualTo(2);
  }

  @Test
  void noneIsMadeWhileOneBeforeItMayStillBeMade() throws Exception {
    CountDownLatch answer = new CountDownLatch(1);
    AtomicBoolean made = new AtomicBoolean();
    try {
      var late = HungDisk.changing(changes, answer);
      assertThatThrownBy(
              () ->
                  changes.make(
                      disk,
                      turn -> {
                        made.set(true);
                        return 2;
                      }))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("may still be made");
      assertThat(made).isFalse();
      answer.countDown();
      assertThat(late.get(60, TimeUnit.SECONDS)).isEqualTo(1);
      assertThat(made(turn -> 3)).isEqualTo(3);
    } finally {
      answer.countDown();
    }
  }

  @Test
  void oneThatTheDiskNeverCameToHoldsUpNoOther() throws Exception {
    CountDownLatch answer = new CountDownLatch(1);
    AtomicBoolean made = new AtomicBoolean();
    try {
      Disk hung = HungDisk.until(answer);
      assertThatThrownBy(
              () ->
                  changes.make(
                      hung,
                      turn -> {
                        made.set(true);
                        return 1;
                      }))
          .isInstanceOf(Disk.Hung.class);
      assertThat(made(turn -> 2)).isEqualTo(2);
      assertThat(made).isFalse();
    } finally {
      answer.countDown();
    }
  }
}

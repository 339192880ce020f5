package org.heliostat.core.recorder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.heliostat.core.file.Disk;
import org.heliostat.protocol.Downlink;
import org.heliostat.protocol.Event;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class RecorderTest {
  private static final long SEGMENT = 600;
  private static final long QUOTA = 1 << 20;

  @TempDir private Path folder;

  private Recorder open() throws IOException {
    return Recorder.open(folder, SEGMENT, QUOTA);
  }

  private static Downlink body(String text) {
    return Downlink.newBuilder().setEvent(Event.newBuilder().setText(text)).build();
  }

  private static String text(Recorder recorder, long id) throws Exception {
    return Downlink.parseFrom(recorder.read(id)).getEvent().getText();
  }

  private static List<Long> ids(Recorder recorder) {
    return recorder.pending(1000).stream().map(Recorder.Pending::id).toList();
  }

  @Test
  void keepsRecordsOverARestartUntilTheyAreConfirmed() throws Exception {
    long second;
    try (Recorder recorder = open()) {
      long first = recorder.append(Recorder.Priority.PRODUCT, body("one"));
      second = recorder.append(Recorder.Priority.PRODUCT, body("two"));
      recorder.confirm(List.of(first));
      assertThat(ids(recorder)).containsExactly(second);
    }
    try (Recorder recorder = open()) {
      assertThat(ids(recorder)).containsExactly(second);
      assertThat(text(recorder, second)).isEqualTo("two");
      assertThat(recorder.recoveries()).isEmpty();
    }
  }

  @Test
  void givesTheMostUrgentFirstAndTheOldestAmongEquals() throws Exception {
    try (Recorder recorder = open()) {
      long routine = recorder.append(Recorder.Priority.ROUTINE, body("a"));
      long product1 = recorder.append(Recorder.Priority.PRODUCT, body("b"));
      long report = recorder.append(Recorder.Priority.REPORT, body("c"));
      long product2 = recorder.append(Recorder.Priority.PRODUCT, body("d"));
      assertThat(ids(recorder)).containsExactly(report, product1, product2, routine);
      assertThat(recorder.pending(2)).hasSize(2);
    }
  }

  @Test
  void neverGivesANumberTwiceEvenWhenAllIsConfirmed() throws Exception {
    long last = 0;
    for (int boot = 0; boot < 5; boot++) {
      try (Recorder recorder = open()) {
        for (int i = 0; i < 20; i++) {
          long id = recorder.append(Recorder.Priority.PRODUCT, body("record " + i));
          assertThat(id).isGreaterThan(last);
          last = id;
          recorder.confirm(List.of(id));
        }
        assertThat(recorder.pendingBytes()).isZero();
      }
      try (DirectoryStream<Path> left = Files.newDirectoryStream(folder)) {
        assertThat(left).hasSizeLessThanOrEqualTo(2);
      }
    }
  }

  /**
   * A kill or power loss at any byte of the last segment loses nothing that had been acknowledged
   * by then.
   */
  @Test
  void recoversWhateverByteTheLastSegmentEndsAt() throws Exception {
    List<Long> ends = new ArrayList<>();
    Path segment;
    try (Recorder recorder = Recorder.open(folder, 1 << 20, QUOTA)) {
      segment = only();
      for (int i = 0; i < 4; i++) {
        long id = recorder.append(Recorder.Priority.PRODUCT, body("record " + i));
        assertThat(id).isEqualTo(i + 1);
        ends.add(Files.size(segment));
      }
    }
    byte[] whole = Files.readAllBytes(segment);
    for (int cut = 0; cut <= whole.length; cut++) {
      clear();
      Files.write(segment, Arrays.copyOf(whole, cut));
      long kept = 0;
      for (long end : ends) {
        kept += end <= cut ? 1 : 0;
      }
      try (Recorder recorder = Recorder.open(folder, 1 << 20, QUOTA)) {
        assertThat(recorder.pendingRecords()).as("cut at %d", cut).isEqualTo((int) kept);
        for (long id = 1; id <= kept; id++) {
          assertThat(text(recorder, id)).isEqualTo("record " + (id - 1));
        }
        boolean clean = cut == 16 || ends.contains((long) cut);
        assertThat(recorder.recoveries().isEmpty()).as("cut at %d", cut).isEqualTo(clean);
        // and it goes on, with numbers of its own
        assertThat(recorder.append(Recorder.Priority.PRODUCT, body("next"))).isEqualTo(kept + 1);
      }
    }
  }

  @Test
  void noticesARecordThatIsDamagedOnDisk() throws Exception {
    try (Recorder recorder = Recorder.open(folder, 1 << 20, QUOTA)) {
      long id = recorder.append(Recorder.Priority.PRODUCT, body("precious"));
      Path segment = only();
      byte[] bytes = Files.readAllBytes(segment);
      bytes[bytes.length - 2] ^= 1;
      Files.write(segment, bytes);
      assertThatThrownBy(() -> recorder.read(id))
          .isInstanceOf(RecorderFault.class)
          .hasMessageContaining("damaged");
    }
  }

  @Test
  void refusesDataBeyondItsQuotaButKeepsRoomForReports() throws Exception {
    try (Recorder recorder = Recorder.open(folder, 1 << 16, 4096)) {
      String text = "x".repeat(400);
      assertThatThrownBy(
              () -> {
                for (int i = 0; i < 20; i++) {
                  long unused = recorder.append(Recorder.Priority.PRODUCT, body(text));
                }
              })
          .isInstanceOfSatisfying(
              RecorderFault.class,
              fault -> assertThat(fault.kind()).isEqualTo(RecorderFault.Kind.FULL));
      int stored = recorder.pendingRecords();
      assertThat(stored).isPositive();
      assertThat(recorder.append(Recorder.Priority.REPORT, body("still here"))).isPositive();
      assertThat(recorder.pendingRecords()).isEqualTo(stored + 1);
    }
  }

  @Test
  void refusesARecordThatIsTooLargeOrComesAfterTheEnd() throws Exception {
    Recorder recorder = open();
    assertThatThrownBy(
            () ->
                recorder.append(
                    Recorder.Priority.PRODUCT, body("x".repeat(Recorder.MAX_RECORD_BYTES))))
        .isInstanceOfSatisfying(
            RecorderFault.class,
            fault -> assertThat(fault.kind()).isEqualTo(RecorderFault.Kind.TOO_LARGE));
    recorder.close();
    assertThatThrownBy(() -> recorder.append(Recorder.Priority.PRODUCT, body("late")))
        .isInstanceOfSatisfying(
            RecorderFault.class,
            fault -> assertThat(fault.kind()).isEqualTo(RecorderFault.Kind.CLOSED));
  }

  @Test
  void leavesFilesThatAreNotItsOwnAlone() throws Exception {
    Path other = Files.writeString(folder.resolve("seg-x.log"), "not a segment");
    try (Recorder recorder = open()) {
      assertThat(recorder.append(Recorder.Priority.PRODUCT, body("one"))).isEqualTo(1);
      assertThat(recorder.recoveries()).isEmpty();
    }
    assertThat(other).hasContent("not a segment");
  }

  @Test
  void manyThreadsMayAppendAtOnce() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try (Recorder recorder = open()) {
      List<Callable<Long>> appends = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        String text = "record " + i;
        appends.add(() -> recorder.append(Recorder.Priority.PRODUCT, body(text)));
      }
      List<Long> ids = new ArrayList<>();
      for (Future<Long> future : threads.invokeAll(appends)) {
        ids.add(future.get());
      }
      assertThat(ids).doesNotHaveDuplicates().hasSize(200);
    } finally {
      threads.shutdown();
    }
    try (Recorder recorder = open()) {
      assertThat(recorder.pendingRecords()).isEqualTo(200);
    }
  }

  private Path only() throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
      return files.iterator().next();
    }
  }

  private void clear() throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
      for (Path file : files) {
        Files.delete(file);
      }
    }
  }

  private static Disk disk() {
    return new Disk("test-disk", Recorder.DISK_THREADS, TimeUnit.SECONDS.toNanos(1));
  }

  private static RecorderFault.Kind refused(Recorder recorder, String text) {
    try {
      long unused = recorder.append(Recorder.Priority.PRODUCT, body(text));
      throw new AssertionError("it was stored");
    } catch (RecorderFault e) {
      return e.kind();
    }
  }

  private List<String> textsAfterARestart() throws Exception {
    List<String> texts = new ArrayList<>();
    try (Recorder recorder = open()) {
      for (long id : ids(recorder)) {
        texts.add(text(recorder, id));
      }
    }
    return texts;
  }

  @Test
  @Timeout(60)
  void aDiskThatHangsLosesNothingThatWasAcknowledgedAndDoublesNothing() throws Exception {
    AtomicBoolean hangs = new AtomicBoolean();
    CountDownLatch well = new CountDownLatch(1);
    Recorder.Force force =
        file -> {
          if (hangs.get()) {
            try {
              well.await();
            } catch (InterruptedException e) {
              throw new IOException(e);
            }
          }
          file.sync();
        };
    try (Recorder recorder = Recorder.open(folder, 1 << 20, QUOTA, disk(), force)) {
      long first = recorder.append(Recorder.Priority.PRODUCT, body("one"));
      hangs.set(true);
      assertThat(refused(recorder, "two")).isEqualTo(RecorderFault.Kind.HUNG);
      assertThat(ids(recorder)).containsExactly(first);
      assertThat(recorder.pendingRecords()).isEqualTo(1);
      assertThat(recorder.recoveries()).isEmpty();
      hangs.set(false);
      well.countDown();
      // while the thread that was left is on its way back, others are given little time
      long again = 0;
      while (again == 0) {
        try {
          again = recorder.append(Recorder.Priority.PRODUCT, body("two"));
        } catch (RecorderFault e) {
          assertThat(e.kind()).isEqualTo(RecorderFault.Kind.HUNG);
        }
      }
      assertThat(ids(recorder)).containsExactly(first, again);
    }
    assertThat(textsAfterARestart()).containsExactly("one", "two");
  }

  /** The kernel reports a failed write to the first force alone. */
  @Test
  @Timeout(60)
  void aForceThatFailedIsNotMadeGoodByTheNextOne() throws Exception {
    AtomicInteger forces = new AtomicInteger();
    CountDownLatch forcing = new CountDownLatch(1);
    AtomicLong enough = new AtomicLong();
    Path segment = folder.resolve("seg-0000000001.log");
    Recorder.Force force =
        file -> {
          if (forces.incrementAndGet() == 1) {
            forcing.countDown();
            while (Files.size(segment) < enough.get() || enough.get() == 0) {
              Thread.onSpinWait();
            }
            throw new IOException("the disk is broken");
          }
          file.sync();
        };
    ExecutorService other = Executors.newSingleThreadExecutor();
    try (Recorder recorder = Recorder.open(folder, 1 << 20, QUOTA, disk(), force)) {
      long empty = Files.size(segment);
      Future<RecorderFault.Kind> first = other.submit(() -> refused(recorder, "one"));
      forcing.await();
      // the second of two alike has been written when the file is as much longer again
      enough.set(2 * Files.size(segment) - empty);
      assertThat(refused(recorder, "two")).isEqualTo(RecorderFault.Kind.DISK);
      assertThat(first.get()).isEqualTo(RecorderFault.Kind.DISK);
      assertThat(recorder.pendingRecords()).isZero();
      long third = recorder.append(Recorder.Priority.PRODUCT, body("three"));
      assertThat(ids(recorder)).containsExactly(third);
    } finally {
      other.shutdownNow();
    }
    // a hole in the segment whose force failed keeps nothing from being found behind it
    if (Files.exists(segment)) {
      Files.write(segment, Arrays.copyOf(Files.readAllBytes(segment), 20));
    }
    assertThat(textsAfterARestart()).containsExactly("three");
  }
}

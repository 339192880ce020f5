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
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.heliostat.protocol.Downlink;
import org.heliostat.protocol.Event;
import org.junit.jupiter.api.Test;
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
}

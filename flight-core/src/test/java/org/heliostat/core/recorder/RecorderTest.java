package org.heliostat.core.recorder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.heliostat.core.recorder.Fixture.append;
import static org.heliostat.core.recorder.Fixture.body;
import static org.heliostat.core.recorder.Fixture.ids;
import static org.heliostat.core.recorder.Fixture.refused;
import static org.heliostat.core.recorder.Fixture.text;
import static org.heliostat.core.recorder.Fixture.texts;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.heliostat.core.ManualClock;
import org.heliostat.core.recorder.Recorder.Item;
import org.heliostat.core.recorder.Recorder.Priority;
import org.heliostat.protocol.RecorderConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What everybody sees of it, on the host's own disk. */
@Timeout(60)
class RecorderTest {
  private static final long SEGMENT = 600;
  private static final long QUOTA = 1 << 20;

  @TempDir private Path folder;

  private final ManualClock clock = new ManualClock();

  private Recorder open() throws IOException {
    return open(SEGMENT);
  }

  private Recorder open(long segmentBytes) throws IOException {
    return Recorder.open(
        new DiskFolder(folder),
        Fixture.limits(segmentBytes, QUOTA),
        clock::missionNanos,
        TimeUnit.SECONDS.toNanos(20));
  }

  @Test
  void keepsRecordsOverARestartUntilTheyAreConfirmed() throws Exception {
    long second;
    try (Recorder recorder = open()) {
      long first = append(recorder, "one");
      second = append(recorder, "two");
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
  void opensAsTheMissionSays() throws Exception {
    RecorderConfig config = RecorderConfig.newBuilder().setSegmentKibibytes(16).build();
    long id;
    try (Recorder recorder = Recorder.open(folder.resolve("new"), config, clock::missionNanos)) {
      id = append(recorder, "one");
      assertThat(recorder.statistics().quotaBytes()).isEqualTo(256 << 20);
    }
    try (Recorder recorder = Recorder.open(folder.resolve("new"), config, clock::missionNanos)) {
      assertThat(ids(recorder)).containsExactly(id);
      assertThat(Files.size(folder.resolve("new/seg-0000000001.log"))).isEqualTo(16 << 10);
    }
  }

  @Test
  void givesTheMostUrgentFirstAndTheOldestAmongEquals() throws Exception {
    try (Recorder recorder = open()) {
      long routine = recorder.append(Priority.ROUTINE, body("a"));
      long product1 = recorder.append(Priority.PRODUCT, body("b"));
      long report = recorder.append(Priority.REPORT, body("c"));
      long product2 = recorder.append(Priority.PRODUCT, body("d"));
      assertThat(ids(recorder)).containsExactly(report, product1, product2, routine);
      assertThat(recorder.pending(2)).hasSize(2);
      assertThat(recorder.pendingRecords()).isEqualTo(4);
      assertThat(recorder.pendingRecords(Priority.PRODUCT)).isEqualTo(2);
      assertThat(recorder.pendingBytes()).isEqualTo(4L * body("a").getSerializedSize());
    }
  }

  @Test
  void neverGivesANumberTwiceEvenWhenAllIsConfirmed() throws Exception {
    long last = 0;
    for (int boot = 0; boot < 5; boot++) {
      try (Recorder recorder = open()) {
        for (int i = 0; i < 20; i++) {
          long id = append(recorder, "record " + i);
          // no number is left out either, over an orderly end
          assertThat(id).isEqualTo(last + 1);
          last = id;
          recorder.confirm(List.of(id));
        }
        assertThat(recorder.pendingBytes()).isZero();
      }
    }
  }

  @Test
  void storesManyByOneForceOrNone() throws Exception {
    try (Recorder recorder = open(1 << 16)) {
      long before = recorder.statistics().forces();
      List<Item> items =
          List.of(
              new Item(Priority.PRODUCT, body("a"), 0),
              new Item(Priority.REPORT, body("b"), 0),
              new Item(Priority.PRODUCT, body("c"), 0));
      assertThat(recorder.appendAll(items)).containsExactly(1L, 2L, 3L);
      assertThat(recorder.statistics().forces()).isEqualTo(before + 1);
      assertThat(texts(recorder)).containsExactly("b", "a", "c");
      assertThat(recorder.appendAll(List.of())).isEmpty();
    }
  }

  @Test
  void refusesWhatIsTooLargeOrTooMuchAtOnceOrComesAfterTheEnd() throws Exception {
    Recorder recorder = open();
    String large = "x".repeat(Recorder.MAX_RECORD_BYTES);
    assertThat(refused(recorder, Priority.PRODUCT, large)).isEqualTo(RecorderFault.Kind.TOO_LARGE);
    Item small = new Item(Priority.PRODUCT, body("a"), 0);
    Item half = new Item(Priority.PRODUCT, body("x".repeat(Recorder.MAX_RECORD_BYTES / 2)), 0);
    for (List<Item> items :
        List.of(
            Collections.nCopies(Recorder.MOST_AT_ONCE + 1, small), Collections.nCopies(10, half))) {
      assertThatThrownBy(() -> recorder.appendAll(items))
          .isInstanceOfSatisfying(
              RecorderFault.class,
              fault -> assertThat(fault.kind()).isEqualTo(RecorderFault.Kind.TOO_LARGE));
    }
    assertThat(recorder.appendAll(Collections.nCopies(Recorder.MOST_AT_ONCE, small)))
        .hasSize(Recorder.MOST_AT_ONCE);
    long id = ids(recorder).get(0);
    recorder.close();
    assertThat(refused(recorder, Priority.PRODUCT, "late")).isEqualTo(RecorderFault.Kind.CLOSED);
    assertThatThrownBy(() -> recorder.read(id))
        .isInstanceOfSatisfying(
            RecorderFault.class,
            fault -> assertThat(fault.kind()).isEqualTo(RecorderFault.Kind.CLOSED));
    recorder.close();
  }

  @Test
  void aRecordMayBeLargerThanASegment() throws Exception {
    String large = "x".repeat(5_000);
    try (Recorder recorder = open()) {
      assertThat(append(recorder, "one")).isEqualTo(1);
      assertThat(append(recorder, large)).isEqualTo(2);
      assertThat(append(recorder, "three")).isEqualTo(3);
      assertThat(append(recorder, "y".repeat(800_000))).isEqualTo(4);
    }
    try (Recorder recorder = open()) {
      assertThat(recorder.recoveries()).isEmpty();
      assertThat(text(recorder, 2)).isEqualTo(large);
      assertThat(text(recorder, 4)).hasSize(800_000);
      assertThat(recorder.pendingRecords()).isEqualTo(4);
    }
  }

  @Test
  void readsNothingOfWhatDoesNotWait() throws Exception {
    try (Recorder recorder = open()) {
      long id = append(recorder, "one");
      assertThat(recorder.read(id + 1)).isEmpty();
      recorder.confirm(List.of(id, id, 77L));
      assertThat(recorder.read(id)).isEmpty();
      recorder.confirm(List.of());
      assertThat(recorder.pendingRecords()).isZero();
    }
  }

  @Test
  void noticesARecordThatIsDamagedOnDisk() throws Exception {
    try (Recorder recorder = open(1 << 16)) {
      long id = append(recorder, "precious".repeat(1000));
      Path segment = folder.resolve("seg-0000000001.log");
      byte[] bytes = Files.readAllBytes(segment);
      bytes[Segment.START + Frame.HEADER_BYTES + 4] ^= 1;
      Files.write(segment, bytes);
      assertThatThrownBy(() -> recorder.read(id))
          .isInstanceOf(RecorderFault.class)
          .hasMessageContaining("damaged");
    }
  }

  @Test
  void leavesFilesThatAreNotItsOwnAlone() throws Exception {
    Path other = Files.writeString(folder.resolve("seg-x.log"), "not a segment");
    Path far = Files.writeString(folder.resolve("seg-9999999999.log"), "nor this");
    try (Recorder recorder = open()) {
      assertThat(append(recorder, "one")).isEqualTo(1);
      assertThat(recorder.recoveries()).isEmpty();
    }
    assertThat(other).hasContent("not a segment");
    assertThat(far).hasContent("nor this");
  }

  @Test
  void manyThreadsMayAppendAtOnce() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try (Recorder recorder = open()) {
      List<Callable<Long>> appends = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        String text = "record " + i;
        appends.add(() -> append(recorder, text));
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
      assertThat(texts(recorder)).doesNotHaveDuplicates().hasSize(200);
    }
  }
}

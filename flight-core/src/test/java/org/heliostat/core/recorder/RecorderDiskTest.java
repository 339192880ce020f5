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
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.heliostat.core.recorder.Recorder.Item;
import org.heliostat.core.recorder.Recorder.Priority;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A disk that fails, hangs, or loses the power. */
@Timeout(120)
class RecorderDiskTest {
  private static final Limits ROOMY = Fixture.roomy(1 << 16);

  private final Fixture fixture = new Fixture();

  /** With little patience, for tests in which the disk hangs. */
  private Recorder hasty() throws IOException {
    return Recorder.open(
        fixture.folder, ROOMY, fixture.clock::missionNanos, TimeUnit.MILLISECONDS.toNanos(200));
  }

  private List<String> textsAfterARestart() throws IOException, RecorderFault {
    fixture.folder = fixture.folder.copy();
    try (Recorder recorder = fixture.open(ROOMY)) {
      return texts(recorder);
    }
  }

  // ---- it hangs

  @Test
  void aDiskThatHangsLosesNothingThatWasAcknowledgedAndDoublesNothing() throws Exception {
    CountDownLatch well = new CountDownLatch(1);
    try (Recorder recorder = hasty()) {
      long first = append(recorder, "one");
      CountDownLatch hanging = new CountDownLatch(1);
      fixture.folder.hook(
          (what, name) -> {
            if (what.equals("force")) {
              hanging.countDown();
              Fixture.await(well);
            }
          });
      assertThat(refused(recorder, Priority.PRODUCT, "two")).isEqualTo(RecorderFault.Kind.HUNG);
      hanging.await();
      // what is known without the disk is told at once
      assertThat(ids(recorder)).containsExactly(first);
      assertThat(recorder.pendingRecords()).isEqualTo(1);
      assertThat(recorder.recoveries()).isEmpty();
      assertThat(recorder.statistics().hung()).isEqualTo(1);
      // nobody else waits for long, nothing is freed or expired meanwhile
      assertThatThrownBy(() -> recorder.confirm(List.of(first)))
          .isInstanceOfSatisfying(
              RecorderFault.class,
              fault -> assertThat(fault.kind()).isEqualTo(RecorderFault.Kind.HUNG));
      well.countDown();
      // while the thread is on its way back, others are given little time
      long again = 0;
      while (again == 0) {
        try {
          again = append(recorder, "two");
        } catch (RecorderFault e) {
          assertThat(e.kind()).isEqualTo(RecorderFault.Kind.HUNG);
        }
      }
      assertThat(ids(recorder)).doesNotContain(first + 1).endsWith(again);
      assertThat(texts(recorder)).doesNotHaveDuplicates().endsWith("two");
    }
    assertThat(textsAfterARestart()).doesNotHaveDuplicates().endsWith("two");
  }

  @Test
  void beyondAFewThatHaveGoneOthersAreToldAtOnce() throws Exception {
    CountDownLatch well = new CountDownLatch(1);
    try (Recorder recorder = hasty()) {
      fixture.folder.hook(
          (what, name) -> {
            if (what.equals("force")) {
              Fixture.await(well);
            }
          });
      for (int i = 0; i < Committer.MOST_LEFT; i++) {
        assertThat(refused(recorder, Priority.PRODUCT, "lost " + i))
            .isEqualTo(RecorderFault.Kind.HUNG);
      }
      assertThatThrownBy(() -> append(recorder, "told at once"))
          .hasMessageContaining(Committer.MOST_LEFT + " callers have gone");
      well.countDown();
    }
    assertThat(textsAfterARestart()).isEmpty();
  }

  @Test
  void aReadThatHangsHoldsNobodyUpForLong() throws Exception {
    CountDownLatch well = new CountDownLatch(1);
    try (Recorder recorder = hasty()) {
      long id = append(recorder, "one");
      fixture.folder.hook(
          (what, name) -> {
            if (what.equals("read")) {
              Fixture.await(well);
            }
          });
      assertThatThrownBy(() -> recorder.read(id))
          .isInstanceOfSatisfying(
              RecorderFault.class,
              fault -> assertThat(fault.kind()).isEqualTo(RecorderFault.Kind.HUNG));
      assertThat(append(recorder, "two")).isEqualTo(2);
      assertThat(recorder.statistics().hung()).isEqualTo(1);
      well.countDown();
    }
  }

  @Test
  void whoeverWaitsForTheDiskIsNotKeptFromBeingInterrupted() throws Exception {
    try (Recorder recorder = fixture.open(ROOMY)) {
      Thread.currentThread().interrupt();
      // what is meant for the disk is done all the same
      assertThat(append(recorder, "one")).isEqualTo(1);
      assertThat(Thread.interrupted()).isTrue();
      assertThat(texts(recorder)).containsExactly("one");
    }
  }

  @Test
  void anEndThatHangsOrIsInterruptedIsToldOf() throws Exception {
    CountDownLatch well = new CountDownLatch(1);
    Recorder recorder = hasty();
    fixture.folder.hook(
        (what, name) -> {
          if (what.equals("force")) {
            Fixture.await(well);
          }
        });
    assertThatThrownBy(recorder::close).hasMessageContaining("has not answered");
    Thread.currentThread().interrupt();
    assertThatThrownBy(recorder::close).hasMessageContaining("interrupted");
    assertThat(Thread.interrupted()).isTrue();
    well.countDown();
    assertThat(refused(recorder, Priority.PRODUCT, "late")).isEqualTo(RecorderFault.Kind.CLOSED);
  }

  // ---- it fails

  /** The kernel reports a failed write to the first force alone. */
  @Test
  void aForceThatFailedIsNotMadeGoodByTheNextOne() throws Exception {
    AtomicInteger forces = new AtomicInteger();
    Recorder recorder = fixture.open(ROOMY);
    append(recorder, "before");
    fixture.folder.hook(
        (what, name) -> {
          if (what.equals("force") && forces.getAndIncrement() == 0) {
            throw new IOException("the disk is broken");
          }
        });
    assertThat(refused(recorder, Priority.PRODUCT, "one")).isEqualTo(RecorderFault.Kind.DISK);
    assertThat(recorder.pendingRecords()).isEqualTo(1);
    long third = append(recorder, "three");
    assertThat(ids(recorder)).containsExactly(1L, third);
    // the segment whose force failed has a hole that keeps nothing from being found behind it
    for (int seed = 0; seed < 20; seed++) {
      FakeFolder left = fixture.folder.afterPowerLoss(new Random(seed));
      try (Recorder again =
          Recorder.open(left, ROOMY, fixture.clock::missionNanos, 20_000_000_000L)) {
        assertThat(texts(again)).containsExactly("before", "three");
      }
    }
    recorder.close();
  }

  @Test
  void aWriteThatFailedLeavesNothingThatIsTakenForARecord() throws Exception {
    try (Recorder recorder = fixture.open(ROOMY)) {
      append(recorder, "one");
      AtomicBoolean once = new AtomicBoolean(true);
      fixture.folder.hook(
          (what, name) -> {
            if (what.equals("write") && once.getAndSet(false)) {
              throw new IOException("no room on the device");
            }
          });
      assertThatThrownBy(
              () ->
                  recorder.appendAll(
                      List.of(
                          new Item(Priority.PRODUCT, body("lost a"), 0),
                          new Item(Priority.PRODUCT, body("lost b"), 0),
                          new Item(Priority.PRODUCT, body("lost c"), 0))))
          .isInstanceOfSatisfying(
              RecorderFault.class,
              fault -> assertThat(fault.kind()).isEqualTo(RecorderFault.Kind.DISK))
          .hasMessageContaining("no room on the device");
      assertThat(append(recorder, "two")).isEqualTo(5);
      assertThat(texts(recorder)).containsExactly("one", "two");
    }
    assertThat(textsAfterARestart()).containsExactly("one", "two");
  }

  @Test
  void onADiskThatFailsForLongNothingOfItComesBack() throws Exception {
    try (Recorder recorder = fixture.open(ROOMY)) {
      append(recorder, "one");
      append(recorder, "two");
      fixture.folder.hook(
          (what, name) -> {
            if (what.equals("force") || what.equals("open")) {
              throw new IOException("broken");
            }
          });
      for (int i = 0; i < 3; i++) {
        assertThat(refused(recorder, Priority.PRODUCT, "lost")).isEqualTo(RecorderFault.Kind.DISK);
      }
      // ground has it: it is freed all the same
      assertThatThrownBy(() -> recorder.confirm(List.of(1L))).isInstanceOf(RecorderFault.class);
      assertThat(ids(recorder)).containsExactly(2L);
      fixture.folder.hook((what, name) -> {});
      append(recorder, "three");
    }
    assertThat(textsAfterARestart()).doesNotContain("lost").endsWith("two", "three");
  }

  @Test
  void onAFullDiskWhatGroundHasMakesRoom() throws Exception {
    Limits limits = Fixture.limits(1000, 100_000);
    try (Recorder recorder = fixture.open(limits)) {
      for (int i = 0; i < 30; i++) {
        recorder.confirm(List.of(append(recorder, "record " + i)));
      }
      fixture.folder.hook(
          (what, name) -> {
            if (what.equals("open")) {
              throw new IOException("No space left on device");
            }
          });
      List<Long> stored = new ArrayList<>();
      while (stored.size() < 100) {
        try {
          stored.add(append(recorder, "more " + stored.size()));
        } catch (RecorderFault e) {
          break;
        }
      }
      // all files but the one in use, and then it is full
      assertThat(stored).hasSizeBetween(20, 80);
      recorder.confirm(stored);
      assertThat(append(recorder, "last")).isPositive();
    }
  }

  /** A boot must not end here: nobody could make room any more. */
  @Test
  void opensOnADiskThatTakesNothingAndSendsWhatIsThere() throws Exception {
    try (Recorder recorder = fixture.open(ROOMY)) {
      append(recorder, "one");
      append(recorder, "two");
    }
    byte[] bytes = fixture.folder.bytes("seg-0000000001.log");
    bytes[Segment.START] ^= 1;
    fixture.folder.put("seg-0000000001.log", bytes);
    fixture.folder.put("seg-0000000002.log", new byte[100]);
    FakeFolder.Hook full =
        (what, name) -> {
          boolean fresh = what.equals("open") && !fixture.folder.has(name);
          if (fresh || Set.of("write", "force", "forceNames", "delete").contains(what)) {
            throw new IOException("No space left on device");
          }
        };
    for (int boot = 0; boot < 2; boot++) {
      fixture.folder.hook(full);
      Recorder recorder = fixture.open(ROOMY);
      assertThat(texts(recorder)).containsExactly("two");
      assertThat(recorder.recoveries()).as("told of until it is noted").hasSize(1);
      assertThat(refused(recorder, Priority.ALERT, "x")).isEqualTo(RecorderFault.Kind.DISK);
      assertThat(ids(recorder)).hasSize(1);
      assertThatThrownBy(recorder::close).hasMessageContaining("No space");
    }
    fixture.folder.hook((what, name) -> {});
    try (Recorder recorder = fixture.open(ROOMY)) {
      append(recorder, "three");
      assertThat(texts(recorder)).containsExactly("two", "three");
    }
    try (Recorder recorder = fixture.open(ROOMY)) {
      assertThat(recorder.recoveries()).isEmpty();
    }
  }

  @Test
  void aSegmentThatCannotBeOpenedIsLeftOutAndToldOfOnce() throws Exception {
    try (Recorder recorder = fixture.open(ROOMY)) {
      append(recorder, "one");
    }
    try (Recorder recorder = fixture.open(ROOMY)) {
      append(recorder, "two");
    }
    fixture.folder.hook(
        (what, name) -> {
          if (what.equals("open") && name.equals("seg-0000000001.log")) {
            throw new IOException("a bad inode");
          }
        });
    for (int boot = 0; boot < 2; boot++) {
      try (Recorder recorder = fixture.open(ROOMY)) {
        assertThat(texts(recorder)).containsExactly("two");
        assertThat(recorder.recoveries()).hasSize(1 - boot);
      }
    }
    assertThat(fixture.folder.segments()).contains("seg-0000000001.log");
  }

  @Test
  void aFileThatTakesNothingMoreIsNotAllThatIsTried() throws Exception {
    Limits limits = Fixture.limits(1000, 4000);
    AtomicReference<String> bad = new AtomicReference<>("");
    fixture.folder.hook(
        (what, name) -> {
          if (what.equals("write") && name.equals(bad.get())) {
            throw new IOException("a bad block");
          }
        });
    try (Recorder recorder = fixture.open(limits)) {
      for (int i = 0; i < 200; i++) {
        if (i == 100) {
          bad.set(fixture.folder.segments().get(0));
        }
        try {
          recorder.confirm(List.of(append(recorder, "record " + i)));
        } catch (RecorderFault e) {
          assertThat(bad.get()).isNotEmpty();
        }
      }
      assertThat(append(recorder, "last")).isPositive();
      assertThat(texts(recorder)).endsWith("last");
    }
  }

  @Test
  void whatGroundHasIsNotGivenUpForADiskThatTakesNothing() throws Exception {
    Limits limits = Fixture.limits(1000, 100_000);
    try (Recorder recorder = fixture.open(limits)) {
      for (int i = 0; i < 200; i++) {
        recorder.confirm(List.of(append(recorder, "record " + i)));
      }
      recorder.expire(0);
      long kept = recorder.statistics().keptRecords();
      int files = fixture.folder.segments().size();
      fixture.folder.hook(
          (what, name) -> {
            if (what.equals("write")) {
              throw new IOException("no");
            }
          });
      for (int i = 0; i < 50; i++) {
        assertThat(refused(recorder, Priority.ALERT, "lost")).isEqualTo(RecorderFault.Kind.DISK);
      }
      fixture.folder.hook((what, name) -> {});
      recorder.expire(0);
      // but for the one segment that a full disk would have taken
      assertThat(recorder.statistics().keptRecords()).isBetween(kept - 20, kept);
      assertThat(append(recorder, "after")).isPositive();
      assertThat(fixture.folder.segments()).hasSizeBetween(files, files + 1);
    }
  }

  @Test
  void aFileThatCannotBeMadeOrTakenAwayIsNoHarm() throws Exception {
    Limits limits = Fixture.limits(1000, 4000);
    for (String fails : List.of("delete", "close", "forceNames")) {
      fixture.folder = new FakeFolder();
      Recorder recorder = fixture.open(limits);
      AtomicInteger turn = new AtomicInteger();
      fixture.folder.hook(
          (what, name) -> {
            if (what.equals(fails) && turn.incrementAndGet() % 2 == 1) {
              throw new IOException("broken");
            }
          });
      Set<String> stored = new HashSet<>();
      for (int i = 0; i < 60; i++) {
        String text = i + "x".repeat(i % 7 * 300);
        try {
          long id = append(recorder, text);
          stored.add(text);
          if (i < 57) {
            stored.remove(text);
            recorder.confirm(List.of(id));
          }
        } catch (RecorderFault e) {
          assertThat(e.kind()).isEqualTo(RecorderFault.Kind.DISK);
        }
      }
      fixture.folder.hook((what, name) -> {});
      recorder.close();
      try (Recorder again = fixture.open(limits)) {
        assertThat(texts(again)).containsAll(stored);
      }
    }
  }

  @Test
  void anEndThatFailsIsToldOf() throws Exception {
    Recorder recorder = fixture.open(ROOMY);
    append(recorder, "one");
    fixture.folder.hook(
        (what, name) -> {
          if (what.equals("close")) {
            throw new IOException("cannot be closed: " + name);
          }
        });
    assertThatThrownBy(recorder::close).hasMessageContaining("cannot be closed");
    assertThat(textsAfterARestart()).containsExactly("one");
  }

  @Test
  void aRecordThatDoesNotReadWhenItIsCarriedAlongIsCountedAndGoes() throws Exception {
    Limits limits = Fixture.limits(1000, 4000);
    FakeFolder folder = fixture.folder;
    try (Recorder recorder = fixture.open(limits)) {
      append(recorder, "damaged");
      append(recorder, "well");
      byte[] bytes = folder.bytes("seg-0000000001.log");
      bytes[Segment.START + Frame.HEADER_BYTES + 5] ^= 1;
      try (Folder.OneFile file = folder.open("seg-0000000001.log")) {
        file.write(java.nio.ByteBuffer.wrap(bytes), 0);
      }
      for (int i = 0; i < 200; i++) {
        recorder.confirm(List.of(append(recorder, "record " + i)));
      }
      assertThat(texts(recorder)).containsExactly("well");
      assertThat(recorder.statistics().damagedBytes())
          .isEqualTo(Frame.bytes(body("damaged").getSerializedSize()));
    }
    assertThat(ids(fixture.open(limits))).containsExactly(2L);
  }

  @Test
  void aReadMeetsARecordThatMoves() throws Exception {
    Limits limits = Fixture.limits(1000, 4000);
    try (Recorder recorder = fixture.open(limits)) {
      append(recorder, "moves");
      AtomicBoolean once = new AtomicBoolean(true);
      fixture.folder.hook(
          (what, name) -> {
            if (what.equals("read")
                && Thread.currentThread().getName().equals("recorder-reader")
                && once.getAndSet(false)) {
              // while it is about to be read, its file is used for something else
              try {
                for (int i = 0; i < 300; i++) {
                  recorder.confirm(List.of(append(recorder, "record " + i)));
                }
              } catch (RecorderFault e) {
                throw new IOException(e);
              }
            }
          });
      assertThat(texts(recorder)).containsExactly("moves");
      assertThat(once.get()).isFalse();
    }
  }

  @Test
  void theNewestRecordsNeedNotBeReadFromDisk() throws Exception {
    int recentBytes = 3 * body("0").getSerializedSize();
    Limits limits = new Limits(1 << 16, 1 << 20, Fixture.MANY, recentBytes, Map.of(), Map.of());
    try (Recorder recorder = fixture.open(limits)) {
      for (int i = 0; i < 5; i++) {
        append(recorder, Integer.toString(i));
      }
      fixture.folder.hook(
          (what, name) -> {
            if (what.equals("read")) {
              throw new IOException("Input/output error");
            }
          });
      assertThat(text(recorder, 5)).isEqualTo("4");
      assertThat(text(recorder, 3)).isEqualTo("2");
      // the one before has made room
      assertThatThrownBy(() -> text(recorder, 2)).hasMessageContaining("Input/output error");
      recorder.confirm(List.of(5L));
      assertThat(recorder.read(5)).isEmpty();
      fixture.folder.hook((what, name) -> {});
    }
  }

  @Test
  void aDiskThatCannotReadAtAllIsADiskFault() throws Exception {
    try (Recorder recorder = fixture.open(ROOMY)) {
      long id = append(recorder, "one");
      fixture.folder.hook(
          (what, name) -> {
            if (what.equals("read")) {
              throw new IOException("Input/output error");
            }
          });
      assertThatThrownBy(() -> recorder.read(id))
          .isInstanceOfSatisfying(
              RecorderFault.class,
              fault -> assertThat(fault.kind()).isEqualTo(RecorderFault.Kind.DISK))
          .hasMessageContaining("Input/output error");
      fixture.folder.hook((what, name) -> {});
    }
  }

  // ---- the power goes

  /** Whatever is being done, and whatever the disk keeps of what was not forced. */
  @Test
  @Tag("long")
  void powerLossAtAnyCallLosesNothingThatWasAcknowledged() throws Exception {
    Limits limits = Fixture.limits(700, 3500);
    for (int seed = 0; seed < 150; seed++) {
      Random random = new Random(seed);
      fixture.folder = new FakeFolder();
      Map<Long, String> acknowledged = new TreeMap<>();
      Set<Long> given = new HashSet<>();
      for (int boot = 0; boot < 4; boot++) {
        FakeFolder folder = fixture.folder;
        int last = 5 + random.nextInt(60);
        AtomicInteger calls = new AtomicInteger();
        AtomicReference<FakeFolder> left = new AtomicReference<>();
        Random power = new Random(seed + 1000L * boot);
        folder.hook(
            (what, name) -> {
              if (calls.incrementAndGet() == last) {
                left.set(folder.afterPowerLoss(power));
              }
              if (calls.get() >= last) {
                throw new IOException("the power is off");
              }
            });
        try {
          run(random, limits, acknowledged, given);
        } catch (IOException e) {
          // it went while the recorder was opened or closed
        }
        folder.hook((what, name) -> {});
        fixture.folder = left.get() == null ? folder.afterPowerLoss(power) : left.get();
        check(limits, acknowledged);
      }
    }
  }

  private void run(Random random, Limits limits, Map<Long, String> acknowledged, Set<Long> given)
      throws IOException {
    Recorder recorder = fixture.open(limits);
    try {
      for (int i = 0; i < 60; i++) {
        if (random.nextInt(4) > 0) {
          String text = "t" + random.nextInt() + "x".repeat(random.nextInt(120));
          Priority priority = Priority.of(1 + random.nextInt(5)).orElseThrow();
          long id = recorder.append(priority, body(text));
          assertThat(given.add(id)).as("number %d", id).isTrue();
          acknowledged.put(id, text);
        } else {
          List<Long> some = ids(recorder);
          if (!some.isEmpty()) {
            long id = some.get(random.nextInt(some.size()));
            // it may be freed by this, also where it is not told so
            acknowledged.remove(id);
            recorder.confirm(List.of(id));
          }
        }
        acknowledged.keySet().retainAll(ids(recorder));
      }
    } catch (RecorderFault e) {
      // an append that failed may have given up others for its sake
      acknowledged.keySet().retainAll(ids(recorder));
    }
    recorder.close();
  }

  private void check(Limits limits, Map<Long, String> acknowledged)
      throws IOException, RecorderFault {
    FakeFolder now = fixture.folder;
    fixture.folder = now.copy();
    try (Recorder recorder = fixture.open(limits)) {
      Map<Long, String> found = new TreeMap<>();
      for (long id : ids(recorder)) {
        found.put(id, Fixture.text(recorder, id));
      }
      assertThat(found).containsAllEntriesOf(acknowledged);
      for (String text : found.values()) {
        assertThat(text).matches("t-?[0-9]+x*");
      }
    }
    fixture.folder = now;
  }

  // ---- it breaks

  @Test
  void aDefectOfTheRecorderEndsItAndLeavesNobodyWaiting() throws Exception {
    Recorder recorder = fixture.open(ROOMY);
    long unused = append(recorder, "one");
    fixture.folder.hook(
        (what, name) -> {
          if (what.equals("force")) {
            throw new IllegalStateException("a defect");
          }
        });
    // not HUNG: nobody waits out its deadline
    assertThat(refused(recorder, Priority.PRODUCT, "two")).isEqualTo(RecorderFault.Kind.CLOSED);
    assertThat(refused(recorder, Priority.PRODUCT, "three")).isEqualTo(RecorderFault.Kind.CLOSED);
    assertThatThrownBy(recorder::close).hasMessageContaining("a defect");
    fixture.folder.hook((what, name) -> {});
    assertThat(textsAfterARestart()).startsWith("one").doesNotHaveDuplicates();
  }
}

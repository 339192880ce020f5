package org.heliostat.core.recorder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.heliostat.core.recorder.Fixture.append;
import static org.heliostat.core.recorder.Fixture.body;
import static org.heliostat.core.recorder.Fixture.ids;
import static org.heliostat.core.recorder.Fixture.refused;
import static org.heliostat.core.recorder.Fixture.text;
import static org.heliostat.core.recorder.Fixture.texts;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.heliostat.core.recorder.Recorder.Item;
import org.heliostat.core.recorder.Recorder.Priority;
import org.heliostat.protocol.PriorityQuota;
import org.heliostat.protocol.RecordPriority;
import org.heliostat.protocol.RecorderConfig;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who comes in, who goes for it, and how much the files take. */
@Timeout(60)
class RecorderRoomTest {
  private static final String LONG_TEXT = "x".repeat(400);

  /** Bytes of a record of the long text: ten are 4,480. */
  private static final int ROOM = Frame.bytes(body(LONG_TEXT).getSerializedSize());

  private final Fixture fixture = new Fixture();

  private static int fill(Recorder recorder, Priority priority) {
    for (int stored = 0; stored < 1000; stored++) {
      try {
        long unused = recorder.append(priority, body(LONG_TEXT));
      } catch (RecorderFault e) {
        assertThat(e.kind()).isEqualTo(RecorderFault.Kind.FULL);
        return stored;
      }
    }
    throw new AssertionError("it is never full");
  }

  private static RecorderStatistics.OfPriority of(Recorder recorder, Priority priority) {
    return recorder.statistics().priorities().get(List.of(Priority.values()).indexOf(priority));
  }

  @Test
  void refusesDataBeyondItsQuotaButKeepsRoomForReports() throws Exception {
    try (Recorder recorder = fixture.open(Fixture.limits(1 << 16, 16L * ROOM))) {
      assertThat(fill(recorder, Priority.PRODUCT)).isEqualTo(15);
      assertThat(recorder.append(Priority.REPORT, body(LONG_TEXT))).isPositive();
      assertThat(recorder.pendingRecords()).isEqualTo(16);
      assertThat(recorder.statistics().storedBytes()).isEqualTo(16L * ROOM);
    }
  }

  @Test
  void theOldestOfTheCheapestGoFirst() throws Exception {
    try (Recorder recorder = fixture.open(Fixture.limits(1 << 16, 16L * ROOM))) {
      for (int i = 0; i < 5; i++) {
        recorder.append(Priority.BULK, body(LONG_TEXT));
        recorder.append(Priority.ROUTINE, body(LONG_TEXT));
        recorder.append(Priority.PRODUCT, body(LONG_TEXT));
      }
      assertThat(refused(recorder, Priority.BULK, LONG_TEXT)).isEqualTo(RecorderFault.Kind.FULL);
      assertThat(recorder.append(Priority.ROUTINE, body(LONG_TEXT))).isEqualTo(16);
      assertThat(of(recorder, Priority.BULK).evicted()).isEqualTo(1);
      // the first of the bulk, and nothing else
      assertThat(ids(recorder)).doesNotContain(1L).contains(2L, 3L, 4L).hasSize(15);
      // this one needs more than the bulk that is left
      assertThat(recorder.append(Priority.PRODUCT, body("y".repeat(5 * ROOM - 60)))).isEqualTo(17);
      assertThat(recorder.pendingRecords(Priority.BULK)).isZero();
      assertThat(of(recorder, Priority.BULK).evicted()).isEqualTo(5);
      assertThat(of(recorder, Priority.ROUTINE).evicted()).isEqualTo(1);
      assertThat(of(recorder, Priority.PRODUCT).evicted()).isZero();
      assertThat(ids(recorder)).doesNotContain(2L).contains(5L);
    }
    try (Recorder recorder = fixture.open(Fixture.limits(1 << 16, 16L * ROOM))) {
      assertThat(ids(recorder)).doesNotContain(1L, 2L, 4L, 7L, 10L, 13L).hasSize(11);
    }
  }

  @Test
  void nothingIsGivenUpForWhatIsNotDearer() throws Exception {
    try (Recorder recorder = fixture.open(Fixture.limits(1 << 16, 16L * ROOM))) {
      assertThat(fill(recorder, Priority.ALERT)).isEqualTo(16);
      for (Priority cheaper : List.of(Priority.ALERT, Priority.PRODUCT, Priority.BULK)) {
        assertThat(refused(recorder, cheaper, "small")).isEqualTo(RecorderFault.Kind.FULL);
      }
      assertThat(recorder.append(Priority.REPORT, body("small"))).isEqualTo(17);
      assertThat(of(recorder, Priority.ALERT).evicted()).isEqualTo(1);
      assertThat(recorder.pendingRecords()).isEqualTo(16);
    }
  }

  @Test
  void nothingIsGivenUpForWhatWouldNotFitAllTheSame() throws Exception {
    try (Recorder recorder = fixture.open(Fixture.limits(1 << 16, 16L * ROOM))) {
      recorder.append(Priority.PRODUCT, body(LONG_TEXT));
      recorder.append(Priority.BULK, body(LONG_TEXT));
      assertThat(refused(recorder, Priority.ROUTINE, "z".repeat(15 * ROOM)))
          .isEqualTo(RecorderFault.Kind.FULL);
      assertThat(recorder.pendingRecords()).isEqualTo(2);
    }
  }

  @Test
  void aPriorityHasAQuotaOfItsOwn() throws Exception {
    Limits limits =
        new Limits(1 << 16, 16L * ROOM, 100, 0, Map.of(Priority.PRODUCT, 3L * ROOM), Map.of());
    try (Recorder recorder = fixture.open(limits)) {
      assertThat(fill(recorder, Priority.PRODUCT)).isEqualTo(3);
      assertThat(fill(recorder, Priority.ROUTINE)).isEqualTo(12);
      recorder.confirm(List.of(1L));
      assertThat(append(recorder, LONG_TEXT)).isEqualTo(16);
      assertThat(of(recorder, Priority.ROUTINE).evicted()).isZero();
    }
  }

  @Test
  void theNumberOfRecordsIsBoundedToo() throws Exception {
    Limits limits = new Limits(1 << 16, 1 << 20, 10, 0, Map.of(), Map.of());
    try (Recorder recorder = fixture.open(limits)) {
      for (int i = 0; i < 6; i++) {
        recorder.append(Priority.BULK, body("b"));
      }
      for (int i = 0; i < 8; i++) {
        assertThat(append(recorder, "p")).isEqualTo(i + 7);
      }
      assertThat(of(recorder, Priority.BULK).evicted()).isEqualTo(4);
      for (int i = 0; i < 2; i++) {
        assertThat(append(recorder, "p")).isEqualTo(i + 15);
      }
      assertThat(refused(recorder, Priority.PRODUCT, "p")).isEqualTo(RecorderFault.Kind.FULL);
      assertThat(recorder.append(Priority.ALERT, body("a"))).isEqualTo(17);
      assertThat(recorder.pendingRecords()).isEqualTo(10);
    }
  }

  @Test
  void allOfManyAreStoredOrNone() throws Exception {
    try (Recorder recorder = fixture.open(Fixture.limits(1 << 16, 16L * ROOM))) {
      Item item = new Item(Priority.PRODUCT, body(LONG_TEXT), 0);
      List<Item> tooMany = java.util.Collections.nCopies(16, item);
      assertThatThrownBy(() -> recorder.appendAll(tooMany))
          .isInstanceOfSatisfying(
              RecorderFault.class,
              fault -> assertThat(fault.kind()).isEqualTo(RecorderFault.Kind.FULL));
      assertThat(recorder.pendingRecords()).isZero();
      assertThat(recorder.statistics().storedBytes()).isZero();
      assertThat(recorder.appendAll(tooMany.subList(0, 15))).hasSize(15);
    }
    try (Recorder recorder = fixture.open(Fixture.limits(1 << 16, 16L * ROOM))) {
      assertThat(recorder.pendingRecords()).isEqualTo(15);
    }
  }

  // ---- expiry

  @Test
  void whatHasExpiredIsNotSentAndGoes() throws Exception {
    long now = fixture.clock.missionNanos();
    try (Recorder recorder = fixture.open(Fixture.roomy(1 << 16))) {
      recorder.append(Priority.ROUTINE, body("soon"), now + 10);
      recorder.append(Priority.ROUTINE, body("never"), 0);
      recorder.append(Priority.ROUTINE, body("later"), now + 20);
      recorder.append(Priority.ROUTINE, body("confirmed"), now + 10);
      recorder.confirm(List.of(4L));
      fixture.clock.advance(9);
      recorder.expire(now + 9);
      assertThat(texts(recorder)).containsExactly("soon", "never", "later");
      fixture.clock.advance(1);
      // whether or not anybody has come to it yet
      assertThat(ids(recorder)).containsExactly(2L, 3L);
      assertThat(recorder.pendingRecords()).isEqualTo(3);
      recorder.expire(now + 10);
      assertThat(recorder.pendingRecords()).isEqualTo(2);
      assertThat(of(recorder, Priority.ROUTINE).expired()).isEqualTo(1);
      assertThat(recorder.read(1)).isEmpty();
    }
    fixture.clock.advance(-10);
    try (Recorder recorder = fixture.open(Fixture.roomy(1 << 16))) {
      // it stays away, and the other one still knows when it goes
      assertThat(ids(recorder)).containsExactly(2L, 3L);
      recorder.expire(now + 20);
      assertThat(ids(recorder)).containsExactly(2L);
    }
  }

  @Test
  void aPriorityMayHaveAnExpiryOfItsOwn() throws Exception {
    Limits limits = new Limits(1 << 16, 1 << 20, 100, 0, Map.of(), Map.of(Priority.BULK, 50L));
    long now = fixture.clock.missionNanos();
    try (Recorder recorder = fixture.open(limits)) {
      recorder.append(Priority.BULK, body("a"));
      recorder.append(Priority.PRODUCT, body("b"));
      recorder.append(Priority.BULK, body("c"), 0);
      recorder.expire(now + 49);
      assertThat(recorder.pendingRecords()).isEqualTo(3);
      recorder.expire(now + 50);
      assertThat(texts(recorder)).containsExactly("b", "c");
    }
  }

  @Test
  void theMissionFileGivesTheLimits() {
    Limits limits =
        Limits.of(
            RecorderConfig.newBuilder()
                .setSegmentKibibytes(64)
                .setQuotaMebibytes(3)
                .addQuotas(
                    PriorityQuota.newBuilder()
                        .setPriority(RecordPriority.ROUTINE)
                        .setQuotaMebibytes(2)
                        .setExpirySeconds(1.5))
                .addQuotas(PriorityQuota.newBuilder().setQuotaMebibytes(1))
                .build());
    assertThat(limits.segmentBytes()).isEqualTo(64 << 10);
    assertThat(limits.quotaBytes()).isEqualTo(3 << 20);
    assertThat(limits.quotas()).containsOnly(Map.entry(Priority.ROUTINE, 2L << 20));
    assertThat(limits.ownQuota(Priority.BULK)).isEqualTo(Long.MAX_VALUE);
    assertThat(limits.expiry(Priority.ROUTINE, 100)).isEqualTo(1_500_000_100L);
    assertThat(limits.expiry(Priority.BULK, 100)).isZero();
    assertThat(limits.quota(Priority.ALERT)).isEqualTo(3 << 20);
    assertThat(limits.quota(Priority.PRODUCT)).isEqualTo((3 << 20) / 16 * 15);
  }

  @Test
  void byCommandAllOfAPriorityGo() throws Exception {
    try (Recorder recorder = fixture.open(Fixture.roomy(500))) {
      for (int i = 0; i < 20; i++) {
        recorder.append(i % 2 == 0 ? Priority.BULK : Priority.PRODUCT, body("r" + i));
      }
      assertThat(recorder.delete(Priority.BULK)).isEqualTo(10);
      assertThat(recorder.delete(Priority.BULK)).isZero();
      assertThat(recorder.pendingRecords()).isEqualTo(10);
      assertThat(recorder.pendingRecords(Priority.PRODUCT)).isEqualTo(10);
    }
    try (Recorder recorder = fixture.open(Fixture.roomy(500))) {
      assertThat(recorder.pendingRecords(Priority.BULK)).isZero();
    }
  }

  // ---- the files

  /** The files stay bounded whatever happens, and every record that waits is as it was. */
  @Test
  @Tag("long")
  void filesStayWithinHalfAsMuchAgainAsTheQuota() throws Exception {
    for (int seed = 0; seed < 4; seed++) {
      fixture.folder = new FakeFolder();
      Random random = new Random(seed);
      int segment = 2000;
      long quota = 40_000;
      Limits limits = Fixture.limits(segment, quota);
      Map<Long, String> waiting = new TreeMap<>();
      long evicted = 0;
      long evictedBefore = 0;
      Recorder recorder = fixture.open(limits);
      for (int step = 0; step < 3000; step++) {
        int what = random.nextInt(100);
        if (what < 70) {
          String text = step + "-" + "x".repeat(random.nextInt(300));
          Priority priority = Priority.of(1 + random.nextInt(5)).orElseThrow();
          try {
            waiting.put(recorder.append(priority, body(text)), text);
          } catch (RecorderFault e) {
            assertThat(e.kind()).isEqualTo(RecorderFault.Kind.FULL);
          }
        } else if (what < 99) {
          List<Long> some = new ArrayList<>(ids(recorder));
          java.util.Collections.shuffle(some, random);
          List<Long> confirmed = some.subList(0, Math.min(some.size(), random.nextInt(3)));
          recorder.confirm(confirmed);
          waiting.keySet().removeAll(confirmed);
        } else {
          evictedBefore += evictedBy(recorder);
          recorder.close();
          recorder = fixture.open(limits);
          assertThat(recorder.recoveries()).isEmpty();
        }
        // what was evicted is gone for good, and nothing else is
        int before = waiting.size();
        waiting.keySet().retainAll(ids(recorder));
        evicted += before - waiting.size();
        assertThat(evicted).isEqualTo(evictedBefore + evictedBy(recorder));
        assertThat(recorder.pendingRecords()).isEqualTo(waiting.size());
        assertThat(recorder.statistics().storedBytes()).isLessThanOrEqualTo(quota);
        assertThat(fixture.folder.size())
            .isLessThanOrEqualTo(quota * 3 / 2 + 2L * segment + 2L * segment + 528);
      }
      for (Map.Entry<Long, String> entry : waiting.entrySet()) {
        assertThat(text(recorder, entry.getKey())).isEqualTo(entry.getValue());
      }
      recorder.close();
    }
  }

  private static long evictedBy(Recorder recorder) {
    return recorder.statistics().priorities().stream()
        .mapToLong(RecorderStatistics.OfPriority::evicted)
        .sum();
  }

  @Test
  void filesAreUsedAgain() throws Exception {
    Limits limits = Fixture.limits(1000, 4000);
    try (Recorder recorder = fixture.open(limits)) {
      for (int i = 0; i < 300; i++) {
        long id = append(recorder, "record " + i);
        recorder.confirm(List.of(id));
      }
      assertThat(fixture.folder.segments()).hasSizeBetween(5, 9);
      // the first names are still there, of the first files
      assertThat(fixture.folder.segments()).contains("seg-0000000001.log");
      assertThat(append(recorder, "last")).isEqualTo(301);
    }
    try (Recorder recorder = fixture.open(limits)) {
      assertThat(recorder.recoveries()).isEmpty();
      assertThat(texts(recorder)).containsExactly("last");
    }
  }

  /** One that waits long is copied along, and comes through damage and restarts all the same. */
  @Test
  void whatWaitsLongIsCarriedAlong() throws Exception {
    Limits limits = Fixture.limits(1000, 4000);
    try (Recorder recorder = fixture.open(limits)) {
      assertThat(recorder.append(Priority.BULK, body("patient"), 5_000_000_000_000_000L))
          .isEqualTo(1);
      for (int i = 0; i < 300; i++) {
        recorder.confirm(List.of(append(recorder, "record " + i)));
      }
      assertThat(texts(recorder)).containsExactly("patient");
    }
    try (Recorder recorder = fixture.open(limits)) {
      assertThat(texts(recorder)).containsExactly("patient");
      assertThat(of(recorder, Priority.BULK).records()).isEqualTo(1);
      recorder.expire(5_000_000_000_000_000L);
      assertThat(recorder.pendingRecords()).isZero();
      assertThat(of(recorder, Priority.BULK).expired()).isEqualTo(1);
    }
  }

  @Test
  void tellsHowMuchOfEachPriorityWaitsAndHowLong() throws Exception {
    try (Recorder recorder = fixture.open(Fixture.roomy(1 << 16))) {
      recorder.append(Priority.ALERT, body("a"));
      fixture.clock.advance(3_000);
      recorder.append(Priority.ALERT, body("bb"));
      fixture.clock.advance(500);
      int length = body("a").getSerializedSize();
      assertThat(of(recorder, Priority.ALERT))
          .isEqualTo(
              new RecorderStatistics.OfPriority(Priority.ALERT, 2, 2L * length + 1, 3_500, 0, 0));
      assertThat(of(recorder, Priority.BULK))
          .isEqualTo(new RecorderStatistics.OfPriority(Priority.BULK, 0, 0, 0, 0, 0));
      recorder.confirm(List.of(1L));
      assertThat(of(recorder, Priority.ALERT).oldestNanos()).isEqualTo(500);
      recorder.expire(0);
      assertThat(recorder.statistics().keptRecords()).isEqualTo(1);
      assertThat(recorder.statistics().damagedBytes()).isZero();
      assertThat(recorder.statistics().hung()).isZero();
    }
  }
}

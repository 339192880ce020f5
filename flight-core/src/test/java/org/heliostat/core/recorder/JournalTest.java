package org.heliostat.core.recorder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.heliostat.core.recorder.Recorder.Priority;
import org.junit.jupiter.api.Test;

class JournalTest {
  private static final int ROOM = Frame.bytes(10);

  private FakeFolder folder = new FakeFolder();
  private Limits limits = Fixture.roomy(1 << 14);
  private Counters counters = new Counters();
  private Index index = new Index();

  /** What a recorder does when it is opened. */
  private Journal open() throws IOException {
    index = new Index();
    counters = new Counters();
    Segments segments = new Segments(folder, limits.segmentBytes(), limits.crowdedBytes());
    Numbers numbers = new Numbers(folder);
    Replay replay = new Replay(folder, segments, index, numbers.highestBelieved());
    replay.run();
    long nextId = Math.max(replay.nextId(), numbers.reserved());
    return new Journal(limits, segments, index, new Log(segments), numbers, counters, nextId);
  }

  private static Index.Entry stage(Journal journal, Priority priority, long expiryNanos)
      throws IOException, RecorderFault {
    return journal.stage(priority, 1, 5, expiryNanos, new byte[10]);
  }

  private static Index.Entry stored(Journal journal, Priority priority)
      throws IOException, RecorderFault {
    Index.Entry entry = stage(journal, priority, 0);
    journal.commit();
    journal.publish(entry);
    return entry;
  }

  /** Numbers of the records that wait, after the power has gone. */
  private List<Long> afterARestart() throws IOException {
    folder = folder.copy();
    Journal unused = open();
    List<Long> ids = new ArrayList<>();
    index.first(100, 0).forEach(entry -> ids.add(entry.id()));
    return ids;
  }

  private AtomicInteger forces() {
    AtomicInteger forces = new AtomicInteger();
    folder.hook(
        (what, name) -> {
          if (what.equals("force") && name.startsWith("seg-")) {
            forces.incrementAndGet();
          }
        });
    return forces;
  }

  @Test
  void whatIsStagedTakesRoomAndCountsWhenItIsPublished() throws Exception {
    Journal journal = open();
    Index.Entry entry = stage(journal, Priority.PRODUCT, 0);
    assertThat(index.records()).isZero();
    assertThat(index.room()).isEqualTo(ROOM);
    assertThat(index.taken(Priority.PRODUCT)).isEqualTo(1);
    assertThat(index.waitingRoom(Priority.PRODUCT)).isZero();
    assertThat(entry.segment().live).isEqualTo(1);
    journal.commit();
    journal.publish(entry);
    assertThat(index.records()).isEqualTo(1);
    assertThat(index.room()).isEqualTo(ROOM);
    assertThat(index.taken(Priority.PRODUCT)).isEqualTo(1);
    assertThat(index.waitingRoom(Priority.PRODUCT)).isEqualTo(ROOM);
    assertThat(entry.segment().live).isEqualTo(1);
    assertThat(entry.segment().records).isEqualTo(1);
    assertThat(entry.segment().firstNanos).isEqualTo(5);
    assertThat(afterARestart()).containsExactly(entry.id());
  }

  @Test
  void numbersGrowByOne() throws Exception {
    Journal journal = open();
    long first = stored(journal, Priority.PRODUCT).id();
    assertThat(stored(journal, Priority.ALERT).id()).isEqualTo(first + 1);
    assertThat(stage(journal, Priority.ALERT, 0).id()).isEqualTo(first + 2);
  }

  @Test
  void whatIsForgottenTakesNoRoomAndDoesNotComeBack() throws Exception {
    Journal journal = open();
    Index.Entry entry = stage(journal, Priority.PRODUCT, 0);
    journal.commit();
    journal.forget(entry);
    assertThat(index.room()).isZero();
    assertThat(entry.segment().live).isZero();
    assertThat(entry.segment().isGone(entry.position())).isTrue();
    assertThat(entry.segment().kept()).isZero();
    journal.settle();
    assertThat(afterARestart()).isEmpty();
  }

  @Test
  void whatIsForgottenIsNotedUpToABound() throws Exception {
    limits = new Limits(8 << 20, 64 << 20, 200_000, 0, Map.of(), Map.of());
    Journal journal = open();
    List<Index.Entry> all = new ArrayList<>();
    for (int i = 0; i < 10_002; i++) {
      all.add(stage(journal, Priority.PRODUCT, 0));
    }
    journal.commit();
    all.forEach(journal::forget);
    journal.settle();
    assertThat(afterARestart()).containsExactly(all.get(10_000).id(), all.get(10_001).id());
  }

  @Test
  void whatGroundHasIsTakenOutAndStaysInItsSegment() throws Exception {
    Journal journal = open();
    Index.Entry one = stored(journal, Priority.PRODUCT);
    Index.Entry two = stored(journal, Priority.PRODUCT);
    AtomicInteger forces = forces();
    journal.confirm(List.of(one.id(), 99L, one.id()));
    journal.commit();
    assertThat(forces).as("of a note alone").hasValue(0);
    assertThat(index.first(9, 0)).containsExactly(two);
    assertThat(one.segment().kept()).isEqualTo(1);
    assertThat(one.segment().isGone(one.position())).isFalse();
    journal.expire(0);
    assertThat(counters.kept).hasValue(1);
    assertThat(afterARestart()).containsExactly(two.id());
  }

  @Test
  void expiresWhatIsWorthNothing() throws Exception {
    Journal journal = open();
    Index.Entry soon = stage(journal, Priority.PRODUCT, 100);
    Index.Entry late = stage(journal, Priority.ALERT, 101);
    journal.commit();
    journal.publish(soon);
    journal.publish(late);
    assertThat(index.nextExpiry()).isEqualTo(100);
    journal.expire(99);
    assertThat(index.records()).isEqualTo(2);
    journal.expire(100);
    assertThat(index.first(9, 0)).containsExactly(late);
    assertThat(index.nextExpiry()).isEqualTo(101);
    assertThat(counters.expired(Priority.PRODUCT)).hasValue(1);
    assertThat(counters.expired(Priority.ALERT)).hasValue(0);
    assertThat(soon.segment().isGone(soon.position())).isTrue();
    assertThat(counters.kept).hasValue(0);
    journal.commit();
    assertThat(afterARestart()).containsExactly(late.id());
  }

  @Test
  void deletesAPriority() throws Exception {
    Journal journal = open();
    Index.Entry alert = stored(journal, Priority.ALERT);
    stored(journal, Priority.PRODUCT);
    stored(journal, Priority.PRODUCT);
    assertThat(journal.delete(Priority.PRODUCT)).isEqualTo(2);
    assertThat(journal.delete(Priority.PRODUCT)).isZero();
    assertThat(index.first(9, 0)).containsExactly(alert);
    journal.commit();
    assertThat(afterARestart()).containsExactly(alert.id());
  }

  @Test
  void theDearerMakesTheCheaperGo() throws Exception {
    limits = new Limits(1 << 14, 1 << 20, 2, 0, Map.of(), Map.of());
    Journal journal = open();
    Index.Entry first = stored(journal, Priority.PRODUCT);
    Index.Entry second = stored(journal, Priority.PRODUCT);
    assertThatThrownBy(() -> stage(journal, Priority.PRODUCT, 0))
        .isInstanceOfSatisfying(
            RecorderFault.class,
            fault -> assertThat(fault.kind()).isEqualTo(RecorderFault.Kind.FULL));
    Index.Entry alert = stored(journal, Priority.ALERT);
    assertThat(index.first(9, 0)).containsExactly(alert, second);
    assertThat(counters.evicted(Priority.PRODUCT)).hasValue(1);
    assertThat(first.segment().isGone(first.position())).isTrue();
    assertThat(afterARestart()).containsExactly(alert.id(), second.id());
  }

  @Test
  void whatGroundHasIsStoredOnceMoreWhereNobodyHasToGoForIt() throws Exception {
    limits = new Limits(1 << 14, 1 << 20, 2, 0, Map.of(), Map.of());
    Journal journal = open();
    Index.Entry first = stored(journal, Priority.ALERT);
    journal.confirm(List.of(first.id()));
    Frame.Header header =
        Frame.Header.data(Priority.ALERT, 1, first.id(), first.nanos(), 0, first.length());
    Index.Entry again =
        journal.stageAgain(header, Priority.ALERT, ByteBuffer.allocate(first.length()));
    journal.commit();
    journal.publish(again);
    assertThat(again.id()).isEqualTo(first.id());
    assertThat(afterARestart()).containsExactly(first.id());

    Journal full = open();
    stored(full, Priority.PRODUCT);
    assertThatThrownBy(
            () -> full.stageAgain(header, Priority.ALERT, ByteBuffer.allocate(first.length())))
        .hasMessageContaining("nothing is given up");
    assertThat(index.records()).isEqualTo(2);
  }

  @Test
  void manyNumbersTakeSeveralNotes() throws Exception {
    limits = new Limits(1 << 20, 8 << 20, 200_000, 0, Map.of(), Map.of());
    Journal journal = open();
    List<Index.Entry> all = new ArrayList<>();
    for (int i = 0; i < 2_001; i++) {
      all.add(stage(journal, Priority.PRODUCT, 0));
    }
    journal.commit();
    all.forEach(journal::publish);
    journal.confirm(all.stream().map(Index.Entry::id).toList());
    journal.commit();
    assertThat(index.records()).isZero();
    assertThat(afterARestart()).isEmpty();
  }

  @Test
  void aCommitIsOneForceAndNoneWhereNothingWasStaged() throws Exception {
    Journal journal = open();
    stored(journal, Priority.PRODUCT);
    AtomicInteger forces = forces();
    stage(journal, Priority.PRODUCT, 0);
    stage(journal, Priority.PRODUCT, 0);
    journal.commit();
    assertThat(forces).hasValue(1);
    journal.commit();
    assertThat(forces).hasValue(1);
  }

  @Test
  void afterACommitThatFailedNotesAreWrittenElsewhere() throws Exception {
    Journal journal = open();
    Index.Entry kept = stored(journal, Priority.ALERT);
    Index.Entry given = stored(journal, Priority.PRODUCT);
    journal.delete(Priority.PRODUCT);
    Index.Entry lost = stage(journal, Priority.PRODUCT, 0);
    AtomicBoolean fails = new AtomicBoolean(true);
    folder.hook(
        (what, name) -> {
          if (fails.get() && what.equals("write")) {
            throw new IOException("no");
          }
        });
    assertThatThrownBy(journal::commit).isInstanceOf(IOException.class);
    journal.rollBack();
    journal.forget(lost);
    journal.settle();
    assertThat(folder.segments()).hasSize(1);
    fails.set(false);
    AtomicInteger forces = forces();
    journal.commit();
    assertThat(forces).as("that of a new file").hasValue(1);
    assertThat(folder.segments()).hasSize(2);
    assertThat(lost.segment().live).isEqualTo(1);
    assertThat(given.segment()).isEqualTo(lost.segment());
    assertThat(afterARestart()).containsExactly(kept.id());
  }

  @Test
  void settlingForcesNothingAndGoesOnWithTheNextCommitWhereItFails() throws Exception {
    Journal journal = open();
    stored(journal, Priority.PRODUCT);
    AtomicInteger forces = forces();
    journal.delete(Priority.PRODUCT);
    journal.settle();
    assertThat(forces).hasValue(0);
    assertThat(afterARestart()).isEmpty();

    Journal other = open();
    Index.Entry entry = stored(other, Priority.ALERT);
    folder.hook(
        (what, name) -> {
          if (what.equals("write")) {
            throw new IOException("no");
          }
        });
    assertThat(other.delete(Priority.ALERT)).isEqualTo(1);
    other.settle();
    assertThat(afterARestart()).containsExactly(entry.id());
  }

  @Test
  void closingBringsNotesToDiskAndGivesBackTheNumbers() throws Exception {
    Journal journal = open();
    long id = stored(journal, Priority.PRODUCT).id();
    journal.delete(Priority.PRODUCT);
    AtomicInteger forces = forces();
    journal.close();
    assertThat(forces).hasValue(1);
    assertThat(new Numbers(folder).reserved()).isEqualTo(id + 1);
    assertThatThrownBy(() -> stored(journal, Priority.PRODUCT))
        .as("its files are closed")
        .isInstanceOf(IOException.class);
    assertThat(afterARestart()).isEmpty();
  }

  @Test
  void damageIsToldOfOnce() throws Exception {
    Journal journal = open();
    Index.Entry entry = stored(journal, Priority.PRODUCT);
    journal.commit();
    byte[] bytes = folder.bytes(entry.segment().name);
    bytes[(int) entry.position()] ^= 1;
    folder.put(entry.segment().name, bytes);
    Replay first = replay();
    assertThat(first.damages()).hasSize(1);
    Replay.Damage damage = first.damages().get(0);
    assertThat(damage.segment()).isEqualTo(entry.segment().number);
    Journal next = open();
    next.noteDamage(damage.segment(), damage.bytes() - 1);
    next.commit();
    assertThat(replay().damages())
        .containsExactly(new Replay.Damage(damage.name(), damage.segment(), 1));
    Journal last = open();
    last.noteDamage(damage.segment(), 1);
    last.commit();
    assertThat(replay().damages()).isEmpty();
  }

  private Replay replay() throws IOException {
    Replay replay =
        new Replay(
            folder.copy(), new Segments(folder.copy(), 1 << 14, 1 << 20), new Index(), 1L << 60);
    replay.run();
    return replay;
  }
}

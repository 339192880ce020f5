package org.heliostat.core.recorder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.heliostat.core.recorder.Fixture.append;
import static org.heliostat.core.recorder.Fixture.body;
import static org.heliostat.core.recorder.Fixture.ids;
import static org.heliostat.core.recorder.Fixture.texts;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.heliostat.core.recorder.Recorder.Priority;
import org.heliostat.protocol.Downlink;
import org.heliostat.protocol.Housekeeping;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Records that ground has had, once more. */
@Timeout(60)
class RecorderPlaybackTest {
  private static final long FOREVER = Long.MAX_VALUE;
  private static final int EVENT = Downlink.EVENT_FIELD_NUMBER;
  private static final int HOUSEKEEPING = Downlink.HOUSEKEEPING_FIELD_NUMBER;

  private final Fixture fixture = new Fixture();
  private final Limits limits = Fixture.roomy(700);
  private long start;

  @BeforeEach
  void begin() {
    start = fixture.clock.missionNanos();
  }

  /** Ten records, a second apart, of which ground has all. */
  private void tenConfirmed(Recorder recorder) throws RecorderFault {
    List<Long> all = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      all.add(append(recorder, "record " + i));
      fixture.clock.advance(1_000_000_000);
    }
    recorder.confirm(all);
  }

  private long second(int number) {
    return start + number * 1_000_000_000L;
  }

  @Test
  void whatWasConfirmedWaitsAgainUnderItsOldNumber() throws Exception {
    try (Recorder recorder = fixture.open(limits)) {
      tenConfirmed(recorder);
      assertThat(recorder.playback(second(2), second(4), Set.of(), 100))
          .isEqualTo(new Recorder.Playback(3, true));
      assertThat(texts(recorder)).containsExactly("record 2", "record 3", "record 4");
      assertThat(ids(recorder)).containsExactly(3L, 4L, 5L);
      assertThat(recorder.statistics().priorities().get(2).oldestNanos()).isEqualTo(8_000_000_000L);
    }
    // over restarts
    try (Recorder recorder = fixture.open(limits)) {
      assertThat(texts(recorder)).containsExactly("record 2", "record 3", "record 4");
      recorder.confirm(List.of(4L));
      // it has been copied twice now, and is one
      assertThat(recorder.playback(0, FOREVER, Set.of(), 100).records()).isEqualTo(8);
      assertThat(ids(recorder)).containsExactly(1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L, 10L);
      recorder.confirm(ids(recorder));
    }
    try (Recorder recorder = fixture.open(limits)) {
      assertThat(recorder.pendingRecords()).isZero();
      assertThat(append(recorder, "next")).isEqualTo(11);
    }
  }

  @Test
  void whatWaitsAlreadyIsLeftAsItIs() throws Exception {
    try (Recorder recorder = fixture.open(limits)) {
      append(recorder, "waits");
      tenConfirmed(recorder);
      assertThat(recorder.playback(0, FOREVER, Set.of(), 100).records()).isEqualTo(10);
      assertThat(recorder.playback(0, FOREVER, Set.of(), 100).records()).isZero();
      assertThat(recorder.pendingRecords()).isEqualTo(11);
    }
  }

  @Test
  void onlyOfTheTypesAskedForAndNoMoreThanAsked() throws Exception {
    try (Recorder recorder = fixture.open(limits)) {
      tenConfirmed(recorder);
      Downlink housekeeping =
          Downlink.newBuilder().setHousekeeping(Housekeeping.getDefaultInstance()).build();
      recorder.confirm(List.of(recorder.append(Priority.ROUTINE, housekeeping)));
      assertThat(recorder.playback(0, FOREVER, Set.of(HOUSEKEEPING), 100).records()).isEqualTo(1);
      assertThat(ids(recorder)).containsExactly(11L);
      assertThat(recorder.playback(0, FOREVER, Set.of(EVENT), 4).records()).isEqualTo(4);
      assertThat(ids(recorder)).containsExactly(1L, 2L, 3L, 4L, 11L);
      assertThat(recorder.playback(0, FOREVER, Set.of(EVENT, HOUSEKEEPING), 6).records())
          .isEqualTo(6);
      assertThat(recorder.pendingRecords()).isEqualTo(11);
    }
  }

  @Test
  void nothingComesBackThatWasGivenUp() throws Exception {
    try (Recorder recorder = fixture.open(limits)) {
      recorder.append(Priority.BULK, body("deleted"));
      recorder.append(Priority.PRODUCT, body("expired"), start + 5);
      recorder.append(Priority.PRODUCT, body("confirmed, and would have expired"), start + 5);
      recorder.confirm(List.of(3L));
      assertThat(recorder.delete(Priority.BULK)).isEqualTo(1);
      fixture.clock.advance(10);
      recorder.expire(start + 10);
      assertThat(recorder.playback(0, FOREVER, Set.of(), 100).records()).isZero();
    }
    try (Recorder recorder = fixture.open(limits)) {
      assertThat(recorder.playback(0, FOREVER, Set.of(), 100).records()).isZero();
      assertThat(recorder.pendingRecords()).isZero();
    }
  }

  @Test
  void whereThereIsNoRoomForAllItSaysSo() throws Exception {
    Limits small = Fixture.limits(700, 6000);
    try (Recorder recorder = fixture.open(small)) {
      tenConfirmed(recorder);
      recorder.append(Priority.BULK, body("x".repeat(2600)));
      recorder.append(Priority.BULK, body("x".repeat(2600)));
      Recorder.Playback played = recorder.playback(0, FOREVER, Set.of(), 100);
      assertThat(played.complete()).isFalse();
      assertThat(played.records()).isBetween(1, 9);
      // nobody was given up for it
      assertThat(recorder.pendingRecords(Priority.BULK)).isEqualTo(2);
      assertThat(recorder.pendingRecords()).isEqualTo(2 + played.records());
    }
  }

  @Test
  void whatGroundHasGoesFirstWhenRoomIsNeeded() throws Exception {
    Limits small = Fixture.limits(700, 3000);
    try (Recorder recorder = fixture.open(small)) {
      tenConfirmed(recorder);
      recorder.expire(0);
      assertThat(recorder.statistics().keptRecords()).isEqualTo(10);
      for (int i = 0; i < 100; i++) {
        recorder.confirm(List.of(append(recorder, "later " + i)));
      }
      recorder.expire(0);
      assertThat(recorder.statistics().keptRecords()).isBetween(5L, 50L);
      assertThat(recorder.playback(0, second(9), Set.of(), 100).records()).isZero();
      int again = recorder.playback(0, FOREVER, Set.of(), 100).records();
      assertThat(again).isBetween(5, 50);
      assertThat(texts(recorder)).contains("later 99").hasSize(again);
    }
  }

  @Test
  void manyStepsFindWhatOneWould() throws Exception {
    Limits large = Fixture.limits(4 << 20, 64 << 20);
    try (Recorder recorder = fixture.open(large)) {
      List<Long> all = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        all.add(append(recorder, i + "x".repeat(200_000)));
      }
      recorder.confirm(all);
      assertThat(recorder.playback(0, FOREVER, Set.of(), 100).records()).isEqualTo(40);
      assertThat(ids(recorder)).containsExactlyElementsOf(all);
    }
  }

  @Test
  void anEmptySpanOrAnEmptyRecorderGivesNothing() throws Exception {
    try (Recorder recorder = fixture.open(limits)) {
      assertThat(recorder.playback(0, FOREVER, Set.of(), 1))
          .isEqualTo(new Recorder.Playback(0, true));
      tenConfirmed(recorder);
      assertThat(recorder.playback(FOREVER, 0, Set.of(), 1).records()).isZero();
      assertThat(recorder.playback(second(20), FOREVER, Set.of(), 1).records()).isZero();
    }
  }
}

package org.heliostat.core.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyInt;
import static org.mockito.ArgumentMatchers.anyLong;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.LongStream;
import org.heliostat.core.recorder.Recorder;
import org.heliostat.core.recorder.Recorder.Priority;
import org.heliostat.core.recorder.Recorder.Waiting;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CandidatesTest {
  private static final int RECORDS = 20_000;

  /** Numbers by which it is told which there are; of every priority the same. */
  private final Set<Long> waiting = new HashSet<>();

  private final Recorder recorder = mock(Recorder.class);
  private final Candidates candidates = new Candidates(recorder);
  private int asked;

  @BeforeEach
  void fill() {
    LongStream.rangeClosed(1, RECORDS).forEach(waiting::add);
    when(recorder.waiting(any(), anyLong(), anyInt()))
        .thenAnswer(
            call -> {
              Priority priority = call.getArgument(0);
              long after = call.getArgument(1);
              int most = call.getArgument(2);
              asked += most;
              return LongStream.rangeClosed(after + 1, RECORDS + 10)
                  .filter(waiting::contains)
                  .limit(most)
                  .mapToObj(id -> new Waiting(id, priority, 3, 0, 0, 10))
                  .toList();
            });
  }

  private List<Waiting> step() {
    List<Waiting> found = new ArrayList<>();
    candidates.step(5, found::add, found::add);
    return found;
  }

  @Test
  void aStepIsBoundedAndAllComeToTheirTurn() {
    List<Waiting> first = step();
    assertThat(first).hasSizeLessThanOrEqualTo(asked);
    assertThat(asked).isLessThan(2_500);
    assertThat(first)
        .filteredOn(one -> one.priority() == Priority.REPORT)
        .extracting(Waiting::id)
        .containsExactly(1L, 2L, 3L, 4L, 5L);
    Set<Long> seen = new HashSet<>();
    for (int i = 0; i < RECORDS / 512 + 1; i++) {
      step().stream()
          .filter(one -> one.priority() == Priority.BULK)
          .forEach(one -> seen.add(one.id()));
    }
    assertThat(seen.size()).isGreaterThan(RECORDS - 600);
  }

  @Test
  void whatIsNewIsOfferedOnceAndAllOthersAsOfferedBefore() {
    Set<Waiting> fresh = new HashSet<>();
    List<Waiting> again = new ArrayList<>();
    for (int i = 0; i < RECORDS / 512 + 5; i++) {
      candidates.step(
          5,
          one -> {
            assertThat(one.priority().compareTo(Priority.PRODUCT) < 0 || fresh.add(one)).isTrue();
          },
          again::add);
    }
    assertThat(fresh).hasSize(3 * RECORDS);
    assertThat(again).isNotEmpty().allMatch(fresh::contains);
  }

  @Test
  void whatIsNewIsFoundAtOnceAndWhatWaitsAgainAfterARound() {
    boolean unused = waiting.remove(7L);
    for (int i = 0; i < RECORDS / 128 + 2; i++) {
      step();
    }
    waiting.add(RECORDS + 1L);
    assertThat(step()).extracting(Waiting::id).contains(RECORDS + 1L);
    waiting.add(7L);
    boolean found = false;
    for (int i = 0; i < RECORDS / 128 + 2; i++) {
      found |= step().stream().anyMatch(one -> one.id() == 7 && one.priority() == Priority.PRODUCT);
    }
    assertThat(found).isTrue();
  }
}

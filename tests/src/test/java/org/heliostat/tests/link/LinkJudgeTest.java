package org.heliostat.tests.link;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.heliostat.core.recorder.Recorder.Priority;
import org.heliostat.hil.ground.RecordList;
import org.junit.jupiter.api.Test;

class LinkJudgeTest {
  private static final LinkJudge.Bounds BOUNDS = new LinkJudge.Bounds(8_192, 1_024);

  private final List<PlannedProduct> planned = new ArrayList<>();
  private final List<RecordedProduct> recorded = new ArrayList<>();
  private final List<LinkJudge.Arrival> arrivals = new ArrayList<>();
  private final List<RecordList.Row> rows = new ArrayList<>();
  private final List<LinkJudge.Pass> passes = new ArrayList<>();

  LinkJudgeTest() {
    passes.add(new LinkJudge.Pass(1_000, 0));
    for (int i = 0; i < 60; i++) {
      make("a" + i, 500, 700 + 40 * i);
    }
  }

  private void make(String id, long nanos, int bytes) {
    long record = recorded.size() + 10L;
    planned.add(new PlannedProduct(nanos, id, bytes, Priority.PRODUCT, false));
    recorded.add(new RecordedProduct(id, record, bytes, bytes * 31));
  }

  /** In the order of worth, which here is that of size. */
  private void arriveAll() {
    recorded.stream()
        .sorted(Comparator.comparing(RecordedProduct::bytes))
        .forEach(one -> arrive(one, 0));
    recorded.forEach(one -> rows.add(new RecordList.Row(one.record(), one.checksum())));
  }

  private void arrive(RecordedProduct one, int pass) {
    arrivals.add(new LinkJudge.Arrival(one.id(), one.record(), pass));
  }

  private LinkJudge judge() {
    return new LinkJudge(planned, recorded, arrivals, rows, passes, BOUNDS);
  }

  @Test
  void allOnceAndInOrderIsWell() {
    arriveAll();
    assertThat(judge().violations()).isEmpty();
    assertThat(judge().outcomes()).isEqualTo(new LinkJudge.Outcomes(60, 0, 0, 0, 0));
    assertThat(judge().order(0).displacedBytes()).isZero();
    assertThat(judge().order(0).products()).isEqualTo(60);
  }

  @Test
  void oneThatIsLostIsFound() {
    arriveAll();
    arrivals.remove(7);
    assertThat(judge().violations())
        .singleElement()
        .asString()
        .contains("not in the catalogue: a7");
    assertThat(judge().outcomes().lost()).isEqualTo(1);
  }

  @Test
  void oneThatComesTwiceIsFoundAlsoInAnotherPass() {
    arriveAll();
    passes.add(new LinkJudge.Pass(2_000, 0));
    arrive(recorded.get(3), 1);
    assertThat(judge().violations()).singleElement().asString().contains("more than once: a3");
  }

  @Test
  void oneWhoseBytesAreOthersIsFound() {
    arriveAll();
    rows.set(5, new RecordList.Row(rows.get(5).number(), 1));
    assertThat(judge().violations()).singleElement().asString().contains("not what was recorded");
    assertThat(judge().outcomes().damaged()).isEqualTo(1);
  }

  @Test
  void aRecordThatGroundListsTwiceIsFound() {
    arriveAll();
    rows.add(new RecordList.Row(rows.get(5).number(), 1));
    assertThat(judge().outcomes().damaged()).isEqualTo(1);
  }

  @Test
  void oneThatNobodyHasRecordedIsFound() {
    arriveAll();
    arrivals.add(new LinkJudge.Arrival("z", 999, 0));
    assertThat(judge().violations()).singleElement().asString().contains("nobody has recorded");
  }

  @Test
  void oneThatWasNeverRecordedIsFound() {
    arriveAll();
    planned.add(new PlannedProduct(500, "b", 700, Priority.PRODUCT, false));
    assertThat(judge().violations()).singleElement().asString().contains("never recorded: b");
  }

  @Test
  void productsInAnyOrderAreFound() {
    arriveAll();
    for (int seed = 0; seed < 20; seed++) {
      Collections.shuffle(arrivals, new Random(seed));
      assertThat(judge().violations())
          .hasSize(2)
          .allMatch(violation -> violation.contains("out of the order"));
    }
  }

  @Test
  void whatWasUnderWayIsExcusedAndNoMore() {
    arriveAll();
    // ten of 1,024 bytes at the most come late: the window, and two parts
    for (int late = 1; late <= 10; late++) {
      arrivals.add(arrivals.remove(20));
      assertThat(judge().violations()).isEmpty();
    }
    assertThat(judge().order(0).displacedBytes()).isEqualTo(10 * 1_024);
    arrivals.add(arrivals.remove(20));
    assertThat(judge().violations()).hasSize(2).anyMatch(one -> one.startsWith("pass 1: 11264 "));
    // a cut excuses as much again in its pass, and in all of them together nothing
    passes.set(0, new LinkJudge.Pass(1_000, 1));
    assertThat(judge().violations()).singleElement().asString().startsWith("all passes: 11264 ");
  }

  @Test
  void whatIsRecordedWithinAPassIsNotJudgedInIt() {
    arriveAll();
    make("new", 1_500, 10);
    arrive(recorded.get(60), 0);
    rows.add(new RecordList.Row(recorded.get(60).record(), recorded.get(60).checksum()));
    assertThat(judge().violations()).isEmpty();
    assertThat(judge().order(0).products()).isEqualTo(60);
  }

  @Test
  void worthCountsByPriorityAndAreaForEachByte() {
    PlannedProduct plain = new PlannedProduct(0, "p", 904, Priority.PRODUCT, false);
    assertThat(LinkMission.worthPerByte(plain, 904)).isEqualTo(1);
    assertThat(
            LinkMission.worthPerByte(new PlannedProduct(0, "q", 904, Priority.ROUTINE, true), 904))
        .isEqualTo(1.8);
    assertThat(LinkMission.worthPerByte(new PlannedProduct(0, "r", 4, Priority.BULK, false), 4))
        .isEqualTo(0.5);
  }
}

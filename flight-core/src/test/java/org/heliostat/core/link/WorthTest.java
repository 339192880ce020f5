package org.heliostat.core.link;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.OptionalLong;
import org.heliostat.core.recorder.Recorder.Priority;
import org.heliostat.core.recorder.Recorder.Waiting;
import org.heliostat.protocol.AreaOfInterest;
import org.heliostat.protocol.Downlink;
import org.heliostat.protocol.DownlinkTable;
import org.heliostat.protocol.Product;
import org.junit.jupiter.api.Test;

class WorthTest {
  private static final long SECOND = 1_000_000_000L;
  private static final OptionalLong NO_PASS = OptionalLong.empty();

  private static Waiting record(Priority priority, double ageSeconds, double expiresIn) {
    long now = 1_000_000 * SECOND;
    return new Waiting(
        1,
        priority,
        Downlink.PRODUCT_FIELD_NUMBER,
        now - (long) (ageSeconds * SECOND),
        expiresIn == 0 ? 0 : now + (long) (expiresIn * SECOND),
        1000);
  }

  private static double perByte(DownlinkTable.Builder table, Waiting record, int left) {
    return perByte(table, record, left, NO_PASS);
  }

  private static double perByte(
      DownlinkTable.Builder table, Waiting record, int left, OptionalLong nextPass) {
    Worth worth = new Worth(table.build());
    return worth.perByte(record, worth.expected(record), left, 1_000_000 * SECOND, nextPass);
  }

  @Test
  void aRecordIsWorthMoreByPriorityAndLessByAgeAndSize() {
    DownlinkTable.Builder table =
        DownlinkTable.newBuilder().setProductHalfLifeSeconds(100).setBulkHalfLifeSeconds(0);
    double fresh = perByte(table, record(Priority.PRODUCT, 0, 0), 1000);
    assertThat(perByte(table, record(Priority.PRODUCT, 100, 0), 1000))
        .isCloseTo(fresh / 2, org.assertj.core.data.Offset.offset(fresh * 1e-9));
    assertThat(perByte(table, record(Priority.PRODUCT, 0, 0), 10_000)).isLessThan(fresh / 8);
    assertThat(perByte(table, record(Priority.ROUTINE, 0, 0), 1000)).isLessThan(fresh);
    assertThat(perByte(table, record(Priority.BULK, 1e6, 0), 1000))
        .as("what does not age")
        .isEqualTo(perByte(table, record(Priority.BULK, 0, 0), 1000))
        .isPositive();
  }

  @Test
  void whatHasBegunIsWorthMoreForEachByteThatIsLeft() {
    DownlinkTable.Builder table = DownlinkTable.newBuilder();
    assertThat(perByte(table, record(Priority.PRODUCT, 0, 0), 100))
        .isGreaterThan(perByte(table, record(Priority.PRODUCT, 0, 0), 1000));
  }

  @Test
  void whatWillHaveExpiredInTheNextPassIsWorthMoreNow() {
    DownlinkTable.Builder table =
        DownlinkTable.newBuilder().setExpiringFactor(3).setExpiringSeconds(50);
    double plain = perByte(table, record(Priority.PRODUCT, 0, 0), 1000);
    assertThat(perByte(table, record(Priority.PRODUCT, 0, 60), 1000)).isEqualTo(plain);
    assertThat(perByte(table, record(Priority.PRODUCT, 0, 40), 1000)).isEqualTo(3 * plain);
    OptionalLong next = OptionalLong.of(1_000_070 * SECOND);
    assertThat(perByte(table, record(Priority.PRODUCT, 0, 60), 1000, next)).isEqualTo(3 * plain);
    assertThat(perByte(table, record(Priority.PRODUCT, 0, 80), 1000, next)).isEqualTo(plain);
  }

  @Test
  void aProductThatTouchesAnAreaOfInterestCountsByTheLargestFactor() {
    Worth worth =
        new Worth(
            DownlinkTable.newBuilder()
                .setProductWorth(1)
                .addAreas(area("wide", 0, 20, 5))
                .addAreas(area("far", 170, -170, 7))
                .addAreas(area("dull", 100, 110, 0.1))
                .build());
    Waiting record = record(Priority.PRODUCT, 0, 0);
    assertThat(worth.dependsOnContent(record)).isTrue();
    assertThat(worth.expected(record)).as("as much as it can be").isEqualTo(7);
    assertThat(worth.expected(record, box(19, 40))).isEqualTo(5);
    assertThat(worth.expected(record, box(20.5, 40))).isEqualTo(1);
    assertThat(worth.expected(record, box(-178, -176))).isEqualTo(7);
    assertThat(worth.expected(record, box(179, -179))).isEqualTo(7);
    assertThat(worth.expected(record, box(175, 15))).as("across").isEqualTo(7);
    assertThat(worth.expected(record, box(101, 102))).isEqualTo(0.1);
    assertThat(worth.expected(record, box(10, 101))).isEqualTo(5);
    assertThat(worth.expected(record, Product.getDefaultInstance())).isEqualTo(1);
    assertThat(
            worth.expected(
                record, Product.newBuilder().addAllBbox(List.of(0.0, 50.0, 5.0, 60.0)).build()))
        .as("north of it")
        .isEqualTo(1);
  }

  @Test
  void withoutAreasNothingMustBeLookedAt() {
    Worth worth = new Worth(DownlinkTable.getDefaultInstance());
    assertThat(worth.dependsOnContent(record(Priority.PRODUCT, 0, 0))).isFalse();
  }

  @Test
  void anAreaUpsideDownOrTwiceIsRefused() {
    assertThat(
            DownlinkTableCheck.problems(
                DownlinkTable.newBuilder()
                    .addAreas(area("a", 0, 1, 2))
                    .addAreas(area("a", 0, 1, 2).setSouth(9).setNorth(8))
                    .build()))
        .containsExactly("area a stands twice", "a: south is north of north");
  }

  private static AreaOfInterest.Builder area(String name, double west, double east, double factor) {
    return AreaOfInterest.newBuilder()
        .setName(name)
        .setWest(west)
        .setEast(east)
        .setSouth(-10)
        .setNorth(40)
        .setFactor(factor);
  }

  private static Product box(double west, double east) {
    return Product.newBuilder().addAllBbox(List.of(west, 30.0, east, 50.0)).build();
  }
}

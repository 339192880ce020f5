package org.heliostat.tests.link;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.heliostat.hil.ground.RecordList;

/**
 * What a campaign of the link promises, held against what both ends have written down: each product
 * that was durable on board is in ground's catalogue once, byte for byte, and within a pass they
 * are completed in the order of their worth for each byte.
 *
 * <p>That order is judged by what would have to be moved to restore it: of the products that were
 * recorded before a pass began, those outside the heaviest part of it that is in order, each
 * counted with its size, and a large one with a part's. Excused is what the queue could not know or
 * help: at the beginning of the pass and at each cut in it, what was under way (the window), and
 * two parts, for the records that were begun; of all passes together no more than one byte of
 * {@value #DISPLACED_SHARE}, beyond what the first pass is excused. Immutable.
 */
final class LinkJudge {
  /** Of all passes together one byte of so many may be out of order. */
  private static final int DISPLACED_SHARE = 20;

  private final Map<String, PlannedProduct> planned = new LinkedHashMap<>();
  private final Map<String, RecordedProduct> recorded = new LinkedHashMap<>();
  private final List<Arrival> arrivals;
  private final List<RecordList.Row> rows;
  private final List<Pass> passes;
  private final Bounds bounds;

  /**
   * A product in ground's catalogue.
   *
   * @param pass from 0, in which its line was written
   */
  record Arrival(String id, long record, int pass) {}

  /**
   * A pass.
   *
   * @param beginNanos mission time
   * @param cuts of connections in it
   */
  record Pass(long beginNanos, long cuts) {}

  /**
   * What may be under way.
   *
   * @param windowBytes of the link
   * @param partBytes of the largest part
   */
  record Bounds(long windowBytes, int partBytes) {
    /** What may be out of order in a pass with so many cuts. */
    long displaced(long cuts) {
      return (1 + cuts) * (windowBytes + 2L * partBytes);
    }
  }

  /** What became of the products. */
  record Outcomes(int delivered, int lost, int twice, int damaged, int unknown) {}

  /**
   * How well a pass was in order.
   *
   * @param products that are judged
   * @param bytes of them, as they are counted
   * @param displacedBytes of them, out of order
   */
  record Order(int products, long bytes, long displacedBytes) {}

  LinkJudge(
      List<PlannedProduct> planned,
      List<RecordedProduct> recorded,
      List<Arrival> arrivals,
      List<RecordList.Row> rows,
      List<Pass> passes,
      Bounds bounds) {
    planned.forEach(one -> this.planned.put(one.id(), one));
    recorded.forEach(one -> this.recorded.put(one.id(), one));
    this.arrivals = List.copyOf(arrivals);
    this.rows = List.copyOf(rows);
    this.passes = List.copyOf(passes);
    this.bounds = bounds;
  }

  /** What of the promise was broken, in words; empty for nothing. */
  List<String> violations() {
    List<String> wrong = new ArrayList<>();
    Set<String> missing = new LinkedHashSet<>(planned.keySet());
    missing.removeAll(recorded.keySet());
    tell(wrong, "were planned and never recorded", missing);
    tell(wrong, "were recorded and are not in the catalogue", lost());
    tell(wrong, "are in the catalogue more than once", twice());
    tell(wrong, "are not what was recorded, or not once in the list of records", damaged());
    tell(wrong, "are in the catalogue and nobody has recorded them", unknown());
    for (int pass = 0; pass < passes.size(); pass++) {
      Order order = order(pass);
      long allowed = bounds.displaced(passes.get(pass).cuts());
      if (order.displacedBytes() > allowed) {
        wrong.add(
            "pass %d: %d of %d bytes are out of the order of worth, %d are excused"
                .formatted(pass + 1, order.displacedBytes(), order.bytes(), allowed));
      }
    }
    Order all = orderOfAll();
    long allowed = Math.max(all.bytes() / DISPLACED_SHARE, bounds.displaced(0));
    if (all.displacedBytes() > allowed) {
      wrong.add(
          "all passes: %d of %d bytes are out of the order of worth, %d are excused"
              .formatted(all.displacedBytes(), all.bytes(), allowed));
    }
    return wrong;
  }

  /** All passes together, each by itself. */
  Order orderOfAll() {
    Order all = new Order(0, 0, 0);
    for (int pass = 0; pass < passes.size(); pass++) {
      Order one = order(pass);
      all =
          new Order(
              all.products() + one.products(),
              all.bytes() + one.bytes(),
              all.displacedBytes() + one.displacedBytes());
    }
    return all;
  }

  private static void tell(List<String> wrong, String what, Set<String> ids) {
    if (!ids.isEmpty()) {
      wrong.add(
          "%d products %s: %s%s"
              .formatted(
                  ids.size(),
                  what,
                  String.join(", ", ids.stream().limit(8).toList()),
                  ids.size() > 8 ? ", ..." : ""));
    }
  }

  Outcomes outcomes() {
    return new Outcomes(
        recorded.size() - lost().size(),
        lost().size(),
        twice().size(),
        damaged().size(),
        unknown().size());
  }

  private Map<String, Integer> counts() {
    Map<String, Integer> counts = new HashMap<>();
    arrivals.forEach(one -> counts.merge(one.id(), 1, Integer::sum));
    return counts;
  }

  private Set<String> lost() {
    Set<String> lost = new LinkedHashSet<>(recorded.keySet());
    arrivals.forEach(one -> lost.remove(one.id()));
    return lost;
  }

  private Set<String> twice() {
    Set<String> twice = new LinkedHashSet<>();
    counts()
        .forEach(
            (id, count) -> {
              if (count > 1) {
                twice.add(id);
              }
            });
    return twice;
  }

  private Set<String> unknown() {
    Set<String> unknown = new LinkedHashSet<>();
    arrivals.forEach(one -> unknown.add(one.id()));
    unknown.removeAll(recorded.keySet());
    return unknown;
  }

  /** Those that came, and whose record ground does not list once, or with another checksum. */
  private Set<String> damaged() {
    Map<Long, List<RecordList.Row>> byNumber = new HashMap<>();
    rows.forEach(row -> byNumber.computeIfAbsent(row.number(), n -> new ArrayList<>()).add(row));
    Set<String> damaged = new LinkedHashSet<>();
    for (Arrival arrival : arrivals) {
      RecordedProduct made = recorded.get(arrival.id());
      if (made == null) {
        continue;
      }
      List<RecordList.Row> listed = byNumber.getOrDefault(made.record(), List.of());
      if (arrival.record() != made.record()
          || listed.size() != 1
          || listed.get(0).crc() != made.checksum()) {
        damaged.add(arrival.id());
      }
    }
    return damaged;
  }

  /** How well a pass is in order, from 0. */
  Order order(int pass) {
    List<RecordedProduct> judged = new ArrayList<>();
    for (Arrival arrival : arrivals) {
      PlannedProduct plan = planned.get(arrival.id());
      RecordedProduct made = recorded.get(arrival.id());
      if (arrival.pass() == pass
          && plan != null
          && made != null
          && plan.missionNanos() < passes.get(pass).beginNanos()) {
        judged.add(made);
      }
    }
    long bytes = judged.stream().mapToLong(this::weight).sum();
    return new Order(judged.size(), bytes, bytes - heaviestInOrder(judged));
  }

  private long weight(RecordedProduct product) {
    return Math.min(product.bytes(), bounds.partBytes());
  }

  /** Weight of the heaviest subsequence whose worth for each byte never rises. */
  private long heaviestInOrder(List<RecordedProduct> products) {
    long[] best = new long[products.size()];
    double[] worth = new double[products.size()];
    long heaviest = 0;
    for (int i = 0; i < best.length; i++) {
      RecordedProduct product = products.get(i);
      PlannedProduct plan = planned.get(product.id());
      worth[i] = plan == null ? 0 : LinkMission.worthPerByte(plan, product.bytes());
      long before = 0;
      for (int j = 0; j < i; j++) {
        if (worth[j] >= worth[i]) {
          before = Math.max(before, best[j]);
        }
      }
      best[i] = before + weight(product);
      heaviest = Math.max(heaviest, best[i]);
    }
    return heaviest;
  }
}

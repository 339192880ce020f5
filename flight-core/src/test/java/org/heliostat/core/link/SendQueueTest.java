package org.heliostat.core.link;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.heliostat.core.link.SendQueue.Bounds;
import org.heliostat.core.link.SendQueue.Capacity;
import org.heliostat.core.link.SendQueue.Choice;
import org.heliostat.core.recorder.Recorder.Priority;
import org.heliostat.core.recorder.Recorder.Waiting;
import org.heliostat.protocol.AreaOfInterest;
import org.heliostat.protocol.ByteSpan;
import org.heliostat.protocol.Downlink;
import org.heliostat.protocol.DownlinkTable;
import org.heliostat.protocol.MissingParts;
import org.heliostat.protocol.Spans;
import org.heliostat.protocol.Spans.Span;
import org.junit.jupiter.api.Test;

class SendQueueTest {
  private static final int PART = 1000;
  private static final long SECOND = 1_000_000_000L;
  private static final long START = 100 * SECOND;
  private static final int CHECKSUM = 77;

  private final SendQueue queue = queue(64, 64_000);
  private long host;
  private long sequence;

  private static SendQueue queue(int records, long bytes) {
    return new SendQueue(
        new Bounds(records, bytes, PART, 5 * SECOND),
        new Worth(DownlinkTable.getDefaultInstance()),
        START);
  }

  private static Waiting record(long id, Priority priority, int bytes) {
    return new Waiting(id, priority, Downlink.EVENT_FIELD_NUMBER, START, 0, bytes);
  }

  private void offer(Waiting... records) {
    for (Waiting record : records) {
      queue.offer(record, START, OptionalLong.empty());
    }
    queue.order(START, OptionalLong.empty());
  }

  private Optional<Choice> send(Capacity capacity) {
    Optional<Choice> choice = queue.next(capacity, host);
    choice.ifPresent(
        one -> {
          one.what().checksum = Optional.of(CHECKSUM);
          queue.sent(one, ++sequence, host);
        });
    return choice;
  }

  /** What goes, as {@code id:from-to}, until nothing does. */
  private List<String> sendAll(Capacity capacity) {
    List<String> sent = new ArrayList<>();
    for (Optional<Choice> one = send(capacity); one.isPresent(); one = send(capacity)) {
      sent.add(name(one.get()));
    }
    return sent;
  }

  private static String name(Choice choice) {
    return choice.what().record.id() + ":" + choice.span().from() + "-" + choice.span().to();
  }

  private List<String> sendAll() {
    return sendAll(Capacity.UNLIMITED);
  }

  private static MissingParts.Builder answer(long id, int size, int end, int... spans) {
    MissingParts.Builder answer =
        MissingParts.newBuilder()
            .setRecord(id)
            .setSize(size)
            .setChecksum(CHECKSUM)
            .setScopeEnd(end);
    for (int i = 0; i < spans.length; i += 2) {
      answer.addSpans(ByteSpan.newBuilder().setFrom(spans[i]).setTo(spans[i + 1]));
    }
    return answer;
  }

  @Test
  void reportsAndAlertsPreemptAlsoBetweenParts() {
    offer(record(1, Priority.PRODUCT, 3000));
    assertThat(send(Capacity.UNLIMITED).map(SendQueueTest::name)).contains("1:0-1000");
    offer(
        record(5, Priority.ALERT, 10),
        record(4, Priority.ALERT, 10_000),
        record(6, Priority.REPORT, 10));
    assertThat(sendAll().subList(0, 3)).containsExactly("6:0-10", "4:0-1000", "4:1000-2000");
    assertThat(queue.piecesUnderWay()).isEqualTo(1 + 1 + 10 + 1 + 2);
  }

  @Test
  void othersGoByWhatEachByteLeftBrings() {
    offer(
        record(1, Priority.PRODUCT, 900),
        record(2, Priority.PRODUCT, 500),
        record(3, Priority.BULK, 500),
        record(4, Priority.ROUTINE, 500));
    assertThat(sendAll()).containsExactly("2:0-500", "1:0-900", "4:0-500", "3:0-500");
  }

  @Test
  void whatIsUnderWayIsBoundedAndUrgentOnesHaveRoomBeyond() {
    SendQueue narrow = queue(100, 2000);
    narrow.offer(record(1, Priority.PRODUCT, 9000), START, OptionalLong.empty());
    narrow.order(START, OptionalLong.empty());
    int parts = 0;
    for (Optional<Choice> one = narrow.next(Capacity.UNLIMITED, 0);
        one.isPresent();
        one = narrow.next(Capacity.UNLIMITED, 0)) {
      narrow.sent(one.get(), ++sequence, 0);
      parts++;
    }
    assertThat(parts).isEqualTo(2);
    assertThat(narrow.bytesUnderWay()).isEqualTo(2000);
    narrow.offer(record(2, Priority.ALERT, 100), START, OptionalLong.empty());
    narrow.order(START, OptionalLong.empty());
    assertThat(narrow.next(Capacity.UNLIMITED, 0).map(SendQueueTest::name)).contains("2:0-100");
  }

  @Test
  void aPartGoesAgainOnlyIfGroundLacksIt() {
    offer(record(1, Priority.PRODUCT, 5000));
    assertThat(sendAll()).hasSize(5);
    // of the last two packets nothing is known yet
    assertThat(queue.missing(answer(1, 5000, 3000, 1000, 2000).build(), 3)).isTrue();
    assertThat(sendAll()).containsExactly("1:1000-2000");
    // said before the one that was sent again can have come
    assertThat(queue.missing(answer(1, 5000, 5000, 1000, 2000).build(), 5)).isTrue();
    assertThat(sendAll()).isEmpty();
    assertThat(queue.piecesUnderWay()).isEqualTo(1);
    // an older answer changes nothing
    assertThat(queue.missing(answer(1, 5000, 5000, 0, 5000).build(), 4)).isTrue();
    assertThat(sendAll()).isEmpty();
    assertThat(queue.missing(answer(1, 5000, 5000, 1000, 2000).build(), 6)).isTrue();
    assertThat(sendAll()).containsExactly("1:1000-2000");
    assertThat(queue.sentAgain()).isEqualTo(2);
    assertThat(queue.confirmed(1)).isTrue();
    assertThat(queue.piecesUnderWay()).isZero();
    assertThat(queue.bytesUnderWay()).isZero();
  }

  @Test
  void groundThatHasForgottenARecordGetsAllOfIt() {
    offer(record(1, Priority.PRODUCT, 2000));
    assertThat(sendAll()).hasSize(2);
    assertThat(queue.missing(answer(1, 2000, 2000).build(), 2)).isTrue();
    assertThat(sendAll()).isEmpty();
    assertThat(queue.missing(answer(1, 2000, 2000, 0, 2000).build(), 9)).isTrue();
    assertThat(sendAll()).containsExactly("1:0-1000", "1:1000-2000");
  }

  @Test
  void groundIsAskedWhereItDoesNotAnswerAndAfterAReconnect() {
    offer(record(1, Priority.PRODUCT, 2000));
    assertThat(sendAll()).hasSize(2);
    host = 5 * SECOND - 1;
    assertThat(queue.toAsk(host)).isEmpty();
    host++;
    assertThat(queue.toAsk(host)).hasSize(1);
    queue.asked(queue.toAsk(host), host);
    assertThat(queue.toAsk(host + 5 * SECOND - 1)).isEmpty();
    assertThat(queue.toAsk(host + 5 * SECOND)).hasSize(1);
    assertThat(sendAll()).as("it does not send again by itself").isEmpty();
    queue.reconnected(host);
    assertThat(queue.toAsk(host)).hasSize(1);
  }

  @Test
  void anEarlierRunMayHaveSentPartsSoGroundIsAskedFirstAndNothingOvertakes() {
    Waiting old = new Waiting(1, Priority.PRODUCT, 5, START - 1, 0, 1500);
    offer(old, record(2, Priority.BULK, 500), record(3, Priority.ALERT, 500));
    assertThat(queue.toLook(9, host)).hasSize(1);
    queue.toLook(9, host).get(0).checksum = Optional.of(CHECKSUM);
    assertThat(sendAll()).containsExactly("3:0-500");
    List<Outgoing> asked = queue.toAsk(host);
    assertThat(asked).extracting(one -> one.record.id()).containsExactly(1L);
    queue.asked(asked, host);
    assertThat(queue.toAsk(host)).isEmpty();
    assertThat(sendAll()).isEmpty();
    assertThat(queue.missing(answer(1, 1500, 1500, 1200, 1500).build(), 1)).isTrue();
    assertThat(sendAll()).containsExactly("1:1200-1500", "2:0-500");
  }

  @Test
  void groundThatDoesNotAnswerHoldsNothingUpForLong() {
    offer(new Waiting(1, Priority.PRODUCT, 5, START - 1, 0, 1500));
    queue.toLook(9, host).get(0).checksum = Optional.of(CHECKSUM);
    queue.asked(queue.toAsk(host), host);
    host += 5 * SECOND;
    assertThat(sendAll()).containsExactly("1:0-1000", "1:1000-1500");
  }

  @Test
  void nearTheEndOfAPassWhatFitsGoesFirstAndThenPartsOfWhatWasBegun() {
    offer(
        record(1, Priority.PRODUCT, 5000),
        record(2, Priority.ROUTINE, 500),
        record(3, Priority.BULK, 900));
    assertThat(send(Capacity.UNLIMITED).map(SendQueueTest::name)).contains("1:0-1000");
    Capacity end = new Capacity(1400, 1400, true);
    assertThat(send(end).map(SendQueueTest::name)).contains("2:0-500");
    assertThat(send(end).map(SendQueueTest::name)).contains("3:0-900");
    assertThat(send(end).map(SendQueueTest::name)).contains("1:1000-2000");
    assertThat(send(new Capacity(600, 600, true)).map(SendQueueTest::name))
        .as("what still fits of it")
        .contains("1:2000-" + (2600 - Worth.PACKET_BYTES));
    assertThat(send(new Capacity(200, 200, true))).isEmpty();
  }

  @Test
  void farFromTheEndAProductThatIsLargerThanThePassIsBegunAllTheSame() {
    offer(record(1, Priority.PRODUCT, 5000), record(3, Priority.BULK, 900));
    assertThat(send(new Capacity(3000, 3000, false)).map(SendQueueTest::name)).contains("1:0-1000");
  }

  @Test
  void ofMoreThanItKnowsItKeepsTheMostWorthAndWhatHasBegun() {
    SendQueue full = queue(64, 64_000);
    full.offer(record(1, Priority.BULK, 900), START, OptionalLong.empty());
    full.order(START, OptionalLong.empty());
    full.sent(full.next(Capacity.UNLIMITED, 0).orElseThrow(), 1, 0);
    for (int i = 0; i < SendQueue.MOST + 10; i++) {
      full.offer(record(100 + i, Priority.BULK, 900), START, OptionalLong.empty());
    }
    assertThat(full.candidates()).isEqualTo(SendQueue.MOST);
    full.offer(record(5000, Priority.PRODUCT, 900), START, OptionalLong.empty());
    assertThat(full.candidates()).isEqualTo(SendQueue.MOST);
    full.order(START, OptionalLong.empty());
    assertThat(full.next(Capacity.UNLIMITED, 0).map(SendQueueTest::name)).contains("5000:0-900");
    assertThat(full.confirmed(1)).isTrue();
  }

  private static final DownlinkTable INTERESTED =
      DownlinkTable.newBuilder()
          .addAreas(AreaOfInterest.newBuilder().setName("a").setFactor(6))
          .build();

  private static Waiting product(long id, int bytes) {
    return new Waiting(id, Priority.PRODUCT, Downlink.PRODUCT_FIELD_NUMBER, START, 0, bytes);
  }

  private static Waiting large(long id, Priority priority) {
    return new Waiting(id, priority, Downlink.EVENT_FIELD_NUMBER, START - 1, 0, 1500);
  }

  private static List<Long> ids(List<Outgoing> records) {
    return records.stream().map(one -> one.record.id()).toList();
  }

  /** None of these reads. */
  private void setAside(List<Outgoing> records) {
    records.forEach(one -> one.asideUntilNanos = OptionalLong.of(host + 5 * SECOND));
  }

  @Test
  void recordsThatNeverReadHoldUpNeitherTheLooksAtOthersNorTheSending() {
    queue.use(new Worth(INTERESTED));
    for (long id = 1; id <= 5; id++) {
      offer(product(id, 500));
    }
    setAside(queue.toLook(5, host));
    offer(product(8, 900));
    assertThat(ids(queue.toLook(5, host))).containsExactly(8L);
    host += 5 * SECOND;
    // their time has passed, and a step looks at a few only
    assertThat(ids(queue.toLook(5, host))).containsExactly(8L, 1L, 2L, 3L, 4L, 5L);
    queue.toLook(1, host).get(0).looked = true;
    assertThat(sendAll()).containsExactly("8:0-900");
    // one that reads after all goes by its worth again
    Outgoing well = queue.toLook(5, host).get(0);
    well.asideUntilNanos = OptionalLong.empty();
    well.looked = true;
    assertThat(sendAll()).containsExactly("1:0-500");
  }

  @Test
  void recordsThatNeverReadKeepNoneFromBeingAskedAbout() {
    for (long id = 1; id <= SendQueue.AHEAD; id++) {
      offer(large(id, Priority.PRODUCT));
    }
    setAside(queue.toLook(SendQueue.AHEAD, host));
    offer(large(100, Priority.BULK));
    host += 5 * SECOND;
    queue.toLook(SendQueue.AHEAD, host).get(0).checksum = Optional.of(CHECKSUM);
    assertThat(ids(queue.toAsk(host))).containsExactly(100L);
  }

  @Test
  void whatIsUnderWayTakesNoPlaceFromWhatIsToBeLookedAtOrAskedAbout() {
    for (long id = 1; id <= SendQueue.AHEAD; id++) {
      offer(record(id, Priority.PRODUCT, 10));
    }
    assertThat(sendAll()).hasSize(SendQueue.AHEAD);
    offer(large(100, Priority.PRODUCT));
    assertThat(ids(queue.toLook(SendQueue.AHEAD, host))).containsExactly(100L);
    queue.toLook(SendQueue.AHEAD, host).get(0).checksum = Optional.of(CHECKSUM);
    assertThat(ids(queue.toAsk(host))).containsExactly(100L);
  }

  /** Records whose worth stands in them, more than the queue knows, offered as they come. */
  private static final class Many {
    private static final int LOOKS = 64;

    private final SendQueue queue =
        new SendQueue(new Bounds(64, 64_000, PART, 5 * SECOND), new Worth(INTERESTED), START);
    private final TreeMap<Long, Boolean> left = new TreeMap<>();
    private long fresh;
    private long round;
    private long sequence;
    private final List<Long> sent = new ArrayList<>();

    void make(long id, boolean interesting) {
      left.put(id, interesting);
    }

    /** A step as the link has it, with a ground that confirms at once. */
    void step() {
      for (Long id : left.tailMap(fresh, false).keySet().stream().limit(512).toList()) {
        queue.offer(product(id, 900), START, OptionalLong.empty());
        fresh = id;
      }
      List<Long> old = left.tailMap(round, false).keySet().stream().limit(128).toList();
      old.forEach(id -> queue.offerAgain(product(id, 900), START, OptionalLong.empty()));
      round = old.size() < 128 ? 0 : old.get(127);
      queue.order(START, OptionalLong.empty());
      for (Outgoing one : queue.toLook(LOOKS, 0)) {
        one.looked = true;
        one.checksum = Optional.of(CHECKSUM);
        one.expected = Boolean.TRUE.equals(left.get(one.record.id())) ? 6000 : 1000;
      }
      queue.order(START, OptionalLong.empty());
      for (int i = 0; i < 10; i++) {
        Optional<Choice> choice = queue.next(Capacity.UNLIMITED, 0);
        if (choice.isPresent()) {
          long id = choice.get().what().record.id();
          queue.sent(choice.get(), ++sequence, 0);
          assertThat(queue.confirmed(id)).isTrue();
          sent.add(id);
          Boolean unused = left.remove(id);
        }
      }
    }
  }

  @Test
  void moreThanItKnowsOfUnknownWorthDoNotKeepEachOtherFromBeingSent() {
    Many many = new Many();
    for (long id = 1; id <= 20_000; id++) {
      many.make(id, id % 100 == 0);
    }
    for (int step = 0; step < 200; step++) {
      many.step();
    }
    assertThat(many.sent).hasSizeGreaterThan(1_000);
    // of those that it saw it sends the ones of most worth first
    assertThat(many.sent.subList(0, 10)).allMatch(id -> id % 100 == 0);
  }

  @Test
  void allComeToTheirTurnHoweverManyThereAre() {
    Many many = new Many();
    for (long id = 1; id <= 3_000; id++) {
      many.make(id, id % 100 == 0);
    }
    for (int step = 0; step < 400; step++) {
      many.step();
    }
    assertThat(many.sent).hasSize(3_000).doesNotHaveDuplicates();
  }

  @Test
  void whatHasExpiredIsNotChosen() {
    queue.offer(
        new Waiting(1, Priority.PRODUCT, 5, START, START + SECOND, 10),
        START,
        OptionalLong.empty());
    queue.order(START + SECOND, OptionalLong.empty());
    assertThat(sendAll()).isEmpty();
    assertThat(queue.candidates()).isZero();
  }

  @Test
  void whatWasNeitherSentNorAskedAboutCannotBeConfirmed() {
    offer(record(1, Priority.PRODUCT, 10));
    assertThat(queue.confirmed(1)).isFalse();
    assertThat(queue.confirmed(2)).isFalse();
    assertThat(sendAll()).hasSize(1);
    assertThat(queue.confirmed(1)).isTrue();
  }

  @Test
  void anAnswerThatCannotBeChangesNothing() {
    offer(record(1, Priority.PRODUCT, 2000));
    assertThat(sendAll()).hasSize(2);
    MissingParts.Builder many = answer(1, 2000, 2000);
    for (int i = 0; i <= SendQueue.MOST_SPANS; i++) {
      many.addSpans(ByteSpan.newBuilder().setFrom(2 * i).setTo(2 * i + 1));
    }
    for (MissingParts.Builder wrong :
        List.of(
            answer(1, 2001, 2000, 0, 2000),
            answer(1, 2000, 2000, 0, 2000).setChecksum(1),
            answer(1, 2000, 2001, 0, 2000),
            answer(1, 2000, -1, 0, 2000),
            answer(1, 2000, 1000, 0, 2000),
            answer(1, 2000, 2000, 500, 400),
            answer(1, 2000, 2000, 500, 500),
            answer(1, 2000, 2000, -5, 400),
            answer(1, 2000, 2000, 500, 600, 550, 700),
            many)) {
      assertThat(queue.missing(wrong.build(), 2)).as("%s", wrong).isFalse();
    }
    assertThat(sendAll()).isEmpty();
    assertThat(queue.missing(answer(9, 1, 1).build(), 2)).as("freed since").isTrue();
  }

  @Test
  void whatThePortDidNotTakeIsToBeSentStill() {
    offer(record(1, Priority.PRODUCT, 10));
    Choice choice = send(Capacity.UNLIMITED).orElseThrow();
    queue.notSent(List.of(choice), sequence);
    assertThat(queue.piecesUnderWay()).isZero();
    assertThat(sendAll()).containsExactly("1:0-10");
    assertThat(queue.sentAgain()).isZero();
  }

  /** A ground that says anything at all costs sending again, and nothing else. */
  @Property(seed = "1", tries = 300)
  void whateverGroundSaysNothingGoesButWhatTheRecordsHold(@ForAll long seed) {
    Random random = new Random(seed);
    SendQueue one = queue(8, 4000);
    for (int id = 1; id <= 3; id++) {
      one.offer(record(id, Priority.PRODUCT, 2500), START, OptionalLong.empty());
    }
    long number = 0;
    long now = 0;
    for (int step = 0; step < 60; step++) {
      now += SECOND;
      one.order(START, OptionalLong.empty());
      Optional<Choice> next = one.next(Capacity.UNLIMITED, now);
      while (next.isPresent()) {
        Choice choice = next.get();
        assertThat(choice.span().from()).isBetween(0L, 2499L);
        assertThat(choice.span().to()).isBetween(choice.span().from() + 1, 2500L);
        choice.what().checksum = Optional.of(CHECKSUM);
        one.sent(choice, ++number, now);
        next = one.next(Capacity.UNLIMITED, now);
      }
      int[] spans = random.ints(2L * random.nextInt(4), -100, 2700).sorted().toArray();
      int end = random.nextInt(-10, 2600);
      boolean unused =
          one.missing(
              answer(1L + random.nextInt(4), 2500, end, spans).build(), random.nextLong(0, 500));
      assertThat(one.bytesUnderWay()).isBetween(0L, 4000L);
      assertThat(one.piecesUnderWay()).isBetween(0, 8);
    }
    assertThat(one.candidates()).as("only a receipt frees a record").isEqualTo(3);
    for (int id = 1; id <= 3; id++) {
      boolean unused = one.confirmed(id);
      one.gone(id);
    }
    assertThat(one.bytesUnderWay()).isZero();
    assertThat(one.piecesUnderWay()).isZero();
  }

  /**
   * Whatever is lost: with an honest ground every byte arrives, no byte that ground has is sent,
   * and the counts of what is under way stay right.
   */
  @Property(seed = "1", tries = 300)
  void everyByteArrivesAndNoneThatGroundHasIsSent(
      @ForAll @Size(min = 1, max = 6) List<@IntRange(min = 1, max = 7000) Integer> sizes,
      @ForAll @IntRange(min = 0, max = 9) int lossTenths,
      @ForAll long seed) {
    Random random = new Random(seed);
    SendQueue one = queue(8, 4000);
    Map<Long, Spans> ground = new HashMap<>();
    for (int i = 0; i < sizes.size(); i++) {
      one.offer(record(i + 1, Priority.PRODUCT, sizes.get(i)), START, OptionalLong.empty());
    }
    long now = 0;
    long number = 0;
    int confirmed = 0;
    for (int step = 0; step < 4000 && confirmed < sizes.size(); step++) {
      now += SECOND;
      if (random.nextInt(20) == 0) {
        one.reconnected(now);
      }
      one.order(START, OptionalLong.empty());
      List<Outgoing> asked = one.toAsk(now);
      one.asked(asked, now);
      long heard = number;
      // the last steps lose nothing, as the last pass of all does not
      boolean lossy = step < 2000;
      boolean answered = !(lossy && random.nextInt(10) < lossTenths);
      Optional<Choice> next = one.next(Capacity.UNLIMITED, now);
      while (next.isPresent()) {
        Choice choice = next.get();
        choice.what().checksum = Optional.of(CHECKSUM);
        one.sent(choice, ++number, now);
        Spans held = ground.computeIfAbsent(choice.what().record.id(), id -> new Spans());
        Span span = choice.span();
        for (long at = span.from(); at < span.to(); at += 100) {
          assertThat(held.covers(at, Math.min(at + 1, span.to())))
              .as("record %d at %d, which ground has", choice.what().record.id(), at)
              .isFalse();
        }
        if (!lossy || random.nextInt(10) >= lossTenths) {
          held.add(span.from(), span.to());
          heard = number;
        }
        next = one.next(Capacity.UNLIMITED, now);
      }
      int pieces = 0;
      for (long id = 1; id <= sizes.size(); id++) {
        int size = sizes.get((int) id - 1);
        Spans held = ground.get(id);
        if (held == null || !answered) {
          continue;
        }
        if (held.bytes() == size) {
          confirmed += one.confirmed(id) ? 1 : 0;
          continue;
        }
        long wanted = id;
        boolean all = asked.stream().anyMatch(about -> about.record.id() == wanted);
        int end = all ? size : (int) held.end();
        MissingParts.Builder answer = answer(id, size, end);
        held.missing(end, SendQueue.MOST_SPANS)
            .forEach(
                gap ->
                    answer.addSpans(
                        ByteSpan.newBuilder().setFrom((int) gap.from()).setTo((int) gap.to())));
        assertThat(one.missing(answer.build(), heard)).isTrue();
        pieces++;
      }
      assertThat(one.bytesUnderWay()).isBetween(0L, 7000L);
      assertThat(one.piecesUnderWay()).isBetween(0, 8);
      assertThat(pieces).isLessThanOrEqualTo(sizes.size());
    }
    assertThat(confirmed).isEqualTo(sizes.size());
    assertThat(one.piecesUnderWay()).isZero();
    assertThat(one.bytesUnderWay()).isZero();
  }
}

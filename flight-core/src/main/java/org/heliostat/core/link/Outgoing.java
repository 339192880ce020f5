package org.heliostat.core.link;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.heliostat.core.recorder.Recorder.Priority;
import org.heliostat.core.recorder.Recorder.Waiting;
import org.heliostat.protocol.Spans;
import org.heliostat.protocol.Spans.Span;

/**
 * A record on its way to ground: which of its bytes ground has, and which are under way. What is
 * neither is to be sent. One thread.
 */
final class Outgoing {
  final Waiting record;

  /** What it is worth when it is new, as far as is known. */
  double expected;

  /** Its content need not be looked at (any more) before it is sent. */
  boolean looked;

  /** An earlier run may have sent parts of it: ground is asked before any more are. */
  boolean unknownToUs;

  /** By {@link org.heliostat.protocol.RecordChecksum}; known when it has been read. */
  Optional<Integer> checksum = Optional.empty();

  /** Host time at which ground was asked about it last, since its last answer. */
  OptionalLong askedNanos = OptionalLong.empty();

  /** Where it did not read when it was tried last: host time before which it is not again. */
  OptionalLong asideUntilNanos = OptionalLong.empty();

  /** Something of it was sent in this run, or ground was asked about it: it may confirm it. */
  boolean told;

  /** What each byte brings; set where records are put in order. */
  double perByte;

  private final Spans held = new Spans();
  private final List<UnderWay> underWay = new ArrayList<>();
  private final Spans everSent = new Spans();
  private long heard;

  /** A stretch that was sent with a packet of this number. */
  record UnderWay(Span span, long sequence, long sentNanos) {}

  Outgoing(Waiting record, double expected, boolean looked, boolean unknownToUs) {
    this.record = record;
    this.expected = expected;
    this.looked = looked;
    this.unknownToUs = unknownToUs;
  }

  boolean urgent() {
    return record.priority() == Priority.REPORT || record.priority() == Priority.ALERT;
  }

  /** It did not read when it was tried last. */
  boolean unread() {
    return asideUntilNanos.isPresent();
  }

  /** Bytes that are still to be sent. */
  int left() {
    return record.bytes() - (int) taken().bytes();
  }

  private Spans taken() {
    Spans taken = new Spans();
    held.list().forEach(span -> taken.add(span.from(), span.to()));
    underWay.forEach(one -> taken.add(one.span.from(), one.span.to()));
    return taken;
  }

  /** The first stretch that is to be sent. */
  Optional<Span> next() {
    return taken().missing(record.bytes(), 1).stream().findFirst();
  }

  /** Ground has some of it, or may have. */
  boolean begun() {
    return held.bytes() > 0 || !underWay.isEmpty();
  }

  List<UnderWay> underWay() {
    return List.copyOf(underWay);
  }

  /** Notes what was sent; whether any of it was sent before. */
  boolean sent(Span span, long sequence, long nowNanos) {
    underWay.add(new UnderWay(span, sequence, nowNanos));
    told = true;
    boolean again =
        everSent.list().stream().anyMatch(one -> one.from() < span.to() && span.from() < one.to());
    everSent.add(span.from(), span.to());
    return again;
  }

  /** What was to go with this packet has not gone. */
  void notSent(long sequence) {
    underWay.stream()
        .filter(one -> one.sequence == sequence)
        .forEach(one -> everSent.remove(one.span.from(), one.span.to()));
    underWay.removeIf(one -> one.sequence == sequence);
  }

  /**
   * What ground says of it: below an end it has all but some spans. What was sent with a packet
   * that it had not heard of then may still come.
   */
  void answer(int end, List<Span> missing, long heardSequence) {
    if (heardSequence < heard) {
      // overtaken by a newer one
      return;
    }
    heard = heardSequence;
    askedNanos = OptionalLong.empty();
    unknownToUs = false;
    held.add(0, end);
    missing.forEach(span -> held.remove(span.from(), span.to()));
    underWay.removeIf(
        one ->
            held.covers(one.span.from(), one.span.to())
                || (one.sequence <= heardSequence && one.span.to() <= end));
  }

  /** Ground has not answered for so long that it should be asked what has come. */
  boolean unanswered(long nowNanos, long patienceNanos) {
    return underWay.stream().anyMatch(one -> nowNanos - one.sentNanos >= patienceNanos)
        && (askedNanos.isEmpty() || nowNanos - askedNanos.getAsLong() >= patienceNanos);
  }

  /** The connection is a new one: nobody knows what of that under way has come. */
  void reconnected(long nowNanos, long patienceNanos) {
    underWay.replaceAll(one -> new UnderWay(one.span, one.sequence, nowNanos - patienceNanos));
    askedNanos = OptionalLong.empty();
  }
}

package org.heliostat.core.link;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.heliostat.core.recorder.Recorder.Priority;
import org.heliostat.core.recorder.Recorder.Waiting;
import org.heliostat.protocol.MissingParts;
import org.heliostat.protocol.Spans.Span;

/**
 * What goes to ground next, and what of it is under way. Reports and alerts go first, oldest first,
 * between the parts of others too; then that which brings most for each byte left. Ground's answers
 * alone say what has come: what it lacks goes again, and where no answer comes it is asked. One
 * thread; does no input or output.
 *
 * <p>Overflow policy: of the records that are neither report nor alert the {@value #MOST} of most
 * worth are known, and those of which ground has some; the others are offered again later. No more
 * is under way than the window holds.
 */
final class SendQueue {
  /** Candidates that are neither report nor alert. */
  static final int MOST = 1024;

  /** Of an inquiry. */
  static final int MOST_ASKED = 32;

  /** From the first candidate on, those that are asked about ahead of their turn. */
  static final int AHEAD = 16;

  /** That were not looked at, beyond which the queue believes no new one to be worth the most. */
  private static final int MOST_UNSEEN = 64;

  /** A smaller part is not worth its packet. */
  private static final int SMALLEST_PART = 256;

  /** Spans of an answer that are believed to be worth reading. */
  static final int MOST_SPANS = 64;

  private static final Comparator<Outgoing> ORDER =
      Comparator.comparing((Outgoing one) -> !one.urgent())
          .thenComparing(one -> one.urgent() ? one.record.priority() : Priority.REPORT)
          .thenComparing(one -> one.urgent() ? 0 : -one.perByte)
          .thenComparing(one -> one.record.id());

  private final Bounds bounds;
  private final long startNanos;
  private final Map<Long, Outgoing> known = new HashMap<>();
  private List<Outgoing> order = List.of();
  private Worth worth;
  private int others;

  /** Of the others, those that were not looked at, as far as was known last. */
  private int unseen;

  private double leastPerByte;
  private int piecesUnderWay;
  private long bytesUnderWay;
  private long sentAgain;

  /**
   * What may be under way.
   *
   * @param records or parts of them
   * @param bytes of them; the first goes whatever its size
   * @param partBytes the largest part
   * @param patienceNanos host time without an answer before ground is asked
   */
  record Bounds(int records, long bytes, int partBytes, long patienceNanos) {}

  /**
   * What is to go next.
   *
   * @param span of the bytes of its body
   */
  record Choice(Outgoing what, Span span) {
    boolean whole() {
      return span.length() == what.record.bytes();
    }
  }

  /**
   * What the rest of the pass carries.
   *
   * @param bytes with what packets cost beside
   * @param urgentBytes for reports and alerts, for which some of it is kept
   * @param nearEnd what fits it goes before what does not
   */
  record Capacity(long bytes, long urgentBytes, boolean nearEnd) {
    /** Of a link without a plan. */
    static final Capacity UNLIMITED = new Capacity(Long.MAX_VALUE, Long.MAX_VALUE, false);

    /** What is left when so many bytes have gone. */
    Capacity less(int gone) {
      return new Capacity(bytes - gone, urgentBytes - gone, nearEnd);
    }
  }

  /**
   * An empty queue.
   *
   * @param startNanos mission time: a large record of before may have been sent in part by an
   *     earlier run
   */
  SendQueue(Bounds bounds, Worth worth, long startNanos) {
    this.bounds = bounds;
    this.worth = worth;
    this.startNanos = startNanos;
  }

  // ---- what there is

  /** Another table is in use: what records are worth is found anew. */
  void use(Worth next) {
    worth = next;
    known.values().forEach(this::value);
  }

  private void value(Outgoing one) {
    one.expected = worth.expected(one.record);
    one.looked = one.urgent() || !worth.dependsOnContent(one.record);
  }

  /** Offers a record that waits; what is known already is left as it is. */
  void offer(Waiting record, long missionNanos, OptionalLong nextPass) {
    add(record, missionNanos, nextPass, unseen < MOST_UNSEEN);
  }

  /**
   * Offers a record that was offered before. Where there is no room it takes that of another only
   * if it is worth more whatever stands in it: to look at it again and again, and let it go again,
   * would keep all of them from being sent.
   */
  void offerAgain(Waiting record, long missionNanos, OptionalLong nextPass) {
    add(record, missionNanos, nextPass, false);
  }

  private void add(Waiting record, long missionNanos, OptionalLong nextPass, boolean hopefully) {
    if (known.containsKey(record.id())) {
      return;
    }
    Outgoing fresh =
        new Outgoing(
            record,
            0,
            true,
            record.bytes() > bounds.partBytes && record.storedNanos() < startNanos);
    value(fresh);
    if (!fresh.urgent()) {
      fresh.perByte = worth.perByte(record, fresh.expected, record.bytes(), missionNanos, nextPass);
      double chance =
          hopefully
              ? fresh.perByte
              : worth.perByte(
                  record, worth.certain(record), record.bytes(), missionNanos, nextPass);
      if (others >= MOST && !makeRoom(chance)) {
        return;
      }
      others++;
      unseen += fresh.looked ? 0 : 1;
    }
    known.put(record.id(), fresh);
  }

  private boolean makeRoom(double perByte) {
    if (perByte <= leastPerByte) {
      return false;
    }
    Optional<Outgoing> least =
        known.values().stream()
            .filter(one -> !one.urgent() && !one.begun() && !one.told)
            .min(Comparator.comparingDouble(one -> one.perByte));
    if (least.isEmpty()) {
      leastPerByte = Double.POSITIVE_INFINITY;
      return false;
    }
    leastPerByte = least.get().perByte;
    if (perByte <= leastPerByte) {
      return false;
    }
    forget(least.get().record.id());
    return true;
  }

  /** A record does not wait any more. */
  void gone(long id) {
    forget(id);
  }

  private Optional<Outgoing> forget(long id) {
    Outgoing one = known.remove(id);
    if (one == null) {
      return Optional.empty();
    }
    if (!one.urgent()) {
      others--;
    }
    count(one, -1);
    return Optional.of(one);
  }

  /** Counts what is under way of a record in, or out. */
  private void count(Outgoing one, int sign) {
    for (Outgoing.UnderWay piece : one.underWay()) {
      piecesUnderWay += sign;
      bytesUnderWay += sign * piece.span().length();
    }
  }

  // ---- what goes next

  /** Puts all in order for the choices that follow. Records that have expired are left out. */
  void order(long missionNanos, OptionalLong nextPass) {
    List<Outgoing> next = new ArrayList<>(known.size());
    leastPerByte = 0;
    unseen = 0;
    for (Outgoing one : List.copyOf(known.values())) {
      long expiry = one.record.expiryNanos();
      if (expiry != 0 && expiry <= missionNanos) {
        forget(one.record.id());
        continue;
      }
      one.perByte = worth.perByte(one.record, one.expected, one.left(), missionNanos, nextPass);
      unseen += one.looked ? 0 : 1;
      next.add(one);
    }
    next.sort(ORDER);
    order = next;
  }

  /**
   * Of the first so many that can be sent those whose content must be looked at before they are
   * sent, or asked about. Behind them, of as many more, those that have not read before and may be
   * tried again: they take no place from the others.
   */
  List<Outgoing> toLook(int most, long hostNanos) {
    return Stream.of(false, true)
        .flatMap(
            unread ->
                sendable()
                    .filter(one -> one.unread() == unread && !aside(one, hostNanos))
                    .limit(most))
        .filter(one -> !one.looked || (one.unknownToUs && one.checksum.isEmpty()))
        .toList();
  }

  /** In order those that are neither report nor alert, but for what is under way already. */
  private Stream<Outgoing> sendable() {
    return order.stream().filter(one -> !one.urgent() && one.next().isPresent());
  }

  /**
   * The next to go, as it was put in order last; what is under way, or set aside, is passed over.
   * Nothing where the window is full or nothing fits.
   */
  Optional<Choice> next(Capacity capacity, long hostNanos) {
    Optional<Outgoing> unfit = Optional.empty();
    for (Outgoing one : order) {
      if (!known.containsKey(one.record.id()) || aside(one, hostNanos)) {
        continue;
      }
      Optional<Span> span = one.next();
      if (span.isEmpty()) {
        continue;
      }
      if (!one.urgent() && mustWait(one, hostNanos)) {
        if (one.unread()) {
          // it may never read
          continue;
        }
        // what is worth less does not overtake it
        return Optional.empty();
      }
      if (one.urgent() || !capacity.nearEnd || cost(one.left()) <= capacity.bytes) {
        return choice(one, span.get(), capacity);
      }
      if (unfit.isEmpty() || (one.begun() && !unfit.get().begun())) {
        unfit = Optional.of(one);
      }
    }
    return unfit.flatMap(one -> one.next().flatMap(span -> choice(one, span, capacity)));
  }

  private boolean aside(Outgoing one, long hostNanos) {
    return one.asideUntilNanos.isPresent() && hostNanos - one.asideUntilNanos.getAsLong() < 0;
  }

  private boolean mustWait(Outgoing one, long hostNanos) {
    if (!one.looked) {
      return true;
    }
    if (!one.unknownToUs) {
      return false;
    }
    if (one.askedNanos.isPresent()
        && hostNanos - one.askedNanos.getAsLong() >= bounds.patienceNanos) {
      // it has had its time to answer
      one.unknownToUs = false;
      return false;
    }
    return true;
  }

  private Optional<Choice> choice(Outgoing one, Span span, Capacity capacity) {
    int length = (int) Math.min(span.length(), bounds.partBytes);
    long room = one.urgent() ? capacity.urgentBytes : capacity.bytes;
    if (cost(length) > room) {
      length = (int) Math.max(0, room - Worth.PACKET_BYTES);
      if (length < SMALLEST_PART) {
        return Optional.empty();
      }
    }
    // what is urgent has as much room again: it does not wait for parts that may be lost
    int share = one.urgent() ? 2 : 1;
    if (piecesUnderWay >= share * bounds.records
        || (bytesUnderWay > 0 && bytesUnderWay + length > share * bounds.bytes)) {
      return Optional.empty();
    }
    return Optional.of(new Choice(one, new Span(span.from(), span.from() + length)));
  }

  private long cost(int bytes) {
    long packets = (bytes + bounds.partBytes - 1L) / bounds.partBytes;
    return bytes + packets * Worth.PACKET_BYTES;
  }

  /** A choice goes with the packet of this number. */
  void sent(Choice choice, long sequence, long hostNanos) {
    if (choice.what.sent(choice.span, sequence, hostNanos)) {
      sentAgain++;
    }
    piecesUnderWay++;
    bytesUnderWay += choice.span.length();
  }

  /** The packet with these has not gone after all. */
  void notSent(List<Choice> choices, long sequence) {
    for (Choice choice : choices) {
      count(choice.what, -1);
      choice.what.notSent(sequence);
      count(choice.what, 1);
    }
  }

  // ---- what ground says

  /** A connection is up that was down. */
  void reconnected(long hostNanos) {
    known.values().forEach(one -> one.reconnected(hostNanos, bounds.patienceNanos));
  }

  /** The first records that ground is to be asked about. */
  List<Outgoing> toAsk(long hostNanos) {
    List<Outgoing> asked =
        new ArrayList<>(
            known.values().stream()
                .filter(one -> one.unanswered(hostNanos, bounds.patienceNanos))
                .sorted(Comparator.comparing(one -> one.record.id()))
                .limit(MOST_ASKED)
                .toList());
    sendable()
        .filter(one -> !one.unread())
        .limit(AHEAD)
        .filter(one -> one.unknownToUs && one.checksum.isPresent() && one.askedNanos.isEmpty())
        .filter(one -> known.containsKey(one.record.id()) && !asked.contains(one))
        .limit(MOST_ASKED - asked.size())
        .forEach(asked::add);
    return asked;
  }

  /** Ground has been asked about these. */
  void asked(List<Outgoing> about, long hostNanos) {
    for (Outgoing one : about) {
      one.askedNanos = OptionalLong.of(hostNanos);
      one.told = true;
    }
  }

  /**
   * Ground has a record. It need not be known any more.
   *
   * @return false for one that this run has neither sent nor asked about: nobody can have it
   *     received now
   */
  boolean confirmed(long id) {
    Outgoing one = known.get(id);
    if (one == null || !one.told) {
      return false;
    }
    return forget(id).isPresent();
  }

  /**
   * What ground lacks of a record.
   *
   * @param heard newest packet that ground had taken when it said so
   * @return false where it cannot be: of another record, or spans out of order or bounds
   */
  boolean missing(MissingParts answer, long heard) {
    Outgoing one = known.get(answer.getRecord());
    if (one == null) {
      // it has been freed since
      return true;
    }
    if (answer.getSize() != one.record.bytes()
        || one.checksum.filter(sum -> sum == answer.getChecksum()).isEmpty()
        || !inOrder(answer)) {
      return false;
    }
    count(one, -1);
    one.answer(
        answer.getScopeEnd(),
        answer.getSpansList().stream().map(span -> new Span(span.getFrom(), span.getTo())).toList(),
        heard);
    count(one, 1);
    return true;
  }

  /** What comes as uint32 may be negative in Java. */
  private static boolean inOrder(MissingParts answer) {
    int at = 0;
    int scope = answer.getScopeEnd();
    if (scope < 0 || scope > answer.getSize() || answer.getSpansCount() > MOST_SPANS) {
      return false;
    }
    for (int i = 0; i < answer.getSpansCount(); i++) {
      int from = answer.getSpans(i).getFrom();
      int to = answer.getSpans(i).getTo();
      if (from < at || to <= from || to > scope) {
        return false;
      }
      at = to;
    }
    return true;
  }

  // ---- how it is

  /** Records among which the next is chosen. */
  int candidates() {
    return known.size();
  }

  /** Records and parts of them that are under way. */
  int piecesUnderWay() {
    return piecesUnderWay;
  }

  long bytesUnderWay() {
    return bytesUnderWay;
  }

  /** Times that something was sent that had been sent before in this run. */
  long sentAgain() {
    return sentAgain;
  }

  int partBytes() {
    return bounds.partBytes;
  }
}

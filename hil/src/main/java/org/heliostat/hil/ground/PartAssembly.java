package org.heliostat.hil.ground;

import com.google.protobuf.ByteString;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.heliostat.protocol.ByteSpan;
import org.heliostat.protocol.MissingParts;
import org.heliostat.protocol.RecordChecksum;
import org.heliostat.protocol.RecordPart;
import org.heliostat.protocol.Spans;
import org.heliostat.protocol.Spans.Span;

/**
 * Puts records together from their parts, in whatever order and how often these come. A record is
 * whole when every byte of it is there and its checksum is right; one whose checksum is wrong is
 * given up, and comes anew. A part that points past the end, contradicts bytes that are there, or
 * is of another size or checksum than those before it is refused.
 *
 * <p>Overflow policy: beyond {@value #MOST_RECORDS} records or {@value #MOST_BYTES} bytes of them
 * the one that a part came for longest ago is forgotten. One thread.
 */
final class PartAssembly {
  static final int MOST_RECORDS = 256;
  static final int MOST_BYTES = 32 << 20;

  /** Of one record. */
  static final int LARGEST_BYTES = 1 << 20;

  private final Map<Long, Partial> partials = new LinkedHashMap<>(16, 0.75f, true);
  private long bytes;
  private long forgotten;

  /** What became of a part. */
  enum Taken {
    /** It brought bytes that were not there. */
    ADDED,
    /** All of it was there. */
    AGAIN,
    /** It brought the last byte, and the record is right: {@link #whole}. */
    COMPLETED,
    /** It brought the last byte, and the record is wrong: nothing of it is there any more. */
    GIVEN_UP,
    /** It cannot be. */
    REFUSED
  }

  private static final class Partial {
    private final byte[] content;
    private final int checksum;
    private final Spans held = new Spans();
    private int run;

    private Partial(int size, int checksum, int run) {
      this.content = new byte[size];
      this.checksum = checksum;
      this.run = run;
    }

    private boolean complete() {
      return held.bytes() == content.length;
    }
  }

  /**
   * Takes a part.
   *
   * @param run of the satellite's link: in another run a number may stand for another record
   */
  Taken take(RecordPart part, int run) {
    int size = part.getSize();
    int offset = part.getOffset();
    ByteString content = part.getContent();
    if (size < 1
        || size > LARGEST_BYTES
        || offset < 0
        || content.isEmpty()
        || content.size() > size - offset) {
      return Taken.REFUSED;
    }
    Partial known = partials.get(part.getRecord());
    if (known != null && (known.content.length != size || known.checksum != part.getChecksum())) {
      if (known.run == run) {
        return Taken.REFUSED;
      }
      // the satellite has lost its recorder and counts anew
      forget(part.getRecord());
      forgotten++;
      known = null;
    }
    Partial partial = known == null ? begin(part, run) : known;
    partial.run = run;
    return put(partial, part);
  }

  private Partial begin(RecordPart part, int run) {
    Partial fresh = new Partial(part.getSize(), part.getChecksum(), run);
    partials.put(part.getRecord(), fresh);
    bytes += fresh.content.length;
    Iterator<Partial> oldest = partials.values().iterator();
    while (partials.size() > MOST_RECORDS || bytes > MOST_BYTES) {
      bytes -= oldest.next().content.length;
      oldest.remove();
      forgotten++;
    }
    return fresh;
  }

  private Taken put(Partial partial, RecordPart part) {
    int from = part.getOffset();
    int to = from + part.getContent().size();
    if (contradicts(partial, part.getContent(), from, to)) {
      return Taken.REFUSED;
    }
    if (partial.held.covers(from, to)) {
      return Taken.AGAIN;
    }
    part.getContent().copyTo(partial.content, from);
    partial.held.add(from, to);
    if (!partial.complete()) {
      return Taken.ADDED;
    }
    if (RecordChecksum.of(part.getRecord(), partial.content) != partial.checksum) {
      forget(part.getRecord());
      return Taken.GIVEN_UP;
    }
    return Taken.COMPLETED;
  }

  private static boolean contradicts(Partial partial, ByteString content, int from, int to) {
    for (Span span : partial.held.list()) {
      int start = Math.max(from, (int) span.from());
      int end = Math.min(to, (int) span.to());
      if (start < end
          && !content
              .substring(start - from, end - from)
              .equals(ByteString.copyFrom(partial.content, start, end - start))) {
        return true;
      }
    }
    return false;
  }

  /** The body of a record that is whole. */
  Optional<byte[]> whole(long record) {
    Partial partial = partials.get(record);
    return partial == null || !partial.complete()
        ? Optional.empty()
        : Optional.of(partial.content.clone());
  }

  /** Whether anything is there of this record, and not of another of its number. */
  boolean knows(long record, int size, int checksum) {
    Partial partial = partials.get(record);
    return partial != null && partial.content.length == size && partial.checksum == checksum;
  }

  /**
   * What a record lacks: below its last byte that has come, or altogether.
   *
   * @param altogether also what comes behind
   * @param mostSpans the answer reaches no further than so many of them
   */
  Optional<MissingParts> missing(long record, boolean altogether, int mostSpans) {
    Partial partial = partials.get(record);
    if (partial == null) {
      return Optional.empty();
    }
    int end = altogether ? partial.content.length : (int) partial.held.end();
    List<Span> spans = partial.held.missing(end, mostSpans + 1);
    if (spans.size() > mostSpans) {
      end = (int) spans.get(mostSpans).from();
      spans = spans.subList(0, mostSpans);
    }
    MissingParts.Builder missing =
        MissingParts.newBuilder()
            .setRecord(record)
            .setSize(partial.content.length)
            .setChecksum(partial.checksum)
            .setScopeEnd(end);
    spans.forEach(
        span ->
            missing.addSpans(
                ByteSpan.newBuilder().setFrom((int) span.from()).setTo((int) span.to())));
    return Optional.of(missing.build());
  }

  /** Lets go of a record. */
  void forget(long record) {
    Partial partial = partials.remove(record);
    bytes -= partial == null ? 0 : partial.content.length;
  }

  /** The records of which anything is there. */
  List<Long> records() {
    return List.copyOf(partials.keySet());
  }

  /** All that is there of a record, as parts. */
  List<RecordPart> parts(long record) {
    Partial partial = partials.get(record);
    if (partial == null) {
      return List.of();
    }
    return partial.held.list().stream()
        .map(
            span ->
                RecordPart.newBuilder()
                    .setRecord(record)
                    .setSize(partial.content.length)
                    .setOffset((int) span.from())
                    .setChecksum(partial.checksum)
                    .setContent(
                        ByteString.copyFrom(
                            Arrays.copyOfRange(
                                partial.content, (int) span.from(), (int) span.to())))
                    .build())
        .toList();
  }

  /** Records that were begun and are not known any more. */
  long forgotten() {
    return forgotten;
  }

  /** Bytes that the records take which are not whole or not stored. */
  long bytes() {
    return bytes;
  }
}

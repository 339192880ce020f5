package org.heliostat.core.recorder;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.heliostat.core.recorder.Recorder.Priority;

/**
 * Finds records that ground has had and has them wait for ground again: goes over the segments from
 * the oldest on, a bounded step at a time. A record is copied to the end of the log, where it
 * counts like any other that waits.
 */
final class PlaybackWalk {
  private static final int LOOKED_AT_A_STEP = 1 << 20;

  private final long fromNanos;
  private final long toNanos;
  private final Set<Integer> types;
  private final int most;
  private int segment;
  private long position = Segment.START;
  private int found;
  private boolean ended;
  private boolean full;

  /**
   * Of a span of mission time.
   *
   * @param types of records; none stands for all
   * @param most records
   */
  PlaybackWalk(long fromNanos, long toNanos, Set<Integer> types, int most) {
    this.fromNanos = fromNanos;
    this.toNanos = toNanos;
    this.types = Set.copyOf(types);
    this.most = most;
  }

  /** A step. The caller waits for it as for a record that it stores. */
  final class Step extends Request {
    private final long nowNanos;
    private final List<Index.Entry> staged = new ArrayList<>();
    private final Set<Long> stagedIds = new HashSet<>();
    private final List<Log.Place> originals = new ArrayList<>();

    Step(long nowNanos) {
      this.nowNanos = nowNanos;
    }

    @Override
    void apply(Journal journal) throws IOException {
      long budget = LOOKED_AT_A_STEP;
      while (budget > 0 && !ended) {
        Optional<Segment> next = journal.segments().from(segment, fromNanos, toNanos);
        if (next.isEmpty()) {
          ended = true;
        } else {
          budget -= look(journal, next.get(), budget);
        }
      }
    }

    /** Looks at a segment, or goes on with it; at how many bytes. */
    private long look(Journal journal, Segment now, long budget) throws IOException {
      if (now.number != segment) {
        segment = now.number;
        position = Segment.START;
      }
      long start = position;
      Scanner scanner = new Scanner(now.file, now.number, start, now.end);
      boolean more = true;
      while (more && !enough() && scanner.reached() - start < budget) {
        more = scanner.next();
        if (more && wanted(scanner, now, journal)) {
          stage(journal, scanner, now);
        }
      }
      position = scanner.reached();
      if (!more) {
        segment++;
        position = Segment.START;
      }
      ended = enough();
      return Math.max(1, scanner.reached() - start);
    }

    private boolean enough() {
      return full || found + staged.size() >= most;
    }

    private void stage(Journal journal, Scanner scanner, Segment now) throws IOException {
      Optional<Priority> priority = Priority.of(scanner.header().priority());
      if (priority.isPresent()) {
        try {
          staged.add(journal.stageAgain(scanner.header(), priority.get(), scanner.payload()));
          originals.add(new Log.Place(now, scanner.position()));
        } catch (RecorderFault e) {
          full = true;
        }
      }
    }

    private boolean wanted(Scanner scanner, Segment now, Journal journal) {
      Frame.Header header = scanner.header();
      return (header.kind() == Frame.Kind.DATA || header.kind() == Frame.Kind.COPY)
          && header.nanos() >= fromNanos
          && header.nanos() <= toNanos
          && (types.isEmpty() || types.contains(header.type()))
          && (header.expiryNanos() == 0 || header.expiryNanos() > nowNanos)
          && !now.isGone(scanner.position())
          // it waits already, or has been found before
          && journal.index().get(header.id()).isEmpty()
          && stagedIds.add(header.id());
    }

    @Override
    void kept(Journal journal) {
      staged.forEach(journal::publish);
      // from now on the copy is the record
      originals.forEach(original -> original.segment().setGone(original.position()));
      found += staged.size();
    }

    @Override
    void lost(Journal journal) {
      staged.forEach(journal::unstage);
    }
  }

  boolean ended() {
    return ended;
  }

  /** Records that wait for ground again. */
  int found() {
    return found;
  }

  /** Whether there was no room for more. */
  boolean full() {
    return full;
  }
}

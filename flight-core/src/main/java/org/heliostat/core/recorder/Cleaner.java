package org.heliostat.core.recorder;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Makes room at the front of the log: records in the oldest segment that still wait for ground are
 * copied to its end, step by step, and then the segment is given up with all that ground has. Owned
 * by the recorder's thread.
 *
 * <p>Room is counted by the bytes of the records that wait; what is dead beside them is bounded. At
 * most four of five bytes in a crowded log are alive (the files may take a quarter more than the
 * quota), so that with every byte that comes in eight that are looked at keep the files within one
 * and a half times the quota, and no step takes long.
 */
final class Cleaner {
  /** Bytes looked at for each byte that was appended, and in any case. */
  private static final int LOOKED_AT_PER_BYTE = 8;

  private static final int LOOKED_AT = 1 << 16;

  private final Segments segments;
  private final Index index;
  private final Log log;
  private final Counters counters;
  private final List<Move> moves = new ArrayList<>();
  private Optional<Pass> pass = Optional.empty();

  private record Move(Index.Entry from, Index.Entry to) {}

  /** Over one segment. */
  private static final class Pass {
    private final Segment victim;
    private final Scanner scanner;
    private boolean ended;

    private Pass(Segment victim) {
      this.victim = victim;
      this.scanner = new Scanner(victim.file, victim.number, Segment.START, victim.end);
    }
  }

  Cleaner(Segments segments, Index index, Log log, Counters counters) {
    this.segments = segments;
    this.index = index;
    this.log = log;
    this.counters = counters;
  }

  /**
   * Does a step, if the files take too much. What it copies counts after {@link #forced}.
   *
   * @param appendedBytes how much has come in since the last step
   * @return whether anything was copied, which has to be forced
   */
  boolean step(long nextId, long appendedBytes) throws IOException {
    long budget = LOOKED_AT + LOOKED_AT_PER_BYTE * appendedBytes;
    while (pass.isEmpty() && segments.crowded() && budget > 0 && segments.giveUpOldest()) {
      budget -= LOOKED_AT;
    }
    if (segments.crowded() && budget > 0) {
      Pass now = pass.orElseGet(() -> new Pass(segments.oldest()));
      pass = Optional.of(now);
      long to = now.scanner.reached() + budget;
      while (!now.ended && now.scanner.reached() < to) {
        now.ended = !copyNext(now, nextId);
      }
    }
    return !moves.isEmpty();
  }

  private boolean copyNext(Pass now, long nextId) throws IOException {
    if (!now.scanner.next()) {
      return false;
    }
    long position = now.scanner.position();
    Optional<Index.Entry> entry =
        index
            .get(now.scanner.header().id())
            .filter(e -> e.segment() == now.victim && e.position() == position);
    if (entry.isPresent()) {
      Frame.Header copy = now.scanner.header().copy();
      Log.Place place = log.append(nextId, copy, now.scanner.payload());
      moves.add(
          new Move(
              entry.get(),
              Index.Entry.of(copy, entry.get().priority(), place.segment(), place.position())));
    }
    return true;
  }

  /**
   * What was copied is on disk.
   *
   * @return records that could not be copied because they do not read any more; they are lost
   */
  List<Index.Entry> forced() {
    for (Move move : moves) {
      // it may have been confirmed meanwhile
      if (index.get(move.from.id()).filter(move.from::equals).isPresent()) {
        index.move(move.from, move.to);
        move.to.segment().add(move.to.nanos());
        move.from.segment().setGone(move.from.position());
      }
    }
    moves.clear();
    List<Index.Entry> lost = List.of();
    if (pass.isPresent() && pass.get().ended) {
      Segment victim = pass.get().victim;
      if (victim.live > 0) {
        lost = index.in(victim);
        for (Index.Entry entry : lost) {
          index.remove(entry);
          counters.damagedBytes.addAndGet(entry.room());
        }
      }
      pass = Optional.empty();
      boolean unused = segments.giveUpOldest();
    }
    return lost;
  }

  /** What was copied may not be on disk: the step is to be done anew. */
  void failed() {
    moves.clear();
    pass = Optional.empty();
  }
}

package org.heliostat.core.recorder;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.heliostat.core.recorder.Recorder.Priority;

/**
 * What is stored, and what is done with it: every change passes here, on the recorder's thread
 * alone. What {@link #stage} takes in counts when {@link #commit} has brought it to disk and it is
 * {@link #publish published}.
 */
final class Journal {
  /** Numbers of records in one note. */
  private static final int NOTE_NUMBERS = 1000;

  /** Of records that nobody was promised, for as long as no note of them could be written. */
  private static final int MOST_UNNOTED = 10_000;

  private final Segments segments;
  private final Index index;
  private final Log log;
  private final Numbers numbers;
  private final Quota quota;
  private final Cleaner cleaner;
  private final Counters counters;
  private final List<Long> unnoted = new ArrayList<>();

  /** Those of which a note is in the log's buffer. */
  private final List<Long> noted = new ArrayList<>();

  private long nextId;
  private long appendedBytes;
  private boolean toForce;

  /** Goes on where recovery has ended. */
  Journal(
      Limits limits,
      Segments segments,
      Index index,
      Log log,
      Numbers numbers,
      Counters counters,
      long nextId) {
    this.segments = segments;
    this.index = index;
    this.log = log;
    this.numbers = numbers;
    this.quota = new Quota(limits, index);
    this.cleaner = new Cleaner(segments, index, log, counters);
    this.counters = counters;
    this.nextId = nextId;
  }

  // ---- records

  /**
   * Writes a record. It counts when it has been committed and published; until then it takes room.
   *
   * @throws RecorderFault where there is no room for it
   */
  Index.Entry stage(Priority priority, int type, long nanos, long expiryNanos, byte[] payload)
      throws RecorderFault, IOException {
    int room = Frame.bytes(payload.length);
    for (Index.Entry victim : quota.roomFor(priority, room)) {
      counters.evicted(victim.priority()).incrementAndGet();
      free(victim);
    }
    numbers.reach(nextId);
    Index.Entry entry =
        write(
            Frame.Header.data(priority, type, nextId, nanos, expiryNanos, payload.length),
            priority,
            ByteBuffer.wrap(payload));
    nextId++;
    return entry;
  }

  /** Writes a record that ground has had once more, so that it waits for ground again. */
  Index.Entry stageAgain(Frame.Header header, Priority priority, ByteBuffer payload)
      throws RecorderFault, IOException {
    if (!quota.roomFor(priority, header.bytes()).isEmpty()) {
      throw new RecorderFault(RecorderFault.Kind.FULL, "nothing is given up for what ground has");
    }
    return write(header.copy(), priority, payload);
  }

  private Index.Entry write(Frame.Header header, Priority priority, ByteBuffer payload)
      throws IOException {
    Log.Place place = log.append(nextId, header, payload);
    Index.Entry entry = Index.Entry.of(header, priority, place.segment(), place.position());
    appendedBytes += entry.room();
    toForce = true;
    index.reserve(priority, entry.room());
    // its segment stays from now on
    entry.segment().live++;
    return entry;
  }

  /** A record that was staged is not to be, and may be found after a restart all the same. */
  void unstage(Index.Entry entry) {
    index.release(entry.priority(), entry.room());
    entry.segment().live--;
  }

  /** A record that was staged is on disk, and whoever stored it will be told so. */
  void publish(Index.Entry entry) {
    unstage(entry);
    entry.segment().add(entry.nanos());
    index.add(entry);
  }

  /**
   * A record that was staged is not to be: whoever stored it was told so, and will do so again.
   * That is noted, for a restart would find both.
   */
  void forget(Index.Entry entry) {
    unstage(entry);
    entry.segment().add(entry.nanos());
    entry.segment().setGone(entry.position());
    if (unnoted.size() < MOST_UNNOTED) {
      // beyond that they come back after a restart
      unnoted.add(entry.id());
    }
  }

  // ---- what becomes of records

  /** Ground has these records; numbers that do not wait are ignored. */
  void confirm(Collection<Long> ids) throws IOException {
    List<Long> confirmed = new ArrayList<>();
    for (long id : ids) {
      Optional<Index.Entry> entry = index.get(id);
      if (entry.isPresent()) {
        index.remove(entry.get());
        confirmed.add(id);
      }
    }
    note(Frame.Kind.CONFIRMED, confirmed);
  }

  /** Gives up the records that are worth nothing any more. */
  void expire(long nowNanos) {
    for (Index.Entry entry : index.expired(nowNanos)) {
      counters.expired(entry.priority()).incrementAndGet();
      free(entry);
    }
    counters.kept.set(segments.kept());
  }

  /**
   * Gives up all records of a priority.
   *
   * @return their number
   */
  int delete(Priority priority) {
    List<Index.Entry> all = List.copyOf(index.oldestFirst(priority));
    all.forEach(this::free);
    return all.size();
  }

  private void free(Index.Entry entry) {
    index.remove(entry);
    entry.segment().setGone(entry.position());
    unnoted.add(entry.id());
  }

  private void note(Frame.Kind kind, List<Long> ids) throws IOException {
    for (int from = 0; from < ids.size(); from += NOTE_NUMBERS) {
      List<Long> some = ids.subList(from, Math.min(ids.size(), from + NOTE_NUMBERS));
      ByteBuffer payload = ByteBuffer.allocate(some.size() * Long.BYTES);
      some.forEach(payload::putLong);
      Frame.Header header = Frame.Header.note(kind, payload.capacity());
      Log.Place unused = log.append(nextId, header, payload.flip());
      appendedBytes += header.bytes();
    }
  }

  /** Notes down what does not read in a segment, so that it is told of once. */
  void noteDamage(int segment, long bytes) throws IOException {
    ByteBuffer payload = ByteBuffer.allocate(2 * Long.BYTES).putLong(segment).putLong(bytes).flip();
    Log.Place unused =
        log.append(nextId, Frame.Header.note(Frame.Kind.DAMAGE, payload.limit()), payload);
  }

  // ---- to disk

  /**
   * Brings all that was staged to disk, and all that was noted to the file at least.
   *
   * @throws IOException where it may not be there; all that was staged is to be forgotten
   */
  void commit() throws IOException {
    writeNotes();
    toForce |= cleaner.step(nextId, appendedBytes);
    appendedBytes = 0;
    if (toForce) {
      log.force();
    } else {
      log.write();
    }
    toForce = false;
    noted.clear();
    cleaner.forced().forEach(lost -> unnoted.add(lost.id()));
  }

  /** After a commit that failed, or anything before it: nothing is staged any more. */
  void rollBack() {
    log.abandon();
    cleaner.failed();
    unnoted.addAll(noted);
    noted.clear();
    toForce = false;
  }

  /**
   * Brings notes to the file where that can be done; else it is tried again with the next commit.
   */
  void settle() {
    try {
      writeNotes();
      log.write();
      noted.clear();
    } catch (IOException e) {
      rollBack();
    }
  }

  private void writeNotes() throws IOException {
    if (!unnoted.isEmpty()) {
      noted.addAll(unnoted);
      unnoted.clear();
      note(Frame.Kind.FREED, noted);
    }
  }

  /** Brings all to disk and closes the files. */
  void close() throws IOException {
    try {
      writeNotes();
      log.force();
      numbers.end(nextId);
    } finally {
      segments.close();
    }
  }

  /** For playback: records of a span of time. */
  Segments segments() {
    return segments;
  }

  Index index() {
    return index;
  }
}

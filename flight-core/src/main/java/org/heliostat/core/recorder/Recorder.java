package org.heliostat.core.recorder;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.function.LongSupplier;
import org.heliostat.core.file.Disk;
import org.heliostat.protocol.Downlink;
import org.heliostat.protocol.RecordPriority;
import org.heliostat.protocol.RecorderConfig;

/**
 * The durable store of all that waits for ground: append-only segments, a CRC-32C for each record,
 * group commit. What {@link #append} has returned for survives a kill or power loss at any byte; it
 * waits until {@link #confirm}, or until it is given up: because it has expired, because something
 * dearer needs the room, or by command. Confirmations are not forced to disk: one that is lost
 * makes a record go to ground twice, where its number shows it. So it is with the note that a
 * record was given up, or that an append was: only where that is lost, too, does a record come back
 * that nobody was promised.
 *
 * <p>Overflow policy: beyond the quota the oldest records of the cheapest priority are given up for
 * one that is dearer; where there is none cheaper, and beyond the quota of its own priority, a
 * record is refused with {@link RecorderFault.Kind#FULL}. A reserve of one sixteenth is kept for
 * {@link Priority#REPORT} and {@link Priority#ALERT}. The quota counts what waits for ground; all
 * files together take at most half as much again, and two segments. What ground has stays there as
 * long as there is room, and can be {@link #playback played back}.
 *
 * <p>A disk that hangs ends in {@link RecorderFault.Kind#HUNG} within {@link Disk#DEADLINE_NANOS};
 * what is known without the disk (what waits, how much) is given at once. Thread-safe.
 */
public final class Recorder implements AutoCloseable {
  /** Which record ground gets first, and which is given up last. */
  public enum Priority {
    REPORT(RecordPriority.REPORT),
    ALERT(RecordPriority.ALERT),
    PRODUCT(RecordPriority.PRODUCT),
    ROUTINE(RecordPriority.ROUTINE),
    BULK(RecordPriority.BULK);

    private static final Priority[] ALL = values();
    private final RecordPriority proto;

    Priority(RecordPriority proto) {
      this.proto = proto;
    }

    /** As the schema has it. */
    public RecordPriority proto() {
      return proto;
    }

    /** How it stands on disk. */
    byte code() {
      return (byte) proto.getNumber();
    }

    /** The priority with this number in the schema. */
    public static Optional<Priority> of(int number) {
      return number >= 1 && number <= ALL.length ? Optional.of(ALL[number - 1]) : Optional.empty();
    }
  }

  /** Largest record, in bytes. */
  public static final int MAX_RECORD_BYTES = 900_000;

  /** Most records of one {@link #appendAll}. */
  public static final int MOST_AT_ONCE = 1_000;

  /** So many reads at once. */
  private static final int READERS = 8;

  /** A record may move while it is read, a few times at most. */
  private static final int READS = 4;

  private final Limits limits;
  private final LongSupplier missionNanos;
  private final Index index;
  private final Counters counters;
  private final Committer committer;
  private final Disk readers;
  private final Recent recent;
  private final List<Recovery> recoveries;
  private final Log log;

  /** What recovery had to leave out of one segment. */
  public record Recovery(String segment, long droppedBytes) {}

  /** A record that ground has not confirmed. */
  public record Pending(long id, int bytes) {}

  /**
   * What is known of a record that ground has not confirmed, without reading it.
   *
   * @param type field number of its body in {@link Downlink}
   * @param storedNanos mission time at which it was stored
   * @param expiryNanos mission time from which it is worth nothing; 0 stands for never
   * @param bytes of its body
   */
  public record Waiting(
      long id, Priority priority, int type, long storedNanos, long expiryNanos, int bytes) {}

  /**
   * A record to be stored.
   *
   * @param expiryNanos mission time from which it is worth nothing; 0 stands for never
   */
  public record Item(Priority priority, Downlink body, long expiryNanos) {}

  /**
   * How a playback ended.
   *
   * @param records that wait for ground again
   * @param complete false where there was no room for more
   */
  public record Playback(int records, boolean complete) {}

  private Recorder(
      Limits limits,
      LongSupplier missionNanos,
      Index index,
      Counters counters,
      Log log,
      Journal journal,
      List<Recovery> recoveries,
      long deadlineNanos) {
    this.limits = limits;
    this.missionNanos = missionNanos;
    this.index = index;
    this.counters = counters;
    this.log = log;
    this.recoveries = recoveries;
    this.recent = new Recent(limits.recentBytes());
    this.readers = new Disk("recorder-reader", READERS, deadlineNanos);
    this.committer = new Committer(journal, counters, deadlineNanos);
  }

  /**
   * Opens the recorder in a folder and recovers what stands there. That needs a disk that can be
   * read, not one that takes anything: on a full one records are refused later.
   *
   * @param config what the mission allows it
   * @param missionNanos mission time, for when a record was stored and when it expires
   */
  public static Recorder open(Path folder, RecorderConfig config, LongSupplier missionNanos)
      throws IOException {
    return open(new DiskFolder(folder), Limits.of(config), missionNanos, Disk.DEADLINE_NANOS);
  }

  /**
   * Opens the recorder by itself: without quotas of single priorities, and without a clock.
   *
   * @param segmentBytes length of a segment's file
   * @param quotaBytes that records which wait for ground may take
   */
  public static Recorder open(Path folder, long segmentBytes, long quotaBytes) throws IOException {
    Limits limits =
        new Limits(
            segmentBytes, quotaBytes, Limits.MOST_RECORDS, Limits.RECENT_BYTES, Map.of(), Map.of());
    return open(new DiskFolder(folder), limits, () -> 0, Disk.DEADLINE_NANOS);
  }

  /** Opens the recorder in a folder that may be made to fail. */
  static Recorder open(Folder folder, Limits limits, LongSupplier missionNanos, long deadlineNanos)
      throws IOException {
    Segments segments = new Segments(folder, limits.segmentBytes(), limits.crowdedBytes());
    Index index = new Index();
    Counters counters = new Counters();
    Numbers numbers = new Numbers(folder);
    Replay replay = new Replay(folder, segments, index, numbers.highestBelieved());
    replay.run();
    long nextId = Math.max(replay.nextId(), numbers.reserved());
    Log log = new Log(segments);
    Journal journal = new Journal(limits, segments, index, log, numbers, counters, nextId);
    List<Recovery> recoveries = new ArrayList<>();
    for (Replay.Damage damage : replay.damages()) {
      recoveries.add(new Recovery(damage.name(), damage.bytes()));
      counters.damagedBytes.addAndGet(damage.bytes());
    }
    try {
      for (Replay.Damage damage : replay.damages()) {
        journal.noteDamage(damage.segment(), damage.bytes());
      }
      journal.commit();
    } catch (IOException e) {
      // a disk that takes nothing, as a full one: what is there can be read, and is told of again
      journal.rollBack();
    }
    return new Recorder(
        limits,
        missionNanos,
        index,
        counters,
        log,
        journal,
        List.copyOf(recoveries),
        deadlineNanos);
  }

  // ---- storing

  /**
   * Stores a record; on return it is on disk. It expires as the mission says of its priority.
   *
   * @return its number, which grows with every record and is never given twice
   */
  public long append(Priority priority, Downlink body) throws RecorderFault {
    return append(priority, body, limits.expiry(priority, missionNanos.getAsLong()));
  }

  /**
   * Stores a record; on return it is on disk.
   *
   * @param expiryNanos mission time from which it is worth nothing: it is given up then, and not
   *     sent any more; 0 stands for never
   * @return its number, which grows with every record and is never given twice
   */
  public long append(Priority priority, Downlink body, long expiryNanos) throws RecorderFault {
    return appendAll(List.of(new Item(priority, body, expiryNanos))).get(0);
  }

  /**
   * Stores records together, or none of them; on return they are on disk, by one force where they
   * fit one segment.
   *
   * @param items {@value #MOST_AT_ONCE} at most, of 4 MiB together
   * @return their numbers, which grow
   */
  public List<Long> appendAll(List<Item> items) throws RecorderFault {
    Append append = new Append(items, missionNanos.getAsLong(), recent);
    committer.call(append);
    return append.ids();
  }

  // ---- what becomes of records

  /**
   * Frees records that ground has; numbers that do not (or no longer) wait are ignored. On a disk
   * that fails they are freed all the same; what could not be noted down is sent once more after a
   * restart.
   */
  public void confirm(Collection<Long> ids) throws RecorderFault {
    List<Long> received = List.copyOf(ids);
    committer.call(
        new Request() {
          @Override
          void apply(Journal in) throws IOException {
            in.confirm(received);
          }
        });
  }

  /** Gives up the records that have expired by this mission time. To be called once a second. */
  public void expire(long nowNanos) throws RecorderFault {
    committer.call(
        new Request() {
          @Override
          void apply(Journal in) {
            in.expire(nowNanos);
          }
        });
  }

  /**
   * Gives up all records of a priority that ground has not confirmed.
   *
   * @return their number
   */
  public int delete(Priority priority) throws RecorderFault {
    int[] count = new int[1];
    committer.call(
        new Request() {
          @Override
          void apply(Journal in) {
            count[0] = in.delete(priority);
          }
        });
    return count[0];
  }

  /**
   * Has records of a span of mission time wait for ground again, also those that it has confirmed,
   * as far as they are still there and not expired; those that wait already are left as they are.
   * Takes its time, in steps: others store meanwhile.
   *
   * @param types field numbers of the body of {@link Downlink}; none stands for all
   * @param most records
   */
  public Playback playback(long fromNanos, long toNanos, Set<Integer> types, int most)
      throws RecorderFault {
    PlaybackWalk walk = new PlaybackWalk(fromNanos, toNanos, types, most);
    while (!walk.ended()) {
      step(walk);
    }
    return new Playback(walk.found(), !walk.full());
  }

  /** One step of a playback. */
  void step(PlaybackWalk walk) throws RecorderFault {
    committer.call(walk.new Step(missionNanos.getAsLong()));
  }

  // ---- looking

  /**
   * The first records that ground has not confirmed, by priority, then by age, without those that
   * have expired.
   */
  public List<Pending> pending(int count) {
    return index.first(count, missionNanos.getAsLong()).stream()
        .map(entry -> new Pending(entry.id(), entry.length()))
        .toList();
  }

  /**
   * The records of a priority that ground has not confirmed and whose numbers are higher than this,
   * by number. Needs no disk.
   */
  public List<Waiting> waiting(Priority priority, long after, int most) {
    return index.after(priority, after, most).stream()
        .map(
            entry ->
                new Waiting(
                    entry.id(),
                    priority,
                    entry.type(),
                    entry.nanos(),
                    entry.expiryNanos(),
                    entry.length()))
        .toList();
  }

  /**
   * Content of a record, checked where it comes from disk; empty where it does not wait any more.
   */
  public byte[] read(long id) throws RecorderFault {
    Optional<byte[]> known = recent.get(id);
    if (known.isPresent()) {
      committer.checkOpen();
      return index.get(id).isPresent() ? known.get() : new byte[0];
    }
    return onDisk(
        () -> {
          for (int i = 0; i < READS; i++) {
            Optional<Index.Entry> entry = index.get(id);
            if (entry.isEmpty()) {
              return new byte[0];
            }
            Optional<byte[]> payload = fetch(entry.get());
            if (payload.isPresent()) {
              return payload.get();
            }
            if (index.get(id).equals(entry)) {
              break;
            }
          }
          committer.checkOpen();
          throw new RecorderFault(RecorderFault.Kind.DISK, "record " + id + " is damaged on disk");
        });
  }

  /** Nothing where what was asked for does not stand there (any more). */
  private static Optional<byte[]> fetch(Index.Entry entry) throws RecorderFault {
    int length = Frame.HEADER_BYTES + entry.length();
    ByteBuffer frame = ByteBuffer.allocate(length);
    try {
      entry.segment().file.read(frame, entry.position());
    } catch (ClosedChannelException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw new RecorderFault(RecorderFault.Kind.DISK, e.toString(), e);
    }
    if (frame.hasRemaining()
        || !Frame.plausible(frame, 0, entry.segment().number)
        || Frame.header(frame, 0).id() != entry.id()
        || !Frame.intact(frame, 0, entry.length(), entry.position())) {
      return Optional.empty();
    }
    byte[] payload = new byte[entry.length()];
    frame.get(Frame.HEADER_BYTES, payload);
    return Optional.of(payload);
  }

  private <T> T onDisk(Callable<T> work) throws RecorderFault {
    try {
      return readers.call(new Disk.Turn(), work);
    } catch (Disk.Hung e) {
      counters.hung.incrementAndGet();
      throw new RecorderFault(RecorderFault.Kind.HUNG, String.valueOf(e.getMessage()), e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RecorderFault fault) {
        throw fault;
      }
      throw new IllegalStateException("the recorder failed: " + e.getCause(), e);
    }
  }

  /** Number of records that ground has not confirmed. */
  public int pendingRecords() {
    return index.records();
  }

  /** Number of records of one priority that ground has not confirmed. */
  public int pendingRecords(Priority priority) {
    return index.records(priority);
  }

  /** Bytes of the records that ground has not confirmed. */
  public long pendingBytes() {
    return index.bytes();
  }

  /** What could not be recovered when the recorder was opened; empty after a clean end. */
  public List<Recovery> recoveries() {
    return recoveries;
  }

  /** How much is stored and what has happened since the recorder was opened. Needs no disk. */
  public RecorderStatistics statistics() {
    return RecorderStatistics.of(
        index, counters, log.forces(), limits.quotaBytes(), missionNanos.getAsLong());
  }

  @Override
  public void close() throws IOException {
    try {
      committer.close();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while the recorder was closed", e);
    }
  }
}

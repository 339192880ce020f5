package org.heliostat.core.recorder;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import org.heliostat.core.recorder.Recorder.Priority;

/**
 * The records that wait for ground, by priority and number, and where they stand. Any thread looks;
 * the recorder's thread alone changes it. Bounded by {@link Limits#mostRecords}.
 */
final class Index {
  private final Map<Priority, OnePriority> priorities = new EnumMap<>(Priority.class);

  /** Those that expire, the first to do so first. */
  private final NavigableSet<Entry> expiring =
      new TreeSet<>(Comparator.comparingLong(Entry::expiryNanos).thenComparingLong(Entry::id));

  private volatile long nextExpiry = Long.MAX_VALUE;

  /**
   * A record that waits for ground.
   *
   * @param length of its content, in bytes
   */
  record Entry(
      long id,
      Priority priority,
      int type,
      long nanos,
      long expiryNanos,
      Segment segment,
      long position,
      int length) {
    /** A record with this header, that stands there. */
    static Entry of(Frame.Header header, Priority priority, Segment segment, long position) {
      return new Entry(
          header.id(),
          priority,
          header.type(),
          header.nanos(),
          header.expiryNanos(),
          segment,
          position,
          header.length());
    }

    /** Bytes that it takes. */
    int room() {
      return Frame.bytes(length);
    }

    boolean expired(long nowNanos) {
      return expiryNanos != 0 && expiryNanos <= nowNanos;
    }
  }

  private static final class OnePriority {
    private final ConcurrentSkipListMap<Long, Entry> entries = new ConcurrentSkipListMap<>();
    private final AtomicLong bytes = new AtomicLong();
    private final AtomicLong room = new AtomicLong();
    private int reserved;
    private long reservedRoom;
  }

  Index() {
    for (Priority priority : Priority.values()) {
      priorities.put(priority, new OnePriority());
    }
  }

  private OnePriority of(Priority priority) {
    return Objects.requireNonNull(priorities.get(priority), "all of them are there");
  }

  // ---- the recorder's thread

  /** Sets room aside for a record that is being stored. */
  void reserve(Priority priority, int room) {
    OnePriority all = of(priority);
    all.room.addAndGet(room);
    all.reserved++;
    all.reservedRoom += room;
  }

  /** That room is not wanted any more. */
  void release(Priority priority, int room) {
    OnePriority all = of(priority);
    all.room.addAndGet(-room);
    all.reserved--;
    all.reservedRoom -= room;
  }

  /** Number of the records of a priority, with those for which room is set aside. */
  int taken(Priority priority) {
    OnePriority all = of(priority);
    return all.entries.size() + all.reserved;
  }

  /** Adds a record: it may be sent from now on. */
  void add(Entry entry) {
    OnePriority all = of(entry.priority);
    entry.segment.live++;
    all.bytes.addAndGet(entry.length);
    all.room.addAndGet(entry.room());
    all.entries.put(entry.id, entry);
    if (entry.expiryNanos != 0) {
      expiring.add(entry);
      nextExpiry = expiring.first().expiryNanos;
    }
  }

  /** Takes a record out: it is not sent any more. */
  void remove(Entry entry) {
    OnePriority all = of(entry.priority);
    all.entries.remove(entry.id);
    all.bytes.addAndGet(-entry.length);
    all.room.addAndGet(-entry.room());
    entry.segment.live--;
    if (entry.expiryNanos != 0) {
      expiring.remove(entry);
      nextExpiry = expiring.isEmpty() ? Long.MAX_VALUE : expiring.first().expiryNanos;
    }
  }

  /** A record now stands elsewhere. */
  void move(Entry from, Entry to) {
    of(to.priority).entries.put(to.id, to);
    from.segment.live--;
    to.segment.live++;
    if (to.expiryNanos != 0) {
      expiring.remove(from);
      expiring.add(to);
    }
  }

  /** Records that are worth nothing from this mission time on. */
  List<Entry> expired(long nowNanos) {
    List<Entry> found = new ArrayList<>();
    for (Entry entry : expiring) {
      if (!entry.expired(nowNanos)) {
        break;
      }
      found.add(entry);
    }
    return found;
  }

  /** Records that stand in a segment. */
  List<Entry> in(Segment segment) {
    List<Entry> found = new ArrayList<>();
    for (OnePriority all : priorities.values()) {
      for (Entry entry : all.entries.values()) {
        if (entry.segment == segment) {
          found.add(entry);
        }
      }
    }
    return found;
  }

  // ---- any thread

  /** Mission time at which the next record expires. */
  long nextExpiry() {
    return nextExpiry;
  }

  Optional<Entry> get(long id) {
    for (OnePriority all : priorities.values()) {
      Entry entry = all.entries.get(id);
      if (entry != null) {
        return Optional.of(entry);
      }
    }
    return Optional.empty();
  }

  /** The record of a priority that has waited longest. */
  Optional<Entry> oldest(Priority priority) {
    Map.Entry<Long, Entry> first = of(priority).entries.firstEntry();
    return first == null ? Optional.empty() : Optional.of(first.getValue());
  }

  /** The records of a priority, the one that has waited longest first. */
  Collection<Entry> oldestFirst(Priority priority) {
    return Collections.unmodifiableCollection(of(priority).entries.values());
  }

  /** The first records by priority, then by age, without those that have expired. */
  List<Entry> first(int count, long nowNanos) {
    List<Entry> found = new ArrayList<>(Math.min(count, 64));
    for (OnePriority all : priorities.values()) {
      for (Entry entry : all.entries.values()) {
        if (found.size() == count) {
          return found;
        }
        if (!entry.expired(nowNanos)) {
          found.add(entry);
        }
      }
    }
    return found;
  }

  /** The records of a priority with higher numbers than this, by number. */
  List<Entry> after(Priority priority, long id, int count) {
    OnePriority all = of(priority);
    if (all.entries.isEmpty()) {
      // asked some times a second of each priority
      return List.of();
    }
    List<Entry> found = new ArrayList<>();
    for (Entry entry : all.entries.tailMap(id, false).values()) {
      if (found.size() == count) {
        break;
      }
      found.add(entry);
    }
    return found;
  }

  int records(Priority priority) {
    return of(priority).entries.size();
  }

  int records() {
    return priorities.values().stream().mapToInt(all -> all.entries.size()).sum();
  }

  /** Bytes of the contents of the records. */
  long bytes(Priority priority) {
    return of(priority).bytes.get();
  }

  /** Bytes of the contents of all records. */
  long bytes() {
    return priorities.values().stream().mapToLong(all -> all.bytes.get()).sum();
  }

  /** Bytes that the records take, with those for which room is set aside. */
  long room(Priority priority) {
    return of(priority).room.get();
  }

  /** Bytes that the records take without those for which room is set aside. */
  long waitingRoom(Priority priority) {
    OnePriority all = of(priority);
    return all.room.get() - all.reservedRoom;
  }

  /** Bytes that all records take, with those for which room is set aside. */
  long room() {
    return priorities.values().stream().mapToLong(all -> all.room.get()).sum();
  }
}

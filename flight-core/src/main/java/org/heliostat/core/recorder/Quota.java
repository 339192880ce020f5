package org.heliostat.core.recorder;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.heliostat.core.recorder.Recorder.Priority;

/**
 * Who may come in, and who has to go for it: the oldest records of the cheapest priority, for one
 * that is worth more. Owned by the recorder's thread.
 */
final class Quota {
  private static final List<Priority> CHEAPEST_FIRST = cheapestFirst();

  private final Limits limits;
  private final Index index;

  Quota(Limits limits, Index index) {
    this.limits = limits;
    this.index = index;
  }

  private static List<Priority> cheapestFirst() {
    List<Priority> all = new ArrayList<>(List.of(Priority.values()));
    Collections.reverse(all);
    return List.copyOf(all);
  }

  /**
   * Finds room for a record.
   *
   * @param bytes that it takes
   * @return the records that have to go
   * @throws RecorderFault where there is no room, whoever goes that may
   */
  List<Index.Entry> roomFor(Priority priority, int bytes) throws RecorderFault {
    long own = limits.ownQuota(priority);
    if (index.room(priority) + bytes > own) {
      throw full(index.room(priority) + " of " + own + " bytes of priority " + priority);
    }
    long bytesTooMany = index.room() + bytes - limits.quota(priority);
    long recordsTooMany = 1L - limits.mostRecords();
    long cheaperBytes = 0;
    long cheaperRecords = 0;
    for (Priority other : Priority.values()) {
      recordsTooMany += index.taken(other);
      if (other.compareTo(priority) > 0) {
        cheaperBytes += index.waitingRoom(other);
        cheaperRecords += index.records(other);
      }
    }
    if (bytesTooMany > cheaperBytes) {
      throw full(index.room() + " of " + limits.quotaBytes() + " bytes");
    }
    if (recordsTooMany > cheaperRecords) {
      throw full(index.records() + " of " + limits.mostRecords() + " records");
    }
    return cheapest(bytesTooMany, recordsTooMany);
  }

  /** The oldest of the cheapest; there are so many, and all of them may go. */
  private List<Index.Entry> cheapest(long bytes, long records) {
    List<Index.Entry> victims = new ArrayList<>();
    long bytesLeft = bytes;
    for (Priority priority : CHEAPEST_FIRST) {
      for (Index.Entry victim : index.oldestFirst(priority)) {
        if (bytesLeft <= 0 && victims.size() >= records) {
          return victims;
        }
        victims.add(victim);
        bytesLeft -= victim.room();
      }
    }
    return victims;
  }

  private static RecorderFault full(String what) {
    return new RecorderFault(RecorderFault.Kind.FULL, what + " are taken");
  }
}

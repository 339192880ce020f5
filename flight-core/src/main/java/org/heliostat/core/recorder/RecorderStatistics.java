package org.heliostat.core.recorder;

import java.util.ArrayList;
import java.util.List;
import org.heliostat.core.recorder.Recorder.Priority;

/**
 * How much is stored and what has happened since the recorder was opened.
 *
 * @param priorities one for each priority, the dearest first
 * @param storedBytes that records which wait for ground take, with all that is stored about them
 * @param quotaBytes that they may take
 * @param forces times that the disk was forced
 * @param damagedBytes that did not read
 * @param hung callers that the disk kept waiting too long
 * @param keptRecords that ground has and that could be played back, as of the last second
 */
public record RecorderStatistics(
    List<OfPriority> priorities,
    long storedBytes,
    long quotaBytes,
    long forces,
    long damagedBytes,
    long hung,
    long keptRecords) {
  /**
   * Of the records of one priority that wait for ground.
   *
   * @param bytes of their contents
   * @param oldestNanos age of the oldest, in mission time; 0 where there is none
   * @param evicted records that were given up for dearer ones
   * @param expired records that were given up because they were worth nothing any more
   */
  public record OfPriority(
      Priority priority, int records, long bytes, long oldestNanos, long evicted, long expired) {}

  static RecorderStatistics of(
      Index index, Counters counters, long forces, long quotaBytes, long nowNanos) {
    List<OfPriority> all = new ArrayList<>();
    for (Priority priority : Priority.values()) {
      all.add(
          new OfPriority(
              priority,
              index.records(priority),
              index.bytes(priority),
              index.oldest(priority).map(entry -> nowNanos - entry.nanos()).orElse(0L),
              counters.evicted(priority).get(),
              counters.expired(priority).get()));
    }
    return new RecorderStatistics(
        List.copyOf(all),
        index.room(),
        quotaBytes,
        forces,
        counters.damagedBytes.get(),
        counters.hung.get(),
        counters.kept.get());
  }
}

package org.heliostat.core.recorder;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.heliostat.core.recorder.Recorder.Priority;

/** What has happened since the recorder was opened. Thread-safe. */
final class Counters {
  /** Bytes that were damaged when the recorder was opened or are since. */
  final AtomicLong damagedBytes = new AtomicLong();

  /** Callers that the disk kept waiting too long. */
  final AtomicLong hung = new AtomicLong();

  /** Records that ground has and that could be played back. */
  final AtomicLong kept = new AtomicLong();

  private final Map<Priority, AtomicLong> evicted = zeros();
  private final Map<Priority, AtomicLong> expired = zeros();

  private static Map<Priority, AtomicLong> zeros() {
    Map<Priority, AtomicLong> zeros = new EnumMap<>(Priority.class);
    for (Priority priority : Priority.values()) {
      zeros.put(priority, new AtomicLong());
    }
    return zeros;
  }

  /** Records of a priority that were given up for dearer ones. */
  AtomicLong evicted(Priority priority) {
    return evicted.getOrDefault(priority, new AtomicLong());
  }

  /** Records of a priority that were given up because they were worth nothing any more. */
  AtomicLong expired(Priority priority) {
    return expired.getOrDefault(priority, new AtomicLong());
  }
}

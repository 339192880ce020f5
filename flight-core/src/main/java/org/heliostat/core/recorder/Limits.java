package org.heliostat.core.recorder;

import java.util.EnumMap;
import java.util.Map;
import org.heliostat.core.recorder.Recorder.Priority;
import org.heliostat.protocol.PriorityQuota;
import org.heliostat.protocol.RecorderConfig;

/**
 * What the mission allows the recorder.
 *
 * @param segmentBytes length of a segment's file
 * @param quotaBytes that records which wait for ground may take, with all that is stored about them
 * @param mostRecords that may wait for ground: each costs memory
 * @param recentBytes of the newest records that are kept in memory as well
 * @param quotas of single priorities, in bytes
 * @param expiries how long records of single priorities are worth something, in ns
 */
record Limits(
    long segmentBytes,
    long quotaBytes,
    int mostRecords,
    int recentBytes,
    Map<Priority, Long> quotas,
    Map<Priority, Long> expiries) {
  /** About 200 bytes of memory each. */
  static final int MOST_RECORDS = 200_000;

  /** What a pass sends while it is stored, with room to spare. */
  static final int RECENT_BYTES = 64 << 10;

  private static final long KIBIBYTE = 1024;
  private static final long MEBIBYTE = 1024 * KIBIBYTE;

  /** A part of the quota that is kept for reports and alerts. */
  private static final int RESERVE = 16;

  Limits {
    quotas = Map.copyOf(quotas);
    expiries = Map.copyOf(expiries);
  }

  /** As the mission file says. */
  static Limits of(RecorderConfig config) {
    Map<Priority, Long> quotas = new EnumMap<>(Priority.class);
    Map<Priority, Long> expiries = new EnumMap<>(Priority.class);
    for (PriorityQuota quota : config.getQuotasList()) {
      Priority.of(quota.getPriority().getNumber())
          .ifPresent(
              priority -> {
                quotas.put(priority, quota.getQuotaMebibytes() * MEBIBYTE);
                expiries.put(priority, (long) (quota.getExpirySeconds() * 1e9));
              });
    }
    return new Limits(
        config.getSegmentKibibytes() * KIBIBYTE,
        config.getQuotaMebibytes() * MEBIBYTE,
        MOST_RECORDS,
        RECENT_BYTES,
        quotas,
        expiries);
  }

  /** Bytes that all records together may take before one of this priority is refused. */
  long quota(Priority priority) {
    return priority.compareTo(Priority.ALERT) <= 0 ? quotaBytes : quotaBytes - quotaBytes / RESERVE;
  }

  /** Bytes that the records of this priority may take. */
  long ownQuota(Priority priority) {
    return quotas.getOrDefault(priority, Long.MAX_VALUE);
  }

  /** When a record that is stored now is worth nothing any more; 0 stands for never. */
  long expiry(Priority priority, long nowNanos) {
    long after = expiries.getOrDefault(priority, 0L);
    return after == 0 ? 0 : nowNanos + after;
  }

  /** Bytes of all files beyond which the oldest is given up: a quarter more than the quota. */
  long crowdedBytes() {
    return quotaBytes + quotaBytes / 4;
  }
}

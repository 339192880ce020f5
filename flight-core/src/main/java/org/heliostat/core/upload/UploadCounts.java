package org.heliostat.core.upload;

import java.util.EnumMap;
import java.util.Map;
import org.heliostat.protocol.UploadsStatus;

/** What has become of files that came up, since the start. One thread. */
final class UploadCounts {
  /** Why a file is refused before a byte of it is stored. */
  enum Refusal {
    /** It is not as the signer signed it, or ground does not ask for it. */
    SIGNATURE,
    /** No file may come to its path, or another one is on its way there. */
    PATH,
    /** It is older than what is there, or the list of versions is lost or full. */
    VERSION,
    /** It is beyond a quota, or the disk is full. */
    ROOM,
    /** The disk fails or hangs, or has not been read yet. */
    DISK
  }

  private final Map<Refusal, Long> refused = new EnumMap<>(Refusal.class);
  private long completed;
  private long failed;
  private long damaged;
  private long refusedParts;
  private long storedBytes;

  void completed() {
    completed++;
  }

  void failed() {
    failed++;
  }

  void refused(Refusal why) {
    refused.merge(why, 1L, Long::sum);
  }

  void damaged() {
    damaged++;
  }

  void partRefused() {
    refusedParts++;
  }

  long refusedParts() {
    return refusedParts;
  }

  void stored(int bytes) {
    storedBytes += bytes;
  }

  /** The counts, for housekeeping. */
  UploadsStatus.Builder status() {
    return UploadsStatus.newBuilder()
        .setCompleted(completed)
        .setFailed(failed)
        .setRefusedSignature(of(Refusal.SIGNATURE))
        .setRefusedPath(of(Refusal.PATH))
        .setRefusedVersion(of(Refusal.VERSION))
        .setRefusedRoom(of(Refusal.ROOM))
        .setRefusedDisk(of(Refusal.DISK))
        .setDamaged(damaged)
        .setRefusedParts(refusedParts)
        .setStoredBytes(storedBytes);
  }

  private long of(Refusal why) {
    return refused.getOrDefault(why, 0L);
  }
}

package org.heliostat.core.boot;

import com.google.protobuf.InvalidProtocolBufferException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.heliostat.core.file.CheckedFile;
import org.heliostat.protocol.BootRecord;
import org.heliostat.protocol.Mission;

/**
 * Counts boots before anything else is read, and says when one has to be golden: after so many in a
 * row that never reached operation, or because a command wanted it. Keeps the golden mission: the
 * one that reached operation last, in binary form with a checksum. Used by one thread at a time.
 */
public final class BootGuard {
  private final CheckedFile record;
  private final CheckedFile goldenMission;
  private Optional<IOException> notCounted = Optional.empty();
  private boolean settled;

  /** In the data folder, which exists. */
  public BootGuard(Path data) {
    this.record = new CheckedFile(data.resolve("boot.bin"));
    this.goldenMission = new CheckedFile(data.resolve("golden-mission.bin"));
  }

  /**
   * What kind of boot this is.
   *
   * @param golden whether it is to start the golden configuration
   * @param attempts boots in a row, before this one, that never reached operation
   * @param commanded whether a command wanted the golden configuration
   */
  public record Verdict(boolean golden, int attempts, boolean commanded) {}

  /**
   * Notes down that a boot begins; where the disk refuses, {@link #notCounted} says so, and the
   * boot goes on. How many attempts there are is what the golden mission says: the one that is
   * about to be read may be what is wrong.
   */
  public Verdict begin() {
    int mostAttempts =
        golden().orElse(Mission.getDefaultInstance()).getExecutive().getBootAttempts();
    BootRecord before = read();
    int attempts = before.getAttempts();
    boolean golden = before.getGoldenWanted() || attempts >= mostAttempts;
    try {
      write(BootRecord.newBuilder().setAttempts(attempts + 1).build());
    } catch (IOException e) {
      notCounted = Optional.of(e);
    }
    return new Verdict(golden, attempts, before.getGoldenWanted());
  }

  /** Why this boot could not be noted down, if it could not. */
  public Optional<IOException> notCounted() {
    return notCounted;
  }

  /**
   * This boot has reached operation, or was ended by ground or a signal: those before it are
   * forgotten.
   *
   * @param mission what flies, for the golden copy; empty where it is golden itself or has not
   *     reached operation
   */
  public synchronized void settle(Optional<Mission> mission) throws IOException {
    if (mission.isPresent() && !mission.equals(golden())) {
      goldenMission.write(mission.get().toByteArray());
    }
    if (!settled) {
      write(read().toBuilder().setAttempts(0).build());
      settled = true;
    }
  }

  /** Has the next boot start the golden configuration. */
  public synchronized void wantGolden() throws IOException {
    write(read().toBuilder().setGoldenWanted(true).build());
  }

  /** The mission that reached operation last, if there was one and it reads. */
  public Optional<Mission> golden() {
    Optional<byte[]> bytes = goldenMission.read();
    if (bytes.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(Mission.parseFrom(bytes.get()));
    } catch (InvalidProtocolBufferException e) {
      return Optional.empty();
    }
  }

  private BootRecord read() {
    Optional<byte[]> bytes = record.read();
    if (bytes.isPresent()) {
      try {
        return BootRecord.parseFrom(bytes.get());
      } catch (InvalidProtocolBufferException e) {
        // counted anew
      }
    }
    return BootRecord.getDefaultInstance();
  }

  private void write(BootRecord next) throws IOException {
    record.write(next.toByteArray());
  }
}

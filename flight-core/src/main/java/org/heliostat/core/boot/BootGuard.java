package org.heliostat.core.boot;

import com.google.protobuf.InvalidProtocolBufferException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.heliostat.core.file.CheckedFile;
import org.heliostat.core.mission.MissionSource;
import org.heliostat.protocol.BootRecord;
import org.heliostat.protocol.GoldenMission;
import org.heliostat.protocol.Mission;

/**
 * Counts boots before anything else is read, and says when one has to be golden: after so many in a
 * row that never reached operation, or because a command wanted it. Keeps the golden mission: the
 * one that reached operation last, in its checked binary form with a checksum, and what it was read
 * from. Used by one thread at a time.
 */
public final class BootGuard {
  private final CheckedFile record;
  private final CheckedFile goldenFile;
  private Optional<MissionSource> source = Optional.empty();
  private Optional<IOException> notCounted = Optional.empty();
  private boolean settled;

  /** In the data folder, which exists. */
  public BootGuard(Path data) {
    this.record = new CheckedFile(data.resolve("boot.bin"));
    this.goldenFile = new CheckedFile(data.resolve("golden-mission.bin"));
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

  /**
   * The golden mission, where it is what this source gives: the image that has checked it then need
   * not read and check it again, which takes a third of a start.
   *
   * @param source that this boot flies
   */
  public Optional<Mission> golden(MissionSource source) {
    this.source = Optional.of(source);
    return stored().filter(stored -> isOf(stored, source)).map(GoldenMission::getMission);
  }

  private static boolean isOf(GoldenMission stored, MissionSource source) {
    return source.image().isPresent()
        && stored.hasImage()
        && stored.getImage().equals(source.image().get())
        && stored.getText().equals(source.text());
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
    if (mission.isPresent()) {
      GoldenMission.Builder next = GoldenMission.newBuilder().setMission(mission.get());
      if (source.isPresent() && source.get().image().isPresent()) {
        next.setText(source.get().text()).setImage(source.get().image().get());
      }
      if (!stored().equals(Optional.of(next.build()))) {
        goldenFile.write(next.build().toByteArray());
      }
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
    return stored().map(GoldenMission::getMission);
  }

  private Optional<GoldenMission> stored() {
    Optional<byte[]> bytes = goldenFile.read();
    if (bytes.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(GoldenMission.parseFrom(bytes.get())).filter(GoldenMission::hasMission);
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

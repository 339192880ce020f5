package org.heliostat.core.state;

import com.google.protobuf.InvalidProtocolBufferException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;
import org.heliostat.core.file.CheckedFile;
import org.heliostat.core.file.Disk;
import org.heliostat.protocol.FlightState;

/**
 * Keeps the {@link FlightState} over restarts. {@link #get} and {@link #update} never wait for the
 * disk. Thread-safe.
 */
public final class StateStore {
  private final CheckedFile file;
  private final Disk disk = new Disk("state-disk", 2, Disk.DEADLINE_NANOS);
  private final Object saving = new Object();
  private FlightState state;
  private boolean dirty;
  private final boolean lost;

  private StateStore(CheckedFile file, FlightState state, boolean lost) {
    this.file = file;
    this.state = state;
    this.lost = lost;
  }

  /** Opens the store, empty where no file reads. */
  public static StateStore open(Path path) throws IOException {
    CheckedFile file = new CheckedFile(path);
    boolean lost = file.damaged();
    FlightState state = FlightState.getDefaultInstance();
    Optional<byte[]> bytes = file.read();
    if (bytes.isPresent()) {
      try {
        state = FlightState.parseFrom(bytes.get());
      } catch (InvalidProtocolBufferException e) {
        lost = true;
      }
    }
    return new StateStore(file, state, lost);
  }

  /** Whether the newest state on disk was damaged when the store was opened. */
  public boolean lost() {
    return lost;
  }

  /** The state as it is now. */
  public synchronized FlightState get() {
    return state;
  }

  /** Changes the state in memory; {@link #save} brings it to disk. */
  public synchronized void update(Consumer<FlightState.Builder> change) {
    FlightState.Builder builder = state.toBuilder();
    change.accept(builder);
    state = builder.build();
    dirty = true;
  }

  /** Changes the state; on return it is on disk. */
  public void updateNow(Consumer<FlightState.Builder> change) throws IOException {
    update(change);
    save();
  }

  /**
   * Writes the state if it has changed since it was written last.
   *
   * @throws Disk.Hung when the disk does not answer; what it holds is not known then
   */
  public void save() throws IOException {
    disk.run(this::write);
  }

  /** As {@link #save}; where the disk refuses, it comes to disk with a later save. */
  public void trySave() {
    try {
      save();
    } catch (IOException e) {
      // it holds in memory, and the state stays to be saved
    }
  }

  private void write() throws IOException {
    synchronized (saving) {
      byte[] bytes;
      synchronized (this) {
        if (!dirty) {
          return;
        }
        bytes = state.toByteArray();
        dirty = false;
      }
      try {
        file.write(bytes);
      } catch (IOException e) {
        synchronized (this) {
          dirty = true;
        }
        throw e;
      }
    }
  }
}

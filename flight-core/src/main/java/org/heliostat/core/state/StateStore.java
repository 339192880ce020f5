package org.heliostat.core.state;

import com.google.protobuf.InvalidProtocolBufferException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;
import org.heliostat.core.file.CheckedFile;
import org.heliostat.protocol.FlightState;

/** Keeps the {@link FlightState} over restarts. Thread-safe. */
public final class StateStore {
  private final CheckedFile file;
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
  public synchronized void updateNow(Consumer<FlightState.Builder> change) throws IOException {
    update(change);
    save();
  }

  /** Writes the state if it has changed since it was written last. */
  public synchronized void save() throws IOException {
    if (dirty) {
      file.write(state.toByteArray());
      dirty = false;
    }
  }
}

package org.heliostat.core.recorder;

import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

/**
 * Something that a caller wants of the recorder's thread, and waits for no longer than its
 * deadline. Both sides agree by one step from {@link State#WAITING} whether it was done: to
 * CLAIMED, and the caller will be told; or to LEFT, and the caller has gone. Made by the thread
 * that waits: it is the one that is woken.
 */
abstract class Request {
  private enum State {
    WAITING,
    CLAIMED,
    DONE,
    LEFT
  }

  private final AtomicReference<State> state = new AtomicReference<>(State.WAITING);
  private final Thread caller = Thread.currentThread();
  private volatile Optional<RecorderFault> fault = Optional.empty();

  // ---- the recorder's thread

  /**
   * Does it, but for what waits until all is on disk.
   *
   * @throws RecorderFault where this alone cannot be done
   * @throws IOException where the disk has failed, and all that is done together with it
   */
  abstract void apply(Journal journal) throws RecorderFault, IOException;

  /** All is on disk, and the caller is still there. */
  void kept(Journal journal) {}

  /** It may not be on disk, or the caller has gone: as if it had never been asked for. */
  void lost(Journal journal) {}

  /** Whether the caller has gone. */
  final boolean isLeft() {
    return state.get() == State.LEFT;
  }

  /** Holds the caller, who will be told now for sure; false where it has gone. */
  final boolean claim() {
    return state.compareAndSet(State.WAITING, State.CLAIMED);
  }

  /** Tells the caller. */
  final void tell(Optional<RecorderFault> why) {
    fault = why;
    state.set(State.DONE);
    LockSupport.unpark(caller);
  }

  // ---- the caller

  /** Goes; false where it has been held. */
  final boolean leave() {
    return state.compareAndSet(State.WAITING, State.LEFT);
  }

  final boolean isDone() {
    return state.get() == State.DONE;
  }

  /** Why it was not done. */
  final Optional<RecorderFault> fault() {
    return fault;
  }
}

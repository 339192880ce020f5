package org.heliostat.core.file;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Changes to files on a disk that may hang, one at a time. One that its caller has left in a system
 * call may still be done, so until it has come back every further change is refused: a late one
 * finds nothing that came after it. One that was left before it had begun is never done. Meant to
 * outlive the app that makes them. Thread-safe.
 */
public final class Changes {
  private final AtomicBoolean underWay = new AtomicBoolean();

  /** A change to files. */
  @FunctionalInterface
  public interface Change<T> {
    /**
     * Makes it.
     *
     * @param turn says whether anybody still waits for it
     */
    T make(Disk.Turn turn) throws IOException;
  }

  /**
   * Makes a change on a thread of the disk.
   *
   * @throws Disk.Hung when the deadline has passed; the change may still be made later
   * @throws IOException what the change threw, or that one before it may still be made
   */
  public <T> T make(Disk disk, Change<T> change) throws IOException {
    if (!underWay.compareAndSet(false, true)) {
      throw new IOException("the disk hangs: a change before this one may still be made");
    }
    Disk.Turn turn = new Disk.Turn();
    AtomicBoolean taken = new AtomicBoolean();
    try {
      return disk.get(
          turn,
          () -> {
            if (!taken.compareAndSet(false, true)) {
              throw new IOException("nobody waits for it any more");
            }
            try {
              return change.make(turn);
            } finally {
              underWay.set(false);
            }
          });
    } finally {
      if (taken.compareAndSet(false, true)) {
        // it had not begun, and now never will
        underWay.set(false);
      }
    }
  }
}

package org.heliostat.core.app;

/**
 * One app of the flight software. On a thread of its own the executive calls {@link #step} again
 * and again; in a rate group it calls {@link #cycle}, once a cycle. State that only these touch
 * needs no lock.
 */
public interface App extends AutoCloseable {
  /**
   * Does what is due, and waits for more, a second at most.
   *
   * @throws AppFailure when the app cannot go on; the executive starts it anew
   * @throws InterruptedException when the executive ends the app while it waits
   */
  void step() throws AppFailure, InterruptedException;

  /**
   * Does what is due in one cycle of a rate group, without waiting for anything. An app that can
   * run in a rate group has one.
   */
  default void cycle() throws AppFailure, InterruptedException {
    throw new AppFailure("it cannot run in a rate group");
  }

  /**
   * Takes tables and parameters in anew, between two steps.
   *
   * @return false where the app has to be started anew for that
   */
  default boolean reload() throws AppFailure {
    return false;
  }

  /** Requests that wait in queues of its own, for telemetry. Called from any thread. */
  default int queued() {
    return 0;
  }

  /** Ends what the app has started. Called once, on the app's thread. */
  @Override
  void close();
}

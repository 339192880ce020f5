package org.heliostat.core.app;

/**
 * One app of the flight software. The executive calls {@link #step} again and again on the app's
 * own thread; a step does what is due and waits at most a second for more. State that only steps
 * touch needs no lock.
 */
public interface App extends AutoCloseable {
  /**
   * Does what is due.
   *
   * @throws AppFailure when the app cannot go on; the executive starts it anew
   * @throws InterruptedException when the executive ends the app while it waits
   */
  void step() throws AppFailure, InterruptedException;

  /** Ends what the app has started. Called once, on the app's thread. */
  @Override
  void close();
}

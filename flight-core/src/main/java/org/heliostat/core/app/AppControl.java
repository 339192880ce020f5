package org.heliostat.core.app;

/** What fault protection may do to apps and to the process. Thread-safe, and never waits. */
public interface AppControl {
  /**
   * Starts an app anew. One that is stopped before its turn comes stays so, which is an event.
   *
   * @return false where no app of that name is in the mission, it is stopped, or has too much to do
   *     already
   */
  boolean restart(String app, String why);

  /** Ends the flight process, for whoever watches over it to start it again. */
  void restartProcess(String why);
}

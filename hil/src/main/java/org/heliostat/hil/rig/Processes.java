package org.heliostat.hil.rig;

import java.util.Optional;

/** The processes of the host, as far as the rig must know them. */
interface Processes {
  /**
   * One process.
   *
   * @param cpuNanos processor time that it has used
   * @param started when it was started, in whatever unit: tells two processes with the same id
   *     apart
   */
  record Usage(long cpuNanos, long started) {}

  /** What a living process has used; empty when there is none of that id, or only its remains. */
  Optional<Usage> usage(long pid);

  /** Whether a process has a file open whose name ends so. */
  boolean hasOpen(long pid, String ending);

  /** kill -9. Returns false when there was nothing to kill. */
  boolean kill(long pid);

  /** Stops a process, as if it hung. Returns false when there is none. */
  boolean pause(long pid);

  /** Lets a stopped process go on. Returns false when there is none. */
  boolean resume(long pid);
}

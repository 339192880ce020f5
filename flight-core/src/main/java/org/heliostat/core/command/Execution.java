package org.heliostat.core.command;

/** One command in execution. Thread-safe; only the first end counts. */
public interface Execution {
  /** Tells ground how far it is. */
  void progress(String text);

  /** Ends the command well. */
  void complete();

  /** Ends the command with a reason. */
  void fail(String reason);
}

package org.heliostat.core.command;

import org.heliostat.protocol.Refusal;

/** One command in execution. Thread-safe; only the first end counts. */
public interface Execution {
  /** Tells ground how far it is. */
  void progress(String text);

  /** Ends the command well. */
  void complete();

  /** Ends the command with a reason. */
  void fail(String reason);

  /**
   * Ends the command with a reason.
   *
   * @param refusal for machines
   */
  default void fail(Refusal refusal, String reason) {
    fail(reason);
  }

  /**
   * Asks for another deadline than {@link Commands#DEADLINE_SECONDS}.
   *
   * @param hostSeconds from now on, in host time
   */
  default void within(double hostSeconds) {
    // whoever keeps no deadline has none to move
  }
}

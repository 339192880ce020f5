package org.heliostat.core.command;

import org.heliostat.core.recorder.Recorder;
import org.heliostat.core.recorder.RecorderFault;
import org.heliostat.protocol.Downlink;
import org.heliostat.protocol.Refusal;
import org.heliostat.protocol.Role;

/** One command in execution. Thread-safe; only the first end counts. */
public interface Execution {
  /** Tells ground how far it is. */
  void progress(String text);

  /**
   * Records an answer: data that ground has asked for. On return it is on disk. Ground waits for as
   * many answers as were recorded before {@link #complete}; one that comes after it is not counted.
   *
   * @param answer a body that carries the counter of the command
   * @throws RecorderFault when it cannot be recorded; it is not counted, and the command goes on
   */
  default void answer(Recorder.Priority priority, Downlink answer) throws RecorderFault {
    throw new UnsupportedOperationException("answers are not taken here");
  }

  /** Ends the command well. */
  void complete();

  /** Records the one answer of a command and ends it: well, or with NOT_STORED. */
  default void completeWith(Recorder.Priority priority, Downlink answer) {
    try {
      answer(priority, answer);
      complete();
    } catch (RecorderFault e) {
      fail(Refusal.NOT_STORED, String.valueOf(e.getMessage()));
    }
  }

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

  /** Who has issued it on board, such as {@code sequence NAME}; empty for ground. */
  default String origin() {
    return "";
  }

  /** Whose key ground has sealed it with; unspecified for what comes from on board. */
  default Role role() {
    return Role.ROLE_UNSPECIFIED;
  }

  /** Whether it has ended, by whomever. */
  default boolean ended() {
    return false;
  }
}

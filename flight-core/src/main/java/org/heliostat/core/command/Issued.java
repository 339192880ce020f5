package org.heliostat.core.command;

import org.heliostat.protocol.Refusal;

/** How a command that was issued on board goes. Thread-safe. */
public final class Issued {
  private volatile State state = State.EXECUTING;
  private volatile Refusal refusal = Refusal.REFUSAL_UNSPECIFIED;
  private volatile String reason = "";

  /** Where a command is. */
  public enum State {
    EXECUTING,
    COMPLETED,
    FAILED
  }

  Issued() {}

  /** Where it is now. */
  public State state() {
    return state;
  }

  /** Why it failed, for machines; unspecified before. */
  public Refusal refusal() {
    return refusal;
  }

  /** Why it failed, for people; empty before. */
  public String reason() {
    return reason;
  }

  void end(boolean completed, Refusal why, String text) {
    refusal = why;
    reason = text;
    // last: whoever sees the end sees its reason
    state = completed ? State.COMPLETED : State.FAILED;
  }
}

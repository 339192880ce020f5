package org.heliostat.payload.frame;

/**
 * A frame file that cannot be taken, with a reason for the operator. The frame is declined; nothing
 * else changes.
 */
public final class FrameFault extends Exception {
  private static final long serialVersionUID = 1L;

  /** With the reason. */
  public FrameFault(String reason) {
    super(reason);
  }

  /** With the reason. */
  public FrameFault(String reason, Throwable cause) {
    super(reason, cause);
  }

  /** The reason, for the product and the event. */
  public String reason() {
    return String.valueOf(getMessage());
  }
}

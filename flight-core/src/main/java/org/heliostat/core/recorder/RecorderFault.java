package org.heliostat.core.recorder;

/** The recorder could not store or read a record; nothing of it was acknowledged. */
public final class RecorderFault extends Exception {
  private static final long serialVersionUID = 1L;

  /** What kept the recorder from doing it. */
  public enum Kind {
    FULL,
    DISK,
    /** The disk does not answer; nothing was acknowledged. */
    HUNG,
    TOO_LARGE,
    CLOSED
  }

  private final Kind kind;

  RecorderFault(Kind kind, String text) {
    super(text);
    this.kind = kind;
  }

  RecorderFault(Kind kind, String text, Throwable cause) {
    super(text, cause);
    this.kind = kind;
  }

  /** What kept the recorder from doing it. */
  public Kind kind() {
    return kind;
  }
}

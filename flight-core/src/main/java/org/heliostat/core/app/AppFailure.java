package org.heliostat.core.app;

/** An app cannot start or go on. */
public final class AppFailure extends Exception {
  private static final long serialVersionUID = 1L;

  /** With a text for the event. */
  public AppFailure(String text, Throwable cause) {
    super(text, cause);
  }

  /** With a text for the event. */
  public AppFailure(String text) {
    super(text);
  }
}

package org.heliostat.hil.launch;

/** The use or the set-up is wrong, in words for the person who can put it right. Exit code 2. */
final class SetupException extends Exception {
  private static final long serialVersionUID = 1L;

  SetupException(String message) {
    super(message);
  }
}

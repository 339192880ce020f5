package org.heliostat.core.table;

import org.heliostat.protocol.Refusal;

/** Something about a table that cannot be done. */
public final class TableFault extends Exception {
  private static final long serialVersionUID = 1L;

  private final Refusal refusal;

  TableFault(Refusal refusal, String message) {
    super(message);
    this.refusal = refusal;
  }

  /** Why, for machines. */
  public Refusal refusal() {
    return refusal;
  }

  /** Why, for people. */
  public String text() {
    return String.valueOf(getMessage());
  }
}

package org.heliostat.core.table;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.heliostat.protocol.Table;

/** An owner's hold of its table. Thread-safe. */
public final class TableHandle {
  private final AtomicReference<Optional<Table>> fresh = new AtomicReference<>(Optional.empty());
  private volatile Table active;

  TableHandle(Table active) {
    this.active = active;
  }

  /** The table in use. Its content is that of the definition, and has passed all checks. */
  public Table active() {
    return active;
  }

  /** The table that has become the active one since this was asked last; asked at a safe point. */
  public Optional<Table> takeNew() {
    return fresh.getAndSet(Optional.empty());
  }

  void give(Table table) {
    active = table;
    fresh.set(Optional.of(table));
  }
}

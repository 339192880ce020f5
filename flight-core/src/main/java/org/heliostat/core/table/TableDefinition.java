package org.heliostat.core.table;

import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.heliostat.protocol.Table;
import org.heliostat.protocol.Table.ContentCase;

/**
 * What an owner says of a table.
 *
 * @param name by which commands know it
 * @param content the only content it takes
 * @param fallback in use where neither disk nor mission file have one; the content alone counts
 * @param validator the owner's own check, after that of the schema; called on any thread, and must
 *     not wait
 * @param activation called with each new table on the thread of the command; empty for an owner
 *     that asks {@link TableHandle#takeNew} at its own safe point
 */
public record TableDefinition(
    String name,
    ContentCase content,
    Table fallback,
    Validator validator,
    Optional<Consumer<Table>> activation) {

  /** What the schema cannot say about a table. */
  @FunctionalInterface
  public interface Validator {
    /** What is wrong, for people; empty for a table that may be used. */
    List<String> problems(Table table);
  }
}

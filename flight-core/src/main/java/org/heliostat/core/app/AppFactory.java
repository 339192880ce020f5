package org.heliostat.core.app;

import java.util.Optional;
import org.heliostat.core.table.TableDefinition;
import org.heliostat.protocol.Mission;

/** Offers an app by name, through {@link java.util.ServiceLoader}; the mission file selects it. */
public interface AppFactory {
  /** Name in the mission file. */
  String name();

  /** A new app, also after an earlier one has failed. Called on the app's thread. */
  App start(Services services) throws AppFailure;

  /**
   * What the app says of a table of its own, so that a mission file's one is checked before
   * anything flies; empty where the table is not its own.
   *
   * @param mission in which everything but its tables has been checked
   */
  default Optional<TableDefinition> table(String name, Mission mission) {
    return Optional.empty();
  }
}

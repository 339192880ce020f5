package org.heliostat.core.app;

/** Offers an app by name, through {@link java.util.ServiceLoader}; the mission file selects it. */
public interface AppFactory {
  /** Name in the mission file. */
  String name();

  /** A new app, also after an earlier one has failed. Called on the app's thread. */
  App start(Services services) throws AppFailure;
}

package org.heliostat.core.app;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.heliostat.core.mission.MissionFile;
import org.heliostat.core.mode.Modes;
import org.heliostat.core.table.TableDefinition;
import org.heliostat.core.table.Tables;
import org.heliostat.protocol.AppConfig;
import org.heliostat.protocol.Mission;
import org.heliostat.protocol.Table;

/**
 * The apps that a mission file can have: those that the image offers by name, and any class on its
 * path that is an {@link App} with a public constructor that takes {@link Services}. Thread-safe.
 */
public final class OfferedApps implements MissionFile.Apps {
  private final Map<String, AppFactory> byName;

  /** Of these names. */
  OfferedApps(Map<String, AppFactory> byName) {
    this.byName = Map.copyOf(byName);
  }

  /**
   * Those of the image.
   *
   * @throws IllegalStateException where two are called the same
   */
  public static OfferedApps ofImage() {
    Map<String, AppFactory> byName = new LinkedHashMap<>();
    for (AppFactory factory : ServiceLoader.load(AppFactory.class)) {
      AppFactory other = byName.putIfAbsent(factory.name(), factory);
      if (other != null) {
        throw new IllegalStateException(
            "two apps are called \""
                + factory.name()
                + "\": "
                + other.getClass().getName()
                + " and "
                + factory.getClass().getName());
      }
    }
    return new OfferedApps(byName);
  }

  @Override
  public Set<String> names() {
    return new TreeSet<>(byName.keySet());
  }

  @Override
  public Optional<String> problem(AppConfig app) {
    try {
      AppFactory unused = factory(app);
      return Optional.empty();
    } catch (IllegalArgumentException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }

  @Override
  public List<String> problems(Mission mission, Table table) {
    String name = table.getName();
    Optional<TableDefinition> owned =
        Stream.concat(
                Modes.table(name).stream(),
                byName.values().stream().flatMap(app -> app.table(name, mission).stream()))
            .findFirst();
    if (owned.isPresent()) {
      return Tables.problems(owned.get(), table);
    }
    // an app that is named by its class says of no table before it flies
    return mission.getAppsList().stream().anyMatch(app -> !app.getClassName().isEmpty())
        ? List.of()
        : List.of("no app has a table \"" + name + "\"");
  }

  /**
   * What starts an app of the mission.
   *
   * @throws IllegalArgumentException where there is nothing that does
   */
  AppFactory factory(AppConfig app) {
    AppFactory known = byName.get(app.getName());
    if (app.getClassName().isEmpty()) {
      if (known == null) {
        throw new IllegalArgumentException(
            "unknown app \"" + app.getName() + "\"; there are " + names());
      }
      return known;
    }
    if (known != null) {
      throw new IllegalArgumentException(
          "app \"" + app.getName() + "\" is the image's own, and has no class here");
    }
    return new OfClass(app.getName(), constructor(app.getClassName()));
  }

  private static Constructor<? extends App> constructor(String className) {
    try {
      // not initialized: a check of a mission file runs nothing of it
      Class<?> found = Class.forName(className, false, OfferedApps.class.getClassLoader());
      return found.asSubclass(App.class).getConstructor(Services.class);
    } catch (ClassNotFoundException | LinkageError e) {
      throw new IllegalArgumentException("the image has no class \"" + className + "\"", e);
    } catch (ClassCastException e) {
      throw new IllegalArgumentException("class \"" + className + "\" is no App", e);
    } catch (NoSuchMethodException e) {
      throw new IllegalArgumentException(
          "class \"" + className + "\" has no public constructor that takes Services", e);
    }
  }

  private record OfClass(String name, Constructor<? extends App> constructor)
      implements AppFactory {
    @Override
    public App start(Services services) throws AppFailure {
      try {
        return constructor.newInstance(services);
      } catch (InvocationTargetException e) {
        if (e.getCause() instanceof AppFailure failure) {
          throw failure;
        }
        throw new AppFailure(String.valueOf(e.getCause()), e);
      } catch (ReflectiveOperationException e) {
        throw new AppFailure(e.toString(), e);
      }
    }
  }
}

package org.heliostat.core.command;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.heliostat.protocol.AppArgument;

/**
 * A command of an app's own, with the arguments that it takes. Operators give it as {@code
 * AppCommand}; the app sees it only when all its arguments are in order.
 *
 * @param name within the app
 */
public record AppVerb(String name, List<Argument> arguments) {
  /** Carries out one verb; as brief as any {@link CommandHandler}. */
  @FunctionalInterface
  public interface Handler {
    /** Starts it; the arguments are those that were given, by name and in their units. */
    void execute(String verb, Map<String, Double> arguments, Execution execution);
  }

  /**
   * One argument.
   *
   * @param unit after UCUM; empty for a plain number
   * @param min least value, inclusive
   * @param max greatest value, inclusive
   * @param required it must be given
   */
  public record Argument(String name, String unit, double min, double max, boolean required) {}

  /** Copies the list. */
  public AppVerb {
    arguments = List.copyOf(arguments);
  }

  Optional<String> problem(List<AppArgument> given) {
    List<String> missing = new ArrayList<>();
    arguments.stream().filter(Argument::required).forEach(a -> missing.add(a.name()));
    Set<String> seen = new HashSet<>();
    for (AppArgument one : given) {
      Optional<Argument> known =
          arguments.stream().filter(a -> a.name().equals(one.getName())).findFirst();
      if (known.isEmpty()) {
        return Optional.of(name + " takes no \"" + one.getName() + "\"");
      }
      if (!seen.add(one.getName())) {
        return Optional.of(one.getName() + " stands twice");
      }
      Argument argument = known.get();
      // written so that NaN is never inside
      if (!(one.getValue() >= argument.min() && one.getValue() <= argument.max())) {
        return Optional.of(
            String.format(
                    Locale.ROOT,
                    "%s %s is outside %s .. %s %s",
                    one.getName(),
                    one.getValue(),
                    argument.min(),
                    argument.max(),
                    argument.unit())
                .strip());
      }
      missing.remove(one.getName());
    }
    return missing.isEmpty() ? Optional.empty() : Optional.of(missing.get(0) + " is missing");
  }
}

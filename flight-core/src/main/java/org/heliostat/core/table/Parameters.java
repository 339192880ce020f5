package org.heliostat.core.table;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.heliostat.protocol.Parameter;
import org.heliostat.protocol.ParameterTable;
import org.heliostat.protocol.Table;
import org.heliostat.protocol.Table.ContentCase;

/**
 * The parameters of one app, as its table {@code parameters.APP} has them now; after the parameter
 * database of F Prime. A change is seen by the next {@link #get}. Thread-safe, waits for nobody.
 */
public final class Parameters {
  /** What a table of parameters is called, before the name of its app. */
  public static final String PREFIX = "parameters.";

  private final Map<String, Double> standards;
  private volatile Map<String, Double> values;

  private Parameters(Map<String, Double> standards) {
    this.standards = Map.copyOf(standards);
    this.values = this.standards;
  }

  static Parameters register(Tables tables, String app, List<ParameterDefinition> definitions) {
    Map<String, ParameterDefinition> byName = new HashMap<>();
    Map<String, Double> standards = new HashMap<>();
    for (ParameterDefinition definition : definitions) {
      if (problem(definition, definition.standard()).isPresent()
          || byName.put(definition.name(), definition) != null) {
        throw new IllegalArgumentException(app + ": " + definition.name() + " is defined badly");
      }
      standards.put(definition.name(), definition.standard());
    }
    Parameters parameters = new Parameters(standards);
    TableHandle handle =
        tables.register(
            new TableDefinition(
                PREFIX + app,
                ContentCase.PARAMETERS,
                Table.newBuilder().setParameters(ParameterTable.getDefaultInstance()).build(),
                table -> problems(byName, table.getParameters()),
                Optional.of(parameters::take)));
    parameters.take(handle.active());
    return parameters;
  }

  /**
   * The value of a parameter, in its unit.
   *
   * @throws IllegalArgumentException for one that was not declared
   */
  public double get(String name) {
    Double value = values.get(name);
    if (value == null) {
      throw new IllegalArgumentException("no parameter is called " + name);
    }
    return value;
  }

  private void take(Table table) {
    Map<String, Double> next = new HashMap<>(standards);
    table.getParameters().getParametersList().forEach(p -> next.put(p.getName(), p.getValue()));
    values = Map.copyOf(next);
  }

  private static List<String> problems(
      Map<String, ParameterDefinition> byName, ParameterTable table) {
    List<String> problems = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    for (Parameter parameter : table.getParametersList()) {
      ParameterDefinition definition = byName.get(parameter.getName());
      if (definition == null) {
        problems.add("no parameter is called \"" + parameter.getName() + "\"");
      } else if (!seen.add(parameter.getName())) {
        problems.add(parameter.getName() + " stands twice");
      } else {
        problem(definition, parameter.getValue()).ifPresent(problems::add);
      }
    }
    return problems;
  }

  private static Optional<String> problem(ParameterDefinition definition, double value) {
    // written so that NaN is never inside
    if (value >= definition.min() && value <= definition.max()) {
      return Optional.empty();
    }
    return Optional.of(
        String.format(
            Locale.ROOT,
            "%s %s is outside %s .. %s %s",
            definition.name(),
            value,
            definition.min(),
            definition.max(),
            definition.unit()));
  }
}

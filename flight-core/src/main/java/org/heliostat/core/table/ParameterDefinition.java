package org.heliostat.core.table;

/**
 * A number of an app that operators may change.
 *
 * @param name within the app
 * @param unit after UCUM; empty for a plain number
 * @param standard its value where no table says another one
 * @param min least value, inclusive
 * @param max greatest value, inclusive
 */
public record ParameterDefinition(
    String name, String unit, double standard, double min, double max) {}

package org.heliostat.hil.launch;

/**
 * One thing that a flight has to have kept.
 *
 * @param detail what was seen
 */
record Check(String name, boolean passed, String detail) {}

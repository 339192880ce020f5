package org.heliostat.core.limit;

/**
 * Published on the bus when a watchpoint has failed.
 *
 * @param name of the watchpoint
 */
public record WatchpointFailed(String name) {}

package org.heliostat.core.event;

import org.heliostat.protocol.Severity;

/**
 * An event of an app that has too few of them for an enum. Immutable.
 *
 * @param source the app
 * @param id number within the source; never given to another event
 */
public record AppEvent(String source, int id, String name, Severity severity, String format)
    implements EventDefinition {}

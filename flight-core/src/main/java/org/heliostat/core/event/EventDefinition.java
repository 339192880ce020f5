package org.heliostat.core.event;

import org.heliostat.protocol.Severity;

/** One numbered thing that can happen; each source has an enum of them. */
public interface EventDefinition {
  /** The room it happens in. */
  String source();

  /** Number within the source; never given to another event. */
  int id();

  /** Name within the source. */
  String name();

  /** How bad it is. */
  Severity severity();

  /** Text for people, with the arguments' places as {@link java.util.Formatter} takes them. */
  String format();
}

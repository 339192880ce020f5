package org.heliostat.core.command;

import org.heliostat.protocol.Telecommand;

/**
 * Carries out one kind of command. Called on the link's thread: it must be brief and may finish
 * later.
 */
@FunctionalInterface
public interface CommandHandler {
  /**
   * Starts the command; sooner or later calls {@link Execution#complete} or {@link Execution#fail}.
   */
  void execute(Telecommand command, Execution execution);
}

package org.heliostat.core.app;

import java.util.Optional;

/**
 * The way from services to the executive, which is started after them. Before that nothing can be
 * asked for. Thread-safe.
 */
public final class Apps implements AppControl {
  private volatile Optional<AppControl> executive = Optional.empty();

  void runBy(AppControl one) {
    executive = Optional.of(one);
  }

  @Override
  public boolean restart(String app, String why) {
    return executive.map(one -> one.restart(app, why)).orElse(false);
  }

  @Override
  public void restartProcess(String why) {
    executive.ifPresent(one -> one.restartProcess(why));
  }
}

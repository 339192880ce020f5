package org.heliostat.payload.card;

import java.util.OptionalDouble;
import org.heliostat.protocol.CardConfig;

/**
 * Whether a card is cool enough for work: above the warm limit it gets none until it is below the
 * cool limit, and none while its temperature is not known. Owned by one thread.
 */
final class HeatGate {
  /** What a look at the temperature changed. */
  enum Change {
    NONE,
    WENT_HOT,
    WENT_COOL,
    WENT_BLIND
  }

  private final CardConfig config;
  private boolean hot;
  private boolean blind = true;

  HeatGate(CardConfig config) {
    this.config = config;
  }

  boolean open() {
    return !hot && !blind;
  }

  Change look(OptionalDouble celsius) {
    if (celsius.isEmpty()) {
      boolean was = blind;
      blind = true;
      return was ? Change.NONE : Change.WENT_BLIND;
    }
    blind = false;
    if (!hot && celsius.getAsDouble() > config.getWarmCelsius()) {
      hot = true;
      return Change.WENT_HOT;
    }
    if (hot && celsius.getAsDouble() < config.getCoolCelsius()) {
      hot = false;
      return Change.WENT_COOL;
    }
    return Change.NONE;
  }
}

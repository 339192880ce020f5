package org.heliostat.hal.driver;

import java.util.Set;

/** Texas Instruments TMP102: {@link Lm75Driver} whose {@code part} is {@code tmp102}. */
public final class Tmp102Driver extends Lm75Driver {
  /** The driver of this part alone. */
  public Tmp102Driver() {
    super("tmp102", "tmp102", Set.of("tmp102"));
  }
}

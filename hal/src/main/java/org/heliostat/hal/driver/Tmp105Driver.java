package org.heliostat.hal.driver;

import java.util.Set;

/** Texas Instruments TMP105: {@link Lm75Driver} whose {@code part} is {@code tmp105}. */
public final class Tmp105Driver extends Lm75Driver {
  /** The driver of this part alone. */
  public Tmp105Driver() {
    super("tmp105", "tmp105", Set.of("tmp105"));
  }
}

package org.heliostat.core.app;

import java.io.IOException;

/** Has the next boot start the golden configuration. */
@FunctionalInterface
public interface GoldenWish {
  /** On return it is on disk. */
  void store() throws IOException;
}

package org.heliostat.hil.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The page. */
public final class Report {
  private Report() {}

  /** Writes the report of the flight that left its files in a folder. */
  public static void write(Path flight, Path file) throws IOException {
    Files.writeString(file, "todo " + flight);
  }
}

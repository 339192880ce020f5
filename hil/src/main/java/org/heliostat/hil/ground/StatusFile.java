package org.heliostat.hil.ground;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Path;

/** {@code ground.json}, a look at the station for people and the launcher. One thread. */
final class StatusFile {
  private final Path file;
  private final Counters counters;

  StatusFile(Path file, Counters counters) {
    this.file = file;
    this.counters = counters;
  }

  /** Replaces the file; a failure is counted and no more, because the next look is due soon. */
  void write(JsonObject status) {
    try {
      DurableFile.replace(file, status + "\n");
    } catch (IOException e) {
      counters.statusNotWritten++;
    }
  }
}

package org.heliostat.hil.ground;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import org.heliostat.protocol.Telecommand;

/**
 * {@code commands.jsonl}: who commanded what, and each stage that it went through. Times are the
 * host's UTC; those of the satellite stand beside them. One caller at a time.
 */
final class AuditLog implements AutoCloseable {
  private final JsonLines lines;
  private final InstantSource clock;

  AuditLog(Path file, InstantSource clock) throws IOException {
    this.lines = JsonLines.open(file);
    this.clock = clock;
  }

  /** Writes one stage. It survives the end of the process, and power loss after {@link #force}. */
  void write(
      String operator,
      Telecommand command,
      String name,
      String stage,
      String reason,
      long missionNanos)
      throws IOException {
    JsonObject line = new JsonObject();
    line.addProperty("host_utc", clock.instant().toString());
    line.addProperty("operator", operator);
    line.addProperty("counter", command.getCounter());
    line.addProperty("command", name);
    line.addProperty("stage", stage);
    if (!reason.isEmpty()) {
      line.addProperty("reason", reason);
    }
    if (missionNanos != 0) {
      line.addProperty("mission_nanos", missionNanos);
    }
    line.add("telecommand", ProtoJson.of(command));
    lines.append(line);
  }

  /** Brings all stages to disk. */
  void force() throws IOException {
    lines.force();
  }

  @Override
  public void close() throws IOException {
    lines.close();
  }
}

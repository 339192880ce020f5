package org.heliostat.hil.ground;

import com.google.gson.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.heliostat.hil.report.JsonFiles;
import org.heliostat.protocol.CommandReport;
import org.heliostat.protocol.Stage;
import org.heliostat.protocol.Telecommand;

/**
 * {@code commands.jsonl}: who commanded what, and each stage that it went through. {@code operator}
 * is the name that he gives, {@code user} the one of the host that the kernel knows him by. Times
 * are the host's UTC; those of the satellite stand beside them. A stage of a command that was sent
 * before the station was started has neither operator nor telecommand: they stand in its line SENT.
 * One caller at a time.
 *
 * <p>What has happened and cannot be written is kept until it can be; beyond {@value #MOST_LATE}
 * lines the oldest is lost, and that is said in the process's log.
 */
final class AuditLog implements AutoCloseable {
  private static final int MOST_LATE = 1000;

  private final JsonLines lines;
  private final InstantSource clock;
  private final Deque<JsonObject> late = new ArrayDeque<>();

  /**
   * Opens the log, and notes those of these stages that do not stand in it: a station that was
   * killed between keeping one and noting it has left them, and the satellite sends them no more.
   *
   * @param reports as they were kept, oldest first
   */
  static AuditLog open(Path file, InstantSource clock, List<JsonObject> reports)
      throws IOException {
    AuditLog log = new AuditLog(file, clock);
    Map<String, JsonObject> missing = new LinkedHashMap<>();
    for (JsonObject report : reports) {
      if (JsonFiles.whole(report, "counter") != 0) {
        missing.putIfAbsent(stage(report), report);
      }
    }
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(Files.newInputStream(file), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine();
          line != null && !missing.isEmpty();
          line = lines.readLine()) {
        JsonFiles.parse(line).ifPresent(noted -> missing.remove(stage(noted)));
      }
    }
    for (JsonObject report : missing.values()) {
      JsonObject line =
          log.line(
              Optional.empty(),
              JsonFiles.whole(report, "counter"),
              JsonFiles.text(report, "command"),
              JsonFiles.text(report, "stage"),
              JsonFiles.text(report, "reason"),
              0);
      if (report.has("mission_nanos")) {
        line.add("mission_nanos", report.get("mission_nanos"));
      }
      log.append(line);
    }
    return log;
  }

  /** Which stage of which command a line is of; nothing ends twice, however it does. */
  private static String stage(JsonObject line) {
    String stage = JsonFiles.text(line, "stage");
    boolean end = stage.equals(Stage.COMPLETED.name()) || stage.equals(Stage.FAILED.name());
    return JsonFiles.whole(line, "counter")
        + (end ? " ends" : " " + stage + " " + JsonFiles.whole(line, "mission_nanos"));
  }

  AuditLog(Path file, InstantSource clock) throws IOException {
    this(JsonLines.open(file), clock);
  }

  AuditLog(JsonLines lines, InstantSource clock) {
    this.lines = lines;
    this.clock = clock;
  }

  /**
   * Writes what is to happen next. It survives the end of the process, and power loss after {@link
   * #force}.
   *
   * @throws IOException when it cannot be written: it must not happen
   */
  void write(
      Operator operator,
      Telecommand command,
      String name,
      String stage,
      CommandUplink.Sealed sealed)
      throws IOException {
    writeLate();
    JsonObject line = line(operator, command, name, stage, "", 0);
    line.addProperty("role", sealed.role().name());
    line.addProperty("key", sealed.key());
    lines.append(line);
  }

  /** Writes a stage of a command that this station does not know: it has no operator. */
  void note(CommandReport report) {
    append(
        line(
            Optional.empty(),
            report.getCounter(),
            report.getCommand(),
            report.getStage().name(),
            report.getReason(),
            report.getMissionNanos()));
  }

  /** Writes how an upload goes; it bears the number of the command that has begun it. */
  void noteUpload(Operator operator, long upload, String path, String stage, String reason) {
    JsonObject line = line(Optional.of(operator), upload, "upload", stage, reason, 0);
    if (!path.isEmpty()) {
      line.addProperty("path", path);
    }
    append(line);
  }

  /** Writes what has happened; what cannot be written now is kept for {@link #force}. */
  void note(
      Operator operator,
      Telecommand command,
      String name,
      String stage,
      String reason,
      long missionNanos) {
    append(line(operator, command, name, stage, reason, missionNanos));
  }

  private void append(JsonObject line) {
    late.addLast(line);
    try {
      writeLate();
    } catch (IOException e) {
      if (late.size() > MOST_LATE) {
        GroundLog.say("audit log: " + e + ": lost " + late.removeFirst());
      }
    }
  }

  private JsonObject line(
      Operator operator,
      Telecommand command,
      String name,
      String stage,
      String reason,
      long missionNanos) {
    JsonObject line =
        line(Optional.of(operator), command.getCounter(), name, stage, reason, missionNanos);
    line.add("telecommand", ProtoJson.of(command));
    return line;
  }

  private JsonObject line(
      Optional<Operator> operator,
      long counter,
      String name,
      String stage,
      String reason,
      long missionNanos) {
    JsonObject line = new JsonObject();
    line.addProperty("host_utc", clock.instant().toString());
    operator.ifPresent(
        who -> {
          line.addProperty("operator", who.name());
          if (!who.user().isEmpty()) {
            line.addProperty("user", who.user());
          }
        });
    line.addProperty("counter", counter);
    line.addProperty("command", name);
    line.addProperty("stage", stage);
    if (!reason.isEmpty()) {
      line.addProperty("reason", reason);
    }
    if (missionNanos != 0) {
      line.addProperty("mission_nanos", missionNanos);
    }
    return line;
  }

  private void writeLate() throws IOException {
    while (!late.isEmpty()) {
      lines.append(late.getFirst());
      late.removeFirst();
    }
  }

  /** Brings all lines to disk; on return every one is there. */
  void force() throws IOException {
    writeLate();
    lines.force();
  }

  @Override
  public void close() throws IOException {
    try (lines) {
      writeLate();
    }
  }
}

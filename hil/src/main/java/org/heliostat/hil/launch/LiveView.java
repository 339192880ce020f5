package org.heliostat.hil.launch;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.heliostat.hil.report.JsonFiles;

/**
 * What ground station and rig say of a flight while it goes on: {@code ground.json} and the end of
 * {@code rig.jsonl}. Thread-safe.
 */
final class LiveView {
  private static final int TAIL_BYTES = 8192;

  private final Path groundFile;
  private final Path rigFile;
  private JsonObject ground = new JsonObject();
  private JsonObject rig = new JsonObject();

  LiveView(Path out) {
    groundFile = out.resolve("ground.json");
    rigFile = out.resolve("rig.jsonl");
  }

  /** Reads both again; what does not read stays as it was. */
  synchronized void refresh() {
    JsonFiles.object(groundFile).ifPresent(fresh -> ground = fresh);
    for (String line : tail().split("\n", -1)) {
      JsonFiles.parse(line).filter(state -> state.has("cards")).ifPresent(state -> rig = state);
    }
  }

  synchronized JsonObject ground() {
    return ground;
  }

  /** The newest state of the world. */
  synchronized JsonObject rig() {
    return rig;
  }

  /** Mission time of the packet that a value of {@link #housekeeping} came in, ns; 0 for none. */
  long housekeepingNanos(String field) {
    return JsonFiles.whole(ground(), "housekeeping_times", field);
  }

  /** The newest housekeeping that ground has, of all sets. */
  JsonObject housekeeping() {
    return JsonFiles.child(ground(), "housekeeping");
  }

  /** Frames of which ground knows what became. */
  long accounted() {
    return JsonFiles.whole(ground(), "products", "delivered");
  }

  private String tail() {
    if (!Files.exists(rigFile)) {
      return "";
    }
    try (FileChannel channel = FileChannel.open(rigFile, StandardOpenOption.READ)) {
      long size = channel.size();
      ByteBuffer bytes = ByteBuffer.allocate((int) Math.min(TAIL_BYTES, size));
      channel.read(bytes, size - bytes.capacity());
      return new String(bytes.array(), 0, bytes.position(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      return "";
    }
  }
}

package org.heliostat.hil.rig;

import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.heliostat.protocol.Scenario;
import org.jspecify.annotations.Nullable;

/**
 * Plays the instrument behind the HAL's spool camera: takes up requests, and leaves frames in the
 * folder, the sidecar last.
 *
 * <p>The next frame is made ahead by another thread, so that the world does not stand still
 * meanwhile; everything else happens in {@link #play}. What has been asked for and the next id
 * stand in a file, written before a frame appears: a rig that is started again never gives an id
 * twice.
 */
final class CameraPlayer {
  private static final Pattern REQUEST = Pattern.compile("([0-9]{1,18})\\.request");
  private static final double RETRY_SECONDS = 1;

  private final Path frames;
  private final Path requests;
  private final Path done;
  private final Path scratch;
  private final Path stateFile;
  private final FrameSource source;
  private final Scenario.Camera camera;
  private final Orbit orbit;
  private final RigLog log;
  private final Executor maker;

  private long nextId = 1;
  private long request;
  private long remaining;
  private double notBefore = Double.NEGATIVE_INFINITY;
  private @Nullable CompletableFuture<FrameSource.Frame> making;

  /** Opens the camera's folder and goes on where an earlier rig left off. */
  CameraPlayer(
      Path folder,
      FrameSource source,
      Scenario.Camera camera,
      Orbit orbit,
      RigLog log,
      Executor maker)
      throws IOException {
    this.frames = Files.createDirectories(folder.resolve("frames"));
    this.requests = Files.createDirectories(folder.resolve("requests"));
    this.done = Files.createDirectories(requests.resolve("done"));
    this.scratch = Files.createDirectories(folder.resolve("scratch"));
    this.stateFile = folder.resolve("camera.properties");
    this.source = source;
    this.camera = camera;
    this.orbit = orbit;
    this.log = log;
    this.maker = maker;
    if (Files.exists(stateFile)) {
      Properties state = new Properties();
      try (Reader in = Files.newBufferedReader(stateFile)) {
        state.load(in);
      }
      nextId = Long.parseLong(state.getProperty("next_id", "1"));
      request = Long.parseLong(state.getProperty("request", "0"));
      remaining = Long.parseLong(state.getProperty("remaining", "0"));
    }
    removeHalfFrames();
  }

  /**
   * Does what is due.
   *
   * @param missionNanos for the sidecar
   * @param seconds of flight
   */
  void play(long missionNanos, double seconds) {
    try {
      if (remaining == 0) {
        takeRequest();
      }
      if (remaining == 0) {
        return;
      }
      CompletableFuture<FrameSource.Frame> next = making;
      if (next == null) {
        int sequence = (int) ((nextId - 1) % Integer.MAX_VALUE);
        next = CompletableFuture.supplyAsync(() -> make(sequence), maker);
        making = next;
      }
      if (seconds < notBefore || !next.isDone() || unreleased() >= camera.getMemoryFrames()) {
        return;
      }
      making = next.isCompletedExceptionally() ? null : next;
      deliver(next.join(), missionNanos, seconds);
      making = null;
      notBefore = Math.max(notBefore + camera.getIntervalS(), seconds);
      // A frame that came late does not make the next one early.
      if (notBefore == seconds) {
        notBefore = seconds + camera.getIntervalS();
      }
    } catch (IOException | CompletionException | CancellationException e) {
      log.note("camera", seconds, String.valueOf(e));
      notBefore = seconds + RETRY_SECONDS;
    }
  }

  /** Frames of requests taken up that have not been delivered. */
  long remaining() {
    return remaining;
  }

  /** Frames delivered since the camera's folder was made. */
  long delivered() {
    return nextId - 1;
  }

  private FrameSource.Frame make(int sequence) {
    try {
      return source.next(sequence, scratch);
    } catch (IOException e) {
      throw new CompletionException(e);
    }
  }

  private void deliver(FrameSource.Frame frame, long missionNanos, double seconds)
      throws IOException {
    String id = String.format(Locale.ROOT, "f%06d", nextId);
    String name = String.valueOf(frame.file().getFileName());
    Map<String, String> sidecar = new TreeMap<>();
    sidecar.put("bits_per_sample", Integer.toString(camera.getBitsPerSample()));
    if (!name.endsWith(".tif") && !name.endsWith(".tiff")) {
      // A GeoTIFF says itself where it lies.
      double[] box = orbit.footprint(seconds);
      sidecar.put(
          "bbox",
          String.format(Locale.ROOT, "%.5f,%.5f,%.5f,%.5f", box[0], box[1], box[2], box[3]));
    }
    sidecar.putAll(frame.properties());
    sidecar.put("source", frame.source());
    sidecar.put("acquired_nanos", Long.toString(missionNanos));
    Path partial = scratch.resolve(id + ".sidecar");
    writeProperties(partial, sidecar);

    // What a full disk can refuse comes before the frame counts as delivered.
    nextId++;
    remaining--;
    try {
      saveState();
      Path target = frames.resolve(id + name.substring(name.lastIndexOf('.')));
      if (scratch.equals(frame.file().getParent())) {
        Files.move(frame.file(), target, StandardCopyOption.ATOMIC_MOVE);
      } else {
        linkOrCopy(frame.file(), target);
      }
    } catch (IOException e) {
      nextId--;
      remaining++;
      throw e;
    }
    Files.move(partial, frames.resolve(id + ".properties"), StandardCopyOption.ATOMIC_MOVE);
  }

  private static void linkOrCopy(Path file, Path target) throws IOException {
    try {
      Files.createLink(target, file);
    } catch (IOException | UnsupportedOperationException e) {
      // Another file system, or one without links.
      Files.copy(file, target, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  private void takeRequest() throws IOException {
    Optional<Path> first = Optional.empty();
    long number = Long.MAX_VALUE;
    try (DirectoryStream<Path> files = Files.newDirectoryStream(requests, "*.request")) {
      for (Path file : files) {
        Matcher matcher = REQUEST.matcher(String.valueOf(file.getFileName()));
        if (matcher.matches() && Long.parseLong(matcher.group(1)) < number) {
          number = Long.parseLong(matcher.group(1));
          first = Optional.of(file);
        }
      }
    }
    if (first.isEmpty()) {
      return;
    }
    if (number > request) {
      request = number;
      try {
        remaining = Math.max(0, Long.parseLong(Files.readString(first.get()).strip()));
      } catch (NumberFormatException e) {
        remaining = 0;
      }
      saveState();
    }
    // A number that has been taken up before was left by a rig that ended right here.
    Files.move(
        first.get(), done.resolve(first.get().getFileName()), StandardCopyOption.REPLACE_EXISTING);
  }

  private int unreleased() throws IOException {
    int count = 0;
    try (DirectoryStream<Path> files = Files.newDirectoryStream(frames, "*.properties")) {
      for (Path file : files) {
        count += file.getNameCount() > 0 ? 1 : 0;
      }
    }
    return count;
  }

  /** Frames without a sidecar, left by a rig that ended in between: flight has never seen them. */
  private void removeHalfFrames() throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(frames)) {
      for (Path file : files) {
        String name = String.valueOf(file.getFileName());
        int dot = name.lastIndexOf('.');
        String id = dot < 0 ? name : name.substring(0, dot);
        if (!Files.exists(frames.resolve(id + ".properties"))) {
          Files.deleteIfExists(file);
        }
      }
    }
  }

  private void saveState() throws IOException {
    Path partial = stateFile.resolveSibling("camera.tmp");
    writeProperties(
        partial,
        Map.of(
            "next_id", Long.toString(nextId),
            "request", Long.toString(request),
            "remaining", Long.toString(remaining)));
    Files.move(partial, stateFile, StandardCopyOption.ATOMIC_MOVE);
  }

  /** As {@link Properties#store}, but without the date that it adds. */
  private static void writeProperties(Path file, Map<String, String> values) throws IOException {
    try (Writer out = Files.newBufferedWriter(file)) {
      for (Map.Entry<String, String> entry : new TreeMap<>(values).entrySet()) {
        out.write(escaped(entry.getKey()) + "=" + escaped(entry.getValue()) + "\n");
      }
    }
  }

  private static String escaped(String text) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\\', ' ', '=', ':', '#', '!' -> out.append('\\').append(c);
        default -> out.append(c);
      }
    }
    return out.toString();
  }
}

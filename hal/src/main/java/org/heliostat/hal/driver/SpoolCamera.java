package org.heliostat.hal.driver;

import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.heliostat.hal.Camera;
import org.heliostat.hal.CameraFrame;
import org.heliostat.hal.HardwareFault;
import org.heliostat.hal.HardwareFault.Kind;
import org.jspecify.annotations.Nullable;

/**
 * A camera behind a folder.
 *
 * <p>The instrument writes {@code frames/<id>.<ext>} and then, by rename, {@code
 * frames/<id>.properties}: the sidecar (UTF-8, at most 64 KiB) marks the frame as complete. Ids are
 * 1 to 64 of {@code A-Z a-z 0-9 _ -} and sort in the order of acquisition. Release deletes the
 * frame, then the sidecar; a sidecar alone is thus a release that was cut off, and is removed
 * without a word. A request is {@code requests/<number>.request}, written by rename, holding the
 * number of frames; the instrument moves it to {@code requests/done}. A sidecar that cannot be read
 * goes to {@code rejected} with its frame and is reported once, so that it holds up no other frame.
 */
final class SpoolCamera implements Camera {
  static final int SIDECAR_BYTES = 64 * 1024;

  private static final String SIDECAR = ".properties";
  private static final Pattern ID = Pattern.compile("[A-Za-z0-9_-]{1,64}");
  private static final Pattern REQUEST = Pattern.compile("([0-9]{1,18})\\.request");
  private static final int MOST_FRAMES = 1_000_000;

  private final String name;
  private final Path frames;
  private final Path requests;
  private final Path done;
  private final Path rejected;
  private final Set<String> offered = new HashSet<>();
  private long nextRequest;

  SpoolCamera(String name, Path folder) throws IOException {
    this.name = name;
    this.frames = Files.createDirectories(folder.resolve("frames"));
    this.requests = Files.createDirectories(folder.resolve("requests"));
    this.done = Files.createDirectories(requests.resolve("done"));
    this.rejected = folder.resolve("rejected");
    this.nextRequest = 1 + Math.max(lastRequest(requests), lastRequest(done));
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public synchronized void trigger(int frameCount) throws HardwareFault {
    if (frameCount < 1 || frameCount > MOST_FRAMES) {
      throw new HardwareFault(
          Kind.REFUSED, name, "cannot take " + frameCount + " frames, but 1 to " + MOST_FRAMES);
    }
    try {
      nextRequest = Math.max(nextRequest, 1 + lastRequest(done));
      String number = "%08d".formatted(nextRequest);
      Path partial = requests.resolve(number + ".tmp");
      Files.writeString(partial, frameCount + "\n");
      Files.move(partial, requests.resolve(number + ".request"), StandardCopyOption.ATOMIC_MOVE);
      nextRequest++;
    } catch (IOException e) {
      throw new HardwareFault(Kind.REFUSED, name, "the request cannot be written: " + e, e);
    }
  }

  @Override
  public synchronized Optional<CameraFrame> next() throws HardwareFault {
    try {
      for (String id : completeIds()) {
        if (offered.contains(id)) {
          continue;
        }
        Path sidecar = frames.resolve(id + SIDECAR);
        Path file = frameFile(id);
        if (file == null) {
          Files.deleteIfExists(sidecar);
          continue;
        }
        Map<String, String> properties;
        try {
          properties = parse(sidecar);
        } catch (IllegalArgumentException | CharacterCodingException e) {
          reject(file, sidecar);
          throw new HardwareFault(
              Kind.BAD_DATA,
              name,
              "frame " + id + ": its sidecar is unreadable: " + e.getMessage(),
              e);
        }
        offered.add(id);
        return Optional.of(new CameraFrame(id, file, properties));
      }
      return Optional.empty();
    } catch (IOException e) {
      throw new HardwareFault(Kind.ABSENT, name, "the frames cannot be listed: " + e, e);
    }
  }

  @Override
  public synchronized void release(CameraFrame frame) throws HardwareFault {
    try {
      if (!ID.matcher(frame.id()).matches() || !frames.equals(frame.file().getParent())) {
        throw new HardwareFault(
            Kind.REFUSED, name, "frame " + frame.id() + " is not of this camera");
      }
      Files.deleteIfExists(frame.file());
      Files.deleteIfExists(frames.resolve(frame.id() + SIDECAR));
      offered.remove(frame.id());
    } catch (IOException e) {
      throw new HardwareFault(
          Kind.REFUSED, name, "frame " + frame.id() + " cannot be deleted: " + e, e);
    }
  }

  @Override
  public synchronized void rewind() {
    offered.clear();
  }

  @Override
  public void close() {}

  private Set<String> completeIds() throws IOException {
    TreeSet<String> ids = new TreeSet<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(frames)) {
      for (Path file : files) {
        String fileName = String.valueOf(file.getFileName());
        if (fileName.endsWith(SIDECAR)) {
          String id = fileName.substring(0, fileName.length() - SIDECAR.length());
          if (ID.matcher(id).matches()) {
            ids.add(id);
          }
        }
      }
    }
    return ids;
  }

  private @Nullable Path frameFile(String id) throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(frames, id + ".*")) {
      for (Path file : files) {
        String fileName = String.valueOf(file.getFileName());
        if (!fileName.endsWith(SIDECAR) && !fileName.endsWith(".tmp")) {
          return file;
        }
      }
    }
    return null;
  }

  private static Map<String, String> parse(Path sidecar) throws IOException {
    byte[] bytes;
    try (InputStream in = Files.newInputStream(sidecar)) {
      bytes = in.readNBytes(SIDECAR_BYTES + 1);
    }
    if (bytes.length > SIDECAR_BYTES) {
      throw new IllegalArgumentException("more than " + SIDECAR_BYTES + " bytes");
    }
    Properties properties = new Properties();
    properties.load(
        new StringReader(
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString()));
    Map<String, String> map = new HashMap<>();
    for (String key : properties.stringPropertyNames()) {
      map.put(key, properties.getProperty(key, ""));
    }
    return map;
  }

  private void reject(Path file, Path sidecar) throws IOException {
    Files.createDirectories(rejected);
    Files.move(file, rejected.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
    Files.move(
        sidecar, rejected.resolve(sidecar.getFileName()), StandardCopyOption.REPLACE_EXISTING);
  }

  private static long lastRequest(Path folder) throws IOException {
    long last = 0;
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*.request")) {
      for (Path file : files) {
        Matcher matcher = REQUEST.matcher(String.valueOf(file.getFileName()));
        if (matcher.matches()) {
          last = Math.max(last, Long.parseLong(matcher.group(1)));
        }
      }
    }
    return last;
  }
}

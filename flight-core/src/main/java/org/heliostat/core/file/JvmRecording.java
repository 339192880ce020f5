package org.heliostat.core.file;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import jdk.jfr.Configuration;
import jdk.jfr.Recording;
import org.heliostat.core.command.Execution;
import org.heliostat.core.time.MissionClock;

/**
 * Has the JVM record itself (JDK Flight Recorder) for a while and leaves the file. Nothing of it
 * runs, and costs memory, before it is first wanted. One recording at a time; owned by one thread.
 */
final class JvmRecording implements AutoCloseable {
  private final MissionClock clock;
  private Optional<Running> running = Optional.empty();

  private record Running(
      Recording recording, Path to, long mostBytes, long endHostNanos, Execution execution) {}

  JvmRecording(MissionClock clock) {
    this.clock = clock;
  }

  /** Starts to record; the command ends with the file. */
  void start(Path to, long mostBytes, long forNanos, Execution execution) throws IOException {
    if (running.isPresent()) {
      execution.fail("a recording runs already");
      return;
    }
    Recording recording;
    try {
      recording = new Recording(Configuration.getConfiguration("default"));
    } catch (java.text.ParseException e) {
      throw new IOException("the JVM's own settings do not read", e);
    }
    recording.setName("heliostat");
    recording.setToDisk(true);
    recording.setMaxSize(mostBytes);
    recording.start();
    running =
        Optional.of(new Running(recording, to, mostBytes, clock.hostNanos() + forNanos, execution));
  }

  /** Ends the recording when its time has come. */
  void look() {
    if (running.isPresent() && clock.hostNanos() - running.get().endHostNanos() >= 0) {
      finish(running.get());
      running = Optional.empty();
    }
  }

  private static void finish(Running now) {
    try (Recording recording = now.recording()) {
      boolean unused = recording.stop();
      Path fresh = now.to().resolveSibling(now.to().getFileName() + ".new");
      recording.dump(fresh);
      long size = Files.size(fresh);
      if (size > 2 * now.mostBytes()) {
        // the JVM keeps whole chunks
        Files.delete(fresh);
        now.execution().fail("it has " + size + " bytes, which is far more than was allowed");
      } else {
        try (FileChannel channel = FileChannel.open(fresh, StandardOpenOption.READ)) {
          channel.force(true);
        }
        Files.move(fresh, now.to(), StandardCopyOption.ATOMIC_MOVE);
        CheckedFile.forceFolder(now.to());
        now.execution().progress(size + " bytes");
        now.execution().complete();
      }
    } catch (IOException e) {
      now.execution().fail(e.toString());
    }
  }

  @Override
  public void close() {
    running.ifPresent(
        now -> {
          now.recording().close();
          now.execution().fail("the app ends");
        });
    running = Optional.empty();
  }
}

package org.heliostat.core.file;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import jdk.jfr.Configuration;
import jdk.jfr.Recording;
import org.heliostat.core.command.Execution;
import org.heliostat.core.time.MissionClock;

/**
 * Has the JVM record itself (JDK Flight Recorder) for a while and leaves the file. Nothing of it
 * runs, and costs memory, before it is first wanted. One recording at a time; owned by one thread,
 * which waits no longer than {@value #DEADLINE_NANOS} ns of host time for the disk.
 */
final class JvmRecording implements AutoCloseable {
  // the JVM writes a recording in one go
  private static final long DEADLINE_NANOS = 20_000_000_000L;

  private final MissionClock clock;
  private final FreshFiles freshFiles;
  private final FileCopy.Placing placing;
  private final Changes changes;
  private final Disk disk = new Disk("recording-disk", 1, DEADLINE_NANOS);
  private Optional<Running> running = Optional.empty();

  private record Running(
      Recording recording, Path to, long mostBytes, long endHostNanos, Execution execution) {}

  JvmRecording(
      MissionClock clock, FreshFiles freshFiles, FileCopy.Placing placing, Changes changes) {
    this.clock = clock;
    this.freshFiles = freshFiles;
    this.placing = placing;
    this.changes = changes;
  }

  /** Starts to record; the command ends with the file. */
  void start(Path to, long mostBytes, long forNanos, Execution execution) throws IOException {
    if (running.isPresent()) {
      execution.fail("a recording runs already");
      return;
    }
    Disk.Turn turn = new Disk.Turn();
    Recording recording = disk.get(turn, () -> begin(mostBytes, turn));
    running =
        Optional.of(new Running(recording, to, mostBytes, clock.hostNanos() + forNanos, execution));
  }

  /** A recording that runs; one that nobody waits for any more is closed. */
  static Recording begin(long mostBytes, Disk.Turn turn) throws IOException {
    Recording recording;
    try {
      recording = new Recording(Configuration.getConfiguration("default"));
    } catch (java.text.ParseException e) {
      throw new IOException("the JVM's own settings do not read", e);
    }
    boolean taken = false;
    try {
      recording.setName("heliostat");
      recording.setToDisk(true);
      recording.setMaxSize(mostBytes);
      recording.start();
      taken = turn.claim();
    } finally {
      if (!taken) {
        recording.close();
      }
    }
    return recording;
  }

  /** Ends the recording when its time has come, or its command has ended otherwise. */
  void look() {
    if (running.isEmpty()) {
      return;
    }
    Running now = running.get();
    if (now.execution().ended()) {
      end(now);
    } else if (clock.hostNanos() - now.endHostNanos() >= 0) {
      finish(now);
    } else {
      return;
    }
    running = Optional.empty();
  }

  private void finish(Running now) {
    try {
      long size = changes.make(disk, turn -> store(now, turn));
      now.execution().progress(size + " bytes");
      now.execution().complete();
    } catch (IOException e) {
      end(now);
      now.execution().fail(e.toString());
    }
  }

  private long store(Running now, Disk.Turn turn) throws IOException {
    Path fresh = freshFiles.next();
    try (Recording recording = now.recording()) {
      boolean unused = recording.stop();
      freshFiles.prepare(fresh);
      recording.dump(fresh);
      long size = Files.size(fresh);
      if (size > 2 * now.mostBytes()) {
        // the JVM keeps whole chunks
        throw new IOException("it has " + size + " bytes, which is far more than was allowed");
      }
      try (FileChannel channel = FileChannel.open(fresh, StandardOpenOption.READ)) {
        channel.force(true);
      }
      if (turn.left()) {
        throw new IOException("nobody waits for it any more");
      }
      placing.put(fresh, now.to());
      return size;
    } finally {
      // where it was not moved
      boolean unused = Files.deleteIfExists(fresh);
    }
  }

  private void end(Running now) {
    try {
      disk.run(now.recording()::close);
    } catch (IOException e) {
      // whoever was left with it closes it, or it goes with the process
    }
  }

  @Override
  public void close() {
    running.ifPresent(
        now -> {
          end(now);
          now.execution().fail("the app ends");
        });
    running = Optional.empty();
  }
}

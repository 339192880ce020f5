package org.heliostat.core.recorder;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.function.LongSupplier;
import org.heliostat.core.command.Commands;
import org.heliostat.core.command.Execution;
import org.heliostat.core.recorder.Recorder.Priority;
import org.heliostat.protocol.PlaybackRecords;
import org.heliostat.protocol.Telecommand;
import org.heliostat.protocol.Telecommand.CommandCase;

/**
 * The commands to the recorder, carried out one after the other on the app's thread, for they take
 * their time.
 *
 * <p>Overflow policy: beyond {@value #MOST_WAITING} commands that wait, further ones fail at once.
 */
final class RecorderCommands {
  static final int MOST_WAITING = 8;

  /** Host time for one call. */
  private static final long CALL_NANOS = 300_000_000L;

  private static final String ENDED = "the app was ended";

  /** To go over a full recorder on a slow disk. */
  private static final double DEADLINE_SECONDS = 600;

  private final Recorder recorder;
  private final LongSupplier hostNanos;
  private final BlockingQueue<Work> waiting = new ArrayBlockingQueue<>(MOST_WAITING);

  private Optional<Work> current = Optional.empty();
  private boolean closed;

  private record Work(Telecommand command, Execution execution, PlaybackWalk walk) {}

  RecorderCommands(Commands commands, Recorder recorder, LongSupplier hostNanos) {
    this.recorder = recorder;
    this.hostNanos = hostNanos;
    commands.handle("recorder", CommandCase.PLAYBACK_RECORDS, this::take);
    commands.handle("recorder", CommandCase.DELETE_RECORDS, this::take);
  }

  private void take(Telecommand command, Execution execution) {
    execution.within(DEADLINE_SECONDS);
    PlaybackRecords playback = command.getPlaybackRecords();
    PlaybackWalk walk =
        new PlaybackWalk(
            playback.getFromNanos(),
            playback.getToNanos(),
            Set.copyOf(playback.getTypesList()),
            playback.getMost());
    Work work = new Work(command, execution, walk);
    boolean refused;
    boolean taken;
    synchronized (waiting) {
      refused = closed;
      taken = !refused && waiting.offer(work);
    }
    if (!taken) {
      execution.fail(refused ? ENDED : "too many commands to the recorder wait already");
    }
  }

  /**
   * Carries out what waits, or goes on with it: a playback of much takes several calls, so that
   * none takes long.
   */
  void carryOut() {
    long start = hostNanos.getAsLong();
    while (hostNanos.getAsLong() - start < CALL_NANOS) {
      Work work = current.orElseGet(waiting::poll);
      if (work == null) {
        return;
      }
      if (work.execution.ended()) {
        // by its deadline
        current = Optional.empty();
        continue;
      }
      current = Optional.of(work);
      try {
        carryOn(work);
      } catch (RecorderFault e) {
        end(work, String.valueOf(e.getMessage()));
      }
    }
  }

  private void carryOn(Work work) throws RecorderFault {
    if (work.command.hasDeleteRecords()) {
      // the schema lets no other numbers through
      Priority priority =
          Priority.of(work.command.getDeleteRecords().getPriority().getNumber())
              .orElse(Priority.BULK);
      work.execution.progress(recorder.delete(priority) + " records were given up");
      end(work, "");
      return;
    }
    recorder.step(work.walk);
    if (work.walk.ended()) {
      work.execution.progress(work.walk.found() + " records wait for ground again");
      end(work, work.walk.full() ? "the recorder is full: there was no room for more" : "");
    }
  }

  private void end(Work work, String failure) {
    current = Optional.empty();
    if (failure.isEmpty()) {
      work.execution.complete();
    } else {
      work.execution.fail(failure);
    }
  }

  /** Nobody carries out any more. */
  void end() {
    current.ifPresent(work -> end(work, ENDED));
    List<Work> left = new ArrayList<>();
    synchronized (waiting) {
      closed = true;
      int unused = waiting.drainTo(left);
    }
    left.forEach(work -> work.execution.fail(ENDED));
  }
}

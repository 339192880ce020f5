package org.heliostat.hil.launch;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.heliostat.hil.rig.MissionTime;
import org.heliostat.protocol.BootRecord;

/**
 * The flight process boot after boot, as a board's service manager has it, and what is seen of each
 * boot from outside. One thread.
 */
final class FlightBoots {
  /** Host time in which workers must be gone after their flight process. */
  private static final long WORKERS_END_NANOS = 5_000_000_000L;

  private static final int KILLED = 128 + 9;
  private static final long LOOK_MILLIS = 20;

  private final Crew crew;
  private final MissionTime time;
  private final Path log;
  private final Path bootRecord;
  private final List<Boot> boots = new ArrayList<>();
  private final List<Worker> dying = new ArrayList<>();
  private final List<String> orphans = new ArrayList<>();
  private Process process;
  private long attempts;
  private long started;
  private long logFrom;

  /**
   * A boot that is over.
   *
   * @param kill number of the kill that ended it; 0 where it ended otherwise
   * @param exitCode of the process
   * @param fromMissionNanos when it began
   * @param toMissionNanos when it was seen to be over
   * @param attemptsBefore boots in a row without operation that the board had noted before it
   * @param attemptsAfter and after it
   * @param doing what was under way when it ended, for people
   * @param said what the process said, whole lines only
   */
  record Boot(
      int kill,
      int exitCode,
      long fromMissionNanos,
      long toMissionNanos,
      long attemptsBefore,
      long attemptsAfter,
      String doing,
      List<String> said) {
    boolean says(String event) {
      return said.stream().anyMatch(line -> line.contains(event));
    }

    /** Whether it was cut off before it said anything more. */
    boolean saysLast(String event) {
      return !said.isEmpty() && said.get(said.size() - 1).contains(event);
    }

    boolean wasKilled() {
      return exitCode == KILLED;
    }
  }

  private record Worker(ProcessHandle handle, long deadline, int kill) {}

  /** Starts the first boot. */
  FlightBoots(Crew crew, MissionTime time, Path out) throws IOException {
    this.crew = crew;
    this.time = time;
    this.log = out.resolve("logs/flight.log");
    this.bootRecord = out.resolve("board/boot.bin");
    this.process = begin();
  }

  /** Starts the next boot, at once. */
  void start() throws IOException {
    process = begin();
  }

  private Process begin() throws IOException {
    attempts = attempts();
    logFrom = Files.exists(log) ? Files.size(log) : 0;
    started = System.nanoTime();
    return crew.flight();
  }

  Process process() {
    return process;
  }

  /** Host seconds since this boot began. */
  double age() {
    return (System.nanoTime() - started) / 1e9;
  }

  /** Whether this boot has reported an event. */
  boolean says(String event) throws IOException {
    return said().stream().anyMatch(line -> line.contains(event));
  }

  /**
   * Waits until this boot has reported an event.
   *
   * @return false when it has not in time, or ended
   */
  boolean awaitSaying(String event, double seconds) throws IOException, InterruptedException {
    long begun = System.nanoTime();
    while (!says(event)) {
      if (!process.isAlive() || (System.nanoTime() - begun) / 1e9 > seconds) {
        return says(event);
      }
      TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
    }
    return true;
  }

  /** Kills the flight process alone: its workers have to see for themselves that it is gone. */
  void kill(int number, String doing) throws IOException, InterruptedException {
    List<ProcessHandle> workers = process.descendants().toList();
    process.destroyForcibly();
    ended(number, doing);
    for (ProcessHandle worker : workers) {
      dying.add(new Worker(worker, System.nanoTime() + WORKERS_END_NANOS, number));
    }
  }

  /** Notes down a boot that has ended, or is about to. */
  void ended(int kill, String doing) throws IOException, InterruptedException {
    int code = process.waitFor();
    boots.add(
        new Boot(
            kill,
            code,
            time.missionNanos(started),
            time.missionNanos(System.nanoTime()),
            attempts,
            attempts(),
            doing,
            said()));
  }

  /** Looks after the workers of boots that are over; called now and then. */
  void look() {
    for (Iterator<Worker> left = dying.iterator(); left.hasNext(); ) {
      Worker worker = left.next();
      if (!worker.handle().isAlive()) {
        left.remove();
      } else if (System.nanoTime() - worker.deadline() > 0) {
        orphans.add(
            "kill %d: process %d outlives its flight process"
                .formatted(worker.kill(), worker.handle().pid()));
        left.remove();
      }
    }
  }

  /** Waits until what was said of all workers can be known. */
  List<String> orphans() throws InterruptedException {
    look();
    while (!dying.isEmpty()) {
      TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
      look();
    }
    return List.copyOf(orphans);
  }

  List<Boot> boots() {
    return List.copyOf(boots);
  }

  private List<String> said() throws IOException {
    byte[] bytes = Files.readAllBytes(log);
    String text =
        new String(
            Arrays.copyOfRange(bytes, (int) Math.min(logFrom, bytes.length), bytes.length),
            StandardCharsets.UTF_8);
    // half a line may be what a kill has left of it
    int end = text.lastIndexOf('\n');
    return end < 0 ? List.of() : text.substring(0, end).lines().toList();
  }

  private long attempts() throws IOException {
    for (String name : List.of("boot.bin", "boot.bin.bak")) {
      var content = FlightStateFile.content(bootRecord.resolveSibling(name));
      if (content.isPresent()) {
        return BootRecord.parseFrom(content.get()).getAttempts();
      }
    }
    return 0;
  }
}

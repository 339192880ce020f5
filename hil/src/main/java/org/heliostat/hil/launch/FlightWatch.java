package org.heliostat.hil.launch;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Looks after a flying mission twice a second: notes every process, shows how it goes, and starts
 * the flight process again when it dies, as a board's service manager would, at most {@value
 * #MOST_RESTARTS} times.
 */
final class FlightWatch {
  private static final int MOST_RESTARTS = 3;
  private static final int WRONG_SETUP = 2;

  /** Exit code of a flight process that is to be started anew. */
  static final int WANTS_RESTART = 3;

  private static final long LOOK_MILLIS = 500;

  private final Crew crew;
  private final Processes processes;
  private final LiveView view;
  private final Display display;
  private final Map<String, Process> others;
  private final List<String> lost = new ArrayList<>();
  private final CountDownLatch over = new CountDownLatch(1);
  private final List<Integer> ends = new ArrayList<>();
  private final Thread thread = new Thread(this::watch, "flight-watch");
  private Process flight;
  private boolean givenUp;

  /**
   * Starts the flight process.
   *
   * @param others processes by name without which there is nothing to wait for
   */
  FlightWatch(
      Crew crew, Processes processes, LiveView view, Display display, Map<String, Process> others)
      throws IOException {
    this.others = Map.copyOf(others);
    this.crew = crew;
    this.processes = processes;
    this.view = view;
    this.display = display;
    this.flight = crew.flight();
    thread.setDaemon(true);
  }

  void start() {
    thread.start();
  }

  /** Whether it cannot go on: the flight process has died too often, or one of the others has. */
  synchronized boolean givenUp() {
    return givenUp;
  }

  /** Processes beside the flight that have ended by themselves. */
  synchronized List<String> lost() {
    return List.copyOf(lost);
  }

  /** How often the flight process has died. */
  synchronized int deaths() {
    return ends.size();
  }

  /** Exit codes of the flight process so far. */
  synchronized List<Integer> ends() {
    return List.copyOf(ends);
  }

  /** Whether the flight ended because mission file or set-up are wrong; the text says how. */
  synchronized Optional<String> setupFault() {
    return !ends.isEmpty() && ends.get(0) == WRONG_SETUP
        ? Optional.of(crew.logTail("flight"))
        : Optional.empty();
  }

  /** Watches no longer, and hands over the flight process. */
  Process stop() throws InterruptedException {
    over.countDown();
    thread.join();
    synchronized (this) {
      return flight;
    }
  }

  private void watch() {
    try {
      do {
        look();
      } while (!over.await(LOOK_MILLIS, TimeUnit.MILLISECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized void look() {
    processes.look();
    view.refresh();
    display.show(view);
    if (givenUp) {
      return;
    }
    others.forEach(
        (name, process) -> {
          if (!process.isAlive()) {
            lost.add(name + " ended by itself with code " + process.exitValue());
            display.note(lost.get(lost.size() - 1) + "; see logs/" + name + ".log");
            givenUp = true;
          }
        });
    if (flight.isAlive() || givenUp) {
      return;
    }
    ends.add(flight.exitValue());
    if (flight.exitValue() == WRONG_SETUP || ends.size() > MOST_RESTARTS) {
      givenUp = true;
      return;
    }
    display.note(
        flight.exitValue() == WANTS_RESTART
            ? "flight wants to be started anew (code 3: by command, or it could not go on); it is"
            : "flight ended unexpectedly with code "
                + flight.exitValue()
                + "; it is started again");
    try {
      flight = crew.flight();
    } catch (IOException e) {
      display.note("flight cannot be started again: " + e.getMessage());
      givenUp = true;
    }
  }
}

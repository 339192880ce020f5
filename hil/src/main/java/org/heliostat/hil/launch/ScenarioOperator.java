package org.heliostat.hil.launch;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.heliostat.hil.rig.MissionTime;
import org.heliostat.protocol.Scenario;

/**
 * Sends the commands of the scenario at their times, each after the one before has ended, beside
 * what the launcher itself sends. Runs on a thread of its own.
 */
final class ScenarioOperator {
  private static final long LOOK_MILLIS = 50;

  private final List<Scenario.OperatorCommand> commands;
  private final OperatorClient operator;
  private final MissionTime time;
  private final double patienceSeconds;
  private final Display display;
  private final List<String> failed = new ArrayList<>();
  private final Thread thread = new Thread(this::run, "scenario-operator");
  private int sent;

  ScenarioOperator(
      Scenario scenario,
      OperatorClient operator,
      MissionTime time,
      double patienceSeconds,
      Display display) {
    this.commands =
        scenario.getCommandsList().stream()
            .sorted(Comparator.comparingDouble(Scenario.OperatorCommand::getAtS))
            .toList();
    this.operator = operator;
    this.time = time;
    this.patienceSeconds = patienceSeconds;
    this.display = display;
    thread.setDaemon(true);
  }

  void start() {
    thread.start();
  }

  /** Waits for the last command; what is still on its way after the patience is given up. */
  void await() throws InterruptedException {
    thread.join((long) (patienceSeconds * 1000));
    if (thread.isAlive()) {
      synchronized (this) {
        failed.add("the commands of the scenario do not come to an end");
      }
      thread.interrupt();
    }
    synchronized (this) {
      if (sent < commands.size()) {
        failed.add(commands.size() - sent + " commands of the scenario were not sent");
      }
    }
  }

  synchronized int sent() {
    return sent;
  }

  /** Commands that did not end as the scenario says. */
  synchronized List<String> failed() {
    return List.copyOf(failed);
  }

  private void run() {
    try {
      for (Scenario.OperatorCommand command : commands) {
        while (time.flightSeconds(System.nanoTime()) < command.getAtS()) {
          TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
        }
        send(command);
      }
    } catch (InterruptedException e) {
      // the flight is over
    }
  }

  private void send(Scenario.OperatorCommand command) {
    String name = command.getTelecommand().getCommandCase().name().toLowerCase(Locale.ROOT);
    synchronized (this) {
      sent++;
    }
    OperatorClient.End end;
    try {
      end = operator.send(command.getTelecommand(), patienceSeconds, stage -> {});
    } catch (IOException e) {
      end = new OperatorClient.End(false, "the ground station does not answer: " + e.getMessage());
    }
    if (end.completed() == command.getFails()) {
      String why = command.getFails() ? "was completed, and should have failed" : end.why();
      synchronized (this) {
        failed.add(name + ": " + why);
      }
      display.note("the scenario's " + name + ": " + why);
    }
  }
}

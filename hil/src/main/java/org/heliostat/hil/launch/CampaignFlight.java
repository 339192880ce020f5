package org.heliostat.hil.launch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * What the flights of the campaigns have in common: whatever way one ends, its processes end with
 * it and its run-time folder goes. Stateless.
 */
final class CampaignFlight {
  /** A flight that was asked to end does so within this, in host time. */
  static final Duration FLIGHT_ENDS = Duration.ofSeconds(30);

  private static final Duration OTHERS_END = Duration.ofSeconds(10);
  private static final Duration HURRY = Duration.ofSeconds(4);

  /** What is flown. */
  interface Body {
    /** Flies; the exit code. */
    int fly(RunFolder run, Processes processes)
        throws SetupException, IOException, InterruptedException;
  }

  private CampaignFlight() {}

  /** Flies in a run-time folder of its own; the exit code. */
  static int fly(FlightPlan plan, Body body)
      throws SetupException, IOException, InterruptedException {
    Files.createDirectories(plan.out().resolve("logs"));
    RunFolder run = RunFolder.create();
    Processes processes = new Processes(plan.out().resolve("logs"), run.temporary());
    Path camera = plan.out().resolve("camera");
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  processes.endAll(HURRY);
                  MissionRun.remove(run.path());
                  MissionRun.remove(camera);
                },
                "end-of-flight"));
    try {
      return body.fly(run, processes);
    } catch (SetupException e) {
      processes.endAll(OTHERS_END);
      throw e;
    } finally {
      MissionRun.remove(camera);
    }
  }

  /** Ends flight, ground and rig; who did not end when asked to. */
  static List<String> end(Processes processes, FlightBoots boots, Process ground, Process rig)
      throws IOException, InterruptedException {
    List<String> troubles = new ArrayList<>();
    boolean orderly = processes.end(boots.process(), FLIGHT_ENDS);
    boots.ended(0, "told to end");
    if (!orderly) {
      troubles.add("the flight did not end when it was asked to");
    }
    if (!processes.end(ground, OTHERS_END) || !processes.end(rig, OTHERS_END)) {
      troubles.add("ground or rig had to be killed");
    }
    return troubles;
  }
}

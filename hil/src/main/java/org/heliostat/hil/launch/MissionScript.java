package org.heliostat.hil.launch;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.heliostat.hil.report.JsonFiles;
import org.heliostat.hil.rig.LinkSchedule;
import org.heliostat.hil.rig.MissionTime;
import org.heliostat.protocol.CommandReport;
import org.heliostat.protocol.DumpEvents;
import org.heliostat.protocol.Mode;
import org.heliostat.protocol.Noop;
import org.heliostat.protocol.Scenario;
import org.heliostat.protocol.SetMode;
import org.heliostat.protocol.Stage;
import org.heliostat.protocol.TakeFrames;
import org.heliostat.protocol.Telecommand;

/**
 * What the launcher does as the operator of a mission. It waits as long as there is progress; what
 * stands still for longer than contacts and outages explain is given up.
 */
final class MissionScript {
  private static final long LOOK_MILLIS = 100;
  private static final double PATIENCE_SECONDS = 60;
  private static final double SHUTDOWN_SECONDS = 1;
  private static final long LITTLE_ROOM_MEBIBYTES = 8;

  private final FlightPlan plan;
  private final FlightWatch watch;
  private final LiveView view;
  private final Display display;
  private final OperatorClient operator;
  private final MissionTime time;
  private final LinkSchedule link;
  private final double patienceSeconds;
  private final ScenarioOperator scenarioOperator;
  private final List<String> failed = new ArrayList<>();
  private int sent;

  MissionScript(
      FlightPlan plan,
      FlightWatch watch,
      LiveView view,
      Display display,
      OperatorClient operator,
      MissionTime time) {
    this.plan = plan;
    this.watch = watch;
    this.view = view;
    this.display = display;
    this.operator = operator;
    this.time = time;
    this.link = new LinkSchedule(plan.scenario());
    this.patienceSeconds = PATIENCE_SECONDS + 1.5 * longestSilence(plan.scenario()) / plan.speed();
    this.scenarioOperator =
        new ScenarioOperator(plan.scenario(), operator, time, patienceSeconds, display);
  }

  int commandsSent() {
    return sent + scenarioOperator.sent();
  }

  /** Commands that were not completed, with the reason. */
  List<String> commandsFailed() {
    List<String> all = new ArrayList<>(failed);
    all.addAll(scenarioOperator.failed());
    return List.copyOf(all);
  }

  /** Flies the mission up to the point where the flight may end. */
  void play() throws InterruptedException {
    display.phase("waiting for the satellite");
    if (!command(Telecommand.newBuilder().setNoop(Noop.getDefaultInstance()).build())) {
      return;
    }
    if (!mode(Mode.PAYLOAD)) {
      return;
    }
    display.phase("taking " + plan.frameCount() + " frames");
    scenarioOperator.start();
    takeFrames();
    awaitScenario();
    hold();
    display.phase("closing");
    boolean unused = mode(Mode.STANDBY);
    boolean unusedToo =
        command(Telecommand.newBuilder().setDumpEvents(DumpEvents.getDefaultInstance()).build());
    awaitQuietContact();
  }

  private boolean mode(Mode mode) throws InterruptedException {
    return command(Telecommand.newBuilder().setSetMode(SetMode.newBuilder().setMode(mode)).build());
  }

  private boolean command(Telecommand command) throws InterruptedException {
    return end(command, send(command, patienceSeconds, stage -> {}));
  }

  private void takeFrames() throws InterruptedException {
    Telecommand command =
        Telecommand.newBuilder()
            .setTakeFrames(TakeFrames.newBuilder().setCount(plan.frameCount()))
            .build();
    // what limits it is that there is progress
    AtomicBoolean began = new AtomicBoolean();
    CompletableFuture<OperatorClient.End> running =
        send(
            command,
            86_400,
            report -> {
              if (report.getStage() == Stage.STARTED) {
                began.set(true);
              }
            });
    int atFirst = watch.deaths();
    int deaths = atFirst;
    Progress progress = new Progress();
    while (!(running.isDone() && view.accounted() >= plan.frameCount())) {
      if (running.isDone()
          && !running.join().completed()
          && !began.get()
          && watch.deaths() == atFirst) {
        // it was refused, and not cut off: no frame will come
        break;
      }
      TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
      if (watch.givenUp() || progress.stalled()) {
        String why = watch.givenUp() ? "the flight is gone" : "no progress any more" + fullDisk();
        failed.add("take_frames: " + why);
        display.note(why);
        return;
      }
      if (watch.deaths() > deaths) {
        deaths = watch.deaths();
        // it comes back in STANDBY, with frames left in the camera
        boolean unused = mode(Mode.PAYLOAD);
      }
    }
    boolean unused = end(command, running);
  }

  /** Until all that the scenario expects must have been seen, and its commands have ended. */
  private void awaitScenario() throws InterruptedException {
    double horizon = DeviceVerdict.horizonSeconds(plan.scenario());
    if (horizon > 0) {
      display.phase("waiting for what the scenario has in store");
    }
    while (!watch.givenUp() && time.flightSeconds(System.nanoTime()) < horizon) {
      TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
    }
    if (!watch.givenUp()) {
      scenarioOperator.await();
    }
  }

  /** Keeps flying for an operator's commands. */
  private void hold() throws InterruptedException {
    if (plan.holdSeconds() == 0 || !failed.isEmpty()) {
      return;
    }
    display.phase(
        "flying on for %.0f s, open for ./fly command and ./fly rig inject"
            .formatted(plan.holdSeconds()));
    long since = System.nanoTime();
    while (!watch.givenUp() && (System.nanoTime() - since) / 1e9 < plan.holdSeconds()) {
      TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
    }
  }

  /** What a user who has run out of disk wants to read; nothing while there is room. */
  private String fullDisk() {
    long free = plan.out().toFile().getUsableSpace() >> 20;
    return free < LITTLE_ROOM_MEBIBYTES
        ? ": the disk of --out is full, " + free + " MiB are free in " + plan.out()
        : "";
  }

  /**
   * The last words of the flight want a contact, too, and one that the satellite has taken up
   * already: ground has its telemetry, and it says that nothing waits on board.
   */
  private void awaitQuietContact() throws InterruptedException {
    long since = missionNanos();
    // in accelerated flight a whole contact may be shorter than the time that a shutdown would like
    double needed = Math.min(SHUTDOWN_SECONDS, longestContact(plan.scenario()) / plan.speed() / 2);
    Progress progress = new Progress();
    while (!watch.givenUp() && !progress.stalled()) {
      if (!upFor(needed)) {
        since = missionNanos();
      } else if (view.housekeepingNanos("backlog_records") > since
          && JsonFiles.whole(view.housekeeping(), "backlog_records") == 0) {
        return;
      }
      TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
    }
  }

  private long missionNanos() {
    return time.missionNanos(System.nanoTime());
  }

  private boolean upFor(double hostSeconds) {
    double now = time.flightSeconds(System.nanoTime());
    for (int step = 0; step <= 40; step++) {
      if (!link.up(now + step * hostSeconds * plan.speed() / 40)) {
        return false;
      }
    }
    return true;
  }

  private CompletableFuture<OperatorClient.End> send(
      Telecommand command, double waitSeconds, Consumer<CommandReport> stages) {
    sent++;
    CompletableFuture<OperatorClient.End> end = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              try {
                end.complete(operator.send(command, waitSeconds, stages));
              } catch (IOException e) {
                end.complete(
                    new OperatorClient.End(
                        false, "the ground station does not answer: " + e.getMessage()));
              }
            },
            "operator");
    thread.setDaemon(true);
    thread.start();
    return end;
  }

  private boolean end(Telecommand command, CompletableFuture<OperatorClient.End> running)
      throws InterruptedException {
    while (!running.isDone() && !watch.givenUp()) {
      TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
    }
    OperatorClient.End end;
    try {
      end = running.getNow(new OperatorClient.End(false, "the flight is gone"));
    } catch (CompletionException e) {
      end = new OperatorClient.End(false, String.valueOf(e.getCause()));
    }
    if (!end.completed()) {
      String name = command.getCommandCase().name().toLowerCase(Locale.ROOT);
      failed.add(name + ": " + end.why());
      display.note(name + " was not completed: " + end.why());
    }
    return end.completed();
  }

  private static double longestContact(Scenario scenario) {
    return scenario.getContactsList().stream()
        .mapToDouble(window -> window.getCloseS() - window.getOpenS())
        .max()
        .orElse(Double.MAX_VALUE);
  }

  /** Longest time in which nothing can come down, in mission seconds. */
  static double longestSilence(Scenario scenario) {
    double silence = 0;
    double open = 0;
    for (Scenario.Window window : scenario.getContactsList()) {
      silence = Math.max(silence, window.getOpenS() - open);
      open = Math.max(open, window.getCloseS());
    }
    for (Scenario.Cut cut : scenario.getLink().getCutsList()) {
      silence += cut.getForS();
    }
    for (Scenario.Fault fault : scenario.getFaultsList()) {
      silence += fault.getForS();
      silence +=
          fault.hasBrokerOutage()
              ? fault.getBrokerOutage().getForS()
              : fault.hasHeatCard()
                  ? fault.getHeatCard().getForS()
                  : fault.hasCardLost() ? fault.getCardLost().getForS() : 0;
    }
    return silence + scenario.getCamera().getIntervalS();
  }

  /** Whether something that counts has changed lately. */
  private final class Progress {
    private String last = "";
    private long changed = System.nanoTime();

    private boolean stalled() {
      JsonObject packet = view.housekeeping();
      String now =
          view.accounted()
              + " "
              + JsonFiles.whole(packet, "frames_taken")
              + " "
              + JsonFiles.whole(packet, "backlog_records")
              + " "
              + JsonFiles.whole(view.ground(), "link", "records")
              + " "
              + JsonFiles.whole(view.rig(), "camera_remaining");
      if (!now.equals(last)) {
        last = now;
        changed = System.nanoTime();
      }
      return (System.nanoTime() - changed) / 1e9 > patienceSeconds;
    }
  }
}

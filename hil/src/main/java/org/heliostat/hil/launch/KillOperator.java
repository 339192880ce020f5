package org.heliostat.hil.launch;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.heliostat.protocol.ArmCommand;
import org.heliostat.protocol.Comparison;
import org.heliostat.protocol.DumpEvents;
import org.heliostat.protocol.DumpTable;
import org.heliostat.protocol.FireCommand;
import org.heliostat.protocol.GetField;
import org.heliostat.protocol.LimitTable;
import org.heliostat.protocol.LoadTable;
import org.heliostat.protocol.Mode;
import org.heliostat.protocol.Noop;
import org.heliostat.protocol.RestartProcess;
import org.heliostat.protocol.SetField;
import org.heliostat.protocol.SetMode;
import org.heliostat.protocol.Table;
import org.heliostat.protocol.TakeFrames;
import org.heliostat.protocol.Telecommand;
import org.heliostat.protocol.Watchpoint;

/**
 * Two operators of a kill campaign, who command without a pause: one loads tables and asks for
 * them, one has frames taken. Whatever a command does can be counted afterwards, once each: tables
 * and fields carry a number that is given once, and answers carry the counter of their command.
 */
final class KillOperator {
  static final String LIMITS = "limits";
  static final String SURVIVAL = "survival";
  static final String FIELD = "command_loss_seconds";
  static final int WATCHPOINTS = 12;

  /** Host time that a command may take, kills, boots and contacts included. */
  private static final double WAIT_SECONDS = 90;

  private static final double END_SECONDS = 100;
  // an event more than twenty times in ten seconds is held back, and then it cannot be counted
  private static final int LEAST_PAUSE_MILLIS = 150;
  private static final int PAUSE_MILLIS = 400;
  private static final double FIELD_BASE = 200_000;
  private static final double VALUE_BASE = 1_000;

  private final OperatorClient tables;
  private final OperatorClient frames;
  private final OperatorClient restarter;
  private final long seed;
  private final Map<String, String> doing = new ConcurrentSkipListMap<>();
  private final CountDownLatch over = new CountDownLatch(1);
  private final List<Thread> threads;
  private int next = 1;

  KillOperator(Path socket, long seed) {
    this.tables = new OperatorClient(socket, "tables");
    this.frames = new OperatorClient(socket, "frames");
    this.restarter = new OperatorClient(socket, "restarter");
    this.seed = seed;
    this.threads =
        List.of(
            new Thread(() -> work(this::commandTables, 1), "operator-tables"),
            new Thread(() -> work(this::takeFrames, 2), "operator-frames"));
    threads.forEach(thread -> thread.setDaemon(true));
  }

  /** The whole table that a load with this number brings. */
  static Table limits(int number) {
    LimitTable.Builder limits = LimitTable.newBuilder();
    for (int i = 0; i < WATCHPOINTS; i++) {
      limits.addWatchpoints(
          Watchpoint.newBuilder()
              .setName("w" + i)
              .setField("bus_volts")
              .setComparison(Comparison.ABOVE)
              .setValue(VALUE_BASE + number));
    }
    return Table.newBuilder().setName(LIMITS).setVersion(number).setLimits(limits).build();
  }

  /** The number that a value of {@link #FIELD} carries; 0 for its default. */
  static int fieldNumber(String value) {
    double number = Double.parseDouble(value) - FIELD_BASE;
    return number > 0 ? (int) number : 0;
  }

  void start() {
    threads.forEach(Thread::start);
  }

  /** What is under way, for people. */
  String doing() {
    return String.join(", ", doing.values());
  }

  /**
   * Sends no new commands, and waits for the end of those under way.
   *
   * @return false when they do not end
   */
  boolean stop() throws InterruptedException {
    over.countDown();
    boolean ended = true;
    for (Thread thread : threads) {
      thread.join((long) (END_SECONDS * 1000));
      ended &= !thread.isAlive();
    }
    return ended;
  }

  /** Has the flight process restart: how an operator leaves the golden configuration. */
  OperatorClient.End restart() {
    AtomicLong armed = new AtomicLong();
    Telecommand restart =
        Telecommand.newBuilder().setRestartProcess(RestartProcess.getDefaultInstance()).build();
    try {
      OperatorClient.End end =
          restarter.send(
              Telecommand.newBuilder()
                  .setArmCommand(ArmCommand.newBuilder().setCommand(restart).setTimeoutSeconds(600))
                  .build(),
              WAIT_SECONDS,
              stage -> armed.set(stage.getCounter()));
      return end.completed()
          ? restarter.send(
              Telecommand.newBuilder()
                  .setFireCommand(FireCommand.newBuilder().setArmed(armed.get()))
                  .build(),
              WAIT_SECONDS,
              stage -> {})
          : end;
    } catch (IOException e) {
      return new OperatorClient.End(false, "the ground station does not answer: " + e);
    }
  }

  /** Asks what stands on board now. */
  void ask() throws IOException {
    send(tables, dumpTable());
    send(tables, getField());
  }

  /** Brings the spacecraft into a mode. */
  boolean mode(Mode mode) throws IOException {
    return send(
            frames, Telecommand.newBuilder().setSetMode(SetMode.newBuilder().setMode(mode)).build())
        .completed();
  }

  private interface Duty {
    void step(Random random) throws IOException;
  }

  private void work(Duty duty, int stream) {
    Random random = new Random(31 * seed + stream);
    try {
      do {
        try {
          duty.step(random);
        } catch (IOException e) {
          // the ground station is gone: whoever looks after it says so
          return;
        }
      } while (!over.await(
          LEAST_PAUSE_MILLIS + random.nextInt(PAUSE_MILLIS), TimeUnit.MILLISECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void commandTables(Random random) throws IOException {
    int choice = random.nextInt(100);
    Telecommand.Builder command = Telecommand.newBuilder();
    if (choice < 35) {
      command.setLoadTable(LoadTable.newBuilder().setTable(limits(next++)).setActivate(true));
    } else if (choice < 55) {
      command.setSetField(
          SetField.newBuilder()
              .setTable(SURVIVAL)
              .setField(FIELD)
              .setValue(String.format(Locale.ROOT, "%.1f", FIELD_BASE + next++)));
    } else if (choice < 72) {
      command = dumpTable().toBuilder();
    } else if (choice < 85) {
      command = getField().toBuilder();
    } else if (choice < 92) {
      command.setDumpEvents(DumpEvents.newBuilder().setCount(5));
    } else {
      command.setNoop(Noop.getDefaultInstance());
    }
    OperatorClient.End unused = send(tables, command.build());
  }

  private void takeFrames(Random random) throws IOException {
    OperatorClient.End end =
        send(
            frames,
            Telecommand.newBuilder().setTakeFrames(TakeFrames.newBuilder().setCount(1)).build());
    if (!end.completed() && over.getCount() > 0) {
      // a boot ends in STANDBY, or has cut it off
      boolean unused = mode(Mode.PAYLOAD);
    }
  }

  private static Telecommand dumpTable() {
    return Telecommand.newBuilder().setDumpTable(DumpTable.newBuilder().setTable(LIMITS)).build();
  }

  private static Telecommand getField() {
    return Telecommand.newBuilder()
        .setGetField(GetField.newBuilder().setTable(SURVIVAL).setField(FIELD))
        .build();
  }

  private OperatorClient.End send(OperatorClient operator, Telecommand command) throws IOException {
    String who = operator == tables ? "tables" : "frames";
    String what = command.getCommandCase().name().toLowerCase(Locale.ROOT);
    doing.put(who, what + " on its way");
    try {
      return operator.send(
          command,
          WAIT_SECONDS,
          stage ->
              doing.put(who, what + " #" + stage.getCounter() + " " + stage.getStage().name()));
    } finally {
      doing.remove(who);
    }
  }
}

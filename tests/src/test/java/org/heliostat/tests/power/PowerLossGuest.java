package org.heliostat.tests.power;

import com.google.protobuf.InvalidProtocolBufferException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.zip.CRC32C;
import org.heliostat.core.command.Authority;
import org.heliostat.core.command.CommandJournal;
import org.heliostat.core.command.Commands;
import org.heliostat.core.event.Events;
import org.heliostat.core.recorder.Recorder;
import org.heliostat.core.recorder.RecorderFault;
import org.heliostat.core.state.StateStore;
import org.heliostat.core.table.TableDefinition;
import org.heliostat.core.table.TableHandle;
import org.heliostat.core.table.Tables;
import org.heliostat.core.time.MissionClock;
import org.heliostat.protocol.Comparison;
import org.heliostat.protocol.Downlink;
import org.heliostat.protocol.Event;
import org.heliostat.protocol.LimitTable;
import org.heliostat.protocol.LoadTable;
import org.heliostat.protocol.Role;
import org.heliostat.protocol.Stage;
import org.heliostat.protocol.Table;
import org.heliostat.protocol.Telecommand;
import org.heliostat.protocol.TimeQuality;
import org.heliostat.protocol.Watchpoint;

/**
 * What lives on the disk whose power is cut: the flight image's recorder, tables, journal of
 * commands and state. It says what it finds, then what it is about to write and what it was
 * promised, a line each on the console; the host side ({@code org.heliostat.hil.power}) describes
 * the lines and judges.
 *
 * <p>Arguments: folder, number of the boot, highest completed command, highest begun command.
 */
public final class PowerLossGuest {
  private static final Authority MAINTENANCE = new Authority(Role.ROLE_MAINTENANCE, 0);
  private static final int SEGMENT_BYTES = 256 << 10;
  private static final int QUOTA_BYTES = 24 << 20;
  private static final int KEPT = 120;
  private static final int FREED = 40;

  /** More than all boots of a disk leave: what is not found is taken for lost. */
  private static final int MOST_PENDING = 100_000;

  private static final int WATCHPOINTS = 40;

  private final Recorder recorder;
  private final Recorder reports;
  private final StateStore state;
  private final Commands commands;
  private final TableHandle limits;
  private final Random random;

  private record GuestClock(long missionNanos) implements MissionClock {
    @Override
    public long utcNanos() {
      return missionNanos;
    }

    @Override
    public TimeQuality quality() {
      return TimeQuality.BY_GNSS;
    }

    @Override
    public long hostNanos() {
      return System.nanoTime();
    }
  }

  private PowerLossGuest(Path folder, long boot) throws IOException {
    Files.createDirectories(folder);
    random = new Random(boot);
    recorder = Recorder.open(folder.resolve("recorder"), SEGMENT_BYTES, QUOTA_BYTES);
    reports = Recorder.open(folder.resolve("reports"), SEGMENT_BYTES, QUOTA_BYTES);
    state = StateStore.open(folder.resolve("state.bin"));
    MissionClock clock = new GuestClock(1_000_000_000L * (boot + 1));
    Events events = new Events(clock, reports, line -> {});
    commands =
        new Commands(
            clock, CommandJournal.open(folder.resolve("commands.bin")), state, reports, events);
    Tables tables = Tables.open(folder.resolve("tables"), List.of(), false, events);
    tables.serve(commands);
    limits =
        tables.register(
            new TableDefinition(
                "limits",
                Table.ContentCase.LIMITS,
                limits(0),
                table -> List.of(),
                Optional.of(table -> {})));
  }

  /** Finds, then writes until the power goes. */
  public static void main(String[] arguments) throws Exception {
    PowerLossGuest guest = new PowerLossGuest(Path.of(arguments[0]), Long.parseLong(arguments[1]));
    guest.find(Long.parseLong(arguments[2]));
    say("ready");
    guest.start("recorder", guest::append);
    guest.start("recorder-too", guest::append);
    guest.command(Long.parseLong(arguments[3]));
  }

  private static void say(String line) {
    // one write a line
    System.out.print(line + "\n");
    System.out.flush();
  }

  private static Table limits(long number) {
    LimitTable.Builder content = LimitTable.newBuilder();
    for (int i = 0; i < WATCHPOINTS; i++) {
      content.addWatchpoints(
          Watchpoint.newBuilder()
              .setName("w" + i)
              .setField("bus_volts")
              .setComparison(Comparison.ABOVE)
              .setValue(1_000.0 + (double) number));
    }
    return Table.newBuilder().setName("limits").setVersion((int) number).setLimits(content).build();
  }

  private static String content(byte[] bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return Long.toHexString(crc.getValue()) + " " + bytes.length;
  }

  // ---- what is there

  private void find(long lastDone) throws IOException, RecorderFault {
    for (Recorder.Recovery recovery : recorder.recoveries()) {
      say("recovered " + recovery.droppedBytes());
    }
    for (Recorder.Pending one : recorder.pending(MOST_PENDING)) {
      try {
        say("have " + one.id() + " " + content(recorder.read(one.id())));
      } catch (RecorderFault e) {
        say("bad " + one.id() + " " + e.getMessage());
      }
    }
    findReports();
    Table active = limits.active();
    say(
        "table "
            + active.getVersion()
            + (active.equals(limits(active.getVersion())) ? " whole" : " broken"));
    say("state " + state.get().getSentBytes());
    commands.reportInterrupted();
    if (lastDone > 0) {
      int before = commands.counts().accepted() + commands.counts().rejected();
      commands.submit(load(lastDone), MAINTENANCE);
      int after = commands.counts().accepted() + commands.counts().rejected();
      say("replay " + lastDone + (after == before ? " dropped" : " ran"));
    }
  }

  private void findReports() throws RecorderFault {
    List<Long> read = new ArrayList<>();
    for (Recorder.Pending one : reports.pending(MOST_PENDING)) {
      try {
        Downlink body = Downlink.parseFrom(reports.read(one.id()));
        if (body.getCommandReport().getStage() == Stage.COMPLETED) {
          say("reported " + body.getCommandReport().getCounter());
        }
        read.add(one.id());
      } catch (InvalidProtocolBufferException | RecorderFault e) {
        say("bad " + one.id() + " " + e.getMessage());
      }
    }
    reports.confirm(read);
  }

  // ---- what is written

  private void start(String name, Runnable duty) {
    Thread thread = new Thread(duty, name);
    thread.setDaemon(true);
    thread.start();
  }

  private void append() {
    Deque<Long> own = new ArrayDeque<>();
    Random sizes;
    synchronized (random) {
      sizes = new Random(random.nextLong());
    }
    while (true) {
      int length = sizes.nextInt(20) == 0 ? sizes.nextInt(120_000) : sizes.nextInt(2_000);
      StringBuilder text = new StringBuilder();
      while (text.length() < length) {
        text.append(Long.toHexString(sizes.nextLong()));
      }
      Downlink body =
          Downlink.newBuilder().setEvent(Event.newBuilder().setText(text.toString())).build();
      String content = content(body.toByteArray());
      say("put " + content);
      try {
        long number = recorder.append(Recorder.Priority.ROUTINE, body);
        say("ack " + number + " " + content);
        own.addLast(number);
        if (own.size() > KEPT) {
          free(own);
        }
      } catch (RecorderFault e) {
        say("refused " + e.getMessage());
      }
    }
  }

  private void free(Deque<Long> own) throws RecorderFault {
    List<Long> freed = new ArrayList<>();
    StringBuilder line = new StringBuilder("free");
    for (int i = 0; i < FREED; i++) {
      long number = own.removeFirst();
      freed.add(number);
      line.append(' ').append(number);
    }
    say(line.toString());
    recorder.confirm(freed);
  }

  private static Telecommand load(long number) {
    return Telecommand.newBuilder()
        .setCounter(number)
        .setLoadTable(LoadTable.newBuilder().setTable(limits(number)).setActivate(true))
        .build();
  }

  private void command(long tried) {
    long number = tried;
    while (true) {
      number++;
      int before = commands.counts().completed();
      say("try " + number);
      commands.submit(load(number), MAINTENANCE);
      if (commands.counts().completed() > before) {
        say("done " + number);
      }
      long noted = number;
      try {
        state.updateNow(next -> next.setSentBytes(noted));
        say("noted " + noted);
      } catch (IOException e) {
        say("refused " + e.getMessage());
      }
      commands.tick();
    }
  }
}

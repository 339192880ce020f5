package org.heliostat.core.scrub;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.heliostat.core.app.App;
import org.heliostat.core.app.AppFactory;
import org.heliostat.core.app.Services;
import org.heliostat.core.command.Commands;
import org.heliostat.core.command.Execution;
import org.heliostat.core.event.CoreEvent;
import org.heliostat.core.file.Changes;
import org.heliostat.core.file.Disk;
import org.heliostat.core.file.FileCopy;
import org.heliostat.core.file.FileDigest;
import org.heliostat.core.file.FreshFiles;
import org.heliostat.core.state.Inhibits;
import org.heliostat.core.table.Tables;
import org.heliostat.protocol.Housekeeping;
import org.heliostat.protocol.ImageDigest;
import org.heliostat.protocol.Refusal;
import org.heliostat.protocol.ScrubStatus;
import org.heliostat.protocol.SetArea;
import org.heliostat.protocol.TableStatus;
import org.heliostat.protocol.Telecommand.CommandCase;

/**
 * Checks the files of the image against the list that the build made of them, then the tables
 * against what was activated, a piece a step, spread over the round that the mission wants, or at
 * once where it is commanded. What is damaged is an alarm, once; a file is replaced by its golden
 * copy where there is one whose own checksum is right, and of a table the copy in memory and the
 * stored one mend each other. Areas that operators have inhibited are left out. A disk that hangs
 * leaves areas unchecked, which is said once, and fails the command. A repair is prepared beside
 * the files of the image, in {@link ImageDigest#REPAIRS}, which each round begins by sweeping.
 */
public final class ScrubApp implements App {
  private static final long LONGEST_WAIT_NANOS = 200_000_000L;
  private static final int MOST_WAITING = 4;

  /** What is read or copied in one step. */
  static final long PIECE_BYTES = 4 << 20;

  /** Areas that are inhibited at once; one more is refused. */
  static final int MOST_INHIBITED = 64;

  private static final String ALL_FILES = "image";
  private static final String ALL_TABLES = "tables";
  private static final String TABLE = "table ";
  private static final String APP_ENDS = "the app ends";

  private final Services services;
  private final Disk disk;
  private final Changes changes;
  private final Path image;
  private final FreshFiles repairs;
  private final Optional<Path> golden;
  private final BlockingQueue<Execution> wanted = new ArrayBlockingQueue<>(MOST_WAITING);
  private final Set<String> damaged = new HashSet<>();
  private final Consumer<Housekeeping.Builder> housekeeping = this::fill;
  private final Set<String> inhibited = new ConcurrentSkipListSet<>();
  private volatile List<ImageManifest.Entry> entries = List.of();
  private volatile List<String> tables = List.of();
  private boolean listMissing;
  private boolean hung;
  private int at;
  private Optional<FileCheck> checking = Optional.empty();
  private Optional<Execution> commanded = Optional.empty();
  private long nextNanos;
  private boolean closed;
  private volatile ScrubStatus status = ScrubStatus.getDefaultInstance();

  /** Offers the app as {@code scrub}. */
  public static final class Factory implements AppFactory {
    // a repair that one app was left with concerns the next one, too
    private final Changes changes = new Changes();

    @Override
    public String name() {
      return "scrub";
    }

    @Override
    public App start(Services services) {
      return new ScrubApp(services, new Disk("scrub-disk", 2, Disk.DEADLINE_NANOS), changes);
    }
  }

  ScrubApp(Services services, Disk disk, Changes changes) {
    this.services = services;
    this.disk = disk;
    this.changes = changes;
    this.image = services.image();
    this.repairs = new FreshFiles(image.resolve(ImageDigest.REPAIRS));
    String copy = services.mission().getScrub().getGoldenCopy();
    this.golden = copy.isEmpty() ? Optional.empty() : Optional.of(services.data().resolve(copy));
    this.nextNanos = services.clock().missionNanos();
    Inhibits.of(services.state().get(), Inhibits.AREA).forEach((area, off) -> set(area, off));
    services.telemetry().contribute(housekeeping);
    services
        .commands()
        .handle(
            "scrub",
            CommandCase.SET_AREA,
            (command, execution) -> set(command.getSetArea(), execution));
    services
        .commands()
        .handle("scrub", CommandCase.CHECK_AREAS, (command, execution) -> take(execution));
  }

  private void take(Execution execution) {
    boolean ended;
    boolean taken;
    synchronized (wanted) {
      ended = closed;
      taken = !ended && wanted.offer(execution);
    }
    if (!taken) {
      execution.fail(ended ? APP_ENDS : "a check waits already");
    }
  }

  private void set(String area, boolean off) {
    if (off) {
      inhibited.add(area);
    } else {
      inhibited.remove(area);
    }
  }

  private void set(SetArea set, Execution execution) {
    String area = set.getArea();
    if (!known(area)) {
      execution.fail(Refusal.BAD_ARGUMENT, "there is no area " + area);
      return;
    }
    if (set.getInhibited() && !inhibited.contains(area) && inhibited.size() >= MOST_INHIBITED) {
      execution.fail(Refusal.TOO_MANY, MOST_INHIBITED + " areas are inhibited already");
      return;
    }
    set(area, set.getInhibited());
    services
        .events()
        .report(CoreEvent.AREA_INHIBITED, area, set.getInhibited() ? "inhibited" : "enabled");
    try {
      services.state().updateNow(state -> Inhibits.putAll(state, Inhibits.AREA, inhibited));
      execution.complete();
    } catch (IOException e) {
      execution.fail(Refusal.NOT_STORED, "in force until the next restart: " + e);
    }
  }

  /** One that was inhibited is known, too, so that it can be enabled though it has gone. */
  private boolean known(String area) {
    return area.equals(ALL_FILES)
        || area.equals(ALL_TABLES)
        || inhibited.contains(area)
        || entries.stream().anyMatch(entry -> entry.path().equals(area))
        || tables.stream().anyMatch(table -> (TABLE + table).equals(area));
  }

  @Override
  public void step() throws InterruptedException {
    try {
      work();
    } catch (Disk.Hung e) {
      boolean beginning = at >= areas();
      String area = beginning ? ImageManifest.NAME : name(at);
      giveUpCheck();
      if (!beginning) {
        at++;
      }
      if (!hung) {
        services.events().report(CoreEvent.AREA_NOT_CHECKED, area, e.getMessage());
      }
      hung = true;
      commanded.ifPresent(execution -> execution.fail(area + ": " + e.getMessage()));
      commanded = Optional.empty();
      plan();
    }
  }

  private void work() throws Disk.Hung, InterruptedException {
    // one that has ended by its deadline is of no use to anybody; the round goes on
    commanded = commanded.filter(execution -> !execution.ended());
    if (commanded.isEmpty()) {
      commanded = Optional.ofNullable(wanted.poll()).filter(execution -> !execution.ended());
      if (commanded.isPresent()) {
        begin();
      }
    }
    if (commanded.isPresent()) {
      if (at < areas()) {
        check();
      }
      if (at >= areas()) {
        answer(commanded.get());
        commanded = Optional.empty();
      } else {
        commanded.get().within(Commands.DEADLINE_SECONDS);
      }
      return;
    }
    long now = services.clock().missionNanos();
    if (now - nextNanos < 0) {
      services.board().sleepUntilNanos(Math.min(nextNanos, now + LONGEST_WAIT_NANOS));
      return;
    }
    if (at >= areas()) {
      begin();
    } else {
      check();
      if (checking.isPresent()) {
        return;
      }
      if (at == areas()) {
        status = status.toBuilder().setRounds(status.getRounds() + 1).build();
      }
    }
    plan();
  }

  private void plan() {
    double round = services.mission().getScrub().getRoundSeconds() * 1e9;
    nextNanos = services.clock().missionNanos() + (long) (round / Math.max(1, areas()));
  }

  private void answer(Execution execution) {
    if (listMissing) {
      execution.fail("the image has no list of its files");
    } else if (damaged.isEmpty()) {
      long left = IntStream.range(0, areas()).filter(this::leftOut).count();
      execution.progress(
          entries.size()
              + " files and "
              + tables.size()
              + " tables are in order"
              + (left == 0 ? "" : ", but for " + left + " that are inhibited and were left out"));
      execution.complete();
    } else {
      execution.fail("damaged: " + damaged);
    }
  }

  private void begin() throws Disk.Hung {
    giveUpCheck();
    // until the list has been read no area is at
    at = areas();
    try {
      entries = onDisk(this::list);
      listMissing = false;
    } catch (Disk.Hung e) {
      throw e;
    } catch (IOException e) {
      entries = List.of();
      if (!listMissing) {
        services.events().report(CoreEvent.AREA_DAMAGED, ImageManifest.NAME, e.toString());
      }
      listMissing = true;
    }
    at = 0;
    tables = services.tables().status().stream().map(TableStatus::getName).toList();
    status = status.toBuilder().setFiles(entries.size()).setTables(tables.size()).build();
  }

  private List<ImageManifest.Entry> list() throws IOException {
    try {
      repairs.sweep();
    } catch (IOException e) {
      // it is no damage to the image, and the next round tries again
    }
    return ImageManifest.read(image);
  }

  private <T> T onDisk(Callable<T> work) throws IOException {
    T answer = disk.get(work);
    hung = false;
    return answer;
  }

  private int areas() {
    return entries.size() + tables.size();
  }

  /** Goes on with the area that it is at; goes to the next one when that is checked. */
  private void check() throws Disk.Hung {
    if (leftOut(at)) {
      giveUpCheck();
      damaged.remove(name(at));
    } else if (at < entries.size()) {
      FileCheck check = checking.orElseGet(() -> new FileCheck(entries.get(at)));
      checking = Optional.of(check);
      if (!check.piece()) {
        return;
      }
      checking = Optional.empty();
    } else {
      checkTable(tables.get(at - entries.size()));
    }
    at++;
    status = status.toBuilder().setDamaged(damaged.size()).build();
  }

  /** A repair that has begun leaves nothing. */
  private void giveUpCheck() {
    checking.ifPresent(FileCheck::giveUp);
    checking = Optional.empty();
  }

  private String name(int area) {
    return area < entries.size()
        ? entries.get(area).path()
        : TABLE + tables.get(area - entries.size());
  }

  private boolean leftOut(int area) {
    return inhibited.contains(area < entries.size() ? ALL_FILES : ALL_TABLES)
        || inhibited.contains(name(area));
  }

  private void checkTable(String table) {
    String name = TABLE + table;
    Optional<Tables.Scrubbed> scrubbed = services.tables().scrub(table);
    if (scrubbed.isEmpty()) {
      damaged.remove(name);
      return;
    }
    if (damaged.add(name)) {
      services.events().report(CoreEvent.AREA_DAMAGED, name, scrubbed.get().problem());
    }
    if (scrubbed.get().repaired()) {
      repaired(name);
    }
  }

  private void repaired(String area) {
    damaged.remove(area);
    status = status.toBuilder().setRepaired(status.getRepaired() + 1).build();
    services.events().report(CoreEvent.AREA_REPAIRED, area);
  }

  /** One file: read, and where it is damaged its golden copy is read, and then copied. */
  private final class FileCheck {
    private final ImageManifest.Entry entry;
    private final FileDigest ours;
    private Optional<FileDigest> theirs = Optional.empty();
    private Optional<FileCopy> copy = Optional.empty();

    private FileCheck(ImageManifest.Entry entry) {
      this.entry = entry;
      this.ours = new FileDigest(image.resolve(entry.path()));
    }

    /** Does a piece; true when all is done. */
    private boolean piece() throws Disk.Hung {
      if (copy.isPresent()) {
        return copied(copy.get());
      }
      return theirs.isPresent() ? goldenRead(theirs.get()) : oursRead();
    }

    private boolean oursRead() throws Disk.Hung {
      Optional<String> problem = read(ours);
      if (problem.isEmpty()) {
        return false;
      }
      if (problem.get().isEmpty()) {
        damaged.remove(entry.path());
        return true;
      }
      if (damaged.add(entry.path())) {
        services.events().report(CoreEvent.AREA_DAMAGED, entry.path(), problem.get());
      }
      theirs = golden.map(folder -> new FileDigest(folder.resolve(entry.path())));
      return theirs.isEmpty();
    }

    private boolean goldenRead(FileDigest digest) throws Disk.Hung {
      Optional<String> problem = read(digest);
      if (problem.isEmpty()) {
        return false;
      }
      if (!problem.get().isEmpty()) {
        notRepaired("golden copy: " + problem.get());
        return true;
      }
      // what runs from the damaged file keeps it open; the next start takes the new one
      copy =
          golden.map(
              folder ->
                  new FileCopy(
                      folder.resolve(entry.path()), image.resolve(entry.path()), repairs, true));
      return false;
    }

    private boolean copied(FileCopy running) {
      try {
        boolean more = changes.make(disk, turn -> running.piece(PIECE_BYTES));
        hung = false;
        if (more) {
          return false;
        }
        repaired(entry.path());
      } catch (IOException e) {
        running.abandon(disk);
        notRepaired(e.toString());
      }
      return true;
    }

    private void giveUp() {
      copy.ifPresent(running -> running.abandon(disk));
    }

    private void notRepaired(String why) {
      services.events().report(CoreEvent.AREA_NOT_REPAIRED, entry.path(), why);
    }

    /** Nothing while there is more to read; then what is wrong, or an empty text. */
    private Optional<String> read(FileDigest digest) throws Disk.Hung {
      try {
        if (onDisk(() -> digest.piece(PIECE_BYTES))) {
          return Optional.empty();
        }
        return Optional.of(
            digest.hexadecimal().equals(entry.sha256()) ? "" : "its checksum is wrong");
      } catch (Disk.Hung e) {
        throw e;
      } catch (IOException e) {
        return Optional.of("it does not read: " + e);
      }
    }
  }

  private void fill(Housekeeping.Builder packet) {
    packet.setScrub(status.toBuilder().addAllInhibited(inhibited));
  }

  @Override
  public void close() {
    services.telemetry().withdraw(housekeeping);
    giveUpCheck();
    List<Execution> left = new ArrayList<>();
    commanded.ifPresent(left::add);
    commanded = Optional.empty();
    synchronized (wanted) {
      closed = true;
      int unused = wanted.drainTo(left);
    }
    left.forEach(execution -> execution.fail(APP_ENDS));
  }
}

package org.heliostat.core.scrub;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.function.Consumer;
import org.heliostat.core.app.App;
import org.heliostat.core.app.AppFactory;
import org.heliostat.core.app.Services;
import org.heliostat.core.command.Execution;
import org.heliostat.core.event.CoreEvent;
import org.heliostat.core.file.CheckedFile;
import org.heliostat.core.table.Tables;
import org.heliostat.protocol.Housekeeping;
import org.heliostat.protocol.ScrubStatus;
import org.heliostat.protocol.TableStatus;
import org.heliostat.protocol.Telecommand.CommandCase;

/**
 * Checks the files of the image against the list that the build made of them, then the tables
 * against what was activated, one a step, spread over the round that the mission wants. What is
 * damaged is an alarm, once; a file is replaced by its golden copy where there is one whose own
 * checksum is right, and of a table the copy in memory and the stored one mend each other.
 */
public final class ScrubApp implements App {
  private static final long LONGEST_WAIT_NANOS = 200_000_000L;
  private static final int MOST_WAITING = 4;

  private final Services services;
  private final Path image;
  private final Optional<Path> golden;
  private final BlockingQueue<Execution> wanted = new ArrayBlockingQueue<>(MOST_WAITING);
  private final Set<String> damaged = new HashSet<>();
  private final Consumer<Housekeeping.Builder> housekeeping = this::fill;
  private List<ImageManifest.Entry> entries = List.of();
  private List<String> tables = List.of();
  private boolean listMissing;
  private int at;
  private long nextNanos;
  private volatile ScrubStatus status = ScrubStatus.getDefaultInstance();

  /** Offers the app as {@code scrub}. */
  public static final class Factory implements AppFactory {
    @Override
    public String name() {
      return "scrub";
    }

    @Override
    public App start(Services services) {
      return new ScrubApp(services);
    }
  }

  ScrubApp(Services services) {
    this.services = services;
    this.image = services.image();
    String copy = services.mission().getScrub().getGoldenCopy();
    this.golden = copy.isEmpty() ? Optional.empty() : Optional.of(services.data().resolve(copy));
    this.nextNanos = services.clock().missionNanos();
    services.telemetry().contribute(housekeeping);
    services
        .commands()
        .handle(
            CommandCase.CHECK_AREAS,
            (command, execution) -> {
              if (!wanted.offer(execution)) {
                execution.fail("a check waits already");
              }
            });
  }

  @Override
  public void step() throws InterruptedException {
    Execution execution = wanted.poll();
    if (execution != null) {
      whole(execution);
    }
    long now = services.clock().missionNanos();
    if (now - nextNanos < 0) {
      services.board().sleepUntilNanos(Math.min(nextNanos, now + LONGEST_WAIT_NANOS));
      return;
    }
    if (at >= areas()) {
      begin();
    } else {
      check(at++);
      if (at == areas()) {
        status = status.toBuilder().setRounds(status.getRounds() + 1).build();
      }
    }
    double round = services.mission().getScrub().getRoundSeconds() * 1e9;
    nextNanos = now + (long) (round / Math.max(1, areas()));
  }

  private void whole(Execution execution) {
    begin();
    for (int i = 0; i < areas(); i++) {
      check(i);
    }
    if (listMissing) {
      execution.fail("the image has no list of its files");
    } else if (damaged.isEmpty()) {
      execution.progress(entries.size() + " files and " + tables.size() + " tables are in order");
      execution.complete();
    } else {
      execution.fail("damaged: " + damaged);
    }
  }

  private void begin() {
    at = 0;
    try {
      entries = ImageManifest.read(image);
      listMissing = false;
    } catch (IOException e) {
      entries = List.of();
      if (!listMissing) {
        services.events().report(CoreEvent.AREA_DAMAGED, ImageManifest.NAME, e.toString());
      }
      listMissing = true;
    }
    tables = services.tables().status().stream().map(TableStatus::getName).toList();
    status = status.toBuilder().setFiles(entries.size()).setTables(tables.size()).build();
  }

  private int areas() {
    return entries.size() + tables.size();
  }

  private void check(int area) {
    if (area < entries.size()) {
      check(entries.get(area));
    } else {
      checkTable(tables.get(area - entries.size()));
    }
    status = status.toBuilder().setDamaged(damaged.size()).build();
  }

  private void checkTable(String table) {
    String name = "table " + table;
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

  private void check(ImageManifest.Entry entry) {
    String problem = problem(image.resolve(entry.path()), entry);
    if (problem.isEmpty()) {
      damaged.remove(entry.path());
    } else {
      if (damaged.add(entry.path())) {
        services.events().report(CoreEvent.AREA_DAMAGED, entry.path(), problem);
      }
      golden.ifPresent(copy -> repair(copy, entry));
    }
  }

  private static String problem(Path file, ImageManifest.Entry entry) {
    try {
      return ImageManifest.sha256(file).equals(entry.sha256()) ? "" : "its checksum is wrong";
    } catch (IOException e) {
      return "it does not read: " + e;
    }
  }

  private void repair(Path copy, ImageManifest.Entry entry) {
    Path from = copy.resolve(entry.path());
    String problem = problem(from, entry);
    if (!problem.isEmpty()) {
      services
          .events()
          .report(CoreEvent.AREA_NOT_REPAIRED, entry.path(), "golden copy: " + problem);
      return;
    }
    Path to = image.resolve(entry.path());
    Path fresh = to.resolveSibling(to.getFileName() + ".new");
    try {
      // what runs from the damaged file keeps it open; the next start takes the new one
      Files.copy(
          from, fresh, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.COPY_ATTRIBUTES);
      try (FileChannel channel = FileChannel.open(fresh, StandardOpenOption.READ)) {
        channel.force(true);
      }
      Files.move(fresh, to, StandardCopyOption.ATOMIC_MOVE);
      CheckedFile.forceFolder(to);
      repaired(entry.path());
    } catch (IOException e) {
      services.events().report(CoreEvent.AREA_NOT_REPAIRED, entry.path(), e.toString());
    }
  }

  private void fill(Housekeeping.Builder packet) {
    packet.setScrub(status);
  }

  @Override
  public void close() {
    services.telemetry().withdraw(housekeeping);
    for (Execution left = wanted.poll(); left != null; left = wanted.poll()) {
      left.fail("the app ends");
    }
  }
}

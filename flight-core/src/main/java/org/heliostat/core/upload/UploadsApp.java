package org.heliostat.core.upload;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.TextFormat;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PublicKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.function.Consumer;
import org.heliostat.core.app.App;
import org.heliostat.core.app.AppFactory;
import org.heliostat.core.app.Services;
import org.heliostat.core.bus.Subscription;
import org.heliostat.core.command.CommandHandler;
import org.heliostat.core.command.Execution;
import org.heliostat.core.command.Issued;
import org.heliostat.core.event.CoreEvent;
import org.heliostat.core.file.Changes;
import org.heliostat.core.file.Disk;
import org.heliostat.protocol.Housekeeping;
import org.heliostat.protocol.LoadTable;
import org.heliostat.protocol.LoadTableFile;
import org.heliostat.protocol.SignerKeys;
import org.heliostat.protocol.Table;
import org.heliostat.protocol.Telecommand;
import org.heliostat.protocol.Telecommand.CommandCase;
import org.heliostat.protocol.Uplink;
import org.heliostat.protocol.UploadStatus;
import org.heliostat.protocol.UploadsStatus;

/**
 * Takes files that come up: see {@link Uploads}. Parts and questions come over the bus as {@link
 * Uplink}, and {@link UploadStatus} goes there, for the link to send.
 *
 * <p>Overflow policy: beyond {@value #MOST_PARTS} parts and questions that wait, further ones are
 * dropped and counted by the bus; ground sees what is missing and sends it again. Beyond {@value
 * #MOST_WAITING} commands that wait, further ones fail at once.
 */
public final class UploadsApp implements App {
  static final int MOST_PARTS = 128;
  static final int MOST_WAITING = 16;

  private static final Duration IDLE = Duration.ofMillis(50);
  private static final int PARTS_A_STEP = 64;

  /** Host time between two words about an upload that changes. */
  static final long STATUS_NANOS = 1_000_000_000L;

  private static final String APP_ENDS = "the app ends";

  private final Services services;
  private final Uploads uploads;
  private final UploadFiles files;
  private final Subscription<Uplink> fromGround;
  private final BlockingQueue<Work> waiting = new ArrayBlockingQueue<>(MOST_WAITING);
  private final Consumer<Housekeeping.Builder> housekeeping = this::fill;

  /** Made on the app's thread, read on that of telemetry. */
  private volatile UploadsStatus status;

  private boolean closed;
  private boolean busy = true;
  private long nextStatus;

  private record Work(Telecommand command, Execution execution, CommandHandler handler) {}

  /** Offers the app as {@code uploads}. */
  public static final class Factory implements AppFactory {
    // a change that one app was left with concerns the next one, too
    private final Changes changes = new Changes();

    @Override
    public String name() {
      return "uploads";
    }

    @Override
    public App start(Services services) {
      return new UploadsApp(
          services,
          new UploadFiles(
              services.data(), new Disk("uploads-disk", 2, Disk.DEADLINE_NANOS), changes, () -> {}),
          signers(services));
    }

    /** Those that the image carries; where it has none, those of the launch. */
    private static List<PublicKey> signers(Services services) {
      Path own = services.image().resolve(SignerKeys.PUBLIC);
      Path file = Files.exists(own) ? own : services.keys().resolve(SignerKeys.PUBLIC);
      try {
        return SignerKeys.publicKeys(file);
      } catch (IOException e) {
        services.events().report(CoreEvent.NO_FILE_SIGNER, e);
        return List.of();
      }
    }
  }

  UploadsApp(Services services, UploadFiles files, List<PublicKey> signers) {
    this.services = services;
    this.files = files;
    this.uploads =
        new Uploads(
            files,
            services.mission().getUploads(),
            services.mission().getSpacecraftId(),
            signers,
            services.clock(),
            services.events());
    this.status = uploads.summary();
    services.telemetry().contribute(housekeeping);
    this.nextStatus = services.clock().hostNanos();
    this.fromGround = services.bus().subscribe("uploads", Uplink.class, MOST_PARTS);
    later(
        CommandCase.BEGIN_UPLOAD,
        (command, execution) ->
            uploads.begin(command.getCounter(), command.getBeginUpload(), execution));
    later(
        CommandCase.CANCEL_UPLOAD,
        (command, execution) -> uploads.cancel(command.getCancelUpload(), execution));
    later(
        CommandCase.ROLL_BACK_FILE,
        (command, execution) -> uploads.rollBack(command.getRollBackFile(), execution));
    later(CommandCase.ACCEPT_UPLOAD_LIST, (command, execution) -> uploads.acceptList(execution));
    later(
        CommandCase.LOAD_TABLE_FILE,
        (command, execution) -> loadTable(command.getLoadTableFile(), execution));
  }

  /** Commands come on the link's thread, and are carried out on the app's. */
  private void later(CommandCase kind, CommandHandler handler) {
    services
        .commands()
        .handle(
            "uploads",
            kind,
            (command, execution) -> {
              boolean ended;
              boolean taken;
              synchronized (waiting) {
                ended = closed;
                taken = !ended && waiting.offer(new Work(command, execution, handler));
              }
              if (!taken) {
                execution.fail(ended ? APP_ENDS : "too many commands to uploads wait already");
              }
            });
  }

  @Override
  public void step() throws InterruptedException {
    Optional<Uplink> packet = busy ? fromGround.poll() : fromGround.take(IDLE);
    for (int taken = 1; packet.isPresent(); taken++) {
      take(packet.get());
      packet = taken < PARTS_A_STEP ? fromGround.poll() : Optional.empty();
    }
    // first, so that the lists are read before a command asks for them
    busy = uploads.step();
    Work work = waiting.poll();
    if (work != null && !work.execution().ended()) {
      work.handler().execute(work.command(), work.execution());
    }
    busy |= work != null;
    status = uploads.summary();
    if (services.clock().hostNanos() - nextStatus >= 0) {
      List<UploadStatus> changed = uploads.changed();
      changed.forEach(services.bus()::publish);
      nextStatus += changed.isEmpty() ? 0 : STATUS_NANOS;
      nextStatus = Math.max(nextStatus, services.clock().hostNanos());
    }
  }

  private void fill(Housekeeping.Builder packet) {
    packet.setUploads(status);
  }

  private void take(Uplink packet) {
    switch (packet.getBodyCase()) {
      case FILE_CHUNK -> uploads.chunk(packet.getFileChunk());
      case UPLOAD_INQUIRY -> services.bus().publish(uploads.answer(packet.getUploadInquiry()));
      case TELECOMMAND, RECEIPT, BODY_NOT_SET -> {
        // the link keeps these to itself
      }
    }
  }

  /** The table goes the way of {@code LoadTable}, with all its checks. */
  private void loadTable(LoadTableFile wanted, Execution execution) {
    try {
      Table table = table(wanted.getPath(), files.table(wanted.getPath()));
      Issued issued =
          services
              .commands()
              .issue(
                  Telecommand.newBuilder()
                      .setLoadTable(
                          LoadTable.newBuilder().setTable(table).setActivate(wanted.getActivate()))
                      .build(),
                  "file " + wanted.getPath());
      switch (issued.state()) {
        case COMPLETED -> execution.complete();
        case FAILED -> execution.fail(issued.refusal(), issued.reason());
        case EXECUTING -> execution.fail("the table is not loaded yet");
      }
    } catch (IOException e) {
      execution.fail(String.valueOf(e.getMessage()));
    }
  }

  private static Table table(String path, byte[] content) throws IOException {
    try {
      if (!path.endsWith(".textproto")) {
        return Table.parseFrom(content);
      }
      Table.Builder table = Table.newBuilder();
      TextFormat.Parser.newBuilder()
          .setSingularOverwritePolicy(
              TextFormat.Parser.SingularOverwritePolicy.FORBID_SINGULAR_OVERWRITES)
          .build()
          .merge(new String(content, StandardCharsets.UTF_8), table);
      return table.build();
    } catch (TextFormat.ParseException | InvalidProtocolBufferException e) {
      throw new IOException("\"" + path + "\" is no table: " + e.getMessage(), e);
    }
  }

  @Override
  public int queued() {
    return waiting.size() + fromGround.size();
  }

  @Override
  public void close() {
    services.telemetry().withdraw(housekeeping);
    fromGround.close();
    uploads.close();
    List<Work> left = new ArrayList<>();
    synchronized (waiting) {
      closed = true;
      int unused = waiting.drainTo(left);
    }
    left.forEach(work -> work.execution().fail(APP_ENDS));
  }
}

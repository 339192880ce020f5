package org.heliostat.core.file;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.heliostat.core.app.App;
import org.heliostat.core.app.AppFactory;
import org.heliostat.core.app.Services;
import org.heliostat.core.command.CommandHandler;
import org.heliostat.core.command.Commands;
import org.heliostat.core.command.Execution;
import org.heliostat.core.recorder.Recorder;
import org.heliostat.core.recorder.RecorderFault;
import org.heliostat.protocol.CopyFile;
import org.heliostat.protocol.Downlink;
import org.heliostat.protocol.DumpFile;
import org.heliostat.protocol.DumpFlightRecorder;
import org.heliostat.protocol.FileDescription;
import org.heliostat.protocol.FileEntry;
import org.heliostat.protocol.FileList;
import org.heliostat.protocol.FilePart;
import org.heliostat.protocol.ListFiles;
import org.heliostat.protocol.MoveFile;
import org.heliostat.protocol.Telecommand;
import org.heliostat.protocol.Telecommand.CommandCase;

/**
 * Carries out the commands to files, all of them inside the {@link Jail} {@code files} of the data
 * folder, one after the other, a piece a step. What touches the disk runs on threads of the {@link
 * Disk}, so that one that hangs fails the command and not the app.
 *
 * <p>A command that has ended meanwhile, by its deadline, is not carried out any more. No change is
 * made while one before it, of this app or of one before it, may still come late from a disk that
 * hung: see {@link Changes}. Nothing is written where a file has come by upload: see {@link
 * UploadedNames}.
 *
 * <p>Overflow policy: beyond {@value #MOST_WAITING} commands that wait, further ones fail at once.
 */
public final class FilesApp implements App {
  static final int MOST_WAITING = 16;
  static final int PART_BYTES = 256 * 1024;

  /** What is read or copied in one step. */
  static final long PIECE_BYTES = 4 << 20;

  private static final long WAIT_NANOS = 100_000_000L;
  private static final String APP_ENDS = "the app ends";

  private final Services services;
  private final Jail jail;
  private final JailFiles files;
  private final FreshFiles fresh;
  private final Disk disk;
  private final Changes changes;
  private final JvmRecording recording;
  private final BlockingQueue<Work> waiting = new ArrayBlockingQueue<>(MOST_WAITING);

  private Optional<Work> current = Optional.empty();
  private boolean swept;
  private boolean closed;

  private record Work(Execution execution, Job job) {}

  /** A command at work. */
  private interface Job {
    /** Does a piece that is brief; false when it was the last one. */
    boolean piece() throws IOException, RecorderFault;

    /** It will not go on. */
    default void abandon() {
      // most leave nothing behind
    }
  }

  private interface Beginning {
    Job begin(Telecommand command, Execution execution);
  }

  /** Offers the app as {@code files}. */
  public static final class Factory implements AppFactory {
    // a change that one app was left with concerns the next one, too
    private final Changes changes = new Changes();

    @Override
    public String name() {
      return "files";
    }

    @Override
    public App start(Services services) {
      return new FilesApp(services, new Disk("files-disk", 2, Disk.DEADLINE_NANOS), changes);
    }
  }

  FilesApp(Services services, Disk disk, Changes changes) {
    this.services = services;
    this.jail = new Jail(services.data().resolve("files"));
    this.fresh = new FreshFiles(services.data().resolve("files.fresh"));
    this.files =
        new JailFiles(jail, fresh, new UploadedNames(services.data()), CheckedFile::forceFolder);
    this.disk = disk;
    this.changes = changes;
    this.recording = new JvmRecording(services.clock(), fresh, files::put, changes);
    services
        .commands()
        .handle(
            "files",
            CommandCase.LIST_FILES,
            later((command, execution) -> once(() -> list(command, execution))));
    services.commands().handle("files", CommandCase.DESCRIBE_FILE, later(Describe::new));
    services.commands().handle("files", CommandCase.COPY_FILE, later(Copy::new));
    services
        .commands()
        .handle(
            "files",
            CommandCase.MOVE_FILE,
            later((command, execution) -> once(() -> move(command, execution))));
    services
        .commands()
        .handle(
            "files",
            CommandCase.MAKE_FOLDER,
            later((command, execution) -> once(() -> makeFolder(command, execution))));
    services
        .commands()
        .handle(
            "files",
            CommandCase.REMOVE_FOLDER,
            later((command, execution) -> once(() -> removeFolder(command, execution))));
    services
        .commands()
        .handle(
            "files",
            CommandCase.DELETE_FILE,
            later((command, execution) -> once(() -> delete(command, execution))));
    services.commands().handle("files", CommandCase.DUMP_FILE, later(Dump::new));
    services
        .commands()
        .handle(
            "files",
            CommandCase.DUMP_FLIGHT_RECORDER,
            later((command, execution) -> once(() -> record(command, execution))));
  }

  private CommandHandler later(Beginning beginning) {
    return (command, execution) -> {
      Work work = new Work(execution, beginning.begin(command, execution));
      boolean ended;
      boolean taken;
      synchronized (waiting) {
        ended = closed;
        taken = !ended && waiting.offer(work);
      }
      if (!taken) {
        execution.fail(ended ? APP_ENDS : "too many commands to files wait already");
      }
    };
  }

  private interface Once {
    void run() throws IOException, RecorderFault;
  }

  private static Job once(Once once) {
    return () -> {
      once.run();
      return false;
    };
  }

  @Override
  public void step() throws InterruptedException {
    if (!swept) {
      sweep();
    }
    recording.look();
    if (current.isEmpty()) {
      current = Optional.ofNullable(waiting.poll());
    }
    if (current.isPresent()) {
      run(current.get());
    } else {
      services.board().sleepUntilNanos(services.clock().missionNanos() + WAIT_NANOS);
    }
  }

  /** Once a start: what is left costs its room, and nobody else. */
  private void sweep() {
    swept = true;
    try {
      disk.run(fresh::sweep);
    } catch (IOException e) {
      // the next start takes it away
    }
  }

  private void run(Work work) {
    if (work.execution().ended()) {
      current = Optional.empty();
      work.job().abandon();
      return;
    }
    try {
      if (work.job().piece()) {
        work.execution().within(Commands.DEADLINE_SECONDS);
      } else {
        current = Optional.empty();
      }
    } catch (IOException | RecorderFault e) {
      current = Optional.empty();
      work.job().abandon();
      work.execution().fail(String.valueOf(e.getMessage()));
    }
  }

  private void list(Telecommand command, Execution execution) throws IOException, RecorderFault {
    ListFiles wanted = command.getListFiles();
    FileList.Builder list = disk.get(() -> list(wanted.getFolder(), wanted.getMost()));
    answer(execution, Downlink.newBuilder().setFileList(list.setCounter(command.getCounter())));
    execution.complete();
  }

  private FileList.Builder list(String path, int most) throws IOException {
    Path folder = jail.resolve(path);
    List<FileEntry> entries = new ArrayList<>();
    boolean cut = false;
    if (folder.equals(jail.root())) {
      files.makeRoot(new Disk.Turn());
    }
    try (DirectoryStream<Path> inside = Files.newDirectoryStream(folder)) {
      for (Path file : inside) {
        if (entries.size() == most) {
          cut = true;
          break;
        }
        BasicFileAttributes attributes =
            Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        entries.add(
            FileEntry.newBuilder()
                .setName(String.valueOf(file.getFileName()))
                .setFolder(attributes.isDirectory())
                .setSize(attributes.isRegularFile() ? attributes.size() : 0)
                .build());
      }
    } catch (DirectoryIteratorException e) {
      throw new IOException(e.getCause());
    }
    return FileList.newBuilder().setFolder(path).addAllEntries(entries).setCut(cut);
  }

  private final class Describe implements Job {
    private final Telecommand command;
    private final Execution execution;
    private final FileDescription.Builder description = FileDescription.newBuilder();
    private Optional<FileDigest> digest = Optional.empty();

    private Describe(Telecommand command, Execution execution) {
      this.command = command;
      this.execution = execution;
    }

    @Override
    public boolean piece() throws IOException, RecorderFault {
      if (disk.get(this::read)) {
        return true;
      }
      answer(
          execution,
          Downlink.newBuilder()
              .setFileDescription(
                  description
                      .setCounter(command.getCounter())
                      .setPath(command.getDescribeFile().getPath())
                      .setSha256(ByteString.copyFrom(digest.orElseThrow().digest()))));
      execution.complete();
      return false;
    }

    private boolean read() throws IOException {
      if (digest.isEmpty()) {
        Path file = jail.file(command.getDescribeFile().getPath());
        description
            .setSize(Files.size(file))
            .setModifiedUtcNanos(Files.getLastModifiedTime(file).to(TimeUnit.NANOSECONDS));
        digest = Optional.of(new FileDigest(file));
      }
      return digest.get().piece(PIECE_BYTES);
    }
  }

  private final class Copy implements Job {
    private final CopyFile wanted;
    private final Execution execution;
    private Optional<FileCopy> copy = Optional.empty();

    private Copy(Telecommand command, Execution execution) {
      this.wanted = command.getCopyFile();
      this.execution = execution;
    }

    @Override
    public boolean piece() throws IOException {
      if (copy.isEmpty()) {
        copy =
            Optional.of(
                changes.make(disk, turn -> files.copy(wanted.getFrom(), wanted.getTo(), turn)));
      }
      FileCopy begun = copy.get();
      if (changes.make(disk, turn -> begun.piece(PIECE_BYTES))) {
        return true;
      }
      execution.complete();
      return false;
    }

    @Override
    public void abandon() {
      copy.ifPresent(begun -> begun.abandon(disk));
    }
  }

  private interface Change {
    void make(Disk.Turn turn) throws IOException;
  }

  private void change(Execution execution, Change change) throws IOException {
    boolean unused =
        changes.make(
            disk,
            turn -> {
              change.make(turn);
              return true;
            });
    execution.complete();
  }

  private void move(Telecommand command, Execution execution) throws IOException {
    MoveFile wanted = command.getMoveFile();
    change(execution, turn -> files.move(wanted.getFrom(), wanted.getTo(), turn));
  }

  private void makeFolder(Telecommand command, Execution execution) throws IOException {
    String path = command.getMakeFolder().getFolder();
    change(execution, turn -> files.makeFolder(path, turn));
  }

  private void removeFolder(Telecommand command, Execution execution) throws IOException {
    String path = command.getRemoveFolder().getFolder();
    change(execution, turn -> files.removeFolder(path, turn));
  }

  private void delete(Telecommand command, Execution execution) throws IOException {
    change(execution, turn -> files.delete(command.getDeleteFile().getPath(), turn));
  }

  private final class Dump implements Job {
    private final Telecommand command;
    private final Execution execution;
    private final DumpFile wanted;
    private boolean begun;
    private long size;
    private long offset;
    private long end;

    private Dump(Telecommand command, Execution execution) {
      this.command = command;
      this.execution = execution;
      this.wanted = command.getDumpFile();
    }

    @Override
    public boolean piece() throws IOException, RecorderFault {
      ByteString part = disk.get(this::read);
      answer(
          execution,
          Downlink.newBuilder()
              .setFilePart(
                  FilePart.newBuilder()
                      .setCounter(command.getCounter())
                      .setPath(wanted.getPath())
                      .setOffset(offset)
                      .setFileSize(size)
                      .setContent(part)));
      offset += part.size();
      if (!part.isEmpty()) {
        execution.progress(offset + " of " + size + " bytes");
      }
      // it may have become shorter
      boolean more = offset < end && !part.isEmpty();
      if (!more) {
        execution.complete();
      }
      return more;
    }

    private ByteString read() throws IOException {
      try (FileChannel channel =
          FileChannel.open(
              jail.file(wanted.getPath()), StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
        if (!begun) {
          begin(channel.size());
        }
        ByteBuffer part = ByteBuffer.allocate((int) Math.min(PART_BYTES, end - offset));
        while (part.hasRemaining() && channel.read(part, offset + part.position()) > 0) {
          // goes on until the part is full or the file has become shorter
        }
        return ByteString.copyFrom(part.flip());
      }
    }

    private void begin(long bytes) throws IOException {
      size = bytes;
      offset = wanted.getOffset();
      if (offset < 0 || offset > size) {
        throw new IOException("the file has " + size + " bytes");
      }
      long left = size - offset;
      end = offset + (wanted.getLength() == 0 ? left : Math.min(left, wanted.getLength()));
      begun = true;
    }
  }

  private void record(Telecommand command, Execution execution) throws IOException {
    DumpFlightRecorder wanted = command.getDumpFlightRecorder();
    Path to = changes.make(disk, turn -> files.place(wanted.getPath(), turn));
    execution.within(wanted.getForSeconds() + Commands.DEADLINE_SECONDS);
    recording.start(to, wanted.getMostBytes(), (long) (wanted.getForSeconds() * 1e9), execution);
  }

  private static void answer(Execution execution, Downlink.Builder body) throws RecorderFault {
    execution.answer(Recorder.Priority.BULK, body.build());
  }

  @Override
  public int queued() {
    return waiting.size();
  }

  @Override
  public void close() {
    recording.close();
    current.ifPresent(
        work -> {
          work.job().abandon();
          work.execution().fail(APP_ENDS);
        });
    current = Optional.empty();
    List<Work> left = new ArrayList<>();
    synchronized (waiting) {
      closed = true;
      int unused = waiting.drainTo(left);
    }
    left.forEach(work -> work.execution().fail(APP_ENDS));
  }
}

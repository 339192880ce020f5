package org.heliostat.core.file;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.heliostat.core.app.App;
import org.heliostat.core.app.AppFactory;
import org.heliostat.core.app.Services;
import org.heliostat.core.command.CommandHandler;
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
import org.heliostat.protocol.Telecommand;
import org.heliostat.protocol.Telecommand.CommandCase;

/**
 * Carries out the commands to files, all of them inside the {@link Jail} {@code files} of the data
 * folder, one after the other on the app's own thread.
 *
 * <p>Overflow policy: beyond {@value #MOST_WAITING} commands that wait, further ones fail at once.
 */
public final class FilesApp implements App {
  static final int MOST_WAITING = 16;
  static final int PART_BYTES = 256 * 1024;
  private static final long WAIT_NANOS = 100_000_000L;

  private final Services services;
  private final Jail jail;
  private final JvmRecording recording;
  private final BlockingQueue<Work> waiting = new ArrayBlockingQueue<>(MOST_WAITING);

  private record Work(Telecommand command, Execution execution, Step step) {}

  private interface Step {
    void run(Telecommand command, Execution execution) throws IOException, RecorderFault;
  }

  /** Offers the app as {@code files}. */
  public static final class Factory implements AppFactory {
    @Override
    public String name() {
      return "files";
    }

    @Override
    public App start(Services services) {
      return new FilesApp(services, new Jail(services.data().resolve("files")));
    }
  }

  FilesApp(Services services, Jail jail) {
    this.services = services;
    this.jail = jail;
    this.recording = new JvmRecording(services.clock());
    services.commands().handle(CommandCase.LIST_FILES, later(this::list));
    services.commands().handle(CommandCase.DESCRIBE_FILE, later(this::describe));
    services.commands().handle(CommandCase.COPY_FILE, later(this::copy));
    services.commands().handle(CommandCase.DELETE_FILE, later(this::delete));
    services.commands().handle(CommandCase.DUMP_FILE, later(this::dump));
    services.commands().handle(CommandCase.DUMP_FLIGHT_RECORDER, later(this::record));
  }

  private CommandHandler later(Step step) {
    return (command, execution) -> {
      if (!waiting.offer(new Work(command, execution, step))) {
        execution.fail("too many commands to files wait already");
      }
    };
  }

  @Override
  public void step() throws InterruptedException {
    Work work = waiting.poll();
    if (work == null) {
      recording.look();
      services.board().sleepUntilNanos(services.clock().missionNanos() + WAIT_NANOS);
    } else {
      run(work);
    }
  }

  private void run(Work work) {
    try {
      work.step().run(work.command(), work.execution());
    } catch (IOException | RecorderFault e) {
      work.execution().fail(String.valueOf(e.getMessage()));
    }
  }

  private void list(Telecommand command, Execution execution) throws IOException, RecorderFault {
    Path folder = jail.resolve(command.getListFiles().getFolder());
    int most = command.getListFiles().getMost();
    List<FileEntry> entries = new ArrayList<>();
    boolean cut = false;
    if (folder.equals(jail.root())) {
      Files.createDirectories(folder);
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
      for (Path file : files) {
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
    answer(
        Downlink.newBuilder()
            .setFileList(
                FileList.newBuilder()
                    .setCounter(command.getCounter())
                    .setFolder(command.getListFiles().getFolder())
                    .addAllEntries(entries)
                    .setCut(cut)));
    execution.complete();
  }

  private void describe(Telecommand command, Execution execution)
      throws IOException, RecorderFault {
    Path file = jail.file(command.getDescribeFile().getPath());
    answer(
        Downlink.newBuilder()
            .setFileDescription(
                FileDescription.newBuilder()
                    .setCounter(command.getCounter())
                    .setPath(command.getDescribeFile().getPath())
                    .setSize(Files.size(file))
                    .setModifiedUtcNanos(Files.getLastModifiedTime(file).to(TimeUnit.NANOSECONDS))
                    .setSha256(ByteString.copyFrom(sha256(file)))));
    execution.complete();
  }

  private void copy(Telecommand command, Execution execution) throws IOException {
    CopyFile wanted = command.getCopyFile();
    Path from = jail.file(wanted.getFrom());
    Path to = jail.resolve(wanted.getTo());
    if (Files.isDirectory(to)) {
      throw new Jail.Refused("\"" + wanted.getTo() + "\" is a folder");
    }
    Path parent = to.getParent();
    if (parent == null || to.equals(jail.root())) {
      throw new Jail.Refused("\"" + wanted.getTo() + "\" is no file");
    }
    Files.createDirectories(parent);
    Path fresh = to.resolveSibling(to.getFileName() + ".new");
    try {
      Files.copy(from, fresh, StandardCopyOption.REPLACE_EXISTING);
      try (FileChannel channel = FileChannel.open(fresh, StandardOpenOption.WRITE)) {
        channel.force(true);
      }
      Files.move(fresh, to, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      boolean unused = Files.deleteIfExists(fresh);
    }
    CheckedFile.forceFolder(to);
    execution.complete();
  }

  private void delete(Telecommand command, Execution execution) throws IOException {
    Files.delete(jail.file(command.getDeleteFile().getPath()));
    execution.complete();
  }

  private void dump(Telecommand command, Execution execution) throws IOException, RecorderFault {
    DumpFile wanted = command.getDumpFile();
    Path file = jail.file(wanted.getPath());
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
      long size = channel.size();
      long offset = wanted.getOffset();
      if (offset < 0 || offset > size) {
        throw new IOException("the file has " + size + " bytes");
      }
      long left = size - offset;
      long end = offset + (wanted.getLength() == 0 ? left : Math.min(left, wanted.getLength()));
      ByteBuffer part = ByteBuffer.allocate(PART_BYTES);
      do {
        part.clear().limit((int) Math.min(PART_BYTES, end - offset));
        while (part.hasRemaining() && channel.read(part, offset + part.position()) > 0) {
          // goes on until the part is full or the file has become shorter
        }
        part.flip();
        answer(
            Downlink.newBuilder()
                .setFilePart(
                    FilePart.newBuilder()
                        .setCounter(command.getCounter())
                        .setPath(wanted.getPath())
                        .setOffset(offset)
                        .setFileSize(size)
                        .setContent(ByteString.copyFrom(part))));
        if (part.limit() == 0) {
          break;
        }
        offset += part.limit();
        execution.progress(offset + " of " + size + " bytes");
      } while (offset < end);
    }
    execution.complete();
  }

  private void record(Telecommand command, Execution execution) throws IOException {
    DumpFlightRecorder wanted = command.getDumpFlightRecorder();
    Path to = jail.resolve(wanted.getPath());
    Files.createDirectories(jail.root());
    recording.start(to, wanted.getMostBytes(), (long) (wanted.getForSeconds() * 1e9), execution);
  }

  private void answer(Downlink.Builder body) throws RecorderFault {
    long unused = services.recorder().append(Recorder.Priority.BULK, body.build());
  }

  private static byte[] sha256(Path file) throws IOException {
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
    byte[] buffer = new byte[1 << 16];
    try (InputStream in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
      for (int read = in.read(buffer); read > 0; read = in.read(buffer)) {
        digest.update(buffer, 0, read);
      }
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    return digest.digest();
  }

  @Override
  public void close() {
    recording.close();
    for (Work work = waiting.poll(); work != null; work = waiting.poll()) {
      work.execution().fail("the app ends");
    }
  }
}

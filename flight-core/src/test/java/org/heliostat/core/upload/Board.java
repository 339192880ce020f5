package org.heliostat.core.upload;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.heliostat.core.ManualClock;
import org.heliostat.core.command.Execution;
import org.heliostat.core.event.EventDefinition;
import org.heliostat.core.event.Events;
import org.heliostat.core.file.Changes;
import org.heliostat.core.file.Disk;
import org.heliostat.protocol.BeginUpload;
import org.heliostat.protocol.CancelUpload;
import org.heliostat.protocol.FileChunk;
import org.heliostat.protocol.FileSpan;
import org.heliostat.protocol.RollBackFile;
import org.heliostat.protocol.UploadConfig;
import org.heliostat.protocol.UploadInquiry;
import org.heliostat.protocol.UploadState;
import org.heliostat.protocol.UploadStatus;
import org.mockito.Mockito;

/** The uploads of a spacecraft over real files, and a clock that goes when it is moved. */
final class Board {
  static final UploadConfig.Builder CONFIG =
      UploadConfig.newBuilder()
          .setQuotaMebibytes(3)
          .setFileMebibytes(2)
          .setMostAtOnce(2)
          .setReserveMebibytes(0);

  final Path folder;
  final ManualClock clock = new ManualClock();
  final List<EventDefinition> events = new ArrayList<>();
  Uploads uploads;

  private final List<PublicKey> signers;
  private final UploadFiles.Step step;
  private final UploadConfig config;
  private final Disk disk = new Disk("test-disk", 2, Disk.DEADLINE_NANOS);
  private long counter;

  /** How a command ended. */
  static final class Answer implements Execution {
    private Optional<String> end = Optional.empty();

    @Override
    public void progress(String text) {}

    @Override
    public void complete() {
      end = Optional.of(end.orElse(""));
    }

    @Override
    public void fail(String reason) {
      end = Optional.of(end.orElse(reason));
    }

    /** Empty while it goes on; an empty text where it completed; else why it failed. */
    Optional<String> end() {
      return end;
    }

    boolean completed() {
      return end.filter(String::isEmpty).isPresent();
    }

    String reason() {
      return end.orElse("it has not ended");
    }
  }

  Board(Path folder, List<PublicKey> signers) {
    this(folder, signers, () -> {});
  }

  Board(Path folder, List<PublicKey> signers, UploadFiles.Step step) {
    this(folder, signers, step, CONFIG.build());
  }

  Board(Path folder, List<PublicKey> signers, UploadFiles.Step step, UploadConfig config) {
    this.folder = folder;
    this.signers = signers;
    this.step = step;
    this.config = config;
    this.uploads = start();
  }

  /** As after a power cycle. */
  void restart() {
    uploads = start();
  }

  private Uploads start() {
    Events sink =
        Mockito.mock(
            Events.class,
            call -> {
              if (call.getMethod().getName().equals("report")) {
                events.add(call.getArgument(0));
              }
              return null;
            });
    return new Uploads(
        new UploadFiles(folder, disk, new Changes(), step),
        config,
        Signer.SPACECRAFT,
        signers,
        clock,
        sink);
  }

  /** Works until nothing is to be done. */
  void work() {
    clock.advance(3_000_000_000L);
    for (int i = 0; uploads.step(); i++) {
      if (i > 1_000) {
        throw new AssertionError("it never ends");
      }
    }
  }

  Answer begin(BeginUpload file) {
    work();
    Answer answer = new Answer();
    uploads.begin(++counter, file, answer);
    work();
    return answer;
  }

  Answer cancel(String path) {
    Answer answer = new Answer();
    uploads.cancel(CancelUpload.newBuilder().setPath(path).build(), answer);
    work();
    return answer;
  }

  Answer rollBack(String path, int version) {
    work();
    Answer answer = new Answer();
    uploads.rollBack(RollBackFile.newBuilder().setPath(path).setVersion(version).build(), answer);
    return answer;
  }

  Answer acceptList() {
    work();
    Answer answer = new Answer();
    uploads.acceptList(answer);
    return answer;
  }

  /** Counter of the newest begin. */
  long newest() {
    return counter;
  }

  void chunk(long upload, long offset, byte[] content, int from, int to) {
    uploads.chunk(
        FileChunk.newBuilder()
            .setUpload(upload)
            .setOffset(offset)
            .setContent(ByteString.copyFrom(content, from, to - from))
            .build());
  }

  UploadStatus status(long upload) {
    return uploads.answer(UploadInquiry.newBuilder().setUpload(upload).build());
  }

  UploadState state() {
    return status(counter).getState();
  }

  /** Sends what is missing of the newest upload until nothing is. */
  void sendMissing(byte[] content) {
    for (int i = 0; i < 1_000; i++) {
      UploadStatus status = status(counter);
      for (FileSpan span : status.getMissingList()) {
        for (long at = span.getFrom(); at < span.getTo(); at += 16_384) {
          chunk(counter, at, content, (int) at, (int) Math.min(at + 16_384, span.getTo()));
        }
      }
      work();
      if (status(counter).getMissingCount() == 0) {
        return;
      }
    }
  }

  /** The whole way of a file; its state at the end. */
  UploadState upload(BeginUpload file, byte[] content) {
    Answer begun = begin(file);
    if (!begun.completed()) {
      throw new AssertionError(begun.reason());
    }
    sendMissing(content);
    return state();
  }

  Optional<byte[]> file(String path) {
    Path file = folder.resolve("files").resolve(path);
    try {
      return Files.isRegularFile(file) ? Optional.of(Files.readAllBytes(file)) : Optional.empty();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Staging files that are there. */
  List<String> staged() {
    try (var files = Files.list(folder.resolve("uploads"))) {
      return files
          .map(file -> String.valueOf(file.getFileName()))
          .filter(name -> name.endsWith(".part"))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}

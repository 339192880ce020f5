package org.heliostat.hil.launch;

import com.google.protobuf.ByteString;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.heliostat.protocol.BeginUpload;
import org.heliostat.protocol.CommandReport;
import org.heliostat.protocol.FileChunk;
import org.heliostat.protocol.FileSpan;
import org.heliostat.protocol.Refusal;
import org.heliostat.protocol.Stage;
import org.heliostat.protocol.UploadStatus;

/**
 * Brings a file to the satellite: begins the upload, then sends what the satellite says is missing,
 * a window at a time, until it says that the file is in place. Contact that is lost, a station or a
 * satellite that is started anew only cost time; begun again, the upload goes on where it was. The
 * window is doubled when an answer comes soon and halved when it comes late. One thread.
 */
final class Uploader {
  static final int CHUNK_BYTES = 16_384;
  static final int MOST_WINDOW = 64;

  private static final int FIRST_WINDOW = 4;
  private static final double ASK_SECONDS = 10;
  private static final long SOON_NANOS = 2_000_000_000L;
  private static final long LATE_NANOS = 5_000_000_000L;
  private static final long PAUSE_NANOS = 200_000_000L;
  private static final long RETRY_NANOS = 1_000_000_000L;

  private final Station station;
  private final LongSupplier hostNanos;
  private final Pause pause;
  private final Consumer<String> words;
  private int window = FIRST_WINDOW;
  private String last = "";
  private String trouble = "no answer yet";

  /** The desk of a ground station. */
  interface Station {
    /** Begins the upload; ends as a command does. */
    OperatorClient.End begin(BeginUpload file, double waitSeconds, Consumer<CommandReport> stages)
        throws IOException;

    /** Sends a part; false where the link does not take it now. */
    boolean send(FileChunk chunk) throws IOException;

    /** How the upload stands; empty where the satellite has not answered. */
    Optional<UploadStatus> ask(long upload, double waitSeconds) throws IOException;
  }

  /** Waits for so many ns of host time. */
  @FunctionalInterface
  interface Pause {
    void nanos(long nanos) throws InterruptedException;
  }

  /**
   * How it ended.
   *
   * @param done whether the satellite has said that the file is in place
   * @param why it is not
   */
  record End(boolean done, String why) {}

  /** The satellite has taken the command, or it has not and will not, or somebody else knows. */
  private record Begun(Optional<Long> upload, Optional<String> refused) {}

  Uploader(Station station, LongSupplier hostNanos, Pause pause, Consumer<String> words) {
    this.station = station;
    this.hostNanos = hostNanos;
    this.pause = pause;
    this.words = words;
  }

  /**
   * Brings a file up.
   *
   * @param file as it is signed
   * @param content read at any place, any number of times
   * @throws IOException when the file cannot be read
   */
  End run(BeginUpload file, SeekableByteChannel content, double waitSeconds)
      throws IOException, InterruptedException {
    long end = hostNanos.getAsLong() + (long) (waitSeconds * 1e9);
    Optional<Long> upload = Optional.empty();
    while (hostNanos.getAsLong() - end < 0) {
      if (upload.isEmpty()) {
        Begun begun = begin(file, (end - hostNanos.getAsLong()) / 1e9);
        if (begun.refused.isPresent()) {
          return new End(false, begun.refused.get());
        }
        upload = begun.upload;
        if (upload.isEmpty()) {
          pause.nanos(RETRY_NANOS);
          continue;
        }
      }
      Optional<UploadStatus> answer = ask(upload.get());
      if (answer.isEmpty()) {
        continue;
      }
      UploadStatus status = answer.get();
      tell(status);
      switch (status.getState()) {
        case UPLOAD_DONE -> {
          return new End(true, "");
        }
        case UPLOAD_FAILED -> {
          return new End(false, status.getReason());
        }
        // the satellite has lost its list
        case UPLOAD_UNKNOWN -> upload = Optional.empty();
        case UPLOAD_RECEIVING -> {
          if (!send(status, content)) {
            pause.nanos(PAUSE_NANOS);
          }
        }
        default -> pause.nanos(PAUSE_NANOS);
      }
    }
    return new End(false, "not in place yet (" + trouble + "); start it again to go on");
  }

  private Begun begin(BeginUpload file, double leftSeconds) {
    List<CommandReport> reports = new ArrayList<>();
    try {
      OperatorClient.End end = station.begin(file, leftSeconds, reports::add);
      Optional<CommandReport> report =
          reports.isEmpty() ? Optional.empty() : Optional.of(reports.get(reports.size() - 1));
      if (end.completed()) {
        return new Begun(report.map(CommandReport::getCounter), Optional.empty());
      }
      trouble = end.why();
      return new Begun(
          Optional.empty(), report.filter(Uploader::isFinal).map(CommandReport::getReason));
    } catch (IOException e) {
      trouble = "the ground station does not answer: " + e.getMessage();
      return new Begun(Optional.empty(), Optional.empty());
    }
  }

  /** Whether the satellite would say the same again. */
  private static boolean isFinal(CommandReport report) {
    return report.getStage() == Stage.FAILED
        && report.getRefusal() != Refusal.INTERRUPTED
        && report.getRefusal() != Refusal.TIMED_OUT
        && report.getRefusal() != Refusal.TOO_MANY
        && report.getRefusal() != Refusal.NOT_STORED;
  }

  private Optional<UploadStatus> ask(long upload) throws InterruptedException {
    long start = hostNanos.getAsLong();
    try {
      Optional<UploadStatus> answer = station.ask(upload, ASK_SECONDS);
      long took = hostNanos.getAsLong() - start;
      if (answer.isEmpty() || took > LATE_NANOS) {
        window = Math.max(1, window / 2);
      } else if (took < SOON_NANOS) {
        window = Math.min(MOST_WINDOW, window * 2);
      }
      if (answer.isEmpty()) {
        trouble = "the satellite does not answer";
        if (took < PAUSE_NANOS) {
          // the link has not taken the question
          pause.nanos(PAUSE_NANOS);
        }
      }
      return answer;
    } catch (IOException e) {
      trouble = "the ground station does not answer: " + e.getMessage();
      pause.nanos(RETRY_NANOS);
      return Optional.empty();
    }
  }

  /** Sends a window of what is missing; false where the link takes no more for now. */
  private boolean send(UploadStatus status, SeekableByteChannel content)
      throws IOException, InterruptedException {
    int left = window;
    for (FileSpan span : status.getMissingList()) {
      long at = span.getFrom();
      long end = Math.min(span.getTo(), content.size());
      while (at >= 0 && at < end) {
        if (left-- == 0) {
          return true;
        }
        int length = (int) Math.min(CHUNK_BYTES, end - at);
        FileChunk chunk =
            FileChunk.newBuilder()
                .setUpload(status.getUpload())
                .setOffset(at)
                .setContent(read(content, at, length))
                .build();
        try {
          if (!station.send(chunk)) {
            return false;
          }
        } catch (IOException e) {
          trouble = "the ground station does not answer: " + e.getMessage();
          return false;
        }
        at += length;
      }
    }
    return true;
  }

  private static ByteString read(SeekableByteChannel content, long at, int length)
      throws IOException {
    ByteBuffer part = ByteBuffer.allocate(length);
    content.position(at);
    while (part.hasRemaining()) {
      if (content.read(part) < 0) {
        throw new EOFException("the file has become shorter");
      }
    }
    return ByteString.copyFrom(part.flip());
  }

  /** A word when the state changes, and at each tenth of the file. */
  private void tell(UploadStatus status) {
    long tenth = status.getSize() == 0 ? 0 : status.getReceived() * 10 / status.getSize();
    String word =
        "#"
            + Long.toUnsignedString(status.getUpload())
            + " "
            + status.getState()
            + " "
            + tenth * 10
            + " %";
    trouble = tenth * 10 + " % have come";
    if (!word.equals(last)) {
      last = word;
      words.accept(word);
    }
  }
}

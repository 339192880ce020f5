package org.heliostat.hil.ground;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.heliostat.protocol.FileChunk;
import org.heliostat.protocol.OperatorReply;
import org.heliostat.protocol.OperatorRequest;
import org.heliostat.protocol.Uplink;
import org.heliostat.protocol.UploadInquiry;
import org.heliostat.protocol.UploadState;
import org.heliostat.protocol.UploadStatus;
import org.jspecify.annotations.Nullable;

/**
 * Passes parts of files on to the link, and asks the satellite how an upload stands. It keeps
 * nothing of an upload: who sends the file asks what is missing, so that a station may be started
 * anew in the middle. That a file is being sent, and how it ended, stands in the audit log.
 *
 * <p>Overflow policy: {@value #MOST_NOTED} uploads are remembered as noted, then the oldest is
 * noted once more. A part that the link does not take is not kept: its sender is told. Thread-safe;
 * a question waits on the thread of its caller.
 */
final class UploadDesk {
  static final int MOST_NOTED = 64;

  /** Longest wait for an answer, in host time. */
  private static final double MOST_SECONDS = 30;

  private static final long LOOK_MILLIS = 100;

  private final Predicate<Uplink> uplink;
  private final Notes notes;
  private final LongSupplier hostNanos;

  /** Questions that somebody waits for, and their answers. */
  private final Map<Integer, UploadStatus> asked = new HashMap<>();

  private final Map<Long, UploadState> noted = new LinkedHashMap<>();
  private int question;

  /** Where what operators do is written down. */
  @FunctionalInterface
  interface Notes {
    void note(Operator operator, long upload, String path, String stage, String reason);
  }

  /**
   * A desk that nobody has asked.
   *
   * @param uplink seals a message with the station's key and sends it; false when it could not
   */
  UploadDesk(Predicate<Uplink> uplink, Notes notes, LongSupplier hostNanos) {
    this.uplink = uplink;
    this.notes = notes;
    this.hostNanos = hostNanos;
    // an answer to a station before this one is none to this one
    this.question = Long.hashCode(hostNanos.getAsLong());
  }

  /** Sends a part. */
  OperatorReply chunk(OperatorRequest request) {
    FileChunk chunk = request.getChunk();
    boolean taken = uplink.test(Uplink.newBuilder().setFileChunk(chunk).build());
    if (taken) {
      note(Operator.of(request), chunk.getUpload(), "", UploadState.UPLOAD_RECEIVING, "");
    }
    return OperatorReply.newBuilder().setTaken(taken).setLast(true).build();
  }

  /** Asks the satellite, and waits for its answer, within the wait of the request. */
  OperatorReply ask(OperatorRequest request) throws InterruptedException {
    int mine;
    synchronized (this) {
      mine = ++question;
      asked.put(mine, UploadStatus.getDefaultInstance());
    }
    try {
      UploadInquiry inquiry = request.getInquiry().toBuilder().setQuestion(mine).build();
      if (!uplink.test(Uplink.newBuilder().setUploadInquiry(inquiry).build())) {
        return error("the link does not take it");
      }
      UploadStatus answer = await(mine, request.getWaitSeconds());
      if (answer == null) {
        return error("the satellite has not answered");
      }
      if (answer.getState() == UploadState.UPLOAD_DONE
          || answer.getState() == UploadState.UPLOAD_FAILED) {
        note(
            Operator.of(request),
            answer.getUpload(),
            answer.getPath(),
            answer.getState(),
            answer.getReason());
      }
      return OperatorReply.newBuilder().setUploadStatus(answer).setLast(true).build();
    } finally {
      synchronized (this) {
        asked.remove(mine);
      }
    }
  }

  private synchronized @Nullable UploadStatus await(int mine, double waitSeconds)
      throws InterruptedException {
    long end = hostNanos.getAsLong() + (long) (Math.min(MOST_SECONDS, waitSeconds) * 1e9);
    while (true) {
      UploadStatus answer = asked.get(mine);
      if (answer != null && answer.getQuestion() == mine) {
        return answer;
      }
      if (!(hostNanos.getAsLong() - end < 0)) {
        return null;
      }
      wait(LOOK_MILLIS);
    }
  }

  /** Takes what the satellite says of an upload. */
  synchronized void take(UploadStatus status) {
    if (asked.containsKey(status.getQuestion())) {
      asked.put(status.getQuestion(), status);
      notifyAll();
    }
  }

  private void note(Operator operator, long upload, String path, UploadState state, String reason) {
    synchronized (this) {
      if (noted.get(upload) == state) {
        return;
      }
      if (noted.size() == MOST_NOTED && !noted.containsKey(upload)) {
        noted.remove(noted.keySet().iterator().next());
      }
      noted.put(upload, state);
    }
    notes.note(operator, upload, path, state.name(), reason);
  }

  private static OperatorReply error(String text) {
    return OperatorReply.newBuilder().setError(text).setLast(true).build();
  }
}

package org.heliostat.hil.ground;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.heliostat.protocol.FileChunk;
import org.heliostat.protocol.OperatorReply;
import org.heliostat.protocol.OperatorRequest;
import org.heliostat.protocol.Uplink;
import org.heliostat.protocol.UploadInquiry;
import org.heliostat.protocol.UploadState;
import org.heliostat.protocol.UploadStatus;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A satellite that answers at once, late or not at all. */
@Timeout(30)
class UploadDeskTest {
  private final List<Uplink> sent = new ArrayList<>();
  private final List<String> notes = new ArrayList<>();
  private final AtomicLong now = new AtomicLong();
  private UploadState state = UploadState.UPLOAD_RECEIVING;
  private boolean linkTakes = true;
  private boolean answers = true;
  private final UploadDesk desk =
      new UploadDesk(
          this::send,
          (operator, upload, path, stage, reason) ->
              notes.add(operator.name() + " " + upload + " " + path + " " + stage + " " + reason),
          () -> now.addAndGet(1_000_000_000L));

  private boolean send(Uplink packet) {
    if (linkTakes) {
      sent.add(packet);
      if (packet.hasUploadInquiry() && answers) {
        UploadInquiry asked = packet.getUploadInquiry();
        UploadStatus.Builder status =
            UploadStatus.newBuilder()
                .setUpload(asked.getUpload())
                .setPath("f")
                .setState(state)
                .setReason("why");
        // an answer to another question is none to this one
        desk.take(status.setQuestion(asked.getQuestion() - 1).build());
        desk.take(status.setQuestion(asked.getQuestion()).build());
      }
    }
    return linkTakes;
  }

  private OperatorReply ask() throws InterruptedException {
    return desk.ask(
        OperatorRequest.newBuilder()
            .setOperator("o")
            .setWaitSeconds(5)
            .setInquiry(UploadInquiry.newBuilder().setUpload(7).setQuestion(1))
            .build());
  }

  private OperatorReply chunk() {
    return desk.chunk(
        OperatorRequest.newBuilder()
            .setOperator("o")
            .setChunk(FileChunk.newBuilder().setUpload(7).setContent(ByteString.copyFromUtf8("x")))
            .build());
  }

  @Test
  void anAnswerIsThatToTheQuestion() throws Exception {
    assertThat(ask().getUploadStatus().getState()).isEqualTo(UploadState.UPLOAD_RECEIVING);
    int first = sent.get(0).getUploadInquiry().getQuestion();
    assertThat(ask().getUploadStatus().getQuestion()).isEqualTo(first + 1);
    answers = false;
    assertThat(ask().getError()).isEqualTo("the satellite has not answered");
    linkTakes = false;
    assertThat(ask().getError()).isEqualTo("the link does not take it");
  }

  @Test
  void thatAFileIsSentAndHowItEndsIsWrittenDownOnce() throws Exception {
    assertThat(chunk().getTaken()).isTrue();
    assertThat(chunk().getTaken()).isTrue();
    linkTakes = false;
    assertThat(chunk().getTaken()).isFalse();
    linkTakes = true;
    OperatorReply unused = ask();
    state = UploadState.UPLOAD_FAILED;
    unused = ask();
    unused = ask();
    assertThat(notes).containsExactly("o 7  UPLOAD_RECEIVING ", "o 7 f UPLOAD_FAILED why");
  }
}

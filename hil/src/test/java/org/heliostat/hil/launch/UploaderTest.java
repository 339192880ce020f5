package org.heliostat.hil.launch;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.Consumer;
import org.heliostat.protocol.BeginUpload;
import org.heliostat.protocol.CommandReport;
import org.heliostat.protocol.FileChunk;
import org.heliostat.protocol.FileSpan;
import org.heliostat.protocol.Refusal;
import org.heliostat.protocol.Stage;
import org.heliostat.protocol.UploadState;
import org.heliostat.protocol.UploadStatus;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A file through a station that goes away, a link that loses, and a satellite that forgets. */
@Timeout(30)
class UploaderTest {
  private static final int SIZE = 1_000_000;

  @TempDir private Path folder;
  private final byte[] content = new byte[SIZE];
  private final BeginUpload file =
      BeginUpload.newBuilder().setPath("f").setSize(SIZE).setVersion(1).build();
  private final Satellite satellite = new Satellite();
  private long now;

  @BeforeEach
  void make() throws IOException {
    new Random(1).nextBytes(content);
    Files.write(folder.resolve("f"), content);
  }

  /** A satellite behind a bad link, and its station. */
  private final class Satellite implements Uploader.Station {
    private final Random random = new Random(2);
    private final byte[] got = new byte[SIZE];
    private final BitSet there = new BitSet(SIZE);
    private final List<Integer> windows = new ArrayList<>();
    private int window;
    private long upload;
    private int begun;
    private double lost;
    private int stationGoesAt = -1;
    private int forgetsAt = -1;
    private int exchanges;
    private Optional<CommandReport> refusal = Optional.empty();
    private UploadState end = UploadState.UPLOAD_DONE;

    private void exchange() throws IOException {
      now += 50_000_000L;
      if (exchanges++ == stationGoesAt) {
        throw new IOException("connection refused");
      }
    }

    @Override
    public OperatorClient.End begin(
        BeginUpload begin, double waitSeconds, Consumer<CommandReport> stages) throws IOException {
      exchange();
      if (begun++ > 0 && refusal.isPresent()) {
        // the second time it is in order
        refusal = refusal.filter(report -> report.getRefusal() == Refusal.EXECUTION_FAILED);
      }
      if (refusal.isPresent()) {
        stages.accept(refusal.get());
        return new OperatorClient.End(false, refusal.get().getReason());
      }
      upload = 10L + begun;
      stages.accept(
          CommandReport.newBuilder().setCounter(upload).setStage(Stage.COMPLETED).build());
      return new OperatorClient.End(true, "");
    }

    @Override
    public boolean send(FileChunk chunk) throws IOException {
      exchange();
      window++;
      if (chunk.getUpload() == upload && random.nextDouble() >= lost) {
        int at = (int) chunk.getOffset();
        chunk.getContent().copyTo(got, at);
        there.set(at, at + chunk.getContent().size());
      }
      return random.nextDouble() >= lost;
    }

    @Override
    public Optional<UploadStatus> ask(long about, double waitSeconds) throws IOException {
      exchange();
      windows.add(window);
      window = 0;
      if (windows.size() == forgetsAt) {
        there.clear();
        upload = 0;
      }
      if (random.nextDouble() < lost) {
        now += (long) (waitSeconds * 1e9);
        return Optional.empty();
      }
      UploadStatus.Builder status =
          UploadStatus.newBuilder().setUpload(about).setSize(SIZE).setReceived(there.cardinality());
      if (about != upload) {
        return Optional.of(status.setState(UploadState.UPLOAD_UNKNOWN).build());
      }
      for (int at = there.nextClearBit(0); at < SIZE && status.getMissingCount() < 64; ) {
        int to = there.nextSetBit(at);
        to = to < 0 ? SIZE : to;
        status.addMissing(FileSpan.newBuilder().setFrom(at).setTo(to));
        at = there.nextClearBit(to);
      }
      return Optional.of(
          status
              .setState(status.getMissingCount() == 0 ? end : UploadState.UPLOAD_RECEIVING)
              .setReason("why")
              .build());
    }
  }

  private Uploader.End run(double waitSeconds) throws Exception {
    try (FileChannel from = FileChannel.open(folder.resolve("f"), StandardOpenOption.READ)) {
      return new Uploader(satellite, () -> now, nanos -> now += nanos, word -> {})
          .run(file, from, waitSeconds);
    }
  }

  @Test
  void theWindowGrowsWithAnswersThatComeSoonAndIsBounded() throws Exception {
    assertThat(run(600)).isEqualTo(new Uploader.End(true, ""));
    assertThat(satellite.got).isEqualTo(content);
    assertThat(satellite.windows).contains(8, 16).allMatch(sent -> sent <= Uploader.MOST_WINDOW);
    // nothing was sent twice
    assertThat(satellite.windows.stream().mapToInt(Integer::intValue).sum()).isEqualTo(62);
  }

  @Test
  void aLinkThatLosesAThirdAStationAndASatelliteThatAreStartedAnewOnlyCostTime() throws Exception {
    satellite.lost = 0.3;
    satellite.stationGoesAt = 20;
    satellite.forgetsAt = 12;
    assertThat(run(36_000)).isEqualTo(new Uploader.End(true, ""));
    assertThat(satellite.begun).isEqualTo(2);
    assertThat(satellite.got).isEqualTo(content);
  }

  @Test
  void aWaitThatIsOverSaysHowFarItHasComeAndTheNextTryGoesOn() throws Exception {
    satellite.lost = 0.5;
    assertThat(run(10).why()).startsWith("not in place yet (").endsWith("start it again to go on");
    satellite.lost = 0;
    assertThat(run(600).done()).isTrue();
    assertThat(satellite.got).isEqualTo(content);
  }

  @Test
  void aRefusalEndsItAndAnInterruptionDoesNot() throws Exception {
    satellite.refusal =
        Optional.of(
            CommandReport.newBuilder()
                .setStage(Stage.FAILED)
                .setRefusal(Refusal.EXECUTION_FAILED)
                .setReason("the signature is not good")
                .build());
    assertThat(run(60)).isEqualTo(new Uploader.End(false, "the signature is not good"));
    satellite.begun = 0;
    satellite.refusal =
        Optional.of(
            CommandReport.newBuilder()
                .setStage(Stage.FAILED)
                .setRefusal(Refusal.INTERRUPTED)
                .build());
    satellite.end = UploadState.UPLOAD_FAILED;
    assertThat(run(600)).isEqualTo(new Uploader.End(false, "why"));
    assertThat(satellite.begun).isEqualTo(2);
    assertThat(ByteString.copyFrom(satellite.got)).isEqualTo(ByteString.copyFrom(content));
  }
}

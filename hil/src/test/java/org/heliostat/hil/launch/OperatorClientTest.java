package org.heliostat.hil.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.heliostat.protocol.CommandReport;
import org.heliostat.protocol.Downlink;
import org.heliostat.protocol.FieldValue;
import org.heliostat.protocol.OperatorReply;
import org.heliostat.protocol.Stage;
import org.heliostat.protocol.Telecommand;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** An operator at a station that says what the test wants. */
@Timeout(30)
class OperatorClientTest {
  private Path address;
  private ServerSocketChannel station;
  private OperatorClient operator;
  private final List<OperatorReply> heard = new ArrayList<>();

  @BeforeEach
  void open() throws IOException {
    // a Unix socket's path is short, so not in a folder that a test framework names
    address = Files.createTempDirectory("o").resolve("s");
    station = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    station.bind(UnixDomainSocketAddress.of(address));
    operator = new OperatorClient(address, "o");
  }

  @AfterEach
  void close() throws IOException {
    station.close();
    Files.delete(address);
    Files.delete(address.getParent());
  }

  @Test
  void whoAsksGetsTheAnswersThatComeAfterTheEnd() throws Exception {
    Thread speaker =
        StationVoice.says(station, answer(false), end(Stage.COMPLETED, 2, false), answer(true));
    assertThat(ask()).isEqualTo(new OperatorClient.End(true, ""));
    assertThat(heard).hasSize(3);
    speaker.join();
  }

  @Test
  void whoSendsDoesNotWaitForThem() throws Exception {
    Thread speaker = StationVoice.says(station, answer(false), end(Stage.COMPLETED, 2, false));
    List<CommandReport> stages = new ArrayList<>();
    assertThat(operator.send(Telecommand.getDefaultInstance(), 1, stages::add))
        .isEqualTo(new OperatorClient.End(true, ""));
    assertThat(stages).hasSize(1);
    speaker.join();
  }

  @Test
  void aCommandIsCompletedWhateverBecomesOfItsAnswers() throws Exception {
    Thread speaker =
        StationVoice.says(station, end(Stage.COMPLETED, 2, false), error("1 of 2 answers"));
    assertThat(ask()).isEqualTo(new OperatorClient.End(true, "1 of 2 answers"));
    speaker.join();
    speaker = StationVoice.says(station, end(Stage.COMPLETED, 2, false), answer(false));
    assertThat(ask().completed()).isTrue();
    speaker.join();
    speaker = StationVoice.says(station, end(Stage.COMPLETED, 2, false), answer(true));
    assertThat(ask())
        .isEqualTo(new OperatorClient.End(true, "1 answers are not shown; ground has kept them"));
    speaker.join();
  }

  @Test
  void aFailureAndASilentStationAreSaid() throws Exception {
    Thread speaker = StationVoice.says(station, end(Stage.FAILED, 0, true));
    assertThat(ask()).isEqualTo(new OperatorClient.End(false, "why"));
    speaker.join();
    speaker = StationVoice.says(station, error("not sent"));
    assertThat(ask()).isEqualTo(new OperatorClient.End(false, "not sent"));
    speaker.join();
    speaker = StationVoice.says(station);
    assertThatThrownBy(this::ask).isInstanceOf(IOException.class);
    speaker.join();
  }

  private OperatorClient.End ask() throws IOException {
    return operator.ask(Telecommand.getDefaultInstance(), 1, false, heard::add);
  }

  private static OperatorReply end(Stage stage, int answers, boolean last) {
    return OperatorReply.newBuilder()
        .setReport(CommandReport.newBuilder().setStage(stage).setReason("why").setAnswers(answers))
        .setLast(last)
        .build();
  }

  private static OperatorReply answer(boolean last) {
    return OperatorReply.newBuilder()
        .setAnswer(Downlink.newBuilder().setFieldValue(FieldValue.newBuilder().setValue("1")))
        .setLast(last)
        .build();
  }

  private static OperatorReply error(String text) {
    return OperatorReply.newBuilder().setError(text).setLast(true).build();
  }
}

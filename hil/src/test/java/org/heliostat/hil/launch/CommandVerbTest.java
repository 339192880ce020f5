package org.heliostat.hil.launch;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.heliostat.protocol.CommandReport;
import org.heliostat.protocol.OperatorReply;
import org.heliostat.protocol.Stage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What an operator sees of a command. */
@Timeout(30)
class CommandVerbTest {
  @TempDir private Path flight;
  private Path address;
  private ServerSocketChannel station;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @BeforeEach
  void open() throws IOException {
    // a Unix socket's path is short, so not in a folder that a test framework names
    address = Files.createTempDirectory("o").resolve("s");
    station = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    station.bind(UnixDomainSocketAddress.of(address));
    JsonObject description = new JsonObject();
    description.addProperty("pid", ProcessHandle.current().pid());
    description.addProperty("socket", address.toString());
    Files.writeString(flight.resolve("flight.json"), description.toString());
  }

  @AfterEach
  void close() throws IOException {
    station.close();
    Files.delete(address);
    Files.delete(address.getParent());
  }

  @Test
  void aReasonFromTheLinkDoesNotMoveTheTerminal() throws Exception {
    CommandReport.Builder report =
        CommandReport.newBuilder().setCounter(7).setReason("a\u001b[2J\nü is no file");
    Thread speaker =
        StationVoice.says(
            station,
            OperatorReply.newBuilder().setReport(report.setStage(Stage.STARTED)).build(),
            OperatorReply.newBuilder()
                .setReport(report.setStage(Stage.FAILED))
                .setLast(true)
                .build());
    assertThat(command()).isEqualTo(1);
    speaker.join();
    assertThat(out.toString().lines())
        .hasSize(2)
        .allMatch(line -> line.endsWith(": a\\u001b[2J\\u000aü is no file"));
    assertThat(err.toString().lines()).containsExactly("failed: a\\u001b[2J\\u000aü is no file");
  }

  @Test
  void anErrorOfTheStationDoesNotMoveTheTerminal() throws Exception {
    Thread speaker =
        StationVoice.says(
            station,
            OperatorReply.newBuilder()
                .setReport(CommandReport.newBuilder().setStage(Stage.COMPLETED).setAnswers(1))
                .build(),
            OperatorReply.newBuilder().setError("gone\u009b2J").setLast(true).build());
    assertThat(command()).isZero();
    speaker.join();
    assertThat(err.toString().lines()).containsExactly("completed, but gone\\u009b2J");
  }

  @Test
  void aCommandThatHasNoEndYetHasNotFailed() throws Exception {
    Thread speaker =
        StationVoice.says(
            station,
            OperatorReply.newBuilder()
                .setReport(CommandReport.newBuilder().setStage(Stage.STARTED))
                .build(),
            OperatorReply.newBuilder().setError("not at its end yet").setLast(true).build());
    assertThat(command()).isEqualTo(1);
    speaker.join();
    assertThat(err.toString().lines()).containsExactly("not at its end yet");
  }

  @Test
  void waitsAndNamesHaveTheirBounds() {
    for (String wait : new String[] {"-1", "0", "NaN", "1e6"}) {
      assertThat(execute("command", "--flight", flight.toString(), "--wait", wait, "NOOP"))
          .isEqualTo(2);
    }
    assertThat(err.toString().lines()).hasSize(4).allMatch(line -> line.startsWith("--wait is "));
    assertThat(
            execute("command", "--flight", flight.toString(), "--operator", "o".repeat(65), "NOOP"))
        .isEqualTo(2);
    assertThat(err.toString()).contains("--operator has 65 characters, 64 are allowed");
  }

  @Test
  void whatGoesWrongOnTheWayDoesNotMoveTheTerminal() {
    assertThat(execute("command", "--flight", flight.toString(), "NO\u001b[2JOP")).isEqualTo(2);
    assertThat(err.toString()).contains("NO\\u001b[2JOP").doesNotContain("\u001b");
  }

  private int command() {
    return execute("command", "--flight", flight.toString(), "NOOP");
  }

  private int execute(String... arguments) {
    return Fly.line()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(arguments);
  }
}

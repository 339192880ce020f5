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
import java.util.ArrayList;
import java.util.List;
import org.heliostat.protocol.OperatorReply;
import org.heliostat.protocol.SignerKeys;
import org.heliostat.protocol.SignerMaker;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Wrong use of {@code ./fly upload} is said before anything is sent, with exit code 2. */
@Timeout(30)
class UploadVerbTest {
  @TempDir private Path folder;
  private Path address;
  private Path file;
  private Path key;
  private ServerSocketChannel station;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @BeforeEach
  void open() throws IOException {
    // a Unix socket's path is short, so not in a folder that a test framework names
    address = Files.createTempDirectory("o").resolve("s");
    station = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    station.bind(UnixDomainSocketAddress.of(address));
    file = Files.writeString(folder.resolve("model.onnx"), "a model");
    key = folder.resolve(SignerKeys.PRIVATE);
    SignerMaker.make(key, folder.resolve(SignerKeys.PUBLIC));
    describe(key.toString());
  }

  private void describe(String signer) throws IOException {
    JsonObject description = new JsonObject();
    description.addProperty("pid", ProcessHandle.current().pid());
    description.addProperty("socket", address.toString());
    description.addProperty("spacecraft_id", 1);
    description.addProperty("signer", signer);
    Files.writeString(folder.resolve("flight.json"), description.toString());
  }

  @AfterEach
  void close() throws IOException {
    station.close();
    Files.delete(address);
    Files.delete(address.getParent());
  }

  private int upload(Path what, String to, String version, String... more) {
    List<String> words =
        new ArrayList<>(
            List.of(
                "upload",
                what.toString(),
                "--to",
                to,
                "--version",
                version,
                "--flight",
                folder.toString()));
    words.addAll(List.of(more));
    return Fly.line()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(words.toArray(String[]::new));
  }

  private void assertWrong(String why, Path what, String to, String version, String... more)
      throws IOException {
    err.getBuffer().setLength(0);
    assertThat(upload(what, to, version, more)).as(err.toString()).isEqualTo(2);
    assertThat(err.toString()).contains(why);
    station.configureBlocking(false);
    assertThat(station.accept()).as("nobody has asked the station").isNull();
  }

  @Test
  void aFileThatIsNotThereOrIsEmptyIsNotSent() throws IOException {
    assertWrong("is no file", folder.resolve("none"), "m", "1");
    assertWrong("is no file", folder, "m", "1");
    assertWrong("size", Files.createFile(folder.resolve("empty")), "m", "1");
  }

  @Test
  void aPathThatTheSchemaDoesNotAllowIsNotSent() throws IOException {
    assertWrong("path", file, "", "1");
    assertWrong("path", file, "a".repeat(257), "1");
  }

  @Test
  void aVersionIsANumberThatTheMessageHolds() throws IOException {
    assertWrong("--version is 0", file, "m", "0");
    assertWrong("--version is -1", file, "m", "-1");
    assertWrong("--version is 4294967296", file, "m", "4294967296");
    assertWrong("two", file, "m", "two");
  }

  @Test
  void withoutOneKeyThatSignsNothingIsSent() throws IOException {
    Path none = folder.resolve("no.pem");
    assertWrong("does not sign", file, "m", "1", "--signer", none.toString());
    assertWrong("does not sign", file, "m", "1", "--signer", file.toString());
    Path signature = Files.write(folder.resolve("signature"), new byte[64]);
    assertWrong(
        "do not go together",
        file,
        "m",
        "1",
        "--signer",
        key.toString(),
        "--signature",
        signature.toString());
    assertWrong("signature of 64 bytes", file, "m", "1", "--signature", file.toString());
    assertWrong("cannot be read", file, "m", "1", "--signature", none.toString());
    Files.delete(key);
    assertWrong("in " + folder, file, "m", "1");
    describe("");
    assertWrong("", file, "m", "1");
  }

  @Test
  void aWaitAndAnOperatorHaveBounds() throws IOException {
    for (String wait : List.of("0", "-1", "86401", "NaN")) {
      assertWrong("--wait is", file, "m", "1", "--wait", wait);
    }
    assertWrong("--operator has 65", file, "m", "1", "--operator", "o".repeat(65));
  }

  @Test
  void whatTheStationRefusesEndsWithOneAndItsReason() throws Exception {
    Thread speaker =
        StationVoice.says(
            station, OperatorReply.newBuilder().setError("not [2J now").setLast(true).build());
    assertThat(upload(file, "m", "1", "--wait", "1")).isEqualTo(1);
    speaker.join();
    assertThat(err.toString()).contains("\"m\": ");
  }
}

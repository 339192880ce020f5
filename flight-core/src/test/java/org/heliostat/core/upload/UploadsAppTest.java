package org.heliostat.core.upload;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.heliostat.core.app.App;
import org.heliostat.core.bus.Subscription;
import org.heliostat.core.fixture.TestSpacecraft;
import org.heliostat.core.table.ParameterDefinition;
import org.heliostat.core.table.Parameters;
import org.heliostat.protocol.BeginUpload;
import org.heliostat.protocol.FileChunk;
import org.heliostat.protocol.FileSignature;
import org.heliostat.protocol.LoadTableFile;
import org.heliostat.protocol.Parameter;
import org.heliostat.protocol.ParameterTable;
import org.heliostat.protocol.RollBackFile;
import org.heliostat.protocol.SignerKeys;
import org.heliostat.protocol.SignerMaker;
import org.heliostat.protocol.Stage;
import org.heliostat.protocol.Table;
import org.heliostat.protocol.Telecommand;
import org.heliostat.protocol.Uplink;
import org.heliostat.protocol.UploadInquiry;
import org.heliostat.protocol.UploadState;
import org.heliostat.protocol.UploadStatus;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The app among real services: by command and over the bus. */
class UploadsAppTest {
  @TempDir private Path folder;
  private TestSpacecraft craft;
  private App app;
  private Subscription<UploadStatus> told;

  @BeforeEach
  void start() throws IOException {
    SignerMaker.make(folder.resolve(SignerKeys.PRIVATE), folder.resolve(SignerKeys.PUBLIC));
    craft = new TestSpacecraft(folder);
    app = craft.start(new UploadsApp.Factory());
    told = craft.services().bus().subscribe("test", UploadStatus.class, 64);
  }

  @AfterEach
  void close() {
    craft.close();
  }

  private Stage send(Telecommand.Builder command) {
    Stage unused = craft.send(command);
    craft.run(app, 2);
    return craft.lastStage();
  }

  private BeginUpload signed(String path, byte[] content) throws Exception {
    BeginUpload file = Signer.unsigned(path, 1, content).build();
    return file.toBuilder()
        .setSignature(
            FileSignature.sign(
                SignerKeys.privateKey(folder.resolve(SignerKeys.PRIVATE)), Signer.SPACECRAFT, file))
        .build();
  }

  private void fromGround(Uplink.Builder packet) {
    craft.services().bus().publish(packet.build());
  }

  @Test
  void aFileComesByCommandAndPartsAndTheStationIsTold() throws Exception {
    byte[] content = "twenty bytes of file".getBytes(StandardCharsets.UTF_8);
    assertThat(send(Telecommand.newBuilder().setBeginUpload(signed("a/f", content))))
        .isEqualTo(Stage.COMPLETED);
    fromGround(
        Uplink.newBuilder()
            .setFileChunk(
                FileChunk.newBuilder().setUpload(1).setContent(ByteString.copyFrom(content))));
    fromGround(
        Uplink.newBuilder()
            .setUploadInquiry(UploadInquiry.newBuilder().setUpload(1).setQuestion(77)));
    craft.run(app, 3);
    assertThat(folder.resolve("files/a/f")).hasBinaryContent(content);
    boolean answered = false;
    UploadState last = UploadState.UPLOAD_STATE_UNSPECIFIED;
    for (Optional<UploadStatus> word = told.poll(); word.isPresent(); word = told.poll()) {
      answered |= word.get().getQuestion() == 77 && word.get().getReceived() == content.length;
      last = word.get().getState();
    }
    assertThat(answered).isTrue();
    assertThat(last).isEqualTo(UploadState.UPLOAD_DONE);
    assertThat(craft.events()).contains("UPLOAD_BEGUN", "UPLOAD_DONE");
  }

  @Test
  void aRollBackThatIsNotArmedIsRefused() {
    assertThat(
            send(
                Telecommand.newBuilder()
                    .setRollBackFile(RollBackFile.newBuilder().setPath("f").setVersion(1))))
        .isEqualTo(Stage.FAILED);
    assertThat(craft.reason()).contains("arm");
  }

  @Test
  void aTableInAFileGoesTheWayOfOneInACommand() throws Exception {
    Parameters parameters =
        craft
            .services()
            .tables()
            .parameters("test", java.util.List.of(new ParameterDefinition("a", "", 1, 0, 10)));
    Table table =
        Table.newBuilder()
            .setName("parameters.test")
            .setParameters(
                ParameterTable.newBuilder()
                    .addParameters(Parameter.newBuilder().setName("a").setValue(2)))
            .build();
    Path jail = Files.createDirectories(folder.resolve("files"));
    Files.write(jail.resolve("t.bin"), table.toByteArray());
    Files.writeString(jail.resolve("t.textproto"), table.toString().replace("2.0", "3.0"));
    Files.writeString(jail.resolve("bad.textproto"), table.toString().replace("2.0", "30.0"));
    Files.writeString(jail.resolve("none.textproto"), "nonsense: 1");
    assertThat(load("t.bin")).isEqualTo(Stage.COMPLETED);
    assertThat(parameters.get("a")).isEqualTo(2);
    assertThat(load("t.textproto")).isEqualTo(Stage.COMPLETED);
    assertThat(parameters.get("a")).isEqualTo(3);
    for (String bad : java.util.List.of("bad.textproto", "none.textproto", "../state.bin", "no")) {
      assertThat(load(bad)).as(bad).isEqualTo(Stage.FAILED);
    }
    assertThat(parameters.get("a")).isEqualTo(3);
  }

  private Stage load(String path) {
    return send(
        Telecommand.newBuilder()
            .setLoadTableFile(LoadTableFile.newBuilder().setPath(path).setActivate(true)));
  }

  @Test
  void withoutASignersKeyNothingComes() throws Exception {
    BeginUpload file = signed("f", new byte[] {1});
    app.close();
    Files.delete(folder.resolve(SignerKeys.PUBLIC));
    app = craft.start(new UploadsApp.Factory());
    assertThat(send(Telecommand.newBuilder().setBeginUpload(file))).isEqualTo(Stage.FAILED);
    assertThat(craft.reason()).isEqualTo("the signature is not good");
    assertThat(craft.events()).contains("NO_FILE_SIGNER");
  }
}
